// SPDX-License-Identifier: GPL-2.0
/*
 * vCPU state in the registers of a core, and the run of a guest.
 * Side: core.  Interrupts are off except in the guest.
 */
#include <linux/errno.h>
#include "vcpu.h"
#include "asm.h"
#include "entry.h"
#include "gate.h"
#include "inject.h"
#include "log.h"
#include "roots.h"
#include "string.h"
#include "traps.h"
#include "mm/pin.h"
#include "sched/sched.h"

#define DR6_INIT	0xffff0ff0ULL
#define DR7_ACTIVE	0xffULL
#define RFLAGS_START	0x202ULL
#define TRAP_GP		13
#define IST_STACK_DB	3	/* the others see only NMI, #DF, #MC */

void vcpu_set_dr7(struct vcpu *v, u64 val)
{
	v->dr[7] = val;
	v->ro->dr7 = val & DR7_ACTIVE ? val : 0;
}

void vcpu_init_state(struct vcpu *v)
{
	int i;

	v->ro->sysframe.cs = PVHV_KERNEL_CS;
	v->ro->sysframe.ss = PVHV_KERNEL_DS;
	v->ro->sysframe.rflags = RFLAGS_START;
	v->ro->sysframe.rsp = PVHV_VCPU_VA + PVHV_VCPU_USER_RSP;
	v->ro->sys32frame = v->ro->sysframe;
	v->ro->pf_keep_vif = 0xff;
	v->page->vcpu_id = v->id;
	v->root = MFN_INVALID;
	v->xcr0 = hv.xcr0;
	v->timer = ~0ULL;
	v->dr[6] = DR6_INIT;
	vcpu_set_dr7(v, DR7_INIT);
	for (i = 0; i < PVHV_TLS_COUNT; i++)
		v->tls[i] = 0;
	v->state = VCPU_DOWN;
}

static void xsave_to(void *area)
{
	asm volatile("xsave64 (%0)" : : "r"(area), "a"(~0U), "d"(~0U) : "memory");
}

static void xrstor_from(const void *area)
{
	asm volatile("xrstor64 (%0)" : : "r"(area), "a"(~0U), "d"(~0U) : "memory");
}

static void xsetbv0(u64 val)
{
	asm volatile("xsetbv" : : "c"(0), "a"((u32)val), "d"((u32)(val >> 32)));
}

/* Who else of the domain would spin for what v holds looks at this mask. */
static void vcpu_show_preempted(const struct vcpu *v, bool preempted)
{
	struct pvhv_shared_info *s = v->dom->shared[PVHV_SHARED_INFO_PAGE];
	u64 bit = 1ULL << v->id;

	if (v->dom->nr_vcpus == 1)
		return;
	if (preempted)
		__atomic_fetch_or(&s->vcpus_preempted, bit, __ATOMIC_RELAXED);
	else if (__atomic_load_n(&s->vcpus_preempted, __ATOMIC_RELAXED) & bit)
		__atomic_fetch_and(&s->vcpus_preempted, ~bit, __ATOMIC_RELAXED);
}

/* All of hv.xcr0 is saved, whatever the guest enabled: nothing is left for the next vCPU. */
static void vcpu_save(struct vcpu *v)
{
	v->fs_base = rdfsbase_();
	v->gs_base = rdgsbase_();
	asm volatile("movw %%ds, %0; movw %%es, %1; movw %%fs, %2; movw %%gs, %3"
		     : "=m"(v->sel[0]), "=m"(v->sel[1]), "=m"(v->sel[2]), "=m"(v->sel[3]));
	xsetbv0(hv.xcr0);
	xsave_to(v->xsave);
	vcpu_show_preempted(v, v->state == VCPU_READY);
}

void vcpu_load_debug(const struct vcpu *v)
{
	if (!v->ro->dr7)
		return;
	WRITE_DR(0, v->dr[0]);
	WRITE_DR(1, v->dr[1]);
	WRITE_DR(2, v->dr[2]);
	WRITE_DR(3, v->dr[3]);
}

