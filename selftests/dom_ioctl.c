// SPDX-License-Identifier: GPL-2.0
/*
 * The ioctls of domains, without a taken core: bad sizes, numbers, pointers
 * and names, foreign processes, races of close, leaks of kernel memory, and
 * that all memory comes back.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <linux/capability.h>

#include "kselftest_harness.h"
#include <pvhv/shared.h>
#include "dom.h"

#define CYCLES		200
#define FUZZ_CALLS	20000
#define KILLED_CHILDREN	20
#define ADDRESS_OK	0xffff888000001000ULL

FIXTURE(dom)
{
	int fd;
};

FIXTURE_SETUP(dom)
{
	ASSERT_EQ(0, module_load(""));
	self->fd = device_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(dom)
{
	EXPECT_EQ(0, dom_count(self->fd));
	close(self->fd);
	EXPECT_EQ(0, module_unload());
}

static bool all_bytes(const void *p, size_t len, unsigned char c)
{
	const unsigned char *b = p;

	while (len--)
		if (*b++ != c)
			return false;
	return true;
}

/* Nothing but zeros after the text. */
static bool text_clean(const char *s, size_t size)
{
	size_t n = strnlen(s, size);

	return n < size && all_bytes(s + n, size - n, 0);
}

TEST_F(dom, create_and_close)
{
	struct pvhv_dom_create a;
	struct pvhv_dom_info info, own;
	int dom;

	dom_create_fill(&a, "first one");
	memset(a.msg, 0xaa, sizeof(a.msg));
	dom = device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, &a);
	ASSERT_LE(0, dom);
	EXPECT_LT(0, a.domid);
	EXPECT_TRUE(all_bytes(a.msg, sizeof(a.msg), 0));
	EXPECT_EQ(FD_CLOEXEC, fcntl(dom, F_GETFD));
	ASSERT_EQ(0, dom_info_from(self->fd, 0, &info));
	EXPECT_EQ(a.domid, info.domid);
	EXPECT_EQ(PVHV_DOM_ST_BUILDING, info.state);
	EXPECT_EQ(getpid(), info.pid);
	EXPECT_EQ(DOM_PAGES, info.nr_pages);
	EXPECT_EQ(DOM_PAGES, info.max_pages);
	EXPECT_EQ(1, info.nr_vcpus);
	EXPECT_STREQ("first one", info.name);
	EXPECT_LT(0, info.tsc_khz);
	EXPECT_EQ(3, info.xcr0 & 3);
	EXPECT_GT(DOM_PAGES * 4096ULL / 100 + (1 << 20), info.hv_bytes);
	ASSERT_EQ(0, dom_info(dom, &own));
	EXPECT_EQ(0, memcmp(&info, &own, sizeof(own)));
	close(dom);
	EXPECT_EQ(-ENOENT, dom_info_from(self->fd, 0, &info));
}

/* TSC and clock at one moment: the closest of a few readings. */
static void clock_sample(unsigned long long *tsc, unsigned long long *ns)
{
	unsigned long long before, after, width = ~0ULL;
	struct timespec t;
	int i;

	for (i = 0; i < 20; i++) {
		before = __builtin_ia32_rdtsc();
		clock_gettime(CLOCK_MONOTONIC_RAW, &t);
		after = __builtin_ia32_rdtsc();
		if (after - before >= width)
			continue;
		width = after - before;
		*tsc = before + width / 2;
		*ns = t.tv_sec * 1000000000ULL + t.tv_nsec;
	}
}

/* Guests are told how fast the TSC counts, whatever Linux found at its boot. */
TEST_F(dom, tsc_rate)
{
	unsigned long long tsc[2], ns[2], khz;
	struct pvhv_dom_create a;
	struct pvhv_dom_info info;
	int dom;

	clock_sample(&tsc[0], &ns[0]);
	dom_create_fill(&a, "clock");
	dom = device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, &a);
	ASSERT_LE(0, dom);
	ASSERT_EQ(0, dom_info(dom, &info));
	close(dom);
	usleep(300000);
	clock_sample(&tsc[1], &ns[1]);
	khz = (tsc[1] - tsc[0]) * 1000000ULL / (ns[1] - ns[0]);
	TH_LOG("%llu kHz measured, %llu said", khz, (unsigned long long)info.tsc_khz);
	EXPECT_GT(khz + khz / 100, info.tsc_khz);
	EXPECT_LT(khz - khz / 100, info.tsc_khz);
}

