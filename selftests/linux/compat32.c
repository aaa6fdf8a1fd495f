// SPDX-License-Identifier: GPL-2.0
/*
 * A 32-bit program without a library: system calls by INT 0x80 and by the
 * kernel's own way (SYSCALL or SYSENTER, through AT_SYSINFO), thread-local storage,
 * signals, faults, processes.
 */
#include <stddef.h>
#include <stdint.h>

#define SYS_exit		1
#define SYS_fork		2
#define SYS_write		4
#define SYS_getpid		20
#define SYS_kill		37
#define SYS_waitpid		7
#define SYS_mmap2		192
#define SYS_munmap		91
#define SYS_set_thread_area	243
#define SYS_rt_sigaction	174
#define SYS_sched_yield		158
#define SYS_clock_gettime	265
#define SYS_getppid		64
#define AT_SYSINFO		32
#define SA_SIGINFO		4
#define SA_RESTORER		0x04000000
#define SIGUSR1			10
#define SIGSEGV			11

static int results, failures;
static uint32_t sysinfo;

static long int80(long nr, long a, long b, long c, long d, long e)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
		     : "memory");
	return ret;
}

static long fast(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("call *%1" : "=a"(ret) : "m"(sysinfo), "a"(nr), "b"(a), "c"(b), "d"(c)
		     : "memory");
	return ret;
}

static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static void say(const char *s) { int80(SYS_write, 1, (long)s, length(s), 0, 0); }

static void number(int n)
{
	char digits[12], *p = digits + 11;

	*p = 0;
	do
		*--p = '0' + n % 10;
	while (n /= 10);
	say(p);
}

static int check(int good, const char *text)
{
	results++;
	failures += !good;
	say(good ? "ok " : "not ok ");
	number(results);
	say(" - ");
	say(text);
	say("\n");
	return good;
}

/* ---- parts ---- */

static void calls(void)
{
	long pid = int80(SYS_getpid, 0, 0, 0, 0, 0);
	int bad = 0;
	long after_b, after_c, after_d, after_s, ret;

	check(pid > 1 && pid < 4194304, "INT 0x80");
	asm volatile("int $0x80" : "=a"(ret), "=b"(after_b), "=c"(after_c), "=d"(after_d), "=S"(after_s)
		     : "a"(SYS_getpid), "b"(0x11111111), "c"(0x22222222), "d"(0x33333333),
		       "S"(0x44444444) : "memory");
	check(ret == pid && after_b == 0x11111111 && after_c == 0x22222222 &&
	      after_d == 0x33333333 && after_s == 0x44444444, "it keeps the registers");
	if (!check(sysinfo != 0, "the kernel offers its own entry"))
		return;
	check(fast(SYS_getpid, 0, 0, 0) == pid, "which gives the same");
	asm volatile("call *%5" : "=a"(ret), "=b"(after_b), "=c"(after_c), "=d"(after_d), "=S"(after_s)
		     : "m"(sysinfo), "a"(SYS_getpid), "b"(0x11111111), "c"(0x22222222), "d"(0x33333333),
		       "S"(0x44444444) : "memory");
	check(ret == pid && after_b == 0x11111111 && after_c == 0x22222222 &&
	      after_d == 0x33333333 && after_s == 0x44444444, "it keeps the registers");
	for (int i = 0; i < 2000; i++)
		bad += fast(SYS_sched_yield, 0, 0, 0) || fast(SYS_getpid, 0, 0, 0) != pid ||
		       int80(SYS_getpid, 0, 0, 0, 0, 0) != pid;
	check(!bad, "2000 times in turns");
	check(fast(9999, 0, 0, 0) == -38 && int80(9999, 0, 0, 0, 0, 0) == -38,
	      "a call that there is not gives -ENOSYS");
}

struct user_desc {
	uint32_t entry, base, limit, flags;
};

static uint32_t read_gs(void)
{
	uint32_t v;

	asm volatile("mov %%gs:0, %0" : "=r"(v));
	return v;
}

static void thread_storage(void)
{
	static uint32_t cell = 0x600df00d;
	/* 32 bits, limit in pages, usable. */
	struct user_desc d = { -1, (uint32_t)&cell, 0xfffff, 1 | 1 << 4 | 1 << 6 };
	int bad = 0;

	if (!check(int80(SYS_set_thread_area, (long)&d, 0, 0, 0, 0) == 0, "set_thread_area"))
		return;
	asm volatile("mov %0, %%gs" : : "r"((uint16_t)(d.entry * 8 + 3)));
	for (int i = 0; i < 200; i++) {
		int80(SYS_sched_yield, 0, 0, 0, 0, 0);
		bad += read_gs() != 0x600df00d;
	}
	check(!bad, "the thread's own segment survives switches");
}

struct sigaction32 {
	void *handler;
	uint32_t flags;
	void *restorer;
	uint32_t mask[2];
};

static volatile int got;
static volatile uint32_t fault_address;
extern char restorer[], fault_here[], fault_next[];
asm("restorer: mov $173, %eax; int $0x80");

static void on_signal(int sig, uint32_t *info, uint32_t *uc)
{
	got = sig;
	if (sig != SIGSEGV)
		return;
	fault_address = info[3];
	/* uc_mcontext starts behind flags, link, stack (5 words); EIP is its word 14. */
	uc[5 + 14] = (uint32_t)fault_next;
}

static void signals(void)
{
	struct sigaction32 sa = { on_signal, SA_SIGINFO | SA_RESTORER, restorer, { 0, 0 } };

	int80(SYS_rt_sigaction, SIGUSR1, (long)&sa, 0, 8, 0);
	int80(SYS_rt_sigaction, SIGSEGV, (long)&sa, 0, 8, 0);
	int80(SYS_kill, int80(SYS_getpid, 0, 0, 0, 0, 0), SIGUSR1, 0, 0, 0);
	check(got == SIGUSR1, "a signal arrives");
	asm volatile("fault_here: movl $1, 0x1234\nfault_next: nop" : : : "memory");
	check(got == SIGSEGV && fault_address == 0x1234, "a fault has its address");
}

static void processes(void)
{
	volatile int *page = (int *)int80(SYS_mmap2, 0, 4096, 3, 0x22, -1);
	int status = 0, bad = 0;

	*page = 5;
	for (int i = 0; i < 20; i++) {
		long pid = int80(SYS_fork, 0, 0, 0, 0, 0);

		if (!pid) {
			*page += i;
			fast(SYS_exit, *page, 0, 0);
		}
		bad += int80(SYS_waitpid, pid, (long)&status, 0, 0, 0) != pid || status >> 8 != 5 + i;
	}
	check(!bad && *page == 5, "children have copies");
}

static void clocks(void)
{
	int32_t a[2], b[2];

	fast(SYS_clock_gettime, 1, (long)a, 0);
	int80(SYS_clock_gettime, 1, (long)b, 0, 0, 0);
	check(b[0] > a[0] || (b[0] == a[0] && b[1] >= a[1]), "a clock");
}

__attribute__((used)) static void start(uint32_t *stack)
{
	uint32_t *p = stack + 1 + stack[0] + 1;

	while (*p++)
		;
	for (; p[0]; p += 2)
		if (p[0] == AT_SYSINFO)
			sysinfo = p[1];
	calls();
	thread_storage();
	signals();
	processes();
	clocks();
	say("1..");
	number(results);
	say("\n");
	int80(SYS_exit, failures != 0, 0, 0, 0, 0);
	__builtin_unreachable();
}

asm(".globl _start; _start: mov %esp, %eax; and $-16, %esp; sub $12, %esp; push %eax; call start; hlt");
