// SPDX-License-Identifier: GPL-2.0
/*
 * Domains that run, as the host sees them: console, requests, wall clock,
 * audits in between, and every way to their end. The guest is selftests/guest/serve.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "kselftest_harness.h"
#include "serve_talk.h"

#define FLOOD		300000
#define CYCLES		30

FIXTURE(run)
{
	int fd;
};

FIXTURE_SETUP(run)
{
	serve_setup(_metadata, &self->fd);
}

FIXTURE_TEARDOWN(run)
{
	serve_teardown(_metadata, self->fd);
}

/* A running guest that obeys this line first; its descriptor. */
static int start(int fd, const char *cmdline, unsigned int vcpus)
{
	struct pvhv_config config = serve_config(cmdline, vcpus);

	return serve_start(fd, &config);
}

TEST_F_TIMEOUT(run, talks_and_powers_off, 60)
{
	struct pvhv_dom_info info;
	struct pvhv_dom_start s = {
		.size = sizeof(s), .rip = ~0xfffULL, .rsp = ~0xfffULL,
		.directmap_va = 0xffff888000000000ULL,
	};
	struct pvhv_dom_write w = { .size = sizeof(w), .len = sizeof(s), .buf = (uintptr_t)&s };
	char buf[2000];
	int dom;

	dom = start(self->fd, "", 1);
	ASSERT_LE(0, dom);
	ASSERT_LE(0, get_line(dom, buf, sizeof(buf)));
	EXPECT_STREQ("ready", buf);
	EXPECT_ANSWER(dom, "echo hello\n", "hello");
	EXPECT_EQ(0, device_ioctl(dom, PVHV_DOM_WINSIZE, (void *)(40UL << 16 | 132)));
	EXPECT_ANSWER(dom, "size\n", "40 132");
	ASSERT_EQ(0, dom_info(dom, &info));
	EXPECT_EQ(PVHV_DOM_ST_RUNNING, info.state);
	EXPECT_LT(0, info.run_ns);
	EXPECT_LT(0, info.hypercalls);
	/* Building is over, and the core is in use. */
	EXPECT_EQ(-EBUSY, device_ioctl(dom, PVHV_DOM_WRITE, &w));
	EXPECT_EQ(-EBUSY, device_ioctl(dom, PVHV_DOM_START, &s));
	EXPECT_EQ(-EBUSY, device_ioctl(dom, PVHV_DOM_RNG, NULL));
	EXPECT_EQ(-EBUSY, core_give(self->fd, CPU, buf));
	EXPECT_LT(0, strlen(buf));
	EXPECT_EQ(0, put_line(dom, "off\n"));
	EXPECT_EQ(PVHV_END_POWEROFF, wait_end(dom));
	EXPECT_EQ(0, read(dom, buf, sizeof(buf)));
	EXPECT_EQ(0, audit_differences(dom));
	close(dom);
}

TEST_F_TIMEOUT(run, is_asked_to_power_off, 60)
{
	char buf[64];
	int dom;

	dom = start(self->fd, "", 1);
	ASSERT_LE(0, dom);
	ASSERT_LE(0, get_line(dom, buf, sizeof(buf)));
	EXPECT_EQ(0, device_ioctl(dom, PVHV_DOM_REQUEST, (void *)2));
	ASSERT_LE(0, get_line(dom, buf, sizeof(buf)));
	EXPECT_STREQ("asked 2", buf);
	EXPECT_EQ(PVHV_END_POWEROFF, wait_end(dom));
	close(dom);
}

/* Bytes that differ from the guest's pattern; *n: how many there were until the end. */
static int read_flood(int fd, long first, long *n, int pause_us)
{
	char buf[4096];
	ssize_t got;
	int bad = 0;
	ssize_t i;

	while ((got = read(fd, buf, sizeof(buf))) > 0) {
		for (i = 0; i < got; i++, first++)
			bad += buf[i] != 'a' + first % 23;
		*n += got;
		usleep(pause_us);
	}
	return bad;
}

struct follower {
	int fd;
	long bytes;
	ssize_t last;
};

static void *follow(void *arg)
{
	struct follower *f = arg;
	char buf[1000];

	while ((f->last = read(f->fd, buf, sizeof(buf))) > 0)
		f->bytes += f->last;
	return NULL;
}

