/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A domain's console on the host.
 * Side: host.
 */
#ifndef PVHV_CONSOLE_H
#define PVHV_CONSOLE_H

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>

struct hostdom;
struct pvhv_console_page;

#define CONSOLE_BUF_SIZE	65536	/* what a late reader still sees; a power of two */

struct console {
	struct mutex	lock;		/* all below, and the ring's host side */
	struct pvhv_console_page *page;
	u8		*buf;		/* output, byte n at n % CONSOLE_BUF_SIZE */
	u64		head;		/* bytes of output, ever */
	u32		out_cons;	/* our copies: the page is the guest's to scribble on */
	u32		in_prod;
	bool		has_owner;	/* the owner reads: nothing is dropped, the guest waits */
	bool		ended;		/* the guest writes no more */
	u64		owner_pos;	/* what the owner has read, ever */
	wait_queue_head_t wait;		/* readers, writers, pollers */
};

/* One open reader.  Its lock keeps two read(2) of one file from seeing the same bytes. */
struct console_reader {
	struct hostdom	*h;
	struct mutex	lock;
	bool		owner;
	u64		pos;		/* under console.lock */
};

int console_init(struct hostdom *h);
void console_exit(struct hostdom *h);
void console_reader_init(struct console_reader *r, struct hostdom *h, bool owner);

/* Takes over what the guest wrote.  Process context. */
void console_pull(struct hostdom *h);
/* The guest has stopped: readers see the end after what is left. */
void console_end(struct hostdom *h);
void console_winsize(struct hostdom *h, u16 rows, u16 cols);

ssize_t console_read(struct console_reader *r, char __user *buf, size_t len, bool nonblock);
ssize_t console_write(struct hostdom *h, const char __user *buf, size_t len, bool nonblock);
__poll_t console_poll(struct console_reader *r, struct file *file, struct poll_table_struct *pt);

/* A new file on the console of h; returns its descriptor.  Consumes the caller's reference. */
int console_open_fd(struct hostdom *h);

#endif /* PVHV_CONSOLE_H */
