/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Exceptions in the guest's own kernel: expected ones are caught and recorded.
 * Side: guest.
 */
#ifndef GUEST_TRAP_H
#define GUEST_TRAP_H

#include "types.h"
#include <pvhv/layout.h>

#define TRAP_DE		0
#define TRAP_DB		1
#define TRAP_NMI	2
#define TRAP_BP		3
#define TRAP_UD		6
#define TRAP_DF		8
#define TRAP_GP		13
#define TRAP_PF		14
#define TRAP_SYSCALL	0x80
#define TRAP_UPCALL	0x100
#define NO_TRAP		(~0UL)

#define PF_PRESENT	1
#define PF_WRITE	2
#define PF_USER		4
#define PF_RSVD		8
#define PF_INSN		16

#define FLAGS_TF	0x100UL
#define FLAGS_IF	0x200UL
#define FLAGS_DF	0x400UL
#define FLAGS_IOPL	0x3000UL
#define FLAGS_NT	0x4000UL
#define FLAGS_RF	0x10000UL
#define FLAGS_VM	0x20000UL
#define FLAGS_AC	0x40000UL

/* As entry.S builds it. */
struct trap_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rbp, rdi, rsi, rdx, rcx, rbx, rax;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
};

/* The last exception; vector = NO_TRAP: none since trap_forget(). */
struct trap_record {
	u64 vector, error, cr2, count;
	struct trap_frame frame;
};
extern struct trap_record trap_records[4];
/* Of the vCPU that asks. */
#define trap_last trap_records[*(volatile u32 *)(PVHV_VCPU_VA + 0x8c) & 3]

/* Called for each exception in ring 1 of vCPU 0 before anything else; true: dealt with, go on at f->rip. */
extern bool (*trap_hook)(struct trap_frame *f);

void trap_init(void);
/* Registers the handler of one vector; 0 or -errno. */
long trap_set(u8 vector, u8 flags, u64 rip);
/* No handlers at all (for tests that want to die). */
void trap_remove_all(void);
void trap_forget(void);

extern const char trap_stubs[], trap_stub_80[], upcall_entry[], syscall_entry[], syscall32_entry[];
extern const char ret_insn[], ret_rip[], sysret_insn[], sysret_rip[], try_fault[];
extern char boot_stack_top[], trap_stack_top[], df_stack_top[];

/*
 * Executes fn(a, b, c); when an exception happens in it, it is left there
 * (nested calls are allowed).  Returns the vector or NO_TRAP; details are in trap_last.
 */
u64 trap_try(void (*fn)(u64 a, u64 b, u64 c), u64 a, u64 b, u64 c);

/*
 * TRY("insn", outputs, inputs, clobbers): executes the instruction(s);
 * continues behind them after an exception.  Value: the vector or NO_TRAP.
 */
#define TRY_(insn, out, in, ...) ({						\
	trap_forget();								\
	asm volatile("771:\t" insn "\n772:\n\t"					\
		     ".pushsection .fixup_table, \"a\"\n\t"			\
		     ".quad 771b, 772b\n\t"					\
		     ".popsection" : out : in : "memory", ##__VA_ARGS__);	\
	trap_last.vector; })
#define L_(...)	__VA_ARGS__
#define TRY(insn)	TRY_(insn, L_(), L_())

/* Reads and writes of one word or byte; the vector or NO_TRAP. */
u64 try_read8(u64 va, u8 *val);
u64 try_read(u64 va, u64 *val);
u64 try_write(u64 va, u64 val);

#endif