TEST_F(dom, names)
{
	static const char * const bad[] = {
		"", "tab\there", "new\nline", "\x7f", "gr\xc3\xbc\xc3\x9f", "\x1b[31m",
		"exactly-thirty-two-characters-ok",
	};
	struct pvhv_dom_create a;
	size_t i;
	int dom;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		dom_create_fill(&a, bad[i]);
		EXPECT_EQ(-EINVAL, device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, &a));
		EXPECT_LT(0, strlen(a.msg));
		EXPECT_TRUE(text_clean(a.msg, sizeof(a.msg)));
	}
	dom = dom_create(self->fd, "thirty-one-characters-are-fine-");
	ASSERT_LE(0, dom);
	dom_create_fill(&a, "thirty-one-characters-are-fine-");
	EXPECT_EQ(-EINVAL, device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, &a));
	EXPECT_NE(NULL, strstr(a.msg, "another name"));
	close(dom);
	dom = dom_create(self->fd, "thirty-one-characters-are-fine-");
	EXPECT_LE(0, dom);
	close(dom);
}

TEST_F(dom, create_numbers)
{
	static const struct {
		uint64_t nr_pages, max_pages;
		uint32_t nr_vcpus;
		int err;
	} bad[] = {
		{ DOM_PAGES, 0, 0, -EINVAL },
		{ DOM_PAGES, 0, PVHV_MAX_VCPUS + 1, -EINVAL },
		{ DOM_PAGES, 0, UINT32_MAX, -EINVAL },
		{ 0, 0, 1, -EINVAL },
		{ 1023, 0, 1, -EINVAL },
		{ DOM_PAGES, DOM_PAGES - 1, 1, -EINVAL },
		{ DOM_PAGES, (1ULL << 27) + 1, 1, -EINVAL },
		{ UINT64_MAX, 0, 1, -EINVAL },
		{ UINT64_MAX, UINT64_MAX, 1, -EINVAL },
		{ 1ULL << 27, 0, 1, -ENOMEM },
		{ 1ULL << 20, 0, 1, -ENOMEM },
	};
	struct pvhv_dom_create a;
	size_t i;
	int dom;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		dom_create_fill(&a, "numbers");
		a.nr_pages = bad[i].nr_pages;
		a.max_pages = bad[i].max_pages;
		a.nr_vcpus = bad[i].nr_vcpus;
		EXPECT_EQ(bad[i].err, device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, &a))
			TH_LOG("case %zu", i);
		EXPECT_LT(0, strlen(a.msg));
		EXPECT_EQ(0, a.domid);
	}
	dom_create_fill(&a, "all vcpus");
	a.nr_pages = 1025;		/* not a multiple of anything */
	a.max_pages = 100000;
	a.nr_vcpus = PVHV_MAX_VCPUS;
	dom = device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, &a);
	EXPECT_LE(0, dom);
	close(dom);
}

TEST_F(dom, sizes)
{
	union {
		struct pvhv_dom_create a;
		unsigned char bytes[8192];
	} u;
	int dom, size;

	for (size = 0; size < 8; size++) {
		dom_create_fill(&u.a, "size");
		u.a.size = size;
		EXPECT_EQ(-EINVAL, device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, &u));
	}
	/* Shorter than the fields that count: they are zero then. */
	dom_create_fill(&u.a, "size");
	u.a.size = offsetof(struct pvhv_dom_create, nr_vcpus);
	EXPECT_EQ(-EINVAL, device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, &u));
	/* Without msg: the caller's bytes behind its size stay as they are. */
	memset(&u, 0xaa, sizeof(u));
	dom_create_fill(&u.a, "size");
	u.a.size = offsetof(struct pvhv_dom_create, msg);
	memset(u.a.msg, 0xaa, sizeof(u.a.msg));
	dom = device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, &u);
	EXPECT_LE(0, dom);
	EXPECT_TRUE(all_bytes(u.a.msg, sizeof(u.a.msg), 0xaa));
	close(dom);
	/* Longer: fine with zeros, refused with anything else. */
	memset(&u, 0, sizeof(u));
	dom_create_fill(&u.a, "size");
	u.a.size = 4096;
	dom = device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, &u);
	EXPECT_LE(0, dom);
	close(dom);
	u.bytes[4095] = 1;
	EXPECT_EQ(-E2BIG, device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, &u));
	u.a.size = 0x80000000;
	EXPECT_EQ(-E2BIG, device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, &u));
}

