// SPDX-License-Identifier: GPL-2.0
/* Debugging: single steps, breakpoint registers, system call stops, perf breakpoints. */
#include <errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests.h"

static volatile int watched[4], other;

/* Known instructions of known lengths: 1, 1, 2, 5 (mov), 2 (syscall), 1, 1. */
extern char steps_begin[], steps_end[];
static void __attribute__((noinline)) known_steps(void)
{
	asm volatile(".globl steps_begin, steps_end\n"
		     "steps_begin: nop; nop; xor %%edx, %%edx; mov $39, %%eax; syscall; nop\n"
		     "steps_end: nop" : : : "rax", "rcx", "rdx", "r11", "memory");
}

static void tracee(int n)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	known_steps();
	other = 1;
	for (int i = 0; i < 100; i++)
		watched[n] = i;
	_exit(7);
}

static pid_t begin(int n)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		tracee(n);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		die("the traced process did not stop");
	return pid;
}

static uintptr_t peek_rip(pid_t pid)
{
	return ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user_regs_struct, rip), 0);
}

static int resume(pid_t pid, int how)
{
	int status;

	ptrace(how, pid, 0, 0);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFSTOPPED(status) ? WSTOPSIG(status) : -WEXITSTATUS(status);
}

static long debugreg(pid_t pid, int n)
{
	return ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, u_debugreg[n]), 0);
}

static int set_debugreg(pid_t pid, int n, unsigned long v)
{
	return ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[n]), v);
}

static void run_to(pid_t pid, uintptr_t where)
{
	set_debugreg(pid, 0, where);
	set_debugreg(pid, 7, 1);
	resume(pid, PTRACE_CONT);
	set_debugreg(pid, 7, 0);
}

static void single_steps(void)
{
	static const int lengths[] = { 1, 1, 2, 5, 2, 1 };
	uintptr_t at = (uintptr_t)steps_begin;
	pid_t pid = begin(0);
	struct user_regs_struct regs;
	int good = 1;

	run_to(pid, at);
	check(peek_rip(pid) == at && (debugreg(pid, 6) & 1), "a breakpoint on an instruction stops there");
	for (int i = 0; i < 6; i++) {
		at += lengths[i];
		if (resume(pid, PTRACE_SINGLESTEP) != SIGTRAP || peek_rip(pid) != at) {
			note("step %d stands at %#lx, not %#lx", i, peek_rip(pid), at);
			good = 0;
			break;
		}
	}
	check(good && at == (uintptr_t)steps_end, "single steps stop behind each instruction, SYSCALL too");
	ptrace(PTRACE_GETREGS, pid, 0, &regs);
	check(regs.rax == pid && !(regs.eflags & 0x100), "the system call that was stepped over worked");
	check(resume(pid, PTRACE_CONT) == -7, "and the process goes on at full speed");
}

static void watchpoints(void)
{
	pid_t pid[2] = { begin(1), begin(2) };
	int hits[2] = { 0, 0 }, right = 1, value;

	for (int i = 0; i < 2; i++) {
		set_debugreg(pid[i], 1, (unsigned long)&watched[1 + i]);
		/* DR1: writes of 4 bytes. */
		if (set_debugreg(pid[i], 7, 4 | 0xdul << 20))
			die("the watchpoint is refused");
	}
	/* In turns, so that the registers are switched all the time. */
	for (int n = 0; n < 100; n++)
		for (int i = 0; i < 2; i++) {
			if (resume(pid[i], PTRACE_CONT) != SIGTRAP)
				goto out;
			errno = 0;
			value = ptrace(PTRACE_PEEKDATA, pid[i], (void *)&watched[1 + i], 0);
			right &= value == n && (debugreg(pid[i], 6) & 0xf) == 2;
			hits[i]++;
		}
out:
	check(hits[0] == 100 && hits[1] == 100 && right,
	      "watchpoints of two processes strike at each write (%d, %d)", hits[0], hits[1]);
	check(resume(pid[0], PTRACE_CONT) == -7 && resume(pid[1], PTRACE_CONT) == -7,
	      "and never otherwise");
}

static void forbidden_watchpoint(void)
{
	pid_t pid = begin(0);

	set_debugreg(pid, 0, 0xffffffff81000000ul);
	check(set_debugreg(pid, 7, 1) == -1 || set_debugreg(pid, 0, 0xffffffff81000000ul) == -1,
	      "no watchpoint on the kernel");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void system_call_stops(void)
{
	struct user_regs_struct regs;
	int stops = 0, found = 0;
	pid_t pid = begin(0);

	while (resume(pid, PTRACE_SYSCALL) == SIGTRAP) {
		ptrace(PTRACE_GETREGS, pid, 0, &regs);
		stops++;
		if (regs.orig_rax == SYS_getpid && found++ == 1) {
			regs.rax = 12345;
			ptrace(PTRACE_SETREGS, pid, 0, &regs);
			resume(pid, PTRACE_SINGLESTEP);
			ptrace(PTRACE_GETREGS, pid, 0, &regs);
			check(regs.rax == 12345, "a debugger changes a system call's result");
		}
	}
	check(found == 2 && stops >= 3, "a debugger sees entry and return of each system call");
}

static volatile uintptr_t trap_rip;
static volatile int trap_code;

static void on_trap(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	trap_rip = uc->uc_mcontext.gregs[REG_RIP];
	trap_code = info->si_code;
	uc->uc_mcontext.gregs[REG_EFL] &= ~0x100;
}

static void own_trap_flag(void)
{
	struct sigaction sa = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
	uintptr_t expected;

	sigaction(SIGTRAP, &sa, NULL);
	asm volatile("sub $128, %%rsp; lea 1f(%%rip), %0; pushf; orl $0x100, (%%rsp); popf; nop\n"
		     "1: nop; add $128, %%rsp" : "=&r"(expected) : : "memory", "cc");
	check(trap_code == TRAP_TRACE && trap_rip == expected, "a process steps itself by TF");
	trap_code = 0;
	/* TF over SYSCALL: the trap comes behind it, in user mode. */
	asm volatile("sub $128, %%rsp; lea 1f(%%rip), %0; mov $39, %%eax; pushf; orl $0x100, (%%rsp); popf; syscall\n"
		     "1: nop; nop; add $128, %%rsp"
		     : "=&r"(expected) : : "rax", "rcx", "r11", "memory", "cc");
	check(trap_code == TRAP_TRACE && (trap_rip == expected || trap_rip == expected + 1),
	      "TF over a system call traps behind it");
	signal(SIGTRAP, SIG_DFL);
}

static void perf_breakpoint(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT, .size = sizeof(attr), .bp_type = HW_BREAKPOINT_W,
		.bp_addr = (uintptr_t)&other, .bp_len = HW_BREAKPOINT_LEN_4,
		.exclude_kernel = 1, .exclude_hv = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	uint64_t count = 0;

	if (!check(fd >= 0, "perf makes a breakpoint (%s)", strerror(fd < 0 ? errno : 0)))
		return;
	for (int i = 0; i < 50; i++)
		other = i;
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	if (read(fd, &count, sizeof(count)) != sizeof(count))
		count = 0;
	check(count == 50, "which counts 50 writes (%d)", (int)count);
	close(fd);
}

void test_debug(void)
{
	single_steps();
	watchpoints();
	forbidden_watchpoint();
	system_call_stops();
	own_trap_flag();
	perf_breakpoint();
}
