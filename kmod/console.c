// SPDX-License-Identifier: GPL-2.0
/*
 * A domain's console: the ring in its shared page <-> read(2), write(2).
 * Side: host.  Context: process (the doorbell's thread, system calls).
 * Locks: console.lock, innermost and never held over an access to user memory; console_reader.lock
 * outside of it, held by one read(2).
 *
 * Output is taken over into a buffer of the host at once. The owner (the domain's file) loses
 * nothing once it has begun to read: when the buffer is full, the guest's
 * ring fills and the guest waits. Without an owner that reads, and for other
 * readers, the oldest output is dropped.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "hostdom.h"

#define BUF_MASK	(CONSOLE_BUF_SIZE - 1)

/* Bytes that may come in without losing what the owner has not read. */
static u32 console_room(const struct console *c)
{
	if (!c->has_owner)
		return CONSOLE_BUF_SIZE;
	return CONSOLE_BUF_SIZE - (c->head - c->owner_pos);
}

/* The oldest byte in the buffer. */
static u64 console_oldest(const struct console *c)
{
	return c->head > CONSOLE_BUF_SIZE ? c->head - CONSOLE_BUF_SIZE : 0;
}

/* One turn; true: the guest may wait for the room that was made. */
static bool console_pull_locked(struct console *c)
{
	struct pvhv_console_page *p = c->page;
	u32 cons = c->out_cons, n, i;

	/* pairs with the guest's barrier between its data and out_prod */
	n = smp_load_acquire(&p->out_prod) - cons;
	if (n > PVHV_CONSOLE_OUT_SIZE) {
		/* Not a state of a ring: skip to where the guest claims to be. */
		c->out_cons = cons + n;
		WRITE_ONCE(p->out_cons, c->out_cons);
		return false;
	}
	n = min(n, console_room(c));
	for (i = 0; i < n; i++)
		c->buf[(c->head + i) & BUF_MASK] =
			READ_ONCE(p->out[(cons + i) % PVHV_CONSOLE_OUT_SIZE]);
	c->head += n;
	c->out_cons = cons + n;
	/* The guest may overwrite the bytes from here on. */
	smp_store_release(&p->out_cons, c->out_cons);
	/* out_cons before out_prod: the guest stores out_prod, then looks at out_cons for room. */
	smp_mb();
	return n && READ_ONCE(p->out_prod) - cons >= PVHV_CONSOLE_OUT_SIZE;
}

void console_pull(struct hostdom *h)
{
	struct console *c = &h->con;
	bool waits;

	mutex_lock(&c->lock);
	waits = console_pull_locked(c);
	mutex_unlock(&c->lock);
	if (waits)
		hostdom_raise(h, PVHV_PORT_CONSOLE);
	wake_up_interruptible(&c->wait);
}

void console_end(struct hostdom *h)
{
	console_pull(h);
	mutex_lock(&h->con.lock);
	h->con.ended = true;
	mutex_unlock(&h->con.lock);
	wake_up_interruptible(&h->con.wait);
}

/* The guest wrote output or took input. */
static void console_notified(struct hostdom *h, unsigned int port, void *arg)
{
	console_pull(h);
}

int console_init(struct hostdom *h)
{
	struct console *c = &h->con;

	mutex_init(&c->lock);
	init_waitqueue_head(&c->wait);
	c->page = h->dom->shared[PVHV_CONSOLE_PAGE];
	c->buf = kvzalloc(CONSOLE_BUF_SIZE, GFP_KERNEL_ACCOUNT);
	if (!c->buf)
		return -ENOMEM;
	console_reader_init(&h->reader, h, true);
	return hostdom_listen(h, PVHV_PORT_CONSOLE, console_notified, NULL);
}

void console_exit(struct hostdom *h)
{
	kvfree(h->con.buf);
}

void console_reader_init(struct console_reader *r, struct hostdom *h, bool owner)
{
	mutex_init(&r->lock);
	r->h = h;
	r->owner = owner;
	r->pos = 0;
}

void console_winsize(struct hostdom *h, u16 rows, u16 cols)
{
	WRITE_ONCE(h->con.page->rows, rows);
	WRITE_ONCE(h->con.page->cols, cols);
	hostdom_raise(h, PVHV_PORT_CONSOLE);
}

/* Copies what waits into buf, without taking it. 0: nothing; *end: and nothing will come. */
static size_t console_peek(struct console_reader *r, u8 *buf, size_t len, bool *end)
{
	struct console *c = &r->h->con;
	size_t n, i;

	mutex_lock(&c->lock);
	r->pos = max(r->pos, console_oldest(c));
	if (r->owner && !c->has_owner) {
		c->has_owner = true;
		c->owner_pos = r->pos;
	}
	n = min_t(u64, len, c->head - r->pos);
	for (i = 0; i < n; i++)
		buf[i] = c->buf[(r->pos + i) & BUF_MASK];
	*end = c->ended && !n;
	mutex_unlock(&c->lock);
	return n;
}

/* The reader has got n bytes; the guest may wait for the room. */
static void console_consume(struct console_reader *r, size_t n)
{
	struct console *c = &r->h->con;

	mutex_lock(&c->lock);
	r->pos += n;
	if (r->owner)
		c->owner_pos = r->pos;
	mutex_unlock(&c->lock);
	if (r->owner)
		console_pull(r->h);
}

static bool console_readable(struct console_reader *r)
{
	struct console *c = &r->h->con;

	return READ_ONCE(c->ended) || READ_ONCE(c->head) != READ_ONCE(r->pos);
}