TEST_F_TIMEOUT(run, the_owner_gets_all_output, 120)
{
	struct pvhv_dom_info info;
	struct follower f = {};
	pthread_t thread;
	char line[64], ready[16];
	long n = 0;
	int dom;

	snprintf(line, sizeof(line), "flood %d\noff\n", FLOOD);
	dom = start(self->fd, "", 1);
	ASSERT_LE(0, dom);
	/* The owner is one from its first read on; only then does the guest wait for it. */
	ASSERT_EQ(5, get_line(dom, ready, sizeof(ready)));
	ASSERT_EQ(0, dom_info(dom, &info));
	/* A second reader, who sees what he can get. */
	f.fd = device_ioctl(self->fd, PVHV_IOC_DOM_CONSOLE, &info.domid);
	ASSERT_LE(0, f.fd);
	ASSERT_EQ(0, pthread_create(&thread, NULL, follow, &f));
	ASSERT_EQ(0, put_line(dom, line));
	EXPECT_EQ(0, read_flood(dom, 0, &n, 5000));
	EXPECT_EQ(FLOOD, n);
	EXPECT_EQ(PVHV_END_POWEROFF, wait_end(dom));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, f.last);
	EXPECT_LT(0, f.bytes);
	EXPECT_GE(FLOOD + 6, f.bytes);
	close(f.fd);
	close(dom);
}

TEST_F_TIMEOUT(run, without_a_reader_it_goes_on, 120)
{
	char line[64];
	long n = 0;
	int dom;

	snprintf(line, sizeof(line), "flood %d", FLOOD);
	dom = start(self->fd, line, 1);
	ASSERT_LE(0, dom);
	EXPECT_EQ(PVHV_END_POWEROFF, wait_end(dom));
	/* The last 64 KiB are kept. */
	EXPECT_EQ(0, read_flood(dom, FLOOD - 65536, &n, 0));
	EXPECT_EQ(65536, n);
	close(dom);
}

TEST_F_TIMEOUT(run, much_input_arrives, 60)
{
	static char text[900], buf[1000];
	int dom, i;

	dom = start(self->fd, "", 1);
	ASSERT_LE(0, dom);
	ASSERT_LE(0, get_line(dom, buf, sizeof(buf)));
	memcpy(text, "echo ", 5);
	for (i = 5; i < 898; i++)
		text[i] = 'A' + i % 26;
	text[898] = '\n';
	for (i = 0; i < 50; i++) {
		/* Two lines are more than the ring takes at once. */
		ASSERT_EQ(0, put_line(dom, text));
		ASSERT_EQ(0, put_line(dom, "echo x\n"));
		ASSERT_EQ(893, get_line(dom, buf, sizeof(buf)));
		EXPECT_EQ(0, memcmp(buf, text + 5, 893));
		ASSERT_EQ(1, get_line(dom, buf, sizeof(buf)));
	}
	close(dom);
}

static long guest_clock(int dom)
{
	char buf[64] = "";

	if (put_line(dom, "time\n") || get_line(dom, buf, sizeof(buf)) < 0)
		return -1;
	return atol(buf);
}

TEST_F_TIMEOUT(run, wall_clock_follows_the_host, 60)
{
	struct timespec now, step;
	char buf[64];
	int dom;

	dom = start(self->fd, "", 1);
	ASSERT_LE(0, dom);
	ASSERT_LE(0, get_line(dom, buf, sizeof(buf)));
	EXPECT_GE(2, labs(time(NULL) - guest_clock(dom)));
	clock_gettime(CLOCK_REALTIME, &now);
	step = now;
	step.tv_sec += 5000;
	ASSERT_EQ(0, clock_settime(CLOCK_REALTIME, &step));
	sleep(3);
	EXPECT_GE(2, labs(time(NULL) - guest_clock(dom)));
	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec -= 5000;
	ASSERT_EQ(0, clock_settime(CLOCK_REALTIME, &now));
	sleep(3);
	EXPECT_GE(2, labs(time(NULL) - guest_clock(dom)));
	close(dom);
}

TEST_F_TIMEOUT(run, audits_while_it_runs, 60)
{
	struct pvhv_dom_info before, after;
	char buf[64];
	int dom, i;

	dom = start(self->fd, "spin", 1);
	ASSERT_LE(0, dom);
	ASSERT_LE(0, get_line(dom, buf, sizeof(buf)));
	EXPECT_STREQ("spinning", buf);
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, dom_info(dom, &before));
		EXPECT_EQ(0, audit_differences(dom));
		usleep(30000);
		ASSERT_EQ(0, dom_info(dom, &after));
		EXPECT_EQ(PVHV_DOM_ST_RUNNING, after.state);
		EXPECT_LT(before.run_ns, after.run_ns);
	}
	EXPECT_EQ(0, device_ioctl(dom, PVHV_DOM_DESTROY, NULL));
	EXPECT_EQ(PVHV_END_DESTROYED, wait_end(dom));
	EXPECT_EQ(0, audit_differences(dom));
	close(dom);
}

