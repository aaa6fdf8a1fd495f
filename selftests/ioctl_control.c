// SPDX-License-Identifier: GPL-2.0
/*
 * Arguments of the control file's ioctls (K2): unknown numbers, sizes from
 * nothing to too much, reserved fields, flags, bad pointers, padding.
 */
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "core.h"

#define NUMBERS		256
#define FUZZ_CALLS	30000

FIXTURE(control)
{
	int fd;
	char *page;	/* followed by one that is not mapped */
};

FIXTURE_SETUP(control)
{
	ASSERT_EQ(0, module_load(""));
	self->fd = device_open();
	ASSERT_LE(0, self->fd);
	self->page = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->page);
	ASSERT_EQ(0, munmap(self->page + 8192, 8192));
}

FIXTURE_TEARDOWN(control)
{
	munmap(self->page, 8192);
	close(self->fd);
	EXPECT_EQ(0, module_unload());
}

TEST_F(control, version)
{
	EXPECT_EQ(1, device_ioctl(self->fd, PVHV_IOC_VERSION, NULL));
}

TEST_F(control, unknown_numbers)
{
	unsigned int nr, dir, type;

	for (nr = 0; nr < NUMBERS; nr++) {
		for (dir = 0; dir < 4; dir++) {
			/* 0x30 to 0x5f are those of running guests; those of a domain's file are unknown here */
			if ((nr > 0x08 && nr < 0x30) || nr > 0x5f)
				EXPECT_EQ(-ENOTTY, device_ioctl(self->fd, _IOC(dir, 'V', nr, 64), self->page)) {
					TH_LOG("number 0x%x", nr);
				}
		}
	}
	for (type = 0; type < 256; type++) {
		if (type != 'V' && type != 'T')
			EXPECT_EQ(-ENOTTY, device_ioctl(self->fd, _IOC(3, type, 1, 180), self->page));
	}
	/* the direction belongs to the number */
	EXPECT_EQ(-ENOTTY, device_ioctl(self->fd, _IOC(1, 'V', 4, sizeof(struct pvhv_check)), self->page));
}

TEST_F(control, sizes)
{
	struct pvhv_check *c = (struct pvhv_check *)self->page;
	unsigned int size;

	for (size = 0; size < 8; size++) {
		memset(self->page, 0, 8192);
		c->size = size;
		EXPECT_EQ(-EINVAL, device_ioctl(self->fd, PVHV_IOC_CHECK, c));
	}
	for (size = 8; size <= 4096; size += 4) {
		memset(self->page, 0, 8192);
		c->size = size;
		ASSERT_EQ(0, device_ioctl(self->fd, PVHV_IOC_CHECK, c)) TH_LOG("size %u", size);
	}
	for (size = sizeof(*c) + 1; size <= 4096; size += 7) {
		memset(self->page, 0, 8192);
		c->size = size;
		self->page[size - 1] = 1;
		ASSERT_EQ(-E2BIG, device_ioctl(self->fd, PVHV_IOC_CHECK, c)) TH_LOG("size %u", size);
	}
	c->size = 4097;
	EXPECT_EQ(-E2BIG, device_ioctl(self->fd, PVHV_IOC_CHECK, c));
	c->size = ~0U;
	EXPECT_EQ(-E2BIG, device_ioctl(self->fd, PVHV_IOC_CHECK, c));
}

/* Nothing beyond the caller's size is written, and nothing is left of what was there. */
TEST_F(control, output_stays_in_bounds)
{
	struct pvhv_check *c = (struct pvhv_check *)self->page;
	unsigned int size, i;

	for (size = 8; size <= sizeof(*c); size += 4) {
		memset(self->page, 0xaa, 8192);
		memset(c, 0, 16 < size ? 16 : size);
		c->size = size;
		ASSERT_EQ(0, device_ioctl(self->fd, PVHV_IOC_CHECK, c));
		for (i = size; i < 512; i++)
			ASSERT_EQ((char)0xaa, self->page[i]) TH_LOG("size %u: byte %u", size, i);
	}
	/* strings are completed with zeros */
	for (i = strlen(c->name); i < sizeof(c->name); i++)
		ASSERT_EQ(0, c->name[i]);
	for (i = strlen(c->msg); i < sizeof(c->msg); i++)
		ASSERT_EQ(0, c->msg[i]);
}

TEST_F(control, pointers)
{
	static const unsigned long numbers[] = {
		PVHV_IOC_CPU_TAKE, PVHV_IOC_CPU_GIVE, PVHV_IOC_CPU_INFO, PVHV_IOC_CHECK,
		PVHV_IOC_DOM_CREATE, PVHV_IOC_DOM_INFO, PVHV_IOC_DOM_DESTROY, PVHV_IOC_DOM_CONSOLE,
	};
	unsigned int i, *size;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		EXPECT_EQ(-EFAULT, device_ioctl(self->fd, numbers[i], NULL));
		EXPECT_EQ(-EFAULT, device_ioctl(self->fd, numbers[i], self->page + 8192));
		EXPECT_EQ(-EFAULT, device_ioctl(self->fd, numbers[i], self->page + 8190));
		EXPECT_EQ(-EFAULT, device_ioctl(self->fd, numbers[i], (void *)0xffff888000000000));
		if (_IOC_SIZE(numbers[i]) <= 4)
			continue;
		/* straddles the end of the mapping */
		size = (unsigned int *)(self->page + 8192 - 16);
		*size = _IOC_SIZE(numbers[i]);
		EXPECT_EQ(-EFAULT, device_ioctl(self->fd, numbers[i], size)) TH_LOG("%u", i);
	}
}