TEST_F(dom, flags_and_reserved)
{
	struct pvhv_dom_create a;
	struct pvhv_dom_start s = { .size = sizeof(s) };
	struct pvhv_dom_write w = { .size = sizeof(w), .reserved = 1 };
	struct pvhv_dom_p2m p = { .size = sizeof(p), .reserved = 1 };
	int dom, i;

	dom_create_fill(&a, "flags");
	a.flags = 1;
	EXPECT_EQ(-EINVAL, device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, &a));
	for (i = 0; i < 4; i++) {
		dom_create_fill(&a, "flags");
		a.reserved[i] = 1ULL << 63;
		EXPECT_EQ(-EINVAL, device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, &a));
	}
	dom = dom_create(self->fd, "flags");
	ASSERT_LE(0, dom);
	EXPECT_EQ(-EINVAL, device_ioctl(dom, PVHV_DOM_WRITE, &w));
	EXPECT_EQ(-EINVAL, device_ioctl(dom, PVHV_DOM_P2M, &p));
	s.flags = 1;
	EXPECT_EQ(-EINVAL, device_ioctl(dom, PVHV_DOM_START, &s));
	s.flags = 0;
	s.reserved[3] = 1;
	EXPECT_EQ(-EINVAL, device_ioctl(dom, PVHV_DOM_START, &s));
	EXPECT_EQ(-EINVAL, device_ioctl(dom, PVHV_DOM_REQUEST, (void *)0));
	EXPECT_EQ(-EINVAL, device_ioctl(dom, PVHV_DOM_REQUEST, (void *)3));
	EXPECT_EQ(-ESRCH, device_ioctl(dom, PVHV_DOM_REQUEST, (void *)1));
	EXPECT_EQ(-EINVAL, device_ioctl(dom, PVHV_DOM_WINSIZE, (void *)(1UL << 32)));
	close(dom);
}

TEST_F(dom, unknown_numbers)
{
	static const char types[] = "VvW";
	char buf[4096] = {};
	int dom, nr, type;

	dom = dom_create(self->fd, "numbers");
	ASSERT_LE(0, dom);
	for (type = 0; types[type]; type++) {
		for (nr = 0x2a; nr < 256; nr++) {
			EXPECT_EQ(-ENOTTY, device_ioctl(dom, _IO(types[type], nr), buf));
			/* 0x30 to 0x5f are those of running guests */
			if (types[type] != 'V' || nr < 0x30 || nr > 0x5f)
				EXPECT_EQ(-ENOTTY, device_ioctl(self->fd, _IOWR(types[type], nr, int), buf));
		}
	}
	/* Each file serves its own calls only. */
	EXPECT_EQ(-ENOTTY, device_ioctl(dom, PVHV_IOC_DOM_CREATE, buf));
	EXPECT_EQ(-ENOTTY, device_ioctl(self->fd, PVHV_DOM_DESTROY, NULL));
	EXPECT_EQ(1, dom_count(self->fd));
	close(dom);
}

TEST_F(dom, pointers)
{
	static const unsigned long calls[] = {
		PVHV_DOM_WRITE, PVHV_DOM_P2M, PVHV_DOM_DISK, PVHV_DOM_START, PVHV_DOM_INFO,
		PVHV_DOM_AUDIT,
	};
	char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct pvhv_dom_create *edge = (void *)(map + 4096 - 64);
	size_t i;
	int dom, next;

	ASSERT_NE(MAP_FAILED, map);
	munmap(map + 4096, 4096);
	EXPECT_EQ(-EFAULT, device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, NULL));
	EXPECT_EQ(-EFAULT, device_ioctl(self->fd, PVHV_IOC_DOM_CREATE,
					(void *)0xffffffffff600000UL));
	edge->size = sizeof(*edge);
	EXPECT_EQ(-EFAULT, device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, edge));
	EXPECT_EQ(-EFAULT, device_ioctl(self->fd, PVHV_IOC_DOM_DESTROY, NULL));
	dom = dom_create(self->fd, "pointers");
	ASSERT_LE(0, dom);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		EXPECT_EQ(-EFAULT, device_ioctl(dom, calls[i], NULL));
		EXPECT_EQ(-EFAULT, device_ioctl(dom, calls[i], (void *)0xffff888000000000UL));
		edge->size = 128;
		EXPECT_EQ(-EFAULT, device_ioctl(dom, calls[i], edge));
	}
	close(dom);
	/* The answer cannot be written: no domain, no descriptor stays. */
	edge = (void *)map;
	dom_create_fill(edge, "readonly");
	mprotect(map, 4096, PROT_READ);
	next = dup(self->fd);
	close(next);
	EXPECT_EQ(-EFAULT, device_ioctl(self->fd, PVHV_IOC_DOM_CREATE, edge));
	EXPECT_EQ(-1, fcntl(next, F_GETFD));
	munmap(map, 4096);
}

