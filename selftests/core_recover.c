// SPDX-License-Identifier: GPL-2.0
/*
 * A core that stops answering, wedged with interrupts off, parked or
 * panicked, does not take the host with it: it is noticed, and the core comes back.
 */
#include <time.h>

#include "kselftest_harness.h"
#include "core.h"

#define LOST_SECONDS	20	/* the watchdog needs 6 s; the rig may be slow */

FIXTURE(core)
{
	int fd;
};

FIXTURE_SETUP(core)
{
	ASSERT_EQ(0, module_load("selftest=1"));
	self->fd = device_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, core_take(self->fd, 2, 0, NULL));
}

FIXTURE_TEARDOWN(core)
{
	struct pvhv_cpu_info info;

	while (!core_info(self->fd, 0, &info) && !core_give(self->fd, info.cpu, NULL))
		;
	close(self->fd);
	EXPECT_EQ(0, module_unload());
	EXPECT_EQ(1, linux_cpu_online(2));
	EXPECT_EQ(1, linux_cpu_online(3));
}

/* Given back, on line, and good for another round. */
static void comes_back(struct __test_metadata *_metadata, int fd)
{
	char msg[PVHV_MSG_MAX];
	long long ret;

	ASSERT_EQ(0, core_give(fd, 2, msg)) TH_LOG("%s", msg);
	ASSERT_EQ(1, linux_cpu_online(2));
	ASSERT_EQ(0, core_take(fd, 2, 0, msg)) TH_LOG("%s", msg);
	EXPECT_EQ(0, core_command(fd, 2, PVHV_CORE_ECHO, 5, &ret));
	EXPECT_EQ(~5LL, ret);
	EXPECT_EQ(0, core_give(fd, 2, msg)) TH_LOG("%s", msg);
	EXPECT_EQ(1, linux_cpu_online(2));
}

TEST_F_TIMEOUT(core, wedged_core_is_given_back, 60)
{
	ASSERT_EQ(0, core_command(self->fd, 2, PVHV_CORE_WEDGE, 0, NULL));
	usleep(200000);
	comes_back(_metadata, self->fd);
}

TEST_F_TIMEOUT(core, wedged_core_is_noticed, 60)
{
	struct pvhv_cpu_info a, b;
	long long ret;

	ASSERT_EQ(0, core_command(self->fd, 2, PVHV_CORE_WEDGE, 0, NULL));
	ASSERT_EQ(0, core_wait_state(self->fd, 2, PVHV_CPU_LOST, LOST_SECONDS));
	EXPECT_EQ(-ETIMEDOUT, core_command(self->fd, 2, PVHV_CORE_ECHO, 0, &ret));
	/* it does not run any more */
	ASSERT_EQ(0, core_info(self->fd, 2, &a));
	sleep(2);
	ASSERT_EQ(0, core_info(self->fd, 2, &b));
	EXPECT_EQ(a.heartbeat, b.heartbeat);
	comes_back(_metadata, self->fd);
}

/* A command that waits when the core dies is released. */
TEST_F_TIMEOUT(core, command_to_wedged_core_ends, 60)
{
	long long ret;

	ASSERT_EQ(0, core_command(self->fd, 2, PVHV_CORE_WEDGE, 0, NULL));
	EXPECT_EQ(-ETIMEDOUT, core_command(self->fd, 2, PVHV_CORE_ECHO, 0, &ret));
	comes_back(_metadata, self->fd);
}

TEST_F_TIMEOUT(core, panicked_core_is_noticed, 60)
{
	struct timespec t0, t1;
	long long ret;

	clock_gettime(CLOCK_MONOTONIC, &t0);
	ASSERT_EQ(0, core_command(self->fd, 2, PVHV_CORE_CRASH, 0, NULL));
	ASSERT_EQ(0, core_wait_state(self->fd, 2, PVHV_CPU_PANIC, LOST_SECONDS));
	clock_gettime(CLOCK_MONOTONIC, &t1);
	/* it says so itself: no waiting for the watchdog */
	EXPECT_GT(4, t1.tv_sec - t0.tv_sec);
	EXPECT_EQ(-EIO, core_command(self->fd, 2, PVHV_CORE_ECHO, 0, &ret));
	comes_back(_metadata, self->fd);
}

TEST_F_TIMEOUT(core, parked_core_is_given_back, 60)
{
	ASSERT_EQ(0, core_command(self->fd, 2, PVHV_CORE_PARK, 0, NULL));
	ASSERT_EQ(0, core_wait_state(self->fd, 2, PVHV_CPU_PARKED, 5));
	comes_back(_metadata, self->fd);
}

/* One lost core is no reason for the others to stop. */
TEST_F_TIMEOUT(core, other_cores_go_on, 90)
{
	struct pvhv_cpu_info info;
	long long ret;

	ASSERT_EQ(0, core_take(self->fd, 3, 0, NULL));
	ASSERT_EQ(0, core_command(self->fd, 2, PVHV_CORE_WEDGE, 0, NULL));
	ASSERT_EQ(0, core_wait_state(self->fd, 2, PVHV_CPU_LOST, LOST_SECONDS));
	ASSERT_EQ(0, core_info(self->fd, 3, &info));
	EXPECT_EQ(PVHV_CPU_ALIVE, info.state);
	EXPECT_EQ(0, core_command(self->fd, 3, PVHV_CORE_ECHO, 9, &ret));
	EXPECT_EQ(~9LL, ret);
	/* taking and giving needs flushes on all cores: a lost one does not count */
	EXPECT_EQ(0, core_take(self->fd, 1, 0, NULL));
	EXPECT_EQ(0, core_give(self->fd, 1, NULL));
	comes_back(_metadata, self->fd);
}

TEST_HARNESS_MAIN
