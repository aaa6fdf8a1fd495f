// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors of domains on their ways (K3), processes that die at any moment of a guest's start (K5),
 * and questions about guests that come and go while they are asked (H4). The guest is
 * selftests/guest/serve.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "serve.h"

#define KILLED		16
#define KILL_STEP_US	4000
#define GUESTS		12
#define ASKERS		3

FIXTURE(life)
{
	int fd;
};

FIXTURE_SETUP(life)
{
	serve_setup(_metadata, &self->fd);
}

FIXTURE_TEARDOWN(life)
{
	serve_teardown(_metadata, self->fd);
}

static int start(int fd, const char *cmdline)
{
	struct pvhv_config config = serve_config(cmdline, 2);

	config.rng = 1;
	return serve_start(fd, &config);
}

/* The last close is done on the way back to user space: of a killed process, by the time that it is gone. */
static bool all_gone(int fd)
{
	int i;

	for (i = 0; i < 200 && dom_count(fd); i++)
		usleep(50000);
	return !dom_count(fd);
}

static int send_fd(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof(fd))] = {}, byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(sock, &m, 0) == 1 ? 0 : -errno;
}

static int receive_fd(int sock)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd = -1;

	if (recvmsg(sock, &m, 0) == 1 && CMSG_FIRSTHDR(&m))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

/* What a process that was handed a domain can do: keep it. */
static int stranger(int sock)
{
	struct pvhv_dom_audit a = { .size = sizeof(a) };
	struct pvhv_dom_info info;
	int dom = receive_fd(sock);
	char c;

	if (dom < 0)
		return 1;
	if (dom_info(dom, &info) != -EIO || device_ioctl(dom, PVHV_DOM_DESTROY, NULL) != -EIO ||
	    device_ioctl(dom, PVHV_DOM_AUDIT, &a) != -EIO)
		return 2;
	if (write(dom, "off\n", 4) != -1 || errno != EIO || read(dom, &c, 1) != -1 || errno != EIO)
		return 3;
	if (mmap(NULL, 4096, PROT_READ, MAP_SHARED, dom, 0) != MAP_FAILED)
		return 4;
	/* until the other side has closed its own and looked */
	if (write(sock, "x", 1) != 1 || read(sock, &c, 1) != 1)
		return 5;
	return 0;
}

TEST_F_TIMEOUT(life, handed_over_a_socket, 60)
{
	int sock[2], dom, status;
	pid_t pid;
	char c;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	pid = fork();
	if (!pid)
		_exit(stranger(sock[1]));
	dom = start(self->fd, "");
	ASSERT_LE(0, dom);
	EXPECT_EQ(0, send_fd(sock[0], dom));
	EXPECT_EQ(1, read(sock[0], &c, 1));
	close(dom);
	/* the stranger has the last reference */
	EXPECT_EQ(1, dom_count(self->fd));
	EXPECT_EQ(1, write(sock[0], "x", 1));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_TRUE(all_gone(self->fd));
	/* and one that nobody ever takes out of its socket */
	dom = start(self->fd, "spin");
	ASSERT_LE(0, dom);
	EXPECT_EQ(0, send_fd(sock[0], dom));
	close(dom);
	close(sock[0]);
	close(sock[1]);
	EXPECT_TRUE(all_gone(self->fd));
}

static void *reader_thread(void *arg)
{
	char buf[64];

	while (read(*(int *)arg, buf, sizeof(buf)) > 0)
		;
	return NULL;
}

/* Closed under a thread that sleeps in it: the call ends with the guest. */
TEST_F_TIMEOUT(life, closed_under_a_call, 60)
{
	struct pvhv_dom_info info;
	pthread_t thread;
	int dom, copy, arg;

	dom = start(self->fd, "");
	ASSERT_LE(0, dom);
	copy = dup(dom);
	ASSERT_LE(0, copy);
	arg = dom;
	ASSERT_EQ(0, pthread_create(&thread, NULL, reader_thread, &arg));
	usleep(300000);
	close(dom);
	ASSERT_EQ(0, dom_info(copy, &info));
	EXPECT_EQ(PVHV_DOM_ST_RUNNING, info.state);
	EXPECT_EQ(0, device_ioctl(copy, PVHV_DOM_DESTROY, NULL));
	pthread_join(thread, NULL);
	close(copy);
	EXPECT_TRUE(all_gone(self->fd));
}

