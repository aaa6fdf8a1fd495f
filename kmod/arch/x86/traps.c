// SPDX-License-Identifier: GPL-2.0
/*
 * What is done about each reason to leave a guest.
 * Side: core.
 */
#include "traps.h"
#include "apic.h"
#include "asm.h"
#include "emulate.h"
#include "gate.h"
#include "hypercall.h"
#include "inject.h"
#include "log.h"
#include "mm/guest_access.h"
#include "sched/sched.h"

/* Exceptions that push an error code: 8, 10-14, 17, 21, 29, 30 */
#define HAS_ERROR	0x60227d00U
#define TRAP_DB		1
#define TRAP_GP		13
#define TRAP_PF		14
#define RFLAGS_IF	0x200ULL
#define OPCODE_INT3	0xcc
#define OPCODE_INTO	0xce

static void irq_handle(struct pcore *c, unsigned int vector)
{
	if (vector == PCORE_SPURIOUS_VECTOR)
		return;
	apic_eoi();
	if (vector == PCORE_TIMER_VECTOR)
		sched_tick(c);
	else if (vector != PCORE_VECTOR)
		c->stray_count++;	/* the host's broadcasts arrive here too */
}

/* INT3 and INTO are one byte, INT n is two, and n is neither of their opcodes. */
static unsigned int soft_int_len(struct vcpu *v)
{
	u8 last;

	if (guest_read(v, v->regs.rip - 1, &last, 1))
		return 2;
	return last == OPCODE_INT3 || last == OPCODE_INTO ? 1 : 2;
}

/* INT n from ring 3 to a vector that the guest did not open, as the CPU would refuse it. */
static void soft_int(struct vcpu *v, unsigned int vector)
{
	if (vcpu_in_user(v) && !(v->ro->trap_flags[vector] & PVHV_TRAP_DPL3)) {
		v->regs.rip -= soft_int_len(v);
		inject_trap(v, TRAP_GP, vector * 8 + 2);
		return;
	}
	inject_trap(v, vector, INJECT_NO_ERROR);
}

static void debug_trap(struct vcpu *v)
{
	v->dr[6] = READ_DR(6);
	WRITE_DR(6, 0xffff0ff0ULL);
	inject_trap(v, TRAP_DB, INJECT_NO_ERROR);
}

static void exception(struct pcore *c, struct vcpu *v, unsigned int vector)
{
	u64 error = HAS_ERROR >> vector & 1 ? v->regs.error : INJECT_NO_ERROR;

	switch (vector) {
	case TRAP_DB:
		debug_trap(v);
		return;
	case 3:
	case 4:
		soft_int(v, vector);
		return;
	case TRAP_GP:
		if (!vcpu_in_user(v) && !v->regs.error && emulate_privileged(v))
			return;
		break;
	case TRAP_PF:
		v->page->cr2 = c->exit_cr2;
		break;
	}
	inject_trap(v, vector, error);
}

/* The words that ring 1 left for its return: rip cs rflags rsp ss. */
struct ret_frame {
	u64 rip, cs, rflags, rsp, ss;
};

static bool ret_frame_ok(const struct ret_frame *f)
{
	/* to ring 1 only the RPL counts, as in the gate: the segments loaded are ours */
	if ((f->cs & 3) < 2)
		return f->rip >> 47 == 0x1ffff;
	if (f->ss != PVHV_USER_DS || f->rip >> 47)
		return false;
	return f->cs == PVHV_USER_CS || (f->cs == PVHV_USER32_CS && !(f->rip >> 32));
}

static void ret_apply(struct vcpu *v, const struct ret_frame *f)
{
	struct regs *r = &v->regs;

	r->rip = f->rip;
	r->rsp = f->rsp;
	r->rflags = (f->rflags & PVHV_UFLAGS_KEEP) | RFLAGS_IF | 2;
	if ((f->cs & 3) == 3) {
		u64 gs = v->page->user_gs_base;

		if (!is_canonical(gs)) {
			domain_kill(v->dom, PVHV_END_KILLED, "user GS base %llx is not canonical", gs);
			return;
		}
		wrgsbase_(gs);
		r->cs = f->cs;
		r->ss = f->ss;
		v->page->vif = 1;
	} else {
		r->cs = PVHV_KERNEL_CS;
		r->ss = PVHV_KERNEL_DS;
		v->page->vif = f->rflags & RFLAGS_IF ? 1 : 0;
	}
}

/* PVHV_CB_RET that the gate left to us: RSP points at rcx r11, then the frame. */
static void slow_ret(struct vcpu *v)
{
	struct {
		u64 rcx, r11;
		struct ret_frame f;
	} w;

	if (guest_read(v, v->regs.rsp, &w, sizeof(w)) || !ret_frame_ok(&w.f)) {
		inject_trap(v, TRAP_GP, 0);
		return;
	}
	v->regs.rcx = w.rcx;
	v->regs.r11 = w.r11;
	ret_apply(v, &w.f);
}

static void slow_sysret(struct vcpu *v)
{
	struct ret_frame f;

	if (guest_read(v, v->regs.rsp, &f, sizeof(f))) {
		inject_trap(v, TRAP_GP, 0);
		return;
	}
	f.cs = PVHV_USER_CS;
	f.ss = PVHV_USER_DS;
	if (!ret_frame_ok(&f)) {
		inject_trap(v, TRAP_GP, 0);
		return;
	}
	v->regs.rcx = f.rip;
	v->regs.r11 = (f.rflags & PVHV_UFLAGS_KEEP) | RFLAGS_IF | 2;
	ret_apply(v, &f);
}

void trap_handle(struct pcore *c, struct vcpu *v)
{
	u64 vector = v->regs.vector;

	if (vector < 32) {
		exception(c, v, vector);
		return;
	}
	if (vector == 0x80) {
		soft_int(v, vector);
		return;
	}
	if (vector < 256) {
		irq_handle(c, vector);
		return;
	}
	switch (vector) {
	case EXIT_HYPERCALL:
		hypercall(c, v);
		return;
	case EXIT_RET:
		slow_ret(v);
		return;
	case EXIT_SYSRET:
		slow_sysret(v);
		return;
	case EXIT_BAD_STACK:
		inject_trap(v, TRAP_PF, v->regs.error);
		return;
	case EXIT_BAD_GS:
		domain_kill(v->dom, PVHV_END_KILLED, "user GS base %llx is not canonical",
			    v->page->user_gs_base);
		return;
	}
	core_panic("exit with vector %llx", vector);
}

void hv_trap(struct regs *r)
{
	struct pcore *c = this_core();

	if (r->vector >= 32 && r->vector < 256) {
		irq_handle(c, r->vector);
		return;
	}
	core_panic("trap %llu error %llx at %llx cr2 %llx rsp %llx", r->vector, r->error, r->rip,
		   (u64)READ_CR(2), r->rsp);
}