/* Data, or code that can be read (SDM 3.4.5.1: type bits 3 and 1). */
static bool vcpu_loadable(u64 desc)
{
	return desc && (!(desc >> 43 & 1) || (desc >> 41 & 1));
}

/* A selector that ring 0 can load without a fault; the guest may have changed its TLS slot meanwhile. */
static u16 vcpu_safe_selector(const struct vcpu *v, u16 sel)
{
	unsigned int i = sel >> 3;

	if (sel & 4)
		return 0;
	if (i >= PVHV_TLS_FIRST && i < PVHV_TLS_FIRST + PVHV_TLS_COUNT)
		return vcpu_loadable(v->tls[i - PVHV_TLS_FIRST]) ? sel : 0;
	if (i == PVHV_USER_DS >> 3 || i == PVHV_USER_CS >> 3 || i == PVHV_USER32_CS >> 3)
		return sel;
	if (i == PVHV_KERNEL_DS >> 3 && (sel & 3) <= 1)
		return sel;
	return 0;
}

static void vcpu_load(struct vcpu *v)
{
	xrstor_from(v->xsave);
	xsetbv0(v->xcr0);
	asm volatile("movw %w0, %%ds; movw %w1, %%es; movw %w2, %%fs; movw %w3, %%gs"
		     : : "r"(vcpu_safe_selector(v, v->sel[0])),
			 "r"(vcpu_safe_selector(v, v->sel[1])),
			 "r"(vcpu_safe_selector(v, v->sel[2])),
			 "r"(vcpu_safe_selector(v, v->sel[3])));
	wrfsbase_(v->fs_base);
	wrgsbase_(v->gs_base);
	wrmsr(MSR_TSC_AUX_, v->tsc_aux);
	vcpu_load_debug(v);
	vcpu_show_preempted(v, false);
}

/*
 * What one domain left on the stacks that the next one can read.  An NMI leaves only its frame,
 * which gate_enter wipes when the mark says so: the mark of one that came before goes with rw.
 */
static void vcpu_clean_gate(struct pcore *c)
{
	hv_memset(c->entry_stack, 0, HV_PAGE_SIZE);
	hv_memset(c->rw, 0, HV_PAGE_SIZE);
	c->rw->ist_used = 1;
	hv_memset(c->ist_stack[IST_STACK_DB], 0, HV_PAGE_SIZE);
}

/* What the branches of one domain have taught the CPU must not steer another's. */
static void vcpu_forget_branches(struct pcore *c, const struct vcpu *v)
{
	if (c->branches_of == v->dom->id)
		return;
	c->branches_of = v->dom->id;
	if (hv.ibpb)
		wrmsr(MSR_PRED_CMD_, 1);
}

void vcpu_switch(struct pcore *c, struct vcpu *v)
{
	if (c->current_vcpu == v)
		return;
	if (c->current_vcpu)
		vcpu_save(c->current_vcpu);
	if (!c->current_vcpu || !v || c->current_vcpu->dom != v->dom)
		vcpu_clean_gate(c);
	__atomic_store_n(&c->current_vcpu, v, __ATOMIC_RELEASE);
	gate_set_vcpu(c, v);
	/* the gate's pages changed under this core's TLB */
	WRITE_CR(3, c->ro->hv_cr3);
	if (v) {
		v->switches++;
		vcpu_forget_branches(c, v);
		roots_load(c, v);
		roots_publish(c, v);
		vcpu_load(v);
	}
}

static u64 gate_enter_va(void)
{
	return PVHV_GATE_BASE + (gate_enter - gate_text_start);
}

/* One stay in the guest: registers out, in, and what CR3 it came back with. */
static void vcpu_enter_once(struct pcore *c, struct vcpu *v)
{
	struct regs *top = (struct regs *)(PVHV_GATE_BASE + GATE_STACK_TOP - REGS_SIZE);
	u64 cr3;

	*top = v->regs;
	cr3 = roots_enter(c, v);
	vcpu_enter(c, cr3, gate_enter_va());
	v->regs = *c->frame;
	v->exits++;
	c->cr3_writes += 2;
	if ((c->exit_cr3 & ~0xfffULL) != cr3)
		roots_sync(c, v);
	/* after v->root is right: roots_evict waits for this */
	__atomic_store_n(&c->exits, c->exits + 1, __ATOMIC_RELEASE);
	/* pairs with tlb_core_runs */
	__atomic_store_n(&c->in_guest, 0, __ATOMIC_SEQ_CST);
}