TEST_F(dom, write_memory)
{
	static const struct {
		uint64_t gpa, len;
		int err;
	} cases[] = {
		{ 0, 100, 0 },
		{ 4000, 8192, 0 },
		{ DOM_PAGES * 4096ULL - 1, 1, 0 },
		{ DOM_PAGES * 4096ULL, 0, 0 },
		{ DOM_PAGES * 4096ULL, 1, -ERANGE },
		{ DOM_PAGES * 4096ULL - 1, 2, -ERANGE },
		{ UINT64_MAX, 1, -ERANGE },
		{ 1, UINT64_MAX, -ERANGE },
		{ UINT64_MAX, UINT64_MAX, -ERANGE },
		{ 0, DOM_PAGES * 4096ULL + 1, -ERANGE },
	};
	static char data[16384];
	struct pvhv_dom_write w;
	size_t i;
	int dom;

	dom = dom_create(self->fd, "write");
	ASSERT_LE(0, dom);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		w = (struct pvhv_dom_write){
			.size = sizeof(w), .gpa = cases[i].gpa, .len = cases[i].len,
			.buf = (uintptr_t)data,
		};
		EXPECT_EQ(cases[i].err, device_ioctl(dom, PVHV_DOM_WRITE, &w))
			TH_LOG("case %zu", i);
	}
	w = (struct pvhv_dom_write){ .size = sizeof(w), .len = 1 << 20 };
	EXPECT_EQ(-EFAULT, device_ioctl(dom, PVHV_DOM_WRITE, &w));
	w.buf = 0xffff888000000000ULL;
	EXPECT_EQ(-EFAULT, device_ioctl(dom, PVHV_DOM_WRITE, &w));
	close(dom);
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

TEST_F(dom, p2m)
{
	static uint64_t mfns[DOM_PAGES + 1];
	struct pvhv_dom_p2m p = {
		.size = sizeof(p), .count = DOM_PAGES, .buf = (uintptr_t)mfns,
	};
	int dom, i;

	dom = dom_create(self->fd, "p2m");
	ASSERT_LE(0, dom);
	memset(mfns, 0xaa, sizeof(mfns));
	ASSERT_EQ(0, device_ioctl(dom, PVHV_DOM_P2M, &p));
	EXPECT_EQ(0xaaaaaaaaaaaaaaaaULL, mfns[DOM_PAGES]);
	qsort(mfns, DOM_PAGES, sizeof(mfns[0]), compare_u64);
	for (i = 0; i < DOM_PAGES; i++) {
		ASSERT_LT(0, mfns[i]);
		ASSERT_GT(1ULL << 40, mfns[i]);
		ASSERT_FALSE(i && mfns[i] == mfns[i - 1]);
	}
	p.gfn = 1;
	EXPECT_EQ(-ERANGE, device_ioctl(dom, PVHV_DOM_P2M, &p));
	p.gfn = UINT64_MAX;
	p.count = 2;
	EXPECT_EQ(-ERANGE, device_ioctl(dom, PVHV_DOM_P2M, &p));
	p.gfn = DOM_PAGES;
	p.count = 0;
	EXPECT_EQ(0, device_ioctl(dom, PVHV_DOM_P2M, &p));
	p = (struct pvhv_dom_p2m){ .size = sizeof(p), .count = 1 };
	EXPECT_EQ(-EFAULT, device_ioctl(dom, PVHV_DOM_P2M, &p));
	close(dom);
}

