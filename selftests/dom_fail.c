// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation of a guest's life fails in turn (H9, B13): its creation, devices, start, console,
 * a disk at run time. What failed left nothing behind, and the next one works.
 * selftests/fail/pvhv_fail.ko lets them fail.
 */
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "dom.h"
#include "libpvhv.h"

#define KERNEL		"/pvhv/selftests/guest/serve/serve.elf"
#define FAIL_MODULE	"/pvhv/selftests/fail/pvhv_fail.ko"
#define FAIL_PARAM	"/sys/module/pvhv_fail/parameters/"
#define CPU		3
#define MOST		400	/* allocations of one life */
#define EACH		4	/* times: a loss adds up */
#define LOSS_KIB	1024

FIXTURE(fail)
{
	int fd, disk;
};

static int fail_set(const char *name, unsigned long long val)
{
	char path[128], text[32];
	int fd, n, ret;

	snprintf(path, sizeof(path), FAIL_PARAM "%s", name);
	fd = open(path, O_WRONLY);
	n = snprintf(text, sizeof(text), "%llu", val);
	ret = write(fd, text, n) == n ? 0 : -errno;
	close(fd);
	return ret;
}

static unsigned int fail_count(void)
{
	unsigned int n = 0;
	FILE *f = fopen(FAIL_PARAM "failed", "r");

	if (f) {
		if (fscanf(f, "%u", &n) != 1)
			n = 0;
		fclose(f);
	}
	return n;
}

/* Of the module's text, from the kernel's list of modules: name size ... address. */
static int fail_aim(void)
{
	unsigned long long addr, size;
	char line[256];
	int ret = -ENOENT;
	FILE *f = fopen("/proc/modules", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "pvhv %llu %*d %*s %*s 0x%llx", &size, &addr) != 2)
			continue;
		ret = fail_set("text", addr);
		ret = ret ?: fail_set("size", size);
		ret = ret ?: fail_set("task", getpid());
	}
	if (f)
		fclose(f);
	return ret;
}

static int fail_load(void)
{
	int fd = open(FAIL_MODULE, O_RDONLY | O_CLOEXEC);
	int ret = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;

	close(fd);
	return ret;
}

static int modules_load(int *fd)
{
	int ret = module_load("selftest=1");

	*fd = device_open();
	ret = ret ?: core_take(*fd, CPU, 0, NULL);
	return ret ?: fail_aim();
}

static int modules_unload(int fd)
{
	int ret = core_give(fd, CPU, NULL);

	close(fd);
	return ret ?: module_unload();
}

FIXTURE_SETUP(fail)
{
	self->disk = memfd_create("disk", MFD_CLOEXEC);
	ASSERT_EQ(0, ftruncate(self->disk, 1 << 20));
	ASSERT_EQ(0, fail_load());
	ASSERT_EQ(0, modules_load(&self->fd));
}

FIXTURE_TEARDOWN(fail)
{
	EXPECT_EQ(0, modules_unload(self->fd));
	EXPECT_EQ(0, syscall(SYS_delete_module, "pvhv_fail", O_NONBLOCK));
	close(self->disk);
}

/* As much of it as works.  0: all of it. */
static int live(int fd, int disk)
{
	struct pvhv_config config = {
		.file = "dom_fail", .name = "fail", .kernel = KERNEL, .cmdline = "spin",
		.memory = 8 << 20, .max_memory = 12 << 20, .vcpus = 2, .cores = 1ULL << CPU, .rng = 1,
	};
	struct pvhv_disk_attach attach = { .size = sizeof(attach), .fd = disk };
	struct pvhv_mem_set mem = { .size = sizeof(mem), .target = (10 << 20) / 4096 };
	struct pvhv_error err = {};
	struct pvhv_dom_info info;
	int dom, con, bad = 0;

	dom = pvhv_guest_start(fd, &config, &err);
	if (dom < 0)
		return *err.text ? 1 : -1;
	if (dom_info(dom, &info)) {
		close(dom);
		return 1;
	}
	con = device_ioctl(fd, PVHV_IOC_DOM_CONSOLE, &info.domid);
	bad += con < 0;
	attach.domid = info.domid;
	bad += device_ioctl(fd, PVHV_IOC_DISK_ATTACH, &attach) != 0;
	mem.domid = info.domid;
	bad += device_ioctl(fd, PVHV_IOC_MEM_SET, &mem) != 0;
	if (con >= 0)
		close(con);
	close(dom);
	return bad;
}

static long memory_without_module(struct __test_metadata *_metadata, int *fd)
{
	long kib;

	EXPECT_EQ(0, modules_unload(*fd));
	kib = host_kernel_kib();
	EXPECT_EQ(0, modules_load(fd));
	return kib;
}

TEST_F_TIMEOUT(fail, every_allocation, 240)
{
	unsigned int n, i, before, bad = 0, works = 0;
	long kib_before, kib_after;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, live(self->fd, self->disk));
	kib_before = memory_without_module(_metadata, &self->fd);
	for (n = 1; n < MOST; n++) {
		before = fail_count();
		for (i = 0; i < EACH; i++) {
			int ret;

			ASSERT_EQ(0, fail_set("nth", n));
			ret = live(self->fd, self->disk);
			/* an error without a word about it */
			bad += ret < 0;
			works += ret == 0;
			ASSERT_EQ(0, fail_set("nth", 0));
			ASSERT_EQ(0, dom_count(self->fd)) TH_LOG("after allocation %u", n);
		}
		if (fail_count() == before)
			break;
		ASSERT_EQ(0, live(self->fd, self->disk)) TH_LOG("after allocation %u", n);
	}
	kib_after = memory_without_module(_metadata, &self->fd);
	TH_LOG("%u allocations, each failed %u times; %ld KiB before, %ld after", n - 1, EACH,
	       kib_before, kib_after);
	EXPECT_LT(20, n);
	EXPECT_GT(MOST, n);
	EXPECT_EQ(0, bad);
	EXPECT_FALSE(host_kernel_grew(kib_after - kib_before, LOSS_KIB));
}

TEST_HARNESS_MAIN