/* Waits for output and copies it to buf. 0: the end. */
static ssize_t console_wait_peek(struct console_reader *r, u8 *buf, size_t len, bool nonblock)
{
	bool end;
	size_t n;
	int err;

	for (;;) {
		n = console_peek(r, buf, len, &end);
		if (n || end)
			return n;
		if (nonblock)
			return -EAGAIN;
		err = wait_event_interruptible(r->h->con.wait, console_readable(r));
		if (err)
			return err;
	}
}

ssize_t console_read(struct console_reader *r, char __user *buf, size_t len, bool nonblock)
{
	ssize_t n = -EAGAIN;
	u8 *bounce;

	if (!len)
		return 0;
	len = min_t(size_t, len, PAGE_SIZE);
	bounce = kmalloc(len, GFP_KERNEL);
	if (!bounce)
		return -ENOMEM;
	if (nonblock ? !mutex_trylock(&r->lock) : mutex_lock_interruptible(&r->lock)) {
		kfree(bounce);
		return nonblock ? -EAGAIN : -ERESTARTSYS;
	}
	n = console_wait_peek(r, bounce, len, nonblock);
	if (n > 0) {
		size_t left = copy_to_user(buf, bounce, n);

		n -= left;
		if (n)
			console_consume(r, n);
		else
			n = -EFAULT;
	}
	mutex_unlock(&r->lock);
	kfree(bounce);
	return n;
}

/* Room for input. The guest's index is read once; an impossible one is a full ring. */
static u32 console_in_room(struct console *c)
{
	/* pairs with the guest's barrier between its reading of the data and in_cons */
	u32 used = c->in_prod - smp_load_acquire(&c->page->in_cons);

	return used > PVHV_CONSOLE_IN_SIZE ? 0 : PVHV_CONSOLE_IN_SIZE - used;
}

/* Bytes that went into the ring; -EPIPE: the guest has ended. */
static ssize_t console_push(struct hostdom *h, const u8 *data, size_t len)
{
	struct console *c = &h->con;
	struct pvhv_console_page *p = c->page;
	u32 n, i;

	mutex_lock(&c->lock);
	if (c->ended) {
		mutex_unlock(&c->lock);
		return -EPIPE;
	}
	n = min_t(size_t, len, console_in_room(c));
	for (i = 0; i < n; i++)
		WRITE_ONCE(p->in[(c->in_prod + i) % PVHV_CONSOLE_IN_SIZE], data[i]);
	c->in_prod += n;
	/* pairs with the guest's barrier between in_prod and the data */
	smp_store_release(&p->in_prod, c->in_prod);
	mutex_unlock(&c->lock);
	if (n)
		hostdom_raise(h, PVHV_PORT_CONSOLE);
	return n;
}

static bool console_writable(struct hostdom *h)
{
	return READ_ONCE(h->con.ended) || console_in_room(&h->con);
}

ssize_t console_write(struct hostdom *h, const char __user *buf, size_t len, bool nonblock)
{
	u8 bounce[128];
	size_t done = 0;
	ssize_t n = 0;

	while (done < len) {
		size_t want = min(len - done, sizeof(bounce));

		n = -EFAULT;
		if (copy_from_user(bounce, buf + done, want))
			break;
		n = console_push(h, bounce, want);
		if (n < 0)
			break;
		done += n;
		if (n == want)
			continue;
		n = -EAGAIN;
		if (nonblock)
			break;
		n = wait_event_interruptible(h->con.wait, console_writable(h));
		if (n)
			break;
	}
	return done ? done : n;
}

__poll_t console_poll(struct console_reader *r, struct file *file, struct poll_table_struct *pt)
{
	struct console *c = &r->h->con;
	__poll_t ready = 0;

	poll_wait(file, &c->wait, pt);
	mutex_lock(&c->lock);
	if (max(r->pos, console_oldest(c)) != c->head)
		ready |= EPOLLIN | EPOLLRDNORM;
	if (c->ended)
		ready |= EPOLLHUP;
	else if (console_in_room(c))
		ready |= EPOLLOUT | EPOLLWRNORM;
	mutex_unlock(&c->lock);
	return ready;
}

/* --- a file of its own: 'pvhv console' --- */

static ssize_t console_file_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	return console_read(file->private_data, buf, len, file->f_flags & O_NONBLOCK);
}

static ssize_t console_file_write(struct file *file, const char __user *buf, size_t len,
				  loff_t *pos)
{
	struct console_reader *r = file->private_data;

	return console_write(r->h, buf, len, file->f_flags & O_NONBLOCK);
}

static __poll_t console_file_poll(struct file *file, struct poll_table_struct *pt)
{
	return console_poll(file->private_data, file, pt);
}

static int console_file_release(struct inode *inode, struct file *file)
{
	struct console_reader *r = file->private_data;

	hostdom_put(r->h);
	kfree(r);
	return 0;
}

static const struct file_operations console_fops = {
	.owner		= THIS_MODULE,
	.read		= console_file_read,
	.write		= console_file_write,
	.poll		= console_file_poll,
	.release	= console_file_release,
};

int console_open_fd(struct hostdom *h)
{
	struct console_reader *r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	int fd;

	if (!r) {
		hostdom_put(h);
		return -ENOMEM;
	}
	console_reader_init(r, h, false);
	/* The reader, with its reference, is complete before the number is public. */
	fd = anon_inode_getfd("[pvhv-console]", &console_fops, r, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		hostdom_put(h);
		kfree(r);
	}
	return fd;
}