/* Every byte of an answer is documented or the caller's own (0xaa). */
TEST_F(dom, answers_leak_nothing)
{
	union {
		struct pvhv_dom_info info;
		struct pvhv_dom_audit audit;
		struct pvhv_dom_start start;
		unsigned char bytes[4096];
	} u;
	unsigned int size;
	int dom;

	dom = dom_create(self->fd, "leak");
	ASSERT_LE(0, dom);
	for (size = 8; size <= sizeof(u.info); size++) {
		memset(&u, 0xaa, sizeof(u));
		u.info.size = size;
		ASSERT_EQ(0, device_ioctl(dom, PVHV_DOM_INFO, &u));
		EXPECT_EQ(size, u.info.size);
		EXPECT_TRUE(all_bytes(u.bytes + size, sizeof(u) - size, 0xaa));
	}
	EXPECT_TRUE(text_clean(u.info.name, sizeof(u.info.name)));
	EXPECT_TRUE(text_clean(u.info.msg, sizeof(u.info.msg)));
	EXPECT_TRUE(all_bytes(u.info.reserved, sizeof(u.info.reserved), 0));
	for (size = 8; size <= sizeof(u.audit); size++) {
		memset(&u, 0xaa, sizeof(u));
		u.audit.size = size;
		ASSERT_EQ(-ENODEV, device_ioctl(dom, PVHV_DOM_AUDIT, &u));
		EXPECT_TRUE(all_bytes(u.bytes + size, sizeof(u) - size, 0xaa));
	}
	EXPECT_TRUE(text_clean(u.audit.msg, sizeof(u.audit.msg)));
	EXPECT_EQ(0, u.audit.differences | u.audit.frames | u.audit.tables | u.audit.first_mfn);
	memset(&u.start, 0, sizeof(u.start));
	memset(u.start.msg, 0xaa, sizeof(u.start.msg));
	u.start.size = sizeof(u.start);
	EXPECT_EQ(-EINVAL, device_ioctl(dom, PVHV_DOM_START, &u));
	EXPECT_TRUE(text_clean(u.start.msg, sizeof(u.start.msg)));
	close(dom);
}

TEST_F(dom, start_refusals)
{
	static const struct {
		uint64_t rip, rsp, directmap, root;
	} bad[] = {
		{ 0, ADDRESS_OK, ADDRESS_OK, 0 },
		{ 0x400000, ADDRESS_OK, ADDRESS_OK, 0 },
		{ 0xffff800000000000ULL, ADDRESS_OK, ADDRESS_OK, 0 },
		{ 0xffff87ffffffffffULL, ADDRESS_OK, ADDRESS_OK, 0 },
		{ 0x8000000000000000ULL, ADDRESS_OK, ADDRESS_OK, 0 },
		{ ADDRESS_OK, 0, ADDRESS_OK, 0 },
		{ ADDRESS_OK, 0xffff808000000000ULL, ADDRESS_OK, 0 },
		{ ADDRESS_OK, ADDRESS_OK, ADDRESS_OK + 1, 0 },
		{ ADDRESS_OK, ADDRESS_OK, 0, 0 },
		{ ADDRESS_OK, ADDRESS_OK, 0xfffffffffffff000ULL, 0 },
		{ ADDRESS_OK, ADDRESS_OK, ADDRESS_OK, DOM_PAGES },
		{ ADDRESS_OK, ADDRESS_OK, ADDRESS_OK, UINT64_MAX },
	};
	struct pvhv_dom_start s;
	struct pvhv_dom_info info;
	size_t i;
	int dom;

	dom = dom_create(self->fd, "start");
	ASSERT_LE(0, dom);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		s = (struct pvhv_dom_start){
			.size = sizeof(s), .rip = bad[i].rip, .rsp = bad[i].rsp,
			.directmap_va = bad[i].directmap, .root_gfn = bad[i].root,
		};
		EXPECT_EQ(-EINVAL, device_ioctl(dom, PVHV_DOM_START, &s)) TH_LOG("case %zu", i);
		EXPECT_LT(0, strlen(s.msg));
	}
	s = (struct pvhv_dom_start){
		.size = sizeof(s), .rip = ADDRESS_OK, .rsp = ADDRESS_OK, .directmap_va = ADDRESS_OK,
	};
	EXPECT_EQ(-ENODEV, device_ioctl(dom, PVHV_DOM_START, &s));
	EXPECT_NE(NULL, strstr(s.msg, "cpu take"));
	ASSERT_EQ(0, dom_info(dom, &info));
	EXPECT_EQ(PVHV_DOM_ST_BUILDING, info.state);
	close(dom);
}

