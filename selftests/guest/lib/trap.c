// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions: registration, recording, and the two ways to survive them.
 * Side: guest.
 */
#include "trap.h"
#include "console.h"
#include "event.h"
#include "hypercall.h"
#include "string.h"
#include "tap.h"
#include "user.h"

struct fixup {
	u64 from, to;
};
extern const struct fixup fixup_table_start[], fixup_table_end[];
extern u64 try_rsp;
u64 try_call(void (*fn)(u64, u64, u64), u64 a, u64 b, u64 c);
u32 trap_entry_c(struct trap_frame *f);

struct trap_record trap_records[4];

_Static_assert(offsetof(struct pvhv_vcpu_page, vcpu_id) == 0x8c, "trap_last");

bool (*trap_hook)(struct trap_frame *f);

long trap_set(u8 vector, u8 flags, u64 rip)
{
	struct pvhv_trap_info t = { .vector = vector, .flags = flags, .rip = rip };

	memcpy((void *)PVHV_ARG_VA, &t, sizeof(t));
	return hypercall(PVHV_HC_SET_TRAPS, 1, 0, 0);
}

static bool trap_is_ours(unsigned int v)
{
	return v != 2 && v != 18;
}

static void trap_set_all(u64 base, u64 stub80)
{
	struct pvhv_trap_info *t = (void *)PVHV_ARG_VA;
	unsigned int v, n = 0;

	for (v = 0; v < 32; v++) {
		if (!trap_is_ours(v))
			continue;
		t[n++] = (struct pvhv_trap_info){
			.vector = v,
			.flags = v == 3 || v == 4 ? PVHV_TRAP_DPL3 : 0,
			.rip = base ? base + 16 * v : 0,
		};
	}
	t[n++] = (struct pvhv_trap_info){
		.vector = 0x80, .flags = PVHV_TRAP_DPL3, .rip = stub80,
	};
	if (hypercall(PVHV_HC_SET_TRAPS, n, 0, 0))
		guest_panic("the trap table was refused");
}

void trap_init(void)
{
	trap_set_all((u64)trap_stubs, (u64)trap_stub_80);
	if (hypercall(PVHV_HC_SET_DF_STACK, (u64)df_stack_top, 0, 0) ||
	    hc_set_callback(PVHV_CB_RET, (u64)ret_rip) ||
	    hc_set_callback(PVHV_CB_SYSRET, (u64)sysret_rip) ||
	    hc_set_callback(PVHV_CB_SYSCALL, (u64)syscall_entry) ||
	    hc_set_callback(PVHV_CB_SYSCALL32, (u64)syscall32_entry) ||
	    hc_set_callback(PVHV_CB_UPCALL, (u64)upcall_entry))
		guest_panic("an entry point was refused");
	vcpu_page->sp0 = (u64)trap_stack_top;
	trap_forget();
}

void trap_remove_all(void)
{
	trap_set_all(0, 0);
}

void trap_forget(void)
{
	trap_last.vector = NO_TRAP;
	trap_last.count = 0;
}

static void trap_record(const struct trap_frame *f)
{
	trap_last.vector = f->vector;
	trap_last.error = f->error;
	trap_last.cr2 = vcpu_page->cr2;
	trap_last.frame = *f;
	trap_last.count++;
}

static bool trap_fix(struct trap_frame *f)
{
	const struct fixup *x;

	for (x = fixup_table_start; x < fixup_table_end; x++) {
		if (f->rip < x->from || f->rip > x->to)
			continue;
		f->rip = x->to;
		f->rflags &= ~(FLAGS_TF | FLAGS_DF | FLAGS_AC);
		return true;
	}
	if (!try_rsp || vcpu_page->vcpu_id)
		return false;
	f->rip = (u64)try_fault;
	f->rsp = try_rsp;
	f->rflags = 2 | (f->rflags & FLAGS_IF);
	return true;
}

/* 0: return to where it came from; else user_enter() returns with that value. */
u32 trap_entry_c(struct trap_frame *f)
{
	if (f->vector == TRAP_UPCALL) {
		event_upcall(f);
		return 0;
	}
	trap_record(f);
	if ((f->cs & 3) == 3) {
		user_regs = *f;
		return USER_TRAP(f->vector);
	}
	if (trap_hook && !vcpu_page->vcpu_id && trap_hook(f))
		return 0;
	if (trap_fix(f))
		return 0;
	guest_panic("unexpected exception %lu error %lx at %lx, rsp %lx, cr2 %lx", f->vector,
		    f->error, f->rip, f->rsp, (u64)vcpu_page->cr2);
}

u64 trap_try(void (*fn)(u64 a, u64 b, u64 c), u64 a, u64 b, u64 c)
{
	trap_forget();
	return try_call(fn, a, b, c) ? trap_last.vector : NO_TRAP;
}

u64 try_read8(u64 va, u8 *val)
{
	u64 v = 0;
	u64 ret = TRY_("movzbl (%1), %k0", "+r"(v), "r"(va));

	if (val)
		*val = v;
	return ret;
}

u64 try_read(u64 va, u64 *val)
{
	u64 v = 0;
	u64 ret = TRY_("movq (%1), %0", "+r"(v), "r"(va));

	if (val)
		*val = v;
	return ret;
}

u64 try_write(u64 va, u64 val)
{
	return TRY_("movq %0, (%1)", L_(), L_("r"(val), "r"(va)));
}
