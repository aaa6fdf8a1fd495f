// SPDX-License-Identifier: GPL-2.0
/*
 * The relay between a console and stdin/stdout, each played by a socket pair
 * or a pipe: order, ends, Ctrl-], and slow or vanished readers.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"
#include "tool/relay.h"

static struct {
	int guest, console;	/* the guest's end, the relay's end */
	int keys_in, screen;	/* write ends and read ends of stdin, stdout */
	int signals;
	int saved_in, saved_out;
	struct relay relay;
} s;

static void set_up(int keys)
{
	int pair[2], in[2], out[2];
	sigset_t set;

	fflush(stdout);
	s.saved_in = dup(0);
	s.saved_out = dup(1);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || pipe(in) || pipe(out))
		abort();
	s.guest = pair[0];
	s.console = pair[1];
	dup2(in[0], 0);
	dup2(out[1], 1);
	close(in[0]);
	close(out[1]);
	s.keys_in = in[1];
	s.screen = out[0];
	fcntl(s.screen, F_SETFL, O_NONBLOCK);
	fcntl(s.guest, F_SETFL, O_NONBLOCK);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s.signals = signalfd(-1, &set, SFD_NONBLOCK);
	if (relay_init(&s.relay, s.console, s.signals, keys))
		abort();
}

/* What came out on the screen; the real stdout is back. */
static size_t tear_down(char *screen, size_t size)
{
	size_t used = 0;
	ssize_t n;

	dup2(s.saved_in, 0);
	dup2(s.saved_out, 1);
	close(s.saved_in);
	close(s.saved_out);
	while (s.screen >= 0 && used < size - 1 &&
	       (n = read(s.screen, screen + used, size - 1 - used)) > 0)
		used += n;
	screen[used] = '\0';
	if (s.screen >= 0)
		close(s.screen);
	if (s.keys_in >= 0)
		close(s.keys_in);
	close(s.console);
	close(s.signals);
	return used;
}

static void type(const char *text)
{
	if (write(s.keys_in, text, strlen(text)) < 0)
		abort();
}

static void print(const char *text)
{
	if (write(s.guest, text, strlen(text)) < 0)
		abort();
}

/* What the guest got. */
static void guest_input(char *buf, size_t size)
{
	ssize_t n = read(s.guest, buf, size - 1);

	buf[n < 0 ? 0 : n] = '\0';
}

static void output_then_end(void)
{
	enum relay_event event;
	char screen[100];

	set_up(0);
	print("last words");
	close(s.guest);
	event = relay_run(&s.relay);
	tear_down(screen, sizeof(screen));
	CHECK_EQ(event, RELAY_ENDED);
	CHECK(!strcmp(screen, "last words"));
}

/*
 * Some rounds of the relay: it returns at each because a signal waits.  Returns
 * what it said last.
 */
static enum relay_event rounds(int n)
{
	enum relay_event event = RELAY_FAILED;
	struct signalfd_siginfo si;

	kill(getpid(), SIGUSR1);
	while (n--)
		event = relay_run(&s.relay);
	if (read(s.signals, &si, sizeof(si)) != sizeof(si))
		return RELAY_FAILED;
	return event;
}

static void end_of_input_is_no_end(void)
{
	enum relay_event first, second;
	char screen[100], got[100];

	set_up(0);
	type("bytes");
	close(s.keys_in);
	s.keys_in = -1;
	first = rounds(4);
	guest_input(got, sizeof(got));
	print("still here");
	close(s.guest);
	second = relay_run(&s.relay);
	tear_down(screen, sizeof(screen));
	CHECK_EQ(first, RELAY_SIGNAL);
	CHECK_EQ(second, RELAY_ENDED);
	CHECK(!strcmp(got, "bytes"));
	CHECK(!strcmp(screen, "still here"));
}

static void leave_key(void)
{
	enum relay_event event;
	char screen[100], got[100];

	set_up(1);
	type("before\035after");
	event = relay_run(&s.relay);
	guest_input(got, sizeof(got));
	close(s.guest);
	tear_down(screen, sizeof(screen));
	CHECK_EQ(event, RELAY_LEAVE);
	CHECK(!strcmp(got, "before"));
}