TEST_F(dom, destroy)
{
	struct pvhv_dom_start s = {
		.size = sizeof(s), .rip = ADDRESS_OK, .rsp = ADDRESS_OK, .directmap_va = ADDRESS_OK,
	};
	struct pvhv_dom_write w = { .size = sizeof(w), .len = sizeof(s), .buf = (uintptr_t)&s };
	struct pvhv_dom_info info;
	struct pollfd p;
	uint32_t id;
	char c;
	int dom;

	dom = dom_create(self->fd, "destroy");
	ASSERT_LE(0, dom);
	ASSERT_EQ(0, dom_info(dom, &info));
	id = info.domid + 1;
	EXPECT_EQ(-ENOENT, device_ioctl(self->fd, PVHV_IOC_DOM_DESTROY, &id));
	id = info.domid;
	EXPECT_EQ(0, device_ioctl(self->fd, PVHV_IOC_DOM_DESTROY, &id));
	EXPECT_EQ(0, device_ioctl(self->fd, PVHV_IOC_DOM_DESTROY, &id));
	EXPECT_EQ(0, device_ioctl(dom, PVHV_DOM_DESTROY, NULL));
	ASSERT_EQ(0, dom_info_from(self->fd, 0, &info));
	EXPECT_EQ(PVHV_DOM_ST_ENDED, info.state);
	EXPECT_EQ(PVHV_END_DESTROYED, info.reason);
	EXPECT_STREQ("destroyed by the host's user", info.msg);
	EXPECT_EQ(-EBUSY, device_ioctl(dom, PVHV_DOM_WRITE, &w));
	EXPECT_EQ(-EBUSY, device_ioctl(dom, PVHV_DOM_START, &s));
	EXPECT_EQ(-EBUSY, device_ioctl(dom, PVHV_DOM_RNG, NULL));
	EXPECT_EQ(-ESRCH, device_ioctl(dom, PVHV_DOM_REQUEST, (void *)1));
	p = (struct pollfd){ .fd = dom, .events = POLLIN | POLLOUT };
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLHUP, p.revents);
	EXPECT_EQ(0, read(dom, &c, 1));
	signal(SIGPIPE, SIG_IGN);
	EXPECT_EQ(-1, write(dom, "x", 1));
	EXPECT_EQ(EPIPE, errno);
	close(dom);
	EXPECT_EQ(-ENOENT, device_ioctl(self->fd, PVHV_IOC_DOM_DESTROY, &id));
	EXPECT_EQ(-ENOENT, device_ioctl(self->fd, PVHV_IOC_DOM_CONSOLE, &id));
}

/* A thread that sleeps in read(2) of a console until the domain ends. */
static void *read_thread(void *arg)
{
	char buf[64];

	return (void *)read(*(int *)arg, buf, sizeof(buf));
}

TEST_F(dom, console)
{
	static char data[4096];
	struct pvhv_dom_info info;
	pthread_t thread[2];
	uint32_t id;
	void *ret;
	int dom, con;

	dom = dom_create(self->fd, "console");
	ASSERT_LE(0, dom);
	ASSERT_EQ(0, dom_info(dom, &info));
	id = info.domid;
	con = device_ioctl(self->fd, PVHV_IOC_DOM_CONSOLE, &id);
	ASSERT_LE(0, con);
	EXPECT_EQ(FD_CLOEXEC, fcntl(con, F_GETFD));
	EXPECT_EQ(0, device_ioctl(dom, PVHV_DOM_WINSIZE, (void *)(25UL << 16 | 80)));
	fcntl(dom, F_SETFL, O_NONBLOCK);
	EXPECT_EQ(-1, read(dom, data, sizeof(data)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, read(dom, data, 0));
	/* Nobody takes the input: the ring takes its size, then no more. */
	EXPECT_EQ(PVHV_CONSOLE_IN_SIZE, write(dom, data, sizeof(data)));
	EXPECT_EQ(-1, write(dom, data, 1));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, syscall(SYS_write, dom, NULL, 1));
	EXPECT_EQ(EFAULT, errno);
	fcntl(dom, F_SETFL, 0);
	ASSERT_EQ(0, pthread_create(&thread[0], NULL, read_thread, &dom));
	ASSERT_EQ(0, pthread_create(&thread[1], NULL, read_thread, &con));
	usleep(100000);
	EXPECT_EQ(0, device_ioctl(dom, PVHV_DOM_DESTROY, NULL));
	pthread_join(thread[0], &ret);
	EXPECT_EQ(NULL, ret);
	pthread_join(thread[1], &ret);
	EXPECT_EQ(NULL, ret);
	/* The console outlives the domain's file, but the domain does not. */
	close(dom);
	EXPECT_EQ(0, dom_count(self->fd));
	EXPECT_EQ(0, read(con, data, sizeof(data)));
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	close(con);
}

