// SPDX-License-Identifier: GPL-2.0
/*
 * Cores are taken from Linux and given back: singly, several, repeatedly;
 * commands and doorbells go both ways; what cannot be taken is refused with a reason.
 */
#include <sched.h>
#include <time.h>

#include "kselftest_harness.h"
#include "core.h"

#define CYCLES		10
#define SIGNALS		200

FIXTURE(core)
{
	int fd;
};

FIXTURE_SETUP(core)
{
	ASSERT_EQ(0, module_load("selftest=1"));
	self->fd = device_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(core)
{
	struct pvhv_cpu_info info;
	int cpu;

	while (!core_info(self->fd, 0, &info) && !core_give(self->fd, info.cpu, NULL))
		;
	close(self->fd);
	EXPECT_EQ(0, module_unload());
	for (cpu = 1; cpu < 4; cpu++)
		EXPECT_EQ(1, linux_cpu_online(cpu));
}

/* Does Linux run processes there? */
static int runs_on(unsigned int cpu)
{
	cpu_set_t set, old;
	int ret;

	sched_getaffinity(0, sizeof(old), &old);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return -errno;
	sched_yield();
	ret = sched_getcpu();
	sched_setaffinity(0, sizeof(old), &old);
	return ret;
}

TEST_F_TIMEOUT(core, take_and_give, 120)
{
	struct pvhv_cpu_info info;
	char msg[PVHV_MSG_MAX];

	ASSERT_EQ(0, core_take(self->fd, 3, 0, msg)) TH_LOG("%s", msg);
	EXPECT_EQ(0, linux_cpu_online(3));
	EXPECT_EQ(-EINVAL, runs_on(3));
	ASSERT_EQ(0, core_info(self->fd, 0, &info));
	EXPECT_EQ(3, info.cpu);
	EXPECT_EQ(PVHV_CPU_ALIVE, info.state);
	EXPECT_EQ(-ENOENT, core_info(self->fd, 4, &info));
	ASSERT_EQ(0, core_give(self->fd, 3, msg)) TH_LOG("%s", msg);
	EXPECT_EQ(1, linux_cpu_online(3));
	EXPECT_EQ(3, runs_on(3));
	EXPECT_EQ(-ENOENT, core_info(self->fd, 0, &info));
}

TEST_F_TIMEOUT(core, several, 120)
{
	struct pvhv_cpu_info info;
	long long ret;
	int cpu;

	for (cpu = 1; cpu < 4; cpu++)
		ASSERT_EQ(0, core_take(self->fd, cpu, 0, NULL));
	for (cpu = 1; cpu < 4; cpu++) {
		ASSERT_EQ(0, core_info(self->fd, cpu, &info));
		EXPECT_EQ(cpu, info.cpu);
		EXPECT_EQ(PVHV_CPU_ALIVE, info.state);
		EXPECT_EQ(0, core_command(self->fd, cpu, PVHV_CORE_ECHO, cpu, &ret));
		EXPECT_EQ(~(long long)cpu, ret);
	}
	/* not in the order in which they were taken */
	EXPECT_EQ(0, core_give(self->fd, 2, NULL));
	EXPECT_EQ(0, core_command(self->fd, 3, PVHV_CORE_ECHO, 7, &ret));
	EXPECT_EQ(~7LL, ret);
	EXPECT_EQ(0, core_give(self->fd, 1, NULL));
	EXPECT_EQ(0, core_take(self->fd, 2, 0, NULL));
	EXPECT_EQ(0, core_give(self->fd, 3, NULL));
	EXPECT_EQ(0, core_give(self->fd, 2, NULL));
}

TEST_F_TIMEOUT(core, repeatedly, 120)
{
	long long ret;
	int i;

	for (i = 0; i < CYCLES; i++) {
		ASSERT_EQ(0, core_take(self->fd, 1 + i % 3, 0, NULL));
		ASSERT_EQ(0, core_command(self->fd, 1 + i % 3, PVHV_CORE_ECHO, i, &ret));
		ASSERT_EQ(~(long long)i, ret);
		ASSERT_EQ(0, core_give(self->fd, 1 + i % 3, NULL));
	}
}

TEST_F_TIMEOUT(core, commands_are_answered, 120)
{
	long long ret;
	int i;

	ASSERT_EQ(0, core_take(self->fd, 2, 0, NULL));
	for (i = 0; i < SIGNALS; i++) {
		ASSERT_EQ(0, core_command(self->fd, 2, PVHV_CORE_ECHO, i * 0x123456789ULL, &ret));
		ASSERT_EQ(~(i * 0x123456789ULL), (unsigned long long)ret);
	}
	EXPECT_EQ(-ENOENT, core_command(self->fd, 3, PVHV_CORE_ECHO, 0, &ret));
	EXPECT_EQ(-EINVAL, core_command(self->fd, 2, 99, 0, &ret));
}

TEST_F_TIMEOUT(core, doorbell_to_the_host, 120)
{
	long long ret = 0;

	ASSERT_EQ(0, core_take(self->fd, 2, 0, NULL));
	ASSERT_EQ(0, core_command(self->fd, 2, PVHV_CORE_SIGNAL, SIGNALS, &ret));
	EXPECT_EQ(SIGNALS, ret);
}

/* The number of the host's interrupt line. */
static int doorbell_irq(void)
{
	FILE *f = fopen("/proc/interrupts", "r");
	char line[512];
	int irq = -1;

	while (f && irq < 0 && fgets(line, sizeof(line), f))
		if (strstr(line, "pvhv-doorbell"))
			irq = atoi(line);
	if (f)
		fclose(f);
	return irq;
}

static int set_affinity(int irq, int cpu)
{
	char path[64];
	FILE *f;
	int ret;

	snprintf(path, sizeof(path), "/proc/irq/%d/smp_affinity_list", irq);
	f = fopen(path, "w");
	if (!f)
		return -errno;
	ret = fprintf(f, "%d", cpu) < 0 ? -errno : 0;
	return fclose(f) ? -errno : ret;
}

TEST_F_TIMEOUT(core, doorbell_follows_its_affinity, 120)
{
	long long ret;
	int cpu, irq;

	ASSERT_EQ(0, core_take(self->fd, 3, 0, NULL));
	irq = doorbell_irq();
	ASSERT_LT(0, irq);
	for (cpu = 0; cpu < 3; cpu++) {
		ASSERT_EQ(0, set_affinity(irq, cpu));
		ret = 0;
		ASSERT_EQ(0, core_command(self->fd, 3, PVHV_CORE_SIGNAL, 20, &ret));
		EXPECT_EQ(20, ret);
	}
	/* its CPU goes away, by Linux and by us */
	ASSERT_EQ(0, linux_cpu_set_online(2, 0));
	EXPECT_EQ(0, core_command(self->fd, 3, PVHV_CORE_SIGNAL, 20, &ret));
	EXPECT_EQ(20, ret);
	ASSERT_EQ(0, linux_cpu_set_online(2, 1));
	ASSERT_EQ(0, set_affinity(irq, 1));
	ASSERT_EQ(0, core_take(self->fd, 1, 0, NULL));
	EXPECT_EQ(0, core_command(self->fd, 3, PVHV_CORE_SIGNAL, 20, &ret));
	EXPECT_EQ(20, ret);
	EXPECT_EQ(0, core_command(self->fd, 1, PVHV_CORE_SIGNAL, 20, &ret));
	EXPECT_EQ(20, ret);
}

TEST_F_TIMEOUT(core, heart_beats_while_idle, 120)
{
	struct pvhv_cpu_info a, b;
	int i;

	ASSERT_EQ(0, core_take(self->fd, 1, 0, NULL));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, core_info(self->fd, 1, &a));
		sleep(3);
		ASSERT_EQ(0, core_info(self->fd, 1, &b));
		EXPECT_NE(a.heartbeat, b.heartbeat);
		EXPECT_EQ(PVHV_CPU_ALIVE, b.state);
	}
	/* it sleeps when it has nothing to do */
	EXPECT_LT(b.idle_ns, 60000000000ULL);
	EXPECT_LT(1000000000ULL, b.idle_ns);
}

