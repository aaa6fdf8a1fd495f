/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ring 3: code and data pages, entry, and why it came back.
 * Side: guest.  One application at a time, on vCPU 0.
 */
#ifndef GUEST_USER_H
#define GUEST_USER_H

#include "mm.h"
#include "trap.h"

#define USER_TRAP(v)	(0x200 + (v))
#define USER_SYSCALL	0x101
#define USER_SYSCALL32	0x102

#define USER_CODE	0x400000UL
#define USER_STACK	0x7ffff0UL	/* top of a page at 0x7ff000 */

enum user_how { BY_RET, BY_SYSRET };

/* In: what ring 3 starts with.  Out: what it had when it left. */
extern struct trap_frame user_regs;
/* RSP at the system call entry as the hypervisor set it. */
extern u64 user_entry_rsp;
int user_enter(int how);
/* The same with a raw frame for that SYSCALL instruction (ret_insn, sysret_insn). */
int user_enter_frame(const void *insn, const u64 *frame);

/* Maps code (bytes [from, to)) at USER_CODE and a stack; user_regs ready to start. */
void user_init(const void *from, const void *to);
/* user_regs reset to start at USER_CODE. */
void user_reset(void);
/* Runs; virtual IF is on again on return.  USER_TRAP(vector), USER_SYSCALL, USER_SYSCALL32. */
int user_run(enum user_how how);

/* USER_ASM(name, "code"): bytes name[], name_end[] for user_init(). */
#define USER_ASM(name, code)					\
	extern const char name[], name##_end[];			\
	asm(".pushsection .rodata\n" #name ":\n" code "\n"	\
	    #name "_end:\n.popsection")

#endif
