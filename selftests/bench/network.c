// SPDX-License-Identifier: GPL-2.0
/*
 * Rows of a network between this side and a server on the host: request and
 * response of a byte, streams out and in. The server lets each connection say
 * what it wants: 'E' echo, 'D' drain and count, 'S' send.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "costs.h"

#define BLOCK		65536
#define SLICE_NS	300000000
#define FIRST_BLOCKS	16
#define LAST		'Z'	/* the last byte of a drained stream */

static char block[BLOCK];
static int connection;

static void no_delay(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

/* --- the server --- */

static void serve_echo(int fd)
{
	char c;

	while (read(fd, &c, 1) == 1 && write(fd, &c, 1) == 1)
		;
}

/* Answers each stream that ends in LAST with how much came. */
static void serve_drain(int fd)
{
	uint64_t total = 0;
	ssize_t n;

	while ((n = read(fd, block, BLOCK)) > 0) {
		total += n;
		if (block[n - 1] == LAST && write(fd, &total, sizeof(total)) != sizeof(total))
			break;
	}
}

static _Noreturn void serve(int fd)
{
	char what;

	no_delay(fd);
	if (read(fd, &what, 1) != 1)
		_exit(1);
	if (what == 'E')
		serve_echo(fd);
	else if (what == 'D')
		serve_drain(fd);
	else
		while (write(fd, block, BLOCK) > 0)
			;
	_exit(0);
}

void network_server(int port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 8))
		fail("the server's port");
	for (;;) {
		int c = accept(fd, NULL, NULL);

		if (c >= 0 && !fork())
			serve(c);
		close(c);
	}
}

/* --- the client --- */

static int connect_for(const char *ip, int port, char what)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port) };
	int try, fd;

	inet_pton(AF_INET, ip, &addr.sin_addr);
	for (try = 0; try < 40; try++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
			no_delay(fd);
			if (write(fd, &what, 1) != 1)
				fail("a connection");
			return fd;
		}
		close(fd);
		usleep(250000);
	}
	fail("to connect to the server");
}

#define COST_TRIPS	500
#define COST_BLOCKS	400

static void round_trips(long n)
{
	char c = 0;

	while (n--)
		if (write(connection, &c, 1) != 1 || read(connection, &c, 1) != 1)
			fail("a round trip over the network");
}

static double send_stream(long blocks)
{
	uint64_t total, start = now_ns();

	while (blocks--) {
		size_t done = 0;
		ssize_t n;

		block[BLOCK - 1] = blocks ? 0 : LAST;
		for (; done < BLOCK; done += n) {
			n = write(connection, block + done, BLOCK - done);
			if (n <= 0)
				fail("a stream out");
		}
	}
	if (read(connection, &total, sizeof(total)) != sizeof(total))
		fail("the end of a stream");
	return now_ns() - start;
}

static void row_out(void)
{
	double v[MAX_REPS];
	long n = FIRST_BLOCKS;
	int r;

	for (r = 0; r < 3; r++) {
		n = n * (double)SLICE_NS / send_stream(n);
		if (n < FIRST_BLOCKS)
			n = FIRST_BLOCKS;
	}
	for (r = 0; r < opt.reps; r++)
		v[r] = n * (double)BLOCK * 8000 / send_stream(n);
	report("net_tx", v, opt.reps, "Mbit/s", n);
}

static double receive_for(uint64_t ns)
{
	uint64_t start = now_ns(), total = 0;

	while (now_ns() - start < ns) {
		ssize_t n = read(connection, block, BLOCK);

		if (n <= 0)
			fail("a stream in");
		total += n;
	}
	return total * 8000.0 / (now_ns() - start);
}

static void row_in(void)
{
	double v[MAX_REPS];
	int r;

	receive_for(SLICE_NS);
	for (r = 0; r < opt.reps; r++)
		v[r] = receive_for(SLICE_NS);
	report("net_rx", v, opt.reps, "Mbit/s", 0);
}

void rows_network(const char *ip, int port)
{
	double ms = opt.ms;

	if (wanted("net_rtt")) {
		connection = connect_for(ip, port, 'E');
		round_trips(50);
		opt.ms = 120;
		measure("net_rtt", round_trips, 1);
		opt.ms = ms;
		close(connection);
	}
	if (wanted("net_tx")) {
		connection = connect_for(ip, port, 'D');
		row_out();
		close(connection);
	}
	if (wanted("net_rx")) {
		connection = connect_for(ip, port, 'S');
		row_in();
		close(connection);
	}
}

static void receive_blocks(long n)
{
	size_t left = n * BLOCK;

	while (left > 0) {
		ssize_t got = read(connection, block, left < BLOCK ? left : BLOCK);

		if (got <= 0)
			fail("a stream in");
		left -= got;
	}
}

void costs_network(const char *ip, int port)
{
	int r;

	connection = connect_for(ip, port, 'E');
	round_trips(COST_TRIPS);
	for (r = 0; r < opt.reps; r++)
		COST(COST_NET_TRIP, COST_TRIPS, round_trips(COST_TRIPS));
	close(connection);
	connection = connect_for(ip, port, 'D');
	send_stream(COST_BLOCKS);
	for (r = 0; r < opt.reps; r++)
		COST(COST_NET_OUT, COST_BLOCKS, send_stream(COST_BLOCKS));
	close(connection);
	connection = connect_for(ip, port, 'S');
	receive_blocks(COST_BLOCKS);
	for (r = 0; r < opt.reps; r++)
		COST(COST_NET_IN, COST_BLOCKS, receive_blocks(COST_BLOCKS));
	close(connection);
}
