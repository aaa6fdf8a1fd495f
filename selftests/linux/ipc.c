// SPDX-License-Identifier: GPL-2.0
/* Pipes, sockets, epoll: data between processes, and waiting for it. */
#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tests.h"

#define BYTES	(2ul << 20)

/* A child sends a known sequence; returns how many bytes of it arrived right. */
static size_t transfer(int in, int out)
{
	static char buffer[BYTES];
	size_t done = 0;
	ssize_t n;
	pid_t pid = fork();

	if (!pid) {
		close(in);
		fill(buffer, BYTES, 3);
		while (done < BYTES) {
			n = write(out, buffer + done, BYTES - done > 70000 ? 70000 : BYTES - done);
			if (n <= 0)
				_exit(1);
			done += n;
		}
		_exit(0);
	}
	close(out);
	memset(buffer, 0, BYTES);
	while (done < BYTES && (n = read(in, buffer + done, BYTES - done)) > 0)
		done += n;
	close(in);
	return wait_for(pid) ? 0 : filled(buffer, BYTES, 3);
}

static void tcp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int server = socket(AF_INET, SOCK_STREAM, 0), in, out = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(a);

	if (bind(server, (void *)&a, sizeof(a)) || listen(server, 1) ||
	    getsockname(server, (void *)&a, &len) || connect(out, (void *)&a, sizeof(a)))
		die("tcp");
	in = accept(server, NULL, NULL);
	check(transfer(in, out) == BYTES, "2 MiB through TCP");
	close(server);
}

static void round_trips(void)
{
	int there[2], back[2], bad = 0;
	uint64_t n = 0, start;
	pid_t pid;

	if (pipe(there) || pipe(back))
		die("pipe");
	pid = fork();
	if (!pid) {
		close(there[1]);
		while (read(there[0], &n, 8) == 8) {
			n = mix(n);
			if (write(back[1], &n, 8) != 8)
				break;
		}
		_exit(0);
	}
	start = now_ns();
	for (uint64_t i = 0; i < 3000; i++)
		bad += write(there[1], &i, 8) != 8 || read(back[0], &n, 8) != 8 || n != mix(i);
	start = (now_ns() - start) / 3000;
	close(there[1]);
	check(!bad && !wait_for(pid), "3000 round trips through pipes (%d us each)", (int)(start / 1000));
}

static void passed_file(void)
{
	int pair[2], fds[2], fd;
	char space[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = space,
			    .msg_controllen = sizeof(space) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || pipe(fds))
		die("socketpair");
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fds[1], sizeof(int));
	if (sendmsg(pair[0], &m, 0) != 1 || recvmsg(pair[1], &m, 0) != 1)
		die("SCM_RIGHTS");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	check(write(fd, "y", 1) == 1 && read(fds[0], &byte, 1) == 1 && byte == 'y',
	      "a file goes through a socket");
}

static int ready(int ep)
{
	struct epoll_event e;

	return epoll_wait(ep, &e, 1, 5000) == 1 ? (int)e.data.u32 : -1;
}

static void add(int ep, int fd, int number)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET, .data.u32 = number };

	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static void epoll(void)
{
	int ep = epoll_create1(0), event = eventfd(0, 0), timer = timerfd_create(CLOCK_MONOTONIC, 0);
	struct itimerspec soon = { { 0, 0 }, { 0, 5000000 } };
	int fds[2], sigfd;
	uint64_t one = 1;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigfd = signalfd(-1, &set, 0);
	if (pipe(fds))
		die("pipe");
	add(ep, event, 1);
	add(ep, timer, 2);
	add(ep, sigfd, 3);
	add(ep, fds[0], 4);
	check(write(event, &one, 8) == 8 && ready(ep) == 1, "epoll tells an event");
	timerfd_settime(timer, 0, &soon, NULL);
	check(ready(ep) == 2, "a timer");
	kill(getpid(), SIGUSR1);
	check(ready(ep) == 3, "a signal");
	check(write(fds[1], "x", 1) == 1 && ready(ep) == 4, "a pipe");
}

void test_ipc(void)
{
	int fds[2];

	if (pipe(fds))
		die("pipe");
	check(transfer(fds[0], fds[1]) == BYTES, "2 MiB through a pipe");
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		die("socketpair");
	check(transfer(fds[0], fds[1]) == BYTES, "2 MiB through a Unix socket");
	tcp();
	round_trips();
	passed_file();
	epoll();
}