TEST_F(control, reserved_fields)
{
	struct pvhv_cpu cpu = { .size = sizeof(cpu), .cpu = 1, .reserved = 1 };
	struct pvhv_cpu_info info = { .size = sizeof(info) };
	struct pvhv_check check = { .size = sizeof(check), .reserved = 1 };
	unsigned int i;

	EXPECT_EQ(-EINVAL, device_ioctl(self->fd, PVHV_IOC_CPU_TAKE, &cpu));
	EXPECT_EQ(1, linux_cpu_online(1));
	EXPECT_EQ(-EINVAL, device_ioctl(self->fd, PVHV_IOC_CHECK, &check));
	for (i = 0; i < sizeof(info.reserved) / 4; i++) {
		memset(info.reserved, 0, sizeof(info.reserved));
		info.reserved[i] = 1;
		EXPECT_EQ(-EINVAL, device_ioctl(self->fd, PVHV_IOC_CPU_INFO, &info));
	}
	cpu.reserved = 0;
	cpu.flags = 1;
	EXPECT_EQ(-EINVAL, device_ioctl(self->fd, PVHV_IOC_CPU_GIVE, &cpu));
}

TEST_F(control, doctor)
{
	struct pvhv_check c;
	unsigned int i;
	int err;

	for (i = 0; ; i++) {
		memset(&c, 0, sizeof(c));
		c.size = sizeof(c);
		c.index = i;
		err = device_ioctl(self->fd, PVHV_IOC_CHECK, &c);
		if (err)
			break;
		TH_LOG("%-20s %u %s", c.name, c.ok, c.msg);
		EXPECT_NE(0, c.name[0]);
		EXPECT_NE(0, c.msg[0]);
		/* the test host can */
		EXPECT_NE(0, c.ok);
		EXPECT_GE(2, c.ok);
	}
	EXPECT_EQ(-ENOENT, err);
	EXPECT_LT(10, i);
	c.index = ~0U;
	EXPECT_EQ(-ENOENT, device_ioctl(self->fd, PVHV_IOC_CHECK, &c));
}

static volatile int flip_stop;

/* The page comes and goes, and what is in it changes. */
static void *flip(void *page)
{
	unsigned int n = 0;

	while (!flip_stop) {
		mprotect(page, 4096, PROT_NONE);
		mprotect(page, 4096, PROT_READ | PROT_WRITE);
		*(volatile unsigned int *)page = n++ % 600;
	}
	return NULL;
}

/* Some struct: a size that may be right, fields that are mostly 0. */
static void fuzz_fill(unsigned int *arg, unsigned int words, unsigned int nr, unsigned int *seed)
{
	unsigned int j;

	for (j = 1; j < words; j++)
		arg[j] = rand_r(seed) % 4 ? 0 : rand_r(seed);
	arg[0] = rand_r(seed) % 2 ? _IOC_SIZE(nr) : rand_r(seed) % 600;
	/* no CPU is taken by it */
	arg[1] |= 0x1000;
}

/* Each number with every direction, sizes, random fields, and buffers that are good, cut off, nowhere, or going away. */
TEST_F_TIMEOUT(control, fuzz, 120)
{
	unsigned int seed = 1, i, *last = (unsigned int *)(self->page + 4096);
	pthread_t thread;
	int ret;

	flip_stop = 0;
	ASSERT_EQ(0, pthread_create(&thread, NULL, flip, self->page));
	for (i = 0; i < FUZZ_CALLS; i++) {
		unsigned int nr = _IOC(rand_r(&seed) % 4, 'V', i % 0x60, rand_r(&seed) % 600);
		void *args[] = {
			last, last, last, self->page, self->page + 4096 - rand_r(&seed) % 64,
			self->page + 8192 - 4 * (rand_r(&seed) % 150), (void *)(uintptr_t)rand_r(&seed),
		};

		fuzz_fill(last, 150, nr, &seed);
		ret = device_ioctl(self->fd, nr, args[rand_r(&seed) % ARRAY_SIZE(args)]);
		if (ret > 2 && (i % 0x60 == _IOC_NR(PVHV_IOC_DOM_CREATE) ||
				i % 0x60 == _IOC_NR(PVHV_IOC_DOM_CONSOLE)))
			close(ret);
	}
	flip_stop = 1;
	pthread_join(thread, NULL);
	/* and all works as before */
	EXPECT_EQ(1, device_ioctl(self->fd, PVHV_IOC_VERSION, NULL));
}

TEST_HARNESS_MAIN
