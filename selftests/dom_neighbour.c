// SPDX-License-Identifier: GPL-2.0
/*
 * What a domain's neighbours notice of it: a large one that starts, is audited and ends on
 * their core, and one whose core dies with the locks that theirs needs.
 */
#include <time.h>

#include "kselftest_harness.h"
#include "serve_talk.h"

#define SECOND_CPU	2

FIXTURE(neighbour)
{
	int fd;
};

FIXTURE_SETUP(neighbour)
{
	serve_setup(_metadata, &self->fd);
}

FIXTURE_TEARDOWN(neighbour)
{
	serve_teardown(_metadata, self->fd);
}

/* The guest that is to go on. */
static int start(int fd, const char *cmdline)
{
	struct pvhv_config config = serve_config(cmdline, 1);

	return serve_start(fd, &config);
}

/* --- a large guest --- */

#define BIG_L1		3	/* gfns: 0 L4, 1 L3, 2 L2, then all L1s that one L2 can name */
#define BIG_TABLES	512
#define BIG_SHARED	(BIG_L1 + BIG_TABLES)
#define BIG_SLICES	(BIG_TABLES * 512 / 4096)
#define ENTRY_P		1ULL
#define ENTRY_TABLE	7ULL
#define ENTRY_PSE	0x80ULL

static int put_page(int dom, uint64_t gfn, const uint64_t *page)
{
	struct pvhv_dom_write w = {
		.size = sizeof(w), .gpa = gfn * 4096, .len = 4096, .buf = (uintptr_t)page,
	};

	return device_ioctl(dom, PVHV_DOM_WRITE, &w);
}

/* Each entry of each L1 names one page; the very last one has bits of its own. */
static int big_write(int dom, uint64_t last)
{
	static uint64_t mfn[BIG_SHARED + 1], page[512];
	struct pvhv_dom_p2m p = {
		.size = sizeof(p), .count = BIG_SHARED + 1, .buf = (uintptr_t)mfn,
	};
	int err, i;

	err = device_ioctl(dom, PVHV_DOM_P2M, &p);
	for (i = 0; i < 2 && !err; i++) {
		memset(page, 0, sizeof(page));
		page[5] = mfn[i + 1] << 12 | ENTRY_TABLE;
		err = put_page(dom, i, page);
	}
	for (i = 0; i < 512; i++)
		page[i] = mfn[BIG_L1 + i] << 12 | ENTRY_TABLE;
	err = err ?: put_page(dom, 2, page);
	for (i = 0; i < 512; i++)
		page[i] = mfn[BIG_SHARED] << 12 | ENTRY_P;
	for (i = 0; i < BIG_TABLES && !err; i++) {
		if (i == BIG_TABLES - 1)
			page[511] |= last;
		err = put_page(dom, BIG_L1 + i, page);
	}
	return err;
}

static int big_start(int dom)
{
	struct pvhv_dom_start s = {
		.size = sizeof(s), .rip = ~0xfffULL, .rsp = ~0xfffULL,
		.directmap_va = 0xffff888000000000ULL, .cores = 1ULL << CPU,
	};

	return device_ioctl(dom, PVHV_DOM_START, &s);
}

struct progress {
	uint64_t exits, run_ns, ns;
};

static struct progress progress(int fd, int dom)
{
	struct pvhv_vcpu_info v = { .size = sizeof(v) };
	struct pvhv_dom_info info;
	struct timespec t;

	dom_info(dom, &info);
	v.domid = info.domid;
	device_ioctl(fd, PVHV_IOC_VCPU_INFO, &v);
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (struct progress){ v.exits, v.run_ns, t.tv_sec * 1000000000ULL + t.tv_nsec };
}

/*
 * Since 'from', in which its core did that many slices for another domain, the guest ran between them:
 * it was left for the next one again and again, and had a good part of the time.
 */
#define EXPECT_PROGRESS(fd, dom, from, slices) do {					\
	struct progress _now = progress(fd, dom);					\
	uint64_t _share = (_now.run_ns - (from).run_ns) * 100 / (_now.ns - (from).ns);	\
	TH_LOG("ran %llu %% of %llu ms, left %llu times", (unsigned long long)_share,	\
	       (unsigned long long)(_now.ns - (from).ns) / 1000000,			\
	       (unsigned long long)(_now.exits - (from).exits));			\
	EXPECT_LE((slices) / 2, _now.exits - (from).exits);				\
	EXPECT_LE(20, _share);								\
} while (0)

