/* SPDX-License-Identifier: GPL-2.0 */
/* The user's terminal: raw mode, size, messages while it is raw. */
#ifndef PVHV_TOOL_TERMINAL_H
#define PVHV_TOOL_TERMINAL_H

/* Is stdin a terminal whose keys are ours (not of a background job)? */
int terminal_usable(void);

/* Raw mode from now until terminal_restore() or exit. */
int terminal_raw(void);
void terminal_restore(void);

/* 0 and the size, or -1: stdout and stdin are no terminals. */
int terminal_size(unsigned int *rows, unsigned int *cols);

/* One line "pvhv: ..." on stderr, right in raw mode too. */
void terminal_say(const char *fmt, ...) __attribute__((__format__(printf, 1, 2)));

#endif