/* Linux' broadcast interrupts reach a taken core: it must take them without harm. */
TEST_F_TIMEOUT(core, survives_broadcasts, 120)
{
	long long ret;
	int i;

	ASSERT_EQ(0, core_take(self->fd, 2, 0, NULL));
	for (i = 0; i < 50; i++) {
		/* membarrier sends an IPI to all CPUs */
		ASSERT_EQ(0, syscall(SYS_membarrier, 1, 0, 0));
	}
	EXPECT_EQ(0, core_command(self->fd, 2, PVHV_CORE_ECHO, 1, &ret));
	EXPECT_EQ(~1LL, ret);
}

/* --- refusals --- */

TEST_F_TIMEOUT(core, boot_core_is_refused, 120)
{
	char msg[PVHV_MSG_MAX];

	EXPECT_EQ(-EINVAL, core_take(self->fd, 0, 0, msg));
	EXPECT_NE(NULL, strstr(msg, "boot core")) TH_LOG("%s", msg);
}

TEST_F_TIMEOUT(core, last_core_is_refused, 120)
{
	char msg[PVHV_MSG_MAX];

	ASSERT_EQ(0, cores_take(self->fd, 1, 0xc, 0, msg)) TH_LOG("%s", msg);
	EXPECT_EQ(-EBUSY, core_take(self->fd, 0, 0, msg));
	EXPECT_NE(NULL, strstr(msg, "last")) TH_LOG("%s", msg);
	EXPECT_EQ(0, runs_on(0));
}