/* Runs f in a child with that argument and returns its exit status, or -1. */
static int in_child(int (*f)(int), int arg)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(f(arg));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static int use_foreign(int dom)
{
	struct pvhv_dom_info info;
	char c;

	if (dom_info(dom, &info) != -EIO || device_ioctl(dom, PVHV_DOM_DESTROY, NULL) != -EIO)
		return 1;
	if (read(dom, &c, 1) != -1 || errno != EIO || write(dom, "x", 1) != -1 || errno != EIO)
		return 2;
	close(dom);
	return 0;
}

TEST_F(dom, foreign_process)
{
	struct pvhv_dom_info info;
	int pipefd[2], dom;
	pid_t pid;
	char c;

	dom = dom_create(self->fd, "foreign");
	ASSERT_LE(0, dom);
	EXPECT_EQ(0, in_child(use_foreign, dom));
	ASSERT_EQ(0, dom_info(dom, &info));
	EXPECT_EQ(PVHV_DOM_ST_BUILDING, info.state);
	/* Held by a child only: it lives until that is gone. */
	ASSERT_EQ(0, pipe(pipefd));
	pid = fork();
	if (!pid) {
		close(pipefd[1]);
		_exit(read(pipefd[0], &c, 1));
	}
	close(dom);
	EXPECT_EQ(1, dom_count(self->fd));
	EXPECT_EQ(1, write(pipefd[1], "x", 1));
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(0, dom_count(self->fd));
}

static int without_capability(int fd)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};
	struct pvhv_dom_info info;
	uint32_t id = 1;

	if (syscall(SYS_capset, &header, data))
		return 10;
	if (dom_create(fd, "no cap") != -EPERM)
		return 1;
	if (device_ioctl(fd, PVHV_IOC_DOM_DESTROY, &id) != -EPERM)
		return 2;
	if (device_ioctl(fd, PVHV_IOC_DOM_CONSOLE, &id) != -EPERM)
		return 3;
	return dom_info_from(fd, 0, &info) == -ENOENT ? 0 : 4;
}

static int in_user_namespace(int fd)
{
	if (unshare(CLONE_NEWUSER))
		return errno == ENOSPC || errno == EPERM ? 4 : 10;
	return dom_create(fd, "namespace") == -EPERM ? 0 : 1;
}

static int as_nobody(int fd)
{
	if (setgid(65534) || setuid(65534))
		return 10;
	return device_open() == -EACCES ? 0 : 1;
}

TEST_F(dom, privileges)
{
	EXPECT_EQ(0, in_child(without_capability, self->fd));
	EXPECT_EQ(0, in_child(in_user_namespace, self->fd));
	EXPECT_EQ(0, in_child(as_nobody, self->fd));
}

TEST_F(dom, module_stays)
{
	int dom = dom_create(self->fd, "module");

	ASSERT_LE(0, dom);
	close(self->fd);
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	close(dom);
	self->fd = device_open();
}

/* Closes whatever descriptor the creating thread may be about to get. */
static void *close_thread(void *arg)
{
	while (!__atomic_load_n((int *)arg, __ATOMIC_RELAXED))
		close(100);
	return NULL;
}

