// SPDX-License-Identifier: GPL-2.0
/*
 * Privileged instructions in ring 1 that paravirtual operations do not cover:
 * port I/O (reads all ones), reads of CR0 and CR4, CLTS, WBINVD, and CLI, STI
 * (skipped and logged: they never change the virtual IF).
 * Side: core.  The instruction bytes are read once, through the guest's tables.
 */
#include "emulate.h"
#include "asm.h"
#include "log.h"
#include "mm/guest_access.h"

#define INSN_MAX	15
#define CR0_SHOWN	0x80050033UL	/* PG AM WP NE ET MP PE */

struct insn {
	u8	b[INSN_MAX];
	u32	len;		/* bytes that could be read */
	u32	pos;
	bool	op16;
	u8	rex;
};

static u32 insn_fetch(struct vcpu *v, struct insn *in)
{
	u64 rip = v->regs.rip;
	u32 first = HV_PAGE_SIZE - (rip & (HV_PAGE_SIZE - 1));

	if (first > INSN_MAX)
		first = INSN_MAX;
	if (guest_read(v, rip, in->b, first))
		return 0;
	in->len = first;
	if (first < INSN_MAX && !guest_read(v, rip + first, in->b + first, INSN_MAX - first))
		in->len = INSN_MAX;
	return in->len;
}

static void insn_prefixes(struct insn *in)
{
	for (; in->pos < in->len; in->pos++) {
		u8 b = in->b[in->pos];

		if (b == 0x66)
			in->op16 = true;
		else if (b != 0xf2 && b != 0xf3)
			break;
	}
	if (in->pos < in->len && (in->b[in->pos] & 0xf0) == 0x40)
		in->rex = in->b[in->pos++];
}

static u64 *reg_by_number(struct regs *r, unsigned int n)
{
	u64 *map[16] = {
		&r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp, &r->rsi, &r->rdi,
		&r->r8, &r->r9, &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15,
	};

	return map[n & 15];
}

static void port_in(struct regs *r, u8 op, bool op16)
{
	if (!(op & 1))
		r->rax |= 0xff;
	else if (op16)
		r->rax |= 0xffff;
	else
		r->rax = 0xffffffff;
}

/* 0F 20 /r: MOV r64, CRn */
static bool read_cr(struct vcpu *v, struct insn *in)
{
	u8 modrm;
	u64 val;

	if (in->pos >= in->len)
		return false;
	modrm = in->b[in->pos++];
	switch (modrm >> 3 & 7) {
	case 0:
		val = CR0_SHOWN;
		break;
	case 2:
		val = v->page->cr2;
		break;
	case 4:
		val = READ_CR(4);
		break;
	default:
		return false;
	}
	*reg_by_number(&v->regs, (modrm & 7) | (in->rex & 1) << 3) = val;
	return true;
}

static bool emulate_two_byte(struct vcpu *v, struct insn *in)
{
	if (in->pos >= in->len)
		return false;
	switch (in->b[in->pos++]) {
	case 0x06:		/* CLTS: TS is never set */
	case 0x08:		/* INVD */
	case 0x09:		/* WBINVD */
		return true;
	case 0x20:
		return read_cr(v, in);
	}
	return false;
}

static bool emulate_one(struct vcpu *v, struct insn *in)
{
	u8 op;

	if (in->pos >= in->len)
		return false;
	op = in->b[in->pos++];
	switch (op) {
	case 0xe4: case 0xe5:
		in->pos++;
		port_in(&v->regs, op, in->op16);
		return in->pos <= in->len;
	case 0xec: case 0xed:
		port_in(&v->regs, op, in->op16);
		return true;
	case 0xe6: case 0xe7:
		in->pos++;
		return in->pos <= in->len;
	case 0xee: case 0xef:
		return true;
	case 0xfa: case 0xfb:
		core_log("domain %u: %s at %llx ignored", v->dom->id,
			 op == 0xfa ? "CLI" : "STI", v->regs.rip);
		return true;
	case 0x0f:
		return emulate_two_byte(v, in);
	}
	return false;
}

bool emulate_privileged(struct vcpu *v)
{
	struct insn in = { .len = 0 };

	if (!insn_fetch(v, &in))
		return false;
	insn_prefixes(&in);
	if (!emulate_one(v, &in))
		return false;
	v->regs.rip += in.pos;
	return true;
}