/* One of several cannot be taken: none is. */
TEST_F_TIMEOUT(core, all_or_none, 120)
{
	struct pvhv_cpu_info info;
	char msg[PVHV_MSG_MAX];
	int cpu;

	ASSERT_EQ(0, core_take(self->fd, 2, 0, NULL));
	EXPECT_EQ(-EBUSY, cores_take(self->fd, 1, 0xc, 0, msg));
	EXPECT_NE(NULL, strstr(msg, "CPU 2 is taken already")) TH_LOG("%s", msg);
	EXPECT_EQ(-EINVAL, cores_take(self->fd, 3, 0x3, 0, msg));
	EXPECT_NE(NULL, strstr(msg, "boot core")) TH_LOG("%s", msg);
	EXPECT_EQ(-EINVAL, cores_take(self->fd, 3, 0x10, 0, msg));
	EXPECT_NE(NULL, strstr(msg, "no CPU 4")) TH_LOG("%s", msg);
	EXPECT_EQ(-EINVAL, cores_take(self->fd, 3, 1ULL << 63, 0, msg));
	for (cpu = 1; cpu < 4; cpu++)
		EXPECT_EQ(cpu != 2, linux_cpu_online(cpu));
	EXPECT_EQ(-ENOENT, core_info(self->fd, 3, &info));
	EXPECT_EQ(-ENOENT, cores_give(self->fd, 2, 0x8, msg));
	EXPECT_NE(NULL, strstr(msg, "CPU 3 is not taken")) TH_LOG("%s", msg);
	EXPECT_EQ(0, linux_cpu_online(2));
}

/* The same when it turns out only in the midst of it. */
TEST_F_TIMEOUT(core, all_or_none_in_the_end, 120)
{
	char msg[PVHV_MSG_MAX];
	int cpu;

	ASSERT_EQ(0, linux_cpu_fail(3));
	EXPECT_EQ(-EAGAIN, cores_take(self->fd, 1, 0xc, 0, msg));
	EXPECT_NE(NULL, strstr(msg, "CPU 3")) TH_LOG("%s", msg);
	for (cpu = 1; cpu < 4; cpu++)
		EXPECT_EQ(1, linux_cpu_online(cpu));
	/* on the way back those given already are taken again; the one that Linux cannot bring on line is free */
	ASSERT_EQ(0, cores_take(self->fd, 1, 0xc, 0, msg)) TH_LOG("%s", msg);
	ASSERT_EQ(0, linux_cpu_fail(3));
	EXPECT_EQ(-EAGAIN, cores_give(self->fd, 1, 0xc, msg));
	EXPECT_NE(NULL, strstr(msg, "CPU 3 is free")) TH_LOG("%s", msg);
	EXPECT_EQ(0, linux_cpu_online(1));
	EXPECT_EQ(0, linux_cpu_online(2));
	EXPECT_EQ(0, linux_cpu_set_online(3, 1));
	EXPECT_EQ(0, cores_give(self->fd, 2, 0x2, msg)) TH_LOG("%s", msg);
}

TEST_F_TIMEOUT(core, unknown_cpu_is_refused, 120)
{
	char msg[PVHV_MSG_MAX];

	EXPECT_EQ(-EINVAL, core_take(self->fd, 4, 0, msg));
	EXPECT_NE(NULL, strstr(msg, "no CPU 4")) TH_LOG("%s", msg);
	EXPECT_EQ(-EINVAL, core_take(self->fd, ~0U, 0, msg));
	EXPECT_EQ(-ENOENT, core_give(self->fd, ~0U, msg));
}

TEST_F_TIMEOUT(core, twice_is_refused, 120)
{
	char msg[PVHV_MSG_MAX];

	ASSERT_EQ(0, core_take(self->fd, 1, 0, NULL));
	EXPECT_EQ(-EBUSY, core_take(self->fd, 1, 0, msg));
	EXPECT_NE(NULL, strstr(msg, "taken already")) TH_LOG("%s", msg);
	EXPECT_EQ(-ENOENT, core_give(self->fd, 2, msg));
	EXPECT_NE(NULL, strstr(msg, "not taken")) TH_LOG("%s", msg);
	EXPECT_EQ(0, core_give(self->fd, 1, NULL));
	EXPECT_EQ(-ENOENT, core_give(self->fd, 1, NULL));
}

TEST_F_TIMEOUT(core, offline_cpu_is_refused, 120)
{
	char msg[PVHV_MSG_MAX];

	ASSERT_EQ(0, linux_cpu_set_online(3, 0));
	EXPECT_EQ(-EINVAL, core_take(self->fd, 3, 0, msg));
	EXPECT_NE(NULL, strstr(msg, "off line")) TH_LOG("%s", msg);
	EXPECT_EQ(0, linux_cpu_set_online(3, 1));
}

TEST_F_TIMEOUT(core, unknown_flags_are_refused, 120)
{
	char msg[PVHV_MSG_MAX];

	EXPECT_EQ(-EINVAL, core_take(self->fd, 1, ~PVHV_CPU_SPLIT_SMT, msg));
	EXPECT_NE(NULL, strstr(msg, "flags")) TH_LOG("%s", msg);
	EXPECT_EQ(1, linux_cpu_online(1));
}

TEST_HARNESS_MAIN
