// SPDX-License-Identifier: GPL-2.0
/*
 * The host's own life with taken cores: nobody else brings them on line (K7),
 * no suspend (K8), no unload (K6); and who may do what with /dev/pvhv (K1).
 */
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "core.h"

#define CAP_SYS_ADMIN_BIT	21

FIXTURE(host)
{
	int fd;
};

FIXTURE_SETUP(host)
{
	ASSERT_EQ(0, module_load("selftest=1"));
	self->fd = device_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(host)
{
	struct pvhv_cpu_info info;

	while (!core_info(self->fd, 0, &info) && !core_give(self->fd, info.cpu, NULL))
		;
	close(self->fd);
	EXPECT_EQ(0, module_unload());
}

TEST_F_TIMEOUT(host, taken_core_stays_off_line, 120)
{
	long long ret;
	int i;

	ASSERT_EQ(0, core_take(self->fd, 3, 0, NULL));
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(-EPERM, linux_cpu_set_online(3, 1));
		EXPECT_EQ(0, linux_cpu_online(3));
	}
	/* undisturbed */
	EXPECT_EQ(0, core_command(self->fd, 3, PVHV_CORE_ECHO, 1, &ret));
	EXPECT_EQ(~1LL, ret);
	/* other CPUs come and go */
	EXPECT_EQ(0, linux_cpu_set_online(2, 0));
	EXPECT_EQ(0, linux_cpu_set_online(2, 1));
	ASSERT_EQ(0, core_give(self->fd, 3, NULL));
	EXPECT_EQ(0, linux_cpu_set_online(3, 0));
	EXPECT_EQ(0, linux_cpu_set_online(3, 1));
}

/* Freezes the processes and thaws them: the PM notifiers run, nothing sleeps. */
static int suspend_to_idle(void)
{
	int fd = open("/sys/power/pm_test", O_WRONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, "freezer", 7) == 7 ? 0 : -errno;
	close(fd);
	if (ret)
		return ret;
	fd = open("/sys/power/state", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = write(fd, "freeze", 6) == 6 ? 0 : -errno;
	close(fd);
	return ret;
}

TEST_F_TIMEOUT(host, no_suspend_with_taken_cores, 60)
{
	char msg[PVHV_MSG_MAX];

	ASSERT_EQ(0, core_take(self->fd, 1, 0, NULL));
	EXPECT_EQ(-EBUSY, suspend_to_idle());
	ASSERT_EQ(0, core_give(self->fd, 1, NULL));
	if (access("/sys/power/pm_test", W_OK) == 0)
		EXPECT_EQ(0, suspend_to_idle());
	/* and back to normal */
	EXPECT_EQ(0, core_take(self->fd, 1, 0, msg)) TH_LOG("%s", msg);
}

static int snapshot_open(int mode)
{
	int fd = open("/dev/snapshot", mode | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Hibernation: the notifiers run as a program opens the device to read an image of this system, or to restore one. */
TEST_F_TIMEOUT(host, no_hibernation_with_taken_cores, 120)
{
	static const int modes[] = { O_RDONLY, O_WRONLY };
	size_t i;
	int fd;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, core_take(self->fd, 1, 0, NULL));
		EXPECT_EQ(-EBUSY, snapshot_open(modes[i]));
		ASSERT_EQ(0, core_give(self->fd, 1, NULL));
		fd = snapshot_open(modes[i]);
		ASSERT_LE(0, fd);
		EXPECT_EQ(-EBUSY, core_take(self->fd, 1, 0, NULL));
		close(fd);
		/* and back to normal */
		EXPECT_EQ(0, core_take(self->fd, 1, 0, NULL));
		ASSERT_EQ(0, core_give(self->fd, 1, NULL));
	}
}

TEST_F_TIMEOUT(host, no_unload_with_taken_cores, 120)
{
	ASSERT_EQ(0, core_take(self->fd, 1, 0, NULL));
	close(self->fd);
	EXPECT_EQ(-EAGAIN, module_unload());
	self->fd = device_open();
	ASSERT_LE(0, self->fd);
	/* an open file alone holds it, too */
	ASSERT_EQ(0, core_give(self->fd, 1, NULL));
	EXPECT_EQ(-EAGAIN, module_unload());
}

/* Runs fn in a process of its own; its result. */
static int in_child(int (*fn)(int fd), int fd)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(-fn(fd));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 1;
	return -WEXITSTATUS(status);
}

static int open_as_nobody(int fd)
{
	if (setgid(65534) || setuid(65534))
		return -ECHILD;
	fd = device_open();
	return fd < 0 ? fd : 0;
}

static int drop_sys_admin(void)
{
	struct { unsigned int version; int pid; } head = { 0x20080522, 0 };
	struct { unsigned int effective, permitted, inheritable; } data[2];

	if (syscall(SYS_capget, &head, data))
		return -errno;
	data[0].effective &= ~(1U << CAP_SYS_ADMIN_BIT);
	data[0].permitted &= ~(1U << CAP_SYS_ADMIN_BIT);
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

static int take_without_capability(int fd)
{
	return drop_sys_admin() ?: core_take(fd, 1, 0, NULL);
}

static int take_in_user_namespace(int fd)
{
	if (unshare(CLONE_NEWUSER))
		return -ECHILD;
	return core_take(fd, 1, 0, NULL);
}

static int give_without_capability(int fd)
{
	return drop_sys_admin() ?: core_give(fd, 1, NULL);
}

static int command_without_capability(int fd)
{
	return drop_sys_admin() ?: core_command(fd, 1, PVHV_CORE_PARK, 0, NULL);
}

static int create_without_capability(int fd)
{
	struct pvhv_dom_create a = { .size = sizeof(a), .nr_pages = 8192, .nr_vcpus = 1 };

	strcpy(a.name, "x");
	return drop_sys_admin() ?: device_ioctl(fd, PVHV_IOC_DOM_CREATE, &a);
}

static int ask_without_capability(int fd)
{
	struct pvhv_check a = { .size = sizeof(a) };

	return drop_sys_admin() ?: device_ioctl(fd, PVHV_IOC_CHECK, &a);
}

TEST_F_TIMEOUT(host, who_may_open, 120)
{
	struct stat st;

	ASSERT_EQ(0, stat(DEVICE_FILE, &st));
	EXPECT_EQ(0660, st.st_mode & 07777);
	EXPECT_EQ(-EACCES, in_child(open_as_nobody, -1));
}

TEST_F_TIMEOUT(host, who_may_change, 120)
{
	EXPECT_EQ(-EPERM, in_child(take_without_capability, self->fd));
	EXPECT_EQ(-EPERM, in_child(take_in_user_namespace, self->fd));
	ASSERT_EQ(0, core_take(self->fd, 1, 0, NULL));
	EXPECT_EQ(-EPERM, in_child(give_without_capability, self->fd));
	EXPECT_EQ(-EPERM, in_child(command_without_capability, self->fd));
	EXPECT_EQ(-EPERM, in_child(create_without_capability, self->fd));
	EXPECT_EQ(0, in_child(ask_without_capability, self->fd));
	EXPECT_EQ(0, linux_cpu_online(1));
}

TEST(commands_need_the_parameter)
{
	int fd;

	ASSERT_EQ(0, module_load(""));
	fd = device_open();
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, core_take(fd, 1, 0, NULL));
	EXPECT_EQ(-ENOTTY, core_command(fd, 1, PVHV_CORE_WEDGE, 0, NULL));
	EXPECT_EQ(0, core_give(fd, 1, NULL));
	close(fd);
	EXPECT_EQ(0, module_unload());
}

TEST_HARNESS_MAIN
