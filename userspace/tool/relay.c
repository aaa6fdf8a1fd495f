// SPDX-License-Identifier: GPL-2.0
/*
 * Two lanes, each with one buffer: a side is polled for reading only while
 * its buffer is empty and for writing only while it is not, so nothing
 * waits for a slow reader but the lane itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "relay.h"

enum { CONSOLE, STDIN, STDOUT, SIGNALS, NR_FDS };

int relay_init(struct relay *r, int console, int signals, int keys)
{
	int flags = fcntl(console, F_GETFL);

	memset(r, 0, sizeof(*r));
	r->console = console;
	r->signals = signals;
	r->keys = keys;
	r->out.from = console;
	r->out.to = STDOUT_FILENO;
	r->in.from = STDIN_FILENO;
	r->in.to = console;
	/* A background job's read from its terminal would stop it. */
	if (isatty(STDIN_FILENO) && !keys)
		r->in.from = -1;
	return flags < 0 ? -1 : fcntl(console, F_SETFL, flags | O_NONBLOCK);
}

static int again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* 1: bytes came or may come later; 0: the end. */
static int lane_read(struct relay_lane *l)
{
	ssize_t n = read(l->from, l->buf, sizeof(l->buf));

	if (n < 0 && again())
		return 1;
	if (n <= 0)
		return 0;
	l->pos = 0;
	l->len = n;
	return 1;
}

/* What cannot be written any more is dropped. */
static void lane_write(struct relay_lane *l)
{
	ssize_t n = l->to < 0 ? (ssize_t)(l->len - l->pos) :
		    write(l->to, l->buf + l->pos, l->len - l->pos);

	if (n < 0 && again())
		return;
	if (n < 0) {
		l->to = -1;
		l->pos = l->len;
	} else {
		l->pos += n;
	}
	if (l->pos >= l->len)
		l->pos = l->len = 0;
}

/* Cuts the input at Ctrl-]: what came before it still goes to the guest. */
static void look_for_leave(struct relay *r)
{
	char *key = memchr(r->in.buf, RELAY_KEY_LEAVE, r->in.len);

	if (!r->keys || !key)
		return;
	r->in.len = key - r->in.buf;
	r->leave = 1;
}

static void read_input(struct relay *r)
{
	if (!lane_read(&r->in))
		r->in.from = -1;
	else
		look_for_leave(r);
}

static void prepare(const struct relay *r, struct pollfd *p)
{
	short console = (r->out.len ? 0 : POLLIN) | (r->in.len ? POLLOUT : 0);

	/* A descriptor that we want nothing of is left out: its POLLHUP would not let poll wait. */
	p[CONSOLE] = (struct pollfd){ .fd = console ? r->console : -1, .events = console };
	p[STDIN] = (struct pollfd){ .fd = r->in.len ? -1 : r->in.from, .events = POLLIN };
	p[STDOUT] = (struct pollfd){ .fd = r->out.len ? r->out.to : -1, .events = POLLOUT };
	p[SIGNALS] = (struct pollfd){ .fd = r->signals, .events = POLLIN };
}

/* One round.  Returns 1 when the guest's output is at its end. */
static int serve(struct relay *r, const struct pollfd *p)
{
	if (r->out.len && (r->out.to < 0 || p[STDOUT].revents))
		lane_write(&r->out);
	if (r->in.len && p[CONSOLE].revents & (POLLOUT | POLLERR | POLLHUP))
		lane_write(&r->in);
	if (!r->in.len && p[STDIN].revents)
		read_input(r);
	if (r->out.len || !(p[CONSOLE].revents & (POLLIN | POLLERR | POLLHUP)))
		return 0;
	if (!lane_read(&r->out))
		return 1;
	/* Nothing to read after a hang-up: EAGAIN is the end, too. */
	return !r->out.len && p[CONSOLE].revents & POLLHUP;
}

enum relay_event relay_run(struct relay *r)
{
	struct pollfd p[NR_FDS];

	for (;;) {
		prepare(r, p);
		if (poll(p, NR_FDS, r->out.len && r->out.to < 0 ? 0 : -1) < 0) {
			if (errno == EINTR)
				continue;
			return RELAY_FAILED;
		}
		if (serve(r, p))
			return RELAY_ENDED;
		if (r->leave && !r->in.len) {
			r->leave = 0;
			return RELAY_LEAVE;
		}
		if (p[SIGNALS].revents)
			return RELAY_SIGNAL;
	}
}