TEST_F_TIMEOUT(life, killed_at_any_moment_of_a_start, 120)
{
	int i, dom;
	pid_t pid;

	for (i = 0; i < KILLED; i++) {
		pid = fork();
		if (!pid) {
			for (;;) {
				dom = start(self->fd, "spin");
				if (dom >= 0)
					close(dom);
			}
		}
		usleep(1000 + i * KILL_STEP_US);
		kill(pid, SIGKILL);
		EXPECT_EQ(pid, waitpid(pid, NULL, 0));
		EXPECT_TRUE(all_gone(self->fd));
	}
	/* all is as it was: another one starts */
	dom = start(self->fd, "");
	EXPECT_LE(0, dom);
	close(dom);
}

/* Calls on the control file; each struct begins with size and domid. */
static const struct {
	unsigned long number;
	unsigned int size;
} questions[] = {
	{ PVHV_IOC_MEM_INFO, sizeof(struct pvhv_mem_info) },
	{ PVHV_IOC_MEM_SET, sizeof(struct pvhv_mem_set) },
	{ PVHV_IOC_VCPU_INFO, sizeof(struct pvhv_vcpu_info) },
	{ PVHV_IOC_VDEV_INFO, sizeof(struct pvhv_vdev_info) },
	{ PVHV_IOC_SCHED_GET, sizeof(struct pvhv_sched) },
	{ PVHV_IOC_SCHED_SET, sizeof(struct pvhv_sched) },
	{ PVHV_IOC_PIN, sizeof(struct pvhv_pin) },
	{ PVHV_IOC_VCPU_SET, sizeof(struct pvhv_vcpu_set) },
	{ PVHV_IOC_VCPU_STATE, sizeof(struct pvhv_vcpu_state) },
	{ PVHV_IOC_DISK_INFO, sizeof(struct pvhv_disk_info) },
	{ PVHV_IOC_NET_INFO, sizeof(struct pvhv_net_info) },
};

struct asker {
	int fd;
	int stop;
	unsigned int seed;
	unsigned long answers;
};

static void ask(struct asker *a, uint32_t id)
{
	size_t i = rand_r(&a->seed) % ARRAY_SIZE(questions);
	uint32_t arg[256] = { questions[i].size, id };
	int con;

	switch (rand_r(&a->seed) % 16) {
	case 0:
		device_ioctl(a->fd, PVHV_IOC_PAUSE, &id);
		break;
	case 1:
		device_ioctl(a->fd, PVHV_IOC_UNPAUSE, &id);
		break;
	case 2:
		con = device_ioctl(a->fd, PVHV_IOC_DOM_CONSOLE, &id);
		if (con >= 0)
			close(con);
		break;
	default:
		a->answers += device_ioctl(a->fd, questions[i].number, arg) == 0;
	}
}

static void *asker_thread(void *arg)
{
	struct asker *a = arg;
	struct pvhv_dom_info info;

	while (!__atomic_load_n(&a->stop, __ATOMIC_RELAXED)) {
		if (!dom_info_from(a->fd, 0, &info))
			ask(a, info.domid);
	}
	return NULL;
}

/* They end by themselves, by their user, and by a foreign hand, with all questions at any moment. */
TEST_F_TIMEOUT(life, asked_while_they_come_and_go, 120)
{
	struct asker askers[ASKERS] = {};
	pthread_t threads[ASKERS];
	struct pvhv_dom_info info;
	int i, dom;

	for (i = 0; i < ASKERS; i++) {
		askers[i].fd = self->fd;
		askers[i].seed = i + 1;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, asker_thread, &askers[i]));
	}
	for (i = 0; i < GUESTS; i++) {
		dom = start(self->fd, i % 3 ? "spin" : "off");
		ASSERT_LE(0, dom);
		usleep(30000);
		if (i % 3 == 1 && !dom_info(dom, &info))
			device_ioctl(self->fd, PVHV_IOC_DOM_DESTROY, &info.domid);
		close(dom);
		EXPECT_TRUE(all_gone(self->fd));
	}
	for (i = 0; i < ASKERS; i++) {
		__atomic_store_n(&askers[i].stop, 1, __ATOMIC_RELAXED);
		pthread_join(threads[i], NULL);
		EXPECT_LT(0, askers[i].answers);
	}
}

TEST_HARNESS_MAIN