static void leave_key_twice(void)
{
	enum relay_event first, second;
	char screen[100];

	set_up(1);
	type("\035");
	first = relay_run(&s.relay);
	type("\035");
	second = relay_run(&s.relay);
	close(s.guest);
	tear_down(screen, sizeof(screen));
	CHECK_EQ(first, RELAY_LEAVE);
	CHECK_EQ(second, RELAY_LEAVE);
}

/* Without a terminal Ctrl-] is a byte as any other. */
static void no_leave_key_in_files(void)
{
	enum relay_event event;
	char screen[100], got[100];

	set_up(0);
	type("a\035b");
	event = rounds(4);
	guest_input(got, sizeof(got));
	close(s.guest);
	tear_down(screen, sizeof(screen));
	CHECK_EQ(event, RELAY_SIGNAL);
	CHECK(!strcmp(got, "a\035b"));
}

/* Far more than any buffer, both ways, while the other side reads in a child. */
#define BULK	(1 << 20)

static void feed(int fd, unsigned char seed)
{
	unsigned char buf[777];
	size_t done = 0;

	while (done < BULK) {
		size_t n = BULK - done < sizeof(buf) ? BULK - done : sizeof(buf);
		ssize_t w;

		for (size_t i = 0; i < n; i++)
			buf[i] = seed + (done + i) * 7;
		w = write(fd, buf, n);
		if (w > 0)
			done += w;
		else
			usleep(200);
	}
}

static int drain_is(int fd, unsigned char seed)
{
	unsigned char buf[1000];
	size_t done = 0;

	while (done < BULK) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n == 0)
			return 0;
		if (n < 0)
			usleep(200);
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != (unsigned char)(seed + (done + i) * 7))
				return 0;
		if (n > 0)
			done += n;
	}
	return 1;
}

static void child(void (*work)(void))
{
	if (fork())
		return;
	work();
	_exit(0);
}

static int verdict[2];

static void type_bulk(void)
{
	feed(s.keys_in, 3);
}

static void guest_bulk(void)
{
	char ok;

	close(s.console);
	ok = drain_is(s.guest, 3);
	if (write(verdict[1], &ok, 1) != 1)
		abort();
	feed(s.guest, 5);
}

static void screen_bulk(void)
{
	char ok;

	usleep(300000);
	ok = drain_is(s.screen, 5);
	if (write(verdict[1], &ok, 1) != 1)
		abort();
}

static void bulk(void)
{
	enum relay_event event;
	char screen[100], ok[2] = { 0, 0 };
	ssize_t n1, n2;

	if (pipe(verdict))
		abort();
	set_up(0);
	child(type_bulk);
	child(guest_bulk);
	child(screen_bulk);
	close(s.guest);
	event = relay_run(&s.relay);
	n1 = read(verdict[0], &ok[0], 1);
	n2 = read(verdict[0], &ok[1], 1);
	tear_down(screen, sizeof(screen));
	CHECK_EQ(event, RELAY_ENDED);
	CHECK(n1 == 1 && n2 == 1);
	CHECK(ok[0] && ok[1]);
}

/* Nobody reads the output any more: the guest goes on, and its end is seen. */
static void screen_gone(void)
{
	enum relay_event event;
	char screen[100];

	signal(SIGPIPE, SIG_IGN);
	set_up(0);
	close(s.screen);
	s.screen = -1;
	print("into the void");
	close(s.guest);
	event = relay_run(&s.relay);
	tear_down(screen, sizeof(screen));
	CHECK_EQ(event, RELAY_ENDED);
}

const struct tap_test tap_tests[] = {
	{ "the last output comes out before the end is told", output_then_end },
	{ "the end of the input is no event", end_of_input_is_no_end },
	{ "Ctrl-] leaves; what was typed before it arrives", leave_key },
	{ "Ctrl-] twice", leave_key_twice },
	{ "without a terminal Ctrl-] is a byte", no_leave_key_in_files },
	{ "1 MiB in each direction with slow readers", bulk },
	{ "nobody reads the output", screen_gone },
	{ NULL, NULL },
};