TEST_F_TIMEOUT(neighbour, a_large_neighbour_starts_and_is_audited, 120)
{
	struct progress before;
	char buf[64];
	int dom, big;

	dom = start(self->fd, "spin");
	ASSERT_LE(0, dom);
	ASSERT_LE(0, get_line(dom, buf, sizeof(buf)));
	EXPECT_STREQ("spinning", buf);
	big = dom_create(self->fd, "big");
	ASSERT_LE(0, big);
	/* all the way to the last entry, and back */
	ASSERT_EQ(0, big_write(big, ENTRY_PSE));
	before = progress(self->fd, dom);
	EXPECT_EQ(-EINVAL, big_start(big));
	EXPECT_PROGRESS(self->fd, dom, before, 2 * BIG_SLICES);
	EXPECT_EQ(0, audit_differences(big));
	/* nothing of it is left */
	ASSERT_EQ(0, big_write(big, 0));
	before = progress(self->fd, dom);
	EXPECT_EQ(0, big_start(big));
	EXPECT_PROGRESS(self->fd, dom, before, BIG_SLICES);
	/* it has no code */
	EXPECT_EQ(PVHV_END_KILLED, wait_end(big));
	before = progress(self->fd, dom);
	EXPECT_EQ(0, audit_differences(big));
	EXPECT_PROGRESS(self->fd, dom, before, BIG_SLICES);
	before = progress(self->fd, dom);
	close(big);
	EXPECT_PROGRESS(self->fd, dom, before, BIG_SLICES);
	EXPECT_EQ(0, audit_differences(dom));
	close(dom);
}

/* --- a core that dies --- */

/* vCPU of a domain to a CPU, and there. */
static int pin(int fd, int dom, unsigned int vcpu, unsigned int cpu)
{
	struct pvhv_vcpu_info v = { .size = sizeof(v), .vcpu = vcpu };
	struct pvhv_pin p = { .size = sizeof(p), .vcpu = vcpu, .cores = 1ULL << cpu };
	struct pvhv_dom_info info;
	int i, err;

	err = dom_info(dom, &info);
	p.domid = v.domid = info.domid;
	err = err ?: device_ioctl(fd, PVHV_IOC_PIN, &p);
	for (i = 0; i < PATIENCE_MS / 50 && !err; i++) {
		err = device_ioctl(fd, PVHV_IOC_VCPU_INFO, &v);
		if (!err && v.cpu == (int)cpu)
			return 0;
		usleep(50000);
	}
	return err ?: -ETIMEDOUT;
}

/*
 * A core dies with the locks that others need: its own domain ends, with a reason, and another core, with
 * a vCPU of that domain and another guest, goes on: page tables, roots, commands.
 */
static void lose_core_with_locks(struct __test_metadata *_metadata, int fd, unsigned int how)
{
	struct pvhv_config config = serve_config("churn", 2);
	struct pvhv_dom_info info;
	struct pvhv_cpu_info cpu;
	char buf[PVHV_MSG_MAX];
	int lost, other, i;

	ASSERT_EQ(0, core_take(fd, SECOND_CPU, 0, NULL));
	config.name[0] = 'l';
	config.cores = 1ULL << CPU | 1ULL << SECOND_CPU;
	lost = serve_start(fd, &config);
	ASSERT_LE(0, lost);
	ASSERT_LE(0, get_line(lost, buf, sizeof(buf)));
	EXPECT_STREQ("churning", buf);
	ASSERT_EQ(0, pin(fd, lost, 0, SECOND_CPU));
	ASSERT_EQ(0, pin(fd, lost, 1, CPU));
	other = start(fd, "");
	ASSERT_LE(0, other);
	ASSERT_LE(0, get_line(other, buf, sizeof(buf)));
	EXPECT_ANSWER(other, "roots 1000\n", "roots done, 0 wrong");
	core_command(fd, SECOND_CPU, how, PVHV_CORE_WITH_MM | PVHV_CORE_WITH_ROOTS, NULL);
	EXPECT_EQ(PVHV_END_CORE_LOST, wait_end(lost));
	ASSERT_EQ(0, dom_info(lost, &info));
	TH_LOG("%s", info.msg);
	EXPECT_LT(0, strlen(info.msg));
	/* longer than the watchdog waits for a heartbeat */
	for (i = 0; i < 8; i++) {
		EXPECT_ANSWER(other, "roots 100\n", "roots done, 0 wrong");
		sleep(1);
	}
	ASSERT_EQ(0, core_info(fd, CPU, &cpu));
	EXPECT_EQ(PVHV_CPU_ALIVE, cpu.state);
	EXPECT_EQ(-EIO, audit_differences(lost));
	EXPECT_EQ(0, audit_differences(other));
	close(lost);
	/* the next core that has its number in the table is another one */
	ASSERT_EQ(0, core_give(fd, SECOND_CPU, buf)) TH_LOG("%s", buf);
	ASSERT_EQ(0, core_take(fd, SECOND_CPU, 0, buf)) TH_LOG("%s", buf);
	EXPECT_ANSWER(other, "roots 100\n", "roots done, 0 wrong");
	EXPECT_EQ(0, audit_differences(other));
	close(other);
	EXPECT_EQ(0, core_give(fd, SECOND_CPU, buf)) TH_LOG("%s", buf);
}

TEST_F_TIMEOUT(neighbour, a_core_panics_with_locks, 120)
{
	lose_core_with_locks(_metadata, self->fd, PVHV_CORE_CRASH);
}

TEST_F_TIMEOUT(neighbour, a_core_is_wedged_with_locks, 120)
{
	lose_core_with_locks(_metadata, self->fd, PVHV_CORE_WEDGE);
}

TEST_HARNESS_MAIN
