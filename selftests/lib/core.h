/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests of cores share: the module, /dev/pvhv, a CPU's state as Linux sees it.
 */
#ifndef SELFTESTS_CORE_H
#define SELFTESTS_CORE_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <pvhv/ioctl.h>

#define MODULE_FILE	"/pvhv/pvhv.ko"
#define DEVICE_FILE	"/dev/pvhv"

/* All of these: 0 or more, or -errno. */

static inline int module_load(const char *params)
{
	int fd = open(MODULE_FILE, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, params, 0) ? -errno : 0;
	close(fd);
	return ret;
}

static inline int module_unload(void)
{
	return syscall(SYS_delete_module, "pvhv", O_NONBLOCK) ? -errno : 0;
}

static inline int device_open(void)
{
	int fd = open(DEVICE_FILE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static inline int device_ioctl(int fd, unsigned long number, void *arg)
{
	int ret = ioctl(fd, number, arg);

	return ret < 0 ? -errno : ret;
}

/* This CPU and more, a bit each. */
static inline int cores_take(int fd, unsigned int cpu, unsigned long long more, unsigned int flags, char *msg)
{
	struct pvhv_cpu a = { .size = sizeof(a), .cpu = cpu, .flags = flags, .cpus = more };
	int ret = device_ioctl(fd, PVHV_IOC_CPU_TAKE, &a);

	if (msg)
		memcpy(msg, a.msg, sizeof(a.msg));
	return ret;
}

static inline int core_take(int fd, unsigned int cpu, unsigned int flags, char *msg)
{
	return cores_take(fd, cpu, 0, flags, msg);
}

static inline int cores_give(int fd, unsigned int cpu, unsigned long long more, char *msg)
{
	struct pvhv_cpu a = { .size = sizeof(a), .cpu = cpu, .cpus = more };
	int ret = device_ioctl(fd, PVHV_IOC_CPU_GIVE, &a);

	if (msg)
		memcpy(msg, a.msg, sizeof(a.msg));
	return ret;
}

static inline int core_give(int fd, unsigned int cpu, char *msg)
{
	return cores_give(fd, cpu, 0, msg);
}

/* The first taken core from cpu on. */
static inline int core_info(int fd, unsigned int cpu, struct pvhv_cpu_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->cpu = cpu;
	return device_ioctl(fd, PVHV_IOC_CPU_INFO, info);
}

/* One command to a taken core; its answer in *ret. */
static inline int core_command(int fd, unsigned int cpu, unsigned int cmd,
			       unsigned long long arg, long long *ret)
{
	struct pvhv_core_cmd a = {
		.size = sizeof(a), .cpu = cpu, .cmd = cmd, .arg = arg,
	};
	int err = device_ioctl(fd, PVHV_IOC_CORE_CMD, &a);

	if (ret)
		*ret = a.ret;
	return err;
}

/* Waits until a taken core is in that state (PVHV_CPU_*); -ETIMEDOUT. */
static inline int core_wait_state(int fd, unsigned int cpu, unsigned int state, int seconds)
{
	struct pvhv_cpu_info info;
	int i, err;

	for (i = 0; i < seconds * 20; i++) {
		err = core_info(fd, cpu, &info);
		if (err)
			return err;
		if (info.cpu == cpu && info.state == state)
			return 0;
		usleep(50000);
	}
	return -ETIMEDOUT;
}

/* 1 = on line for Linux, 0 = off line; -errno. */
static inline int linux_cpu_online(unsigned int cpu)
{
	char path[80], c = 0;
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (read(fd, &c, 1) != 1)
		c = '?';
	close(fd);
	return c - '0';
}

/* As 'echo 1 >online'. */
static inline int linux_cpu_set_online(unsigned int cpu, int online)
{
	char path[80];
	int fd, ret;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = write(fd, online ? "1" : "0", 1) == 1 ? 0 : -errno;
	close(fd);
	return ret;
}

/* The next time that this CPU goes off or on line, Linux does not manage: -EAGAIN. */
static inline int linux_cpu_fail(unsigned int cpu)
{
	FILE *states = fopen("/sys/devices/system/cpu/hotplug/states", "r"), *fail = NULL;
	char path[80], line[128];
	int ret = -ENOENT;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/hotplug/fail", cpu);
	while (states && ret && fgets(line, sizeof(line), states)) {
		if (!strstr(line, "sched:active"))
			continue;
		fail = fopen(path, "w");
		ret = fail && fprintf(fail, "%d", atoi(line)) > 0 && !fclose(fail) ? 0 : -errno;
	}
	if (states)
		fclose(states);
	return ret;
}

#endif /* SELFTESTS_CORE_H */
