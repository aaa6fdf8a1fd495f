// SPDX-License-Identifier: GPL-2.0
/* Each exception that a program can raise becomes the right signal, code and address. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests.h"

static sigjmp_buf back;
static siginfo_t seen;
static uintptr_t seen_rip;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	seen = *info;
	seen_rip = uc->uc_mcontext.gregs[REG_RIP];
	siglongjmp(back, 1);
}

/* Runs code that must fault; tells whether signal, code and (if any is given) address are right. */
#define fault(text, sig, code, where, ...)						\
do {											\
	memset(&seen, 0, sizeof(seen));							\
	if (!sigsetjmp(back, 1)) {							\
		__VA_ARGS__;								\
	}										\
	check(seen.si_signo == (sig) && seen.si_code == (code) &&			\
	      (!(where) || seen.si_addr == (void *)(where)),				\
	      "%s (signal %d, code %d, address %p)", text, seen.si_signo, seen.si_code,	\
	      seen.si_addr);								\
} while (0)

static void memory_faults(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile char *gone = page + 4096 + 123;
	int (*run)(void) = (void *)page;

	munmap(page + 4096, 4096);
	fault("a read of no memory", SIGSEGV, SEGV_MAPERR, gone, (void)*gone);
	fault("a write to no memory", SIGSEGV, SEGV_MAPERR, gone, *gone = 1);
	page[0] = 0xc3;
	fault("a jump to data", SIGSEGV, SEGV_ACCERR, page, run());
	mprotect(page, 4096, PROT_READ);
	fault("a write to a read-only page", SIGSEGV, SEGV_ACCERR, page + 77,
	      *(volatile char *)(page + 77) = 1);
	mprotect(page, 4096, PROT_NONE);
	fault("a read of a page without access", SIGSEGV, SEGV_ACCERR, page + 99,
	      (void)*(volatile char *)(page + 99));
	/* The user's view of the kernel: image, direct map, the vCPU page's neighbourhood. */
	fault("a read of the kernel's image", SIGSEGV, SEGV_MAPERR, 0xffffffff81000000ul,
	      (void)*(volatile char *)0xffffffff81000000ul);
	fault("a write to the direct map", SIGSEGV, SEGV_MAPERR, 0xffff888000200000ul,
	      *(volatile char *)0xffff888000200000ul = 1);
	fault("an address that is not canonical", SIGSEGV, SI_KERNEL, 0,
	      (void)*(volatile char *)0x0123456789abcdeful);
}

static void instruction_faults(void)
{
	short unmask_zero = 0x37b;
	float zero = 0;
	uintptr_t here;

	fault("a division by zero", SIGFPE, FPE_INTDIV, 0,
	      asm volatile("xor %%edx, %%edx; xor %%ecx, %%ecx; mov $1, %%eax; lea 1f(%%rip), %0\n"
			   "1:	div %%ecx" : "=&r"(here) : : "eax", "ecx", "edx", "memory"));
	check(seen.si_addr == (void *)seen_rip && seen_rip, "its address is the instruction's");
	/* What stays pending in the x87 must not hit the next part. */
	fault("an x87 division by zero", SIGFPE, FPE_FLTDIV, 0,
	      asm volatile("fninit; fldcw %0; fld1; fdivs %1; fwait" : : "m"(unmask_zero), "m"(zero)));
	asm volatile("fninit");
	fault("an undefined instruction", SIGILL, ILL_ILLOPN, 0, asm volatile("ud2"));
	fault("a breakpoint instruction", SIGTRAP, SI_KERNEL, 0, asm volatile("int3"));
	fault("an interrupt that is not ours", SIGSEGV, SI_KERNEL, 0, asm volatile("int $0x2e"));
	fault("the vector of the guest's events", SIGSEGV, SI_KERNEL, 0, asm volatile("int $0xf3"));
	fault("HLT", SIGSEGV, SI_KERNEL, 0, asm volatile("hlt"));
	fault("CLI", SIGSEGV, SI_KERNEL, 0, asm volatile("cli"));
	fault("IN", SIGSEGV, SI_KERNEL, 0, asm volatile("inb $0x80, %%al" : : : "eax"));
	fault("WRMSR", SIGSEGV, SI_KERNEL, 0,
	      asm volatile("wrmsr" : : "c"(0xc0000082), "a"(0), "d"(0)));
	fault("MOV to CR3", SIGSEGV, SI_KERNEL, 0, asm volatile("mov %0, %%cr3" : : "r"(0ul)));
	fault("a ring-1 code selector", SIGSEGV, SI_KERNEL, 0,
	      asm volatile("push $0x09; lea 1f(%%rip), %%rax; push %%rax; lretq; 1:" : : : "rax", "memory"));
}

/* After a fault the program may repair the cause and go on at the same instruction. */
static char *late;

static void on_late(int sig, siginfo_t *info, void *context)
{
	late = mmap((void *)((uintptr_t)info->si_addr & ~4095ul), 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void repaired(void)
{
	struct sigaction sa = { .sa_sigaction = on_late, .sa_flags = SA_SIGINFO };
	volatile int *p = (void *)0x10000000;

	sigaction(SIGSEGV, &sa, NULL);
	*p = 4711;
	check(late && *p == 4711, "an access is made again when its handler has repaired the cause");
}

void test_faults(void)
{
	static const int signals[] = { SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGBUS };
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
	memory_faults();
	instruction_faults();
	repaired();
}
