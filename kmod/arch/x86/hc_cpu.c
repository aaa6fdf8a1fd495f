// SPDX-License-Identifier: GPL-2.0
/*
 * Hypercalls on a vCPU's own state: entry points, traps, segments, debug registers.
 * Side: core.
 */
#include <linux/errno.h>
#include "hc_cpu.h"
#include "asm.h"
#include "gate.h"
#include "vcpu.h"
#include "nospec.h"

#define XCR0_BASE	3ULL	/* x87 and SSE are always on */
#define DR7_FIXED1	0x400ULL
#define DR7_ALLOWED	0xffff03ffULL	/* no GD, no reserved bits */
#define DR6_FIXED1	0xffff0ff0ULL
#define DR6_ALLOWED	0xe00fULL

long hc_set_callback(struct pcore *c, struct vcpu *v)
{
	u64 rip = v->regs.rsi;

	(void)c;
	if (!is_guest_kernel_va(rip))
		return -EINVAL;
	switch (v->regs.rdi) {
	case PVHV_CB_SYSCALL:
		v->ro->sysframe.rip = rip;
		return 0;
	case PVHV_CB_SYSCALL32:
		v->ro->sys32frame.rip = rip;
		return 0;
	case PVHV_CB_UPCALL:
		v->ro->upcall_rip = rip;
		return 0;
	case PVHV_CB_RET:
		v->ro->ret_rip = rip;
		return 0;
	case PVHV_CB_SYSRET:
		v->ro->sysret_rip = rip;
		return 0;
	}
	return -EINVAL;
}

static bool trap_ok(const struct pvhv_trap_info *t)
{
	if (t->vector == 2 || t->vector == 18 || (t->vector >= 32 && t->vector != 0x80))
		return false;
	if (t->flags & ~(PVHV_TRAP_DPL3 | PVHV_TRAP_CLEAR_VIF) || t->pad0 || t->pad1)
		return false;
	if (t->flags & PVHV_TRAP_DPL3 && t->vector != 3 && t->vector != 4 && t->vector != 0x80)
		return false;
	return !t->rip || is_guest_kernel_va(t->rip);
}

static struct pvhv_trap_info trap_entry(const struct vcpu *v, u64 i)
{
	const volatile u64 *w = (const volatile u64 *)v->args + 2 * i;
	union {
		u64 w[2];
		struct pvhv_trap_info t;
	} u = { .w = { w[0], w[1] } };

	return u.t;
}

/* Two passes over a page that a sibling may change: each entry is checked again when it is taken. */
long hc_set_traps(struct pcore *c, struct vcpu *v)
{
	u64 i, count = v->regs.rdi;
	struct pvhv_trap_info t;

	(void)c;
	if (count > PVHV_ARG_SIZE / sizeof(t))
		return -EINVAL;
	for (i = 0; i < count; i++) {
		t = trap_entry(v, i);
		if (!trap_ok(&t))
			return -EINVAL;
	}
	for (i = 0; i < count; i++) {
		t = trap_entry(v, i);
		if (!trap_ok(&t))
			return -EINVAL;
		v->ro->trap_rip[t.vector] = t.rip;
		v->ro->trap_flags[t.vector] = t.flags;
	}
	v->ro->pf_rip = v->ro->trap_rip[14];
	v->ro->pf_keep_vif = v->ro->trap_flags[14] & PVHV_TRAP_CLEAR_VIF ? 0 : 0xff;
	return 0;
}

long hc_set_kernel_gs(struct pcore *c, struct vcpu *v)
{
	(void)c;
	if (!is_canonical(v->regs.rdi))
		return -EINVAL;
	v->ro->kernel_gs = v->regs.rdi;
	return 0;
}

/*
 * Data or 32-bit code, DPL 3, present, accessed preset (the GDT is read-only).
 * Bits (SDM 3.4.5): 40-43 type, 44 S, 45-46 DPL, 47 P, 53 L, 54 D/B.
 */
static bool tls_ok(u64 d)
{
	if (!d)
		return true;
	if ((d >> 44 & 0xf) != 0xf)		/* P, DPL 3, S */
		return false;
	if (d >> 43 & 1)			/* code: not conforming, not 64-bit, 32-bit default */
		return !(d >> 42 & 1) && !(d >> 53 & 1) && (d >> 54 & 1);
	return !(d >> 53 & 1);
}

long hc_set_tls(struct pcore *c, struct vcpu *v)
{
	u64 i = v->regs.rdi, d = v->regs.rsi;

	if (i >= PVHV_TLS_COUNT || !tls_ok(d))
		return -EINVAL;
	i = nospec_index(i, PVHV_TLS_COUNT);
	if (d)
		d |= 1ULL << 40;
	v->tls[i] = d;
	((u64 *)c->gdt)[PVHV_TLS_FIRST + i] = d;
	return 0;
}

static bool dr_address_ok(u64 a)
{
	/* the longest breakpoint covers 8 bytes; keep them all out of the hypervisor's slots */
	return a >> 47 == 0 || (is_guest_kernel_va(a) && is_guest_kernel_va(a + 7));
}

long hc_set_debugreg(struct pcore *c, struct vcpu *v)
{
	u64 n = v->regs.rdi, val = v->regs.rsi;

	(void)c;
	if (n < 4) {
		if (!dr_address_ok(val))
			return -EINVAL;
	} else if (n == 6) {
		if (val & ~(DR6_FIXED1 | DR6_ALLOWED))
			return -EINVAL;
		val |= DR6_FIXED1;
	} else if (n == 7) {
		if (val & ~(DR7_FIXED1 | DR7_ALLOWED))
			return -EINVAL;
		val |= DR7_FIXED1;
	} else {
		return -EINVAL;
	}
	v->dr[nospec_index(n, 8)] = val;
	switch (n) {
	case 0:
		WRITE_DR(0, val);
		break;
	case 1:
		WRITE_DR(1, val);
		break;
	case 2:
		WRITE_DR(2, val);
		break;
	case 3:
		WRITE_DR(3, val);
		break;
	case 7:
		vcpu_set_dr7(v, val);
		vcpu_load_debug(v);
		break;
	}
	return 0;
}

long hc_get_debugreg(struct pcore *c, struct vcpu *v)
{
	u64 n = v->regs.rdi;

	(void)c;
	if (n > 7 || n == 4 || n == 5)
		return -EINVAL;
	return v->dr[nospec_index(n, 8)];
}

long hc_set_tsc_aux(struct pcore *c, struct vcpu *v)
{
	(void)c;
	if (v->regs.rdi >> 32)
		return -EINVAL;
	v->tsc_aux = v->regs.rdi;
	wrmsr(MSR_TSC_AUX_, v->tsc_aux);
	return 0;
}

long hc_set_df_stack(struct pcore *c, struct vcpu *v)
{
	(void)c;
	if (!is_guest_kernel_va(v->regs.rdi) || v->regs.rdi & 15)
		return -EINVAL;
	v->df_stack = v->regs.rdi;
	return 0;
}

long hc_set_xcr0(struct pcore *c, struct vcpu *v)
{
	u64 val = v->regs.rdi;

	(void)c;
	if ((val & XCR0_BASE) != XCR0_BASE || val & ~hv.xcr0)
		return -EINVAL;
	if ((val & 0xe0) && ((val & 0xe0) != 0xe0 || !(val & 4)))	/* AVX-512 needs all of its parts and AVX */
		return -EINVAL;
	v->xcr0 = val;
	asm volatile("xsetbv" : : "c"(0), "a"((u32)val), "d"((u32)(val >> 32)));
	return 0;
}
