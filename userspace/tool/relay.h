/* SPDX-License-Identifier: GPL-2.0 */
/* Moves bytes between a guest's console and stdin/stdout. */
#ifndef PVHV_TOOL_RELAY_H
#define PVHV_TOOL_RELAY_H

#include <stddef.h>

#define RELAY_KEY_LEAVE	0x1d	/* Ctrl-] */

/* Bytes on their way: read from 'from', still to be written buf[pos .. len). */
struct relay_lane {
	int from, to;		/* -1: end of input; nobody reads the output */
	size_t pos, len;
	char buf[4096];		/* PIPE_BUF: a pipe that polls writable takes it all */
};

struct relay {
	int console;
	int signals;		/* a signalfd */
	int keys;		/* stdin is a terminal: Ctrl-] counts */
	int leave;		/* Ctrl-] was read */
	struct relay_lane out, in;
};

enum relay_event {
	RELAY_ENDED,		/* the guest has ended and all its output is written */
	RELAY_LEAVE,		/* Ctrl-] */
	RELAY_SIGNAL,		/* 'signals' has something to read */
	RELAY_FAILED,		/* errno says why */
};

/* console becomes non-blocking. */
int relay_init(struct relay *r, int console, int signals, int keys);
/* Runs until something happens that the caller has to see; may be called again. */
enum relay_event relay_run(struct relay *r);

#endif
