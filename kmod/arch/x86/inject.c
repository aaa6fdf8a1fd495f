// SPDX-License-Identifier: GPL-2.0
/*
 * Delivery of exceptions and events into a guest from C: the slow twin of
 * gate_pf.  The frame is pushed by a software walk of the guest's tables.
 * Side: core.
 */
#include <linux/errno.h>
#include "inject.h"
#include "asm.h"
#include "gate.h"
#include "log.h"
#include "mm/guest_access.h"

#define X86_TRAP_DF	8
#define RFLAGS_IF	0x200ULL
#define RFLAGS_DROP	0x34100ULL	/* TF, NT, RF, VM as an interrupt gate does */

/* What native Linux expects: [error] rip cs rflags rsp ss. */
static int inject_push(struct vcpu *v, u64 stack, u64 error)
{
	const struct regs *r = &v->regs;
	bool user = vcpu_in_user(v);
	bool vif = user || (v->page->vif & 1);
	u64 frame[6] = {
		error,
		r->rip,
		user ? r->cs : r->cs & ~3ULL,
		vif ? r->rflags | RFLAGS_IF : r->rflags & ~RFLAGS_IF,
		r->rsp,
		user ? r->ss : r->ss & ~3ULL,
	};
	u32 skip = error == INJECT_NO_ERROR ? 1 : 0;
	u32 len = sizeof(frame) - 8 * skip;

	if (!is_guest_kernel_va(stack))
		return -EFAULT;
	if (guest_write(v, stack - len, frame + skip, len))
		return -EFAULT;
	v->regs.rsp = stack - len;
	return 0;
}

/* The interrupted context is saved: now the handler's. */
static void inject_enter(struct vcpu *v, u64 rip, bool clear_vif)
{
	struct regs *r = &v->regs;

	if (vcpu_in_user(v)) {
		v->page->user_gs_base = rdgsbase_();
		wrgsbase_(v->ro->kernel_gs);
		v->page->vif = 1;
	}
	if (clear_vif)
		v->page->vif = 0;
	r->rip = rip;
	r->cs = PVHV_KERNEL_CS;
	r->ss = PVHV_KERNEL_DS;
	r->rflags = (r->rflags & ~RFLAGS_DROP) | RFLAGS_IF;
}

static u64 inject_stack(const struct vcpu *v)
{
	if (vcpu_in_user(v))
		return v->page->sp0;
	return v->regs.rsp & ~15ULL;
}

static void inject_double_fault(struct vcpu *v, unsigned int vector)
{
	u64 rip = v->ro->trap_rip[X86_TRAP_DF];

	if (vector != X86_TRAP_DF && rip && v->df_stack &&
	    !inject_push(v, v->df_stack, 0)) {
		core_log("domain %u: #DF after vector %u at %llx", v->dom->id,
			 vector, v->regs.rip);
		inject_enter(v, rip, true);
		return;
	}
	domain_kill(v->dom, PVHV_END_KILLED,
		    "triple fault: vector %u, rip %llx, rsp %llx, cr2 %llx", vector,
		    v->regs.rip, v->regs.rsp, v->page->cr2);
}

void inject_trap(struct vcpu *v, unsigned int vector, u64 error)
{
	u64 rip = v->ro->trap_rip[vector];

	v->faults++;
	if (!rip || inject_push(v, inject_stack(v), error)) {
		inject_double_fault(v, vector);
		return;
	}
	inject_enter(v, rip, v->ro->trap_flags[vector] & PVHV_TRAP_CLEAR_VIF);
}

void inject_upcall(struct vcpu *v)
{
	if (!v->page->upcall_pending || !v->ro->upcall_rip)
		return;
	if (!vcpu_in_user(v) && !(v->page->vif & 1))
		return;
	v->events++;
	if (inject_push(v, inject_stack(v), INJECT_NO_ERROR)) {
		inject_double_fault(v, 0x100);
		return;
	}
	inject_enter(v, v->ro->upcall_rip, true);
}