TEST_F(dom, close_races_with_create)
{
	struct pvhv_dom_info info;
	pthread_t thread;
	int i, dom, stop = 0;

	/* The next free descriptor is 100. */
	for (i = dup(0); i < 99; i = dup(0))
		ASSERT_LE(0, i);
	ASSERT_EQ(0, pthread_create(&thread, NULL, close_thread, &stop));
	for (i = 0; i < 20; i++) {
		dom = dom_create(self->fd, "race");
		if (dom < 0) {
			/* The descriptor is closed, the domain on its way. */
			EXPECT_EQ(-EINVAL, dom);
			continue;
		}
		dom_info(dom, &info);
		device_ioctl(dom, PVHV_DOM_DESTROY, NULL);
		close(dom);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	for (i = 0; i < 100 && dom_count(self->fd); i++)
		usleep(10000);
}

static void *info_thread(void *arg)
{
	int fd = *(int *)arg;
	struct pvhv_dom_info info;
	uint32_t id = 0;
	int con, i;

	for (i = 0; i < 3000; i++) {
		if (dom_info_from(fd, 0, &info))
			continue;
		id = info.domid;
		con = device_ioctl(fd, PVHV_IOC_DOM_CONSOLE, &id);
		if (i % 3 == 0)
			device_ioctl(fd, PVHV_IOC_DOM_DESTROY, &id);
		if (con >= 0)
			close(con);
	}
	return NULL;
}

TEST_F(dom, queries_race_with_close)
{
	pthread_t thread[2];
	int i, dom;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, info_thread, &self->fd));
	for (i = 0; i < 20; i++) {
		dom = dom_create(self->fd, "query");
		ASSERT_LE(0, dom);
		close(dom);
	}
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
}

TEST_F(dom, kill_at_any_moment)
{
	struct pvhv_dom_write w = { .size = sizeof(w), .len = DOM_PAGES * 4096ULL };
	int i, dom;
	pid_t pid;

	w.buf = (uintptr_t)mmap(NULL, w.len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < KILLED_CHILDREN; i++) {
		pid = fork();
		if (!pid) {
			for (;;) {
				dom = dom_create(self->fd, "killed");
				device_ioctl(dom, PVHV_DOM_WRITE, &w);
				close(dom);
			}
		}
		usleep(1000 + i * 7000);
		kill(pid, SIGKILL);
		EXPECT_EQ(pid, waitpid(pid, NULL, 0));
		EXPECT_EQ(0, dom_count(self->fd));
	}
}

/* The kernel's memory without the module, which keeps page tables of its map until it goes. */
static long memory_without_module(struct __test_metadata *_metadata, int *fd)
{
	long kib;

	close(*fd);
	EXPECT_EQ(0, module_unload());
	kib = host_kernel_kib();
	EXPECT_EQ(0, module_load(""));
	*fd = device_open();
	return kib;
}

TEST_F(dom, memory_comes_back)
{
	long before = 0, after;
	int i, dom;

	for (i = 0; i < CYCLES + 3; i++) {
		if (i == 3)		/* the host has warmed up */
			before = memory_without_module(_metadata, &self->fd);
		dom = dom_create(self->fd, "memory");
		ASSERT_LE(0, dom);
		close(dom);
	}
	after = memory_without_module(_metadata, &self->fd);
	TH_LOG("the kernel used %ld KiB before, %ld KiB after", before, after);
	/* Less than a page in each cycle. */
	EXPECT_FALSE(host_kernel_grew(after - before, CYCLES * 2));
}

/* Random calls on random arguments: the host is unharmed, and no domain stays. */
TEST_F(dom, fuzz)
{
	static unsigned char arg[8192];
	unsigned int seed = 1, i, nr;
	int dom = -1;
	size_t j;

	for (i = 0; i < FUZZ_CALLS; i++) {
		if (dom < 0 || rand_r(&seed) % 500 == 0) {
			close(dom);
			dom = dom_create(self->fd, "fuzz");
			ASSERT_LE(0, dom);
		}
		for (j = 0; j < 400; j++)
			arg[j] = rand_r(&seed) % 4 ? 0 : rand_r(&seed);
		*(uint32_t *)arg = rand_r(&seed) % 400;
		nr = 0x20 + rand_r(&seed) % 10;
		device_ioctl(dom, _IOC(rand_r(&seed) % 4, 'V', nr, rand_r(&seed) % 400),
			     rand_r(&seed) % 8 ? arg : (void *)(uintptr_t)rand_r(&seed));
	}
	close(dom);
}

TEST_HARNESS_MAIN