TEST_F_TIMEOUT(run, several_on_one_core, 60)
{
	char name[8] = "many-0";
	struct pvhv_config config = {
		.file = "dom_run", .name = "", .kernel = KERNEL, .cmdline = "spin",
		.memory = 8 << 20, .vcpus = 1,
	};
	struct pvhv_error err = {};
	char buf[64];
	int dom[4], i;

	for (i = 0; i < 4; i++) {
		name[5] = '0' + i;
		memcpy(config.name, name, sizeof(name));
		dom[i] = pvhv_guest_start(self->fd, &config, &err);
		ASSERT_LE(0, dom[i]) TH_LOG("%s", err.text);
	}
	for (i = 0; i < 4; i++) {
		ASSERT_LE(0, get_line(dom[i], buf, sizeof(buf)));
		EXPECT_STREQ("spinning", buf);
	}
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(0, audit_differences(dom[i]));
		close(dom[i]);
		EXPECT_EQ(3 - i, dom_count(self->fd));
	}
}

TEST_F_TIMEOUT(run, its_process_is_killed, 60)
{
	char buf[64];
	int dom, pipefd[2], i;
	pid_t pid;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, pipe(pipefd));
		pid = fork();
		if (!pid) {
			dom = start(self->fd, "spin", 1);
			if (dom >= 0 && get_line(dom, buf, sizeof(buf)) >= 0)
				write(pipefd[1], "x", 1);
			pause();
			_exit(0);
		}
		close(pipefd[1]);
		EXPECT_EQ(1, read(pipefd[0], buf, 1));
		close(pipefd[0]);
		kill(pid, SIGKILL);
		EXPECT_EQ(pid, waitpid(pid, NULL, 0));
		EXPECT_EQ(0, dom_count(self->fd));
	}
}

TEST_F_TIMEOUT(run, vcpus_that_are_never_started, 60)
{
	char buf[64];
	int dom;

	dom = start(self->fd, "", 4);
	ASSERT_LE(0, dom);
	ASSERT_LE(0, get_line(dom, buf, sizeof(buf)));
	EXPECT_EQ(0, audit_differences(dom));
	EXPECT_ANSWER(dom, "echo hello\n", "hello");
	close(dom);
}

static void lose_core(struct __test_metadata *_metadata, int fd, unsigned int how)
{
	struct pvhv_dom_info info;
	char buf[PVHV_MSG_MAX];
	long before, after;
	int dom;

	before = host_kernel_kib();
	dom = start(fd, "spin", 1);
	ASSERT_LE(0, dom);
	ASSERT_LE(0, get_line(dom, buf, sizeof(buf)));
	core_command(fd, CPU, how, 0, NULL);
	EXPECT_EQ(PVHV_END_CORE_LOST, wait_end(dom));
	ASSERT_EQ(0, dom_info(dom, &info));
	EXPECT_LT(0, strlen(info.msg));
	EXPECT_EQ(-EIO, audit_differences(dom));
	close(dom);
	EXPECT_EQ(0, dom_count(fd));
	ASSERT_EQ(0, core_give(fd, CPU, buf)) TH_LOG("%s", buf);
	after = host_kernel_kib();
	EXPECT_GT(12 << 10, after - before);
	ASSERT_EQ(0, core_take(fd, CPU, 0, buf)) TH_LOG("%s", buf);
}

TEST_F_TIMEOUT(run, its_core_is_wedged, 90)
{
	lose_core(_metadata, self->fd, PVHV_CORE_WEDGE);
}

TEST_F_TIMEOUT(run, its_core_panics, 90)
{
	lose_core(_metadata, self->fd, PVHV_CORE_CRASH);
}

/* The kernel's memory without the module, which keeps page tables of its map until it goes. */
static long memory_without_module(struct __test_metadata *_metadata, int *fd)
{
	long kib;

	EXPECT_EQ(0, core_give(*fd, CPU, NULL));
	close(*fd);
	EXPECT_EQ(0, module_unload());
	kib = host_kernel_kib();
	EXPECT_EQ(0, module_load("selftest=1"));
	*fd = device_open();
	EXPECT_EQ(0, core_take(*fd, CPU, 0, NULL));
	return kib;
}

TEST_F_TIMEOUT(run, memory_comes_back, 180)
{
	long before = 0, after;
	char buf[64];
	int dom, i;

	for (i = 0; i < CYCLES + 3; i++) {
		if (i == 3)		/* the host has warmed up */
			before = memory_without_module(_metadata, &self->fd);
		dom = start(self->fd, "", 2);
		ASSERT_LE(0, dom);
		ASSERT_LE(0, get_line(dom, buf, sizeof(buf)));
		if (i % 2)
			EXPECT_EQ(0, put_line(dom, "off\n"));
		close(dom);
	}
	after = memory_without_module(_metadata, &self->fd);
	TH_LOG("the kernel used %ld KiB before, %ld KiB after", before, after);
	EXPECT_FALSE(host_kernel_grew(after - before, CYCLES * 16));
}

TEST_HARNESS_MAIN
