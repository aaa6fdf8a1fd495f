/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests that talk with the guest selftests/guest/serve by its console, to its end.
 */
#ifndef SELFTESTS_SERVE_TALK_H
#define SELFTESTS_SERVE_TALK_H

#include <poll.h>

#include "serve.h"

#define LOST_SECONDS	30
#define PATIENCE_MS	20000	/* the rig may be slow */

/* One line of the console, without its end; its length, or -1. */
static inline int get_line(int fd, char *buf, int size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n = 0;

	while (n < size - 1 && poll(&p, 1, PATIENCE_MS) == 1 && read(fd, &buf[n], 1) == 1) {
		if (buf[n] == '\n') {
			buf[n] = 0;
			return n;
		}
		n++;
	}
	buf[n] = 0;
	return -1;
}

static inline int put_line(int fd, const char *text)
{
	return write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -errno;
}

/* The guest's answer to a line is that. */
#define EXPECT_ANSWER(fd, text, answer) do {					\
	char _buf[256];								\
	EXPECT_EQ(0, put_line(fd, text));					\
	EXPECT_LE(0, get_line(fd, _buf, sizeof(_buf)));				\
	EXPECT_STREQ(answer, _buf);						\
} while (0)

/* Waits for the end and returns PVHV_END_*, or -1. */
static inline int wait_end(int dom)
{
	struct pollfd p = { .fd = dom };
	struct pvhv_dom_info info;

	if (poll(&p, 1, LOST_SECONDS * 1000) != 1 || dom_info(dom, &info))
		return -1;
	return info.state == PVHV_DOM_ST_ENDED ? (int)info.reason : -1;
}

static inline int audit_differences(int dom)
{
	struct pvhv_dom_audit a = { .size = sizeof(a) };
	int err = device_ioctl(dom, PVHV_DOM_AUDIT, &a);

	if (err || a.differences)
		printf("# audit: %d, %u differences: %s\n", err, a.differences, a.msg);
	return err ?: (int)a.differences;
}

#endif
