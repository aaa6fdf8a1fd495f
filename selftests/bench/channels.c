// SPDX-License-Identifier: GPL-2.0
/* Rows of pipes and sockets: round trips of a byte, and bandwidth. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define BLOCK		65536

/* Two ways between this process and its child; on sockets they are one. */
struct channel {
	int in[2];		/* child's ends: reads in[0], writes out[1] */
	int out[2];
};

static int to_child, from_child;
static char block[BLOCK];

static void round_trip(long n)
{
	char c = 0;

	while (n--)
		if (write(to_child, &c, 1) != 1 || read(from_child, &c, 1) != 1)
			fail("a round trip");
}

static void send_blocks(long n)
{
	while (n--) {
		size_t done = 0;

		while (done < BLOCK) {
			ssize_t k = write(to_child, block + done, BLOCK - done);

			if (k <= 0)
				fail("write to a channel");
			done += k;
		}
	}
}

static _Noreturn void echo(int from, int to)
{
	char c;

	while (read(from, &c, 1) == 1)
		if (write(to, &c, 1) != 1)
			break;
	_exit(0);
}

static _Noreturn void drain(int from)
{
	while (read(from, block, BLOCK) > 0)
		;
	_exit(0);
}

void tcp_pair(int *a, int *b)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t size = sizeof(addr);
	int one = 1, l = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (l < 0 || bind(l, (struct sockaddr *)&addr, size) || listen(l, 1) ||
	    getsockname(l, (struct sockaddr *)&addr, &size))
		fail("a listening socket");
	*a = socket(AF_INET, SOCK_STREAM, 0);
	if (*a < 0 || connect(*a, (struct sockaddr *)&addr, size))
		fail("connect over lo");
	*b = accept(l, NULL, NULL);
	close(l);
	setsockopt(*a, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(*b, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void open_pipes(struct channel *c)
{
	if (pipe(c->in) || pipe(c->out))
		fail("pipe");
}

/* A socket pair looks like two pipes whose ends are the same files. */
static void from_sockets(struct channel *c, int ours, int child)
{
	c->in[0] = child;
	c->in[1] = ours;
	c->out[0] = dup(ours);
	c->out[1] = dup(child);
}

static void open_unix(struct channel *c)
{
	int s[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s))
		fail("socketpair");
	from_sockets(c, s[0], s[1]);
}

static void open_tcp(struct channel *c)
{
	int a, b;

	tcp_pair(&a, &b);
	from_sockets(c, a, b);
}

static pid_t start_child(struct channel *c, bool echoes)
{
	pid_t child = fork();

	if (child < 0)
		fail("fork");
	if (!child) {
		close(c->in[1]);
		close(c->out[0]);
		if (echoes)
			echo(c->in[0], c->out[1]);
		drain(c->in[0]);
	}
	close(c->in[0]);
	close(c->out[1]);
	to_child = c->in[1];
	from_child = c->out[0];
	return child;
}

static void stop_child(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(to_child);
	close(from_child);
}

static void row_rtt(const char *name, void (*open_channel)(struct channel *c))
{
	struct channel c;
	pid_t child;

	if (!wanted(name))
		return;
	open_channel(&c);
	child = start_child(&c, true);
	measure(name, round_trip, 1);
	stop_child(child);
}

static void row_bandwidth(const char *name, void (*open_channel)(struct channel *c))
{
	double v[MAX_REPS];
	struct channel c;
	pid_t child;
	long n;
	int r;

	if (!wanted(name))
		return;
	open_channel(&c);
	child = start_child(&c, false);
	n = calibrate(send_blocks, opt.ms * 0.7);
	for (r = 0; r < opt.reps; r++) {
		uint64_t start = now_ns();

		send_blocks(n);
		v[r] = n * (BLOCK / 1e6) / ((now_ns() - start) / 1e9);
	}
	stop_child(child);
	report(name, v, opt.reps, "MB/s", n);
}

void rows_channels(void)
{
	memset(block, 1, sizeof(block));
	row_rtt("pipe_rtt", open_pipes);
	row_rtt("af_unix_rtt", open_unix);
	row_rtt("tcp_lo_rtt", open_tcp);
	row_bandwidth("pipe_bw", open_pipes);
	row_bandwidth("tcp_lo_bw", open_tcp);
}
