// SPDX-License-Identifier: GPL-2.0
/* Raw mode, undone at every exit. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "terminal.h"

static struct termios saved;
static int is_raw;

int terminal_usable(void)
{
	return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

int terminal_raw(void)
{
	static int registered;
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &saved))
		return -1;
	raw = saved;
	cfmakeraw(&raw);
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw))
		return -1;
	is_raw = 1;
	if (!registered)
		atexit(terminal_restore);
	registered = 1;
	return 0;
}

void terminal_restore(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	is_raw = 0;
}

int terminal_size(unsigned int *rows, unsigned int *cols)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && ioctl(STDIN_FILENO, TIOCGWINSZ, &w))
		return -1;
	*rows = w.ws_row;
	*cols = w.ws_col;
	return 0;
}

void terminal_say(const char *fmt, ...)
{
	const char *nl = is_raw ? "\r\n" : "\n";
	va_list ap;

	/* The guest's last line may have no end. */
	fprintf(stderr, "%spvhv: ", is_raw ? "\r\n" : "");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs(nl, stderr);
}
