/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests that run the guest selftests/guest/serve on a taken core: the frame of each of
 * them, and its start. Included behind kselftest_harness.h.
 */
#ifndef SELFTESTS_SERVE_H
#define SELFTESTS_SERVE_H

#include "dom.h"
#include "libpvhv.h"

#define KERNEL		"/pvhv/selftests/guest/serve/serve.elf"
#define CPU		3

/* The module is loaded, the core taken; *fd: the control file. */
static inline void serve_setup(struct __test_metadata *_metadata, int *fd)
{
	ASSERT_EQ(0, module_load("selftest=1"));
	*fd = device_open();
	ASSERT_LE(0, *fd);
	ASSERT_EQ(0, core_take(*fd, CPU, 0, NULL));
}

/* No domain is left, the core answers and goes back, the module unloads. */
static inline void serve_teardown(struct __test_metadata *_metadata, int fd)
{
	long long ret = 0;

	EXPECT_EQ(0, dom_count(fd));
	EXPECT_EQ(0, core_command(fd, CPU, PVHV_CORE_ECHO, 7, &ret));
	EXPECT_EQ(~7LL, ret);
	EXPECT_EQ(0, core_give(fd, CPU, NULL));
	close(fd);
	EXPECT_EQ(0, module_unload());
	EXPECT_EQ(1, linux_cpu_online(CPU));
}

/* A guest that obeys this line first. */
static inline struct pvhv_config serve_config(const char *cmdline, unsigned int vcpus)
{
	return (struct pvhv_config){
		.file = "serve", .name = "serve", .kernel = KERNEL, .cmdline = (char *)cmdline,
		.memory = 16 << 20, .vcpus = vcpus, .cores = 1ULL << CPU,
	};
}

/* It runs: its descriptor. Or -1, and why is printed. */
static inline int serve_start(int fd, const struct pvhv_config *config)
{
	struct pvhv_error err = {};
	int dom = pvhv_guest_start(fd, config, &err);

	if (dom < 0)
		printf("# %s\n", err.text);
	return dom;
}

#endif