static bool vcpu_may_go_on(struct pcore *c, struct vcpu *v)
{
	return v->state == VCPU_RUNNING && !c->need_resched &&
	       !__atomic_load_n(&c->doorbell, __ATOMIC_ACQUIRE) &&
	       __atomic_load_n(&v->dom->state, __ATOMIC_ACQUIRE) == PVHV_DOM_ST_RUNNING;
}

/* What it was before it went down is forgotten; what the guest has registered stays. */
static void vcpu_reset(struct vcpu *v)
{
	const struct pvhv_vcpu_init *in = &v->boot;
	struct regs r = {
		.rip = in->rip, .rsp = in->rsp, .rdi = in->rdi, .rsi = in->rsi,
		.cs = PVHV_KERNEL_CS, .ss = PVHV_KERNEL_DS, .rflags = RFLAGS_START,
	};
	int i;

	v->regs = r;
	v->gs_base = in->kernel_gs;
	v->ro->kernel_gs = in->kernel_gs;
	v->fs_base = 0;
	for (i = 0; i < 4; i++)
		v->sel[i] = 0;
	v->dr[6] = DR6_INIT;
	vcpu_set_dr7(v, DR7_INIT);
	v->page->vif = 0;
}

/* False: an INIT is under way, or there has never been one. */
static bool vcpu_take_init(struct pcore *c, struct vcpu *v)
{
	u32 ready = VCPU_INIT_READY;
	mfn_t old = v->root;

	if (__atomic_load_n(&v->init, __ATOMIC_RELAXED) == VCPU_INIT_NONE)
		return old.v != MFN_INVALID.v;
	if (!__atomic_compare_exchange_n(&v->init, &ready, VCPU_INIT_BUSY, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	if (c->current_vcpu == v)
		vcpu_switch(c, NULL);
	v->root = MFN(v->boot.root_mfn);
	vcpu_reset(v);
	if (old.v != MFN_INVALID.v)
		mm_root_put(v->dom, old);
	__atomic_store_n(&v->init, VCPU_INIT_NONE, __ATOMIC_RELEASE);
	return true;
}

void vcpu_run(struct pcore *c, struct vcpu *v)
{
	if (!vcpu_take_init(c, v)) {
		/* somebody else goes first */
		sched_yield(c, v);
		sched_stop(c, v);
		return;
	}
	vcpu_switch(c, v);
	do {
		/* it ran over the end of the lower half: our IRETQ would fault */
		if (!is_canonical(v->regs.rip))
			inject_trap(v, TRAP_GP, 0);
		inject_upcall(v);
		if (!vcpu_may_go_on(c, v))
			break;
		vcpu_enter_once(c, v);
		trap_handle(c, v);
	} while (vcpu_may_go_on(c, v));
	sched_stop(c, v);
}

long vcpu_start(struct domain *d)
{
	struct vcpu *v = d->vcpu[0];
	struct regs *r = &v->regs;
	long err;

	if (!is_guest_kernel_va(d->start_rip) || !is_canonical(d->start_rsp))
		return -EINVAL;
	err = mm_start(d, MFN(d->start_root));
	if (err)
		return err;
	err = mm_root_get(d, MFN(d->start_root));
	if (err)
		return err;
	v->root = MFN(d->start_root);
	r->rip = d->start_rip;
	r->rsp = d->start_rsp;
	r->rsi = d->start_rsi;
	r->cs = PVHV_KERNEL_CS;
	r->ss = PVHV_KERNEL_DS;
	r->rflags = RFLAGS_START;
	v->state = VCPU_READY;
	return 0;
}
