/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtio device of a guest: shared page, control requests, queues, thread.
 * Side: host.
 */
#ifndef PVHV_IO_VDEV_H
#define PVHV_IO_VDEV_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include <pvhv/shared.h>
#include "vring.h"

struct hostdom;
struct page;
struct task_struct;
struct vdev;

/* One of a ring's three areas, mapped; at most VRING_MAX_CHAIN entries of 16 bytes. */
struct vdev_area {
	struct page	*page[2];	/* each with a writable type reference */
	unsigned int	nr;
	void		*map;		/* of page[0]; NULL: none */
};

struct vdev_queue {
	struct vdev	*v;
	unsigned int	nr;
	bool		on;		/* thread */
	bool		empty;		/* thread: its last turn ended so */
	bool		quiet;		/* thread: notifications are off */
	spinlock_t	lock;		/* vring_put and its event; irq-safe */
	struct vring	vr;
	struct vdev_area desc, avail, used;
};

/*
 * What a device has done for its guest; back ends add in any context, whoever asks
 * reads without a lock.
 */
struct vdev_stats {
	atomic64_t	requests;	/* that ended: disk requests, packets */
	atomic64_t	bytes_in;	/* to the guest: read from a disk, received */
	atomic64_t	bytes_out;	/* from the guest: written, sent */
	atomic64_t	errors;		/* of the requests: refused, failed or dropped */
};

/* How a turn of a queue ended. */
enum vdev_turn {
	VDEV_MORE,	/* requests wait */
	VDEV_EMPTY,	/* none waits: it is polled for a while, then the guest has to notify */
	VDEV_LATER,	/* the device does not look at it before vdev_kick; the guest need not notify */
};

struct vdev_ops {
	const char	*name;
	/*
	 * Takes requests of a queue, a bounded number of them, with
	 * notifications off.  Thread.  Each request taken ends in one vdev_put, now or later.
	 */
	enum vdev_turn	(*run)(struct vdev *v, struct vdev_queue *q);
	/*
	 * Instead of waking the thread for a queue that was kicked; false: do
	 * wake it.  The doorbell's interrupt, or any other context; the queue may be off.  May be NULL,
	 * as all below but release.
	 */
	bool		(*notified)(struct vdev *v, struct vdev_queue *q);
	/* The ring is there; the ring is about to go: on return nothing uses it.  Thread. */
	void		(*queue_on)(struct vdev *v, struct vdev_queue *q);
	void		(*queue_off)(struct vdev *v, struct vdev_queue *q);
	/* v->status has changed.  Thread. */
	void		(*status)(struct vdev *v);
	/* The driver changed the config space: 0 or -errno.  Thread. */
	int		(*config)(struct vdev *v);
	/* The thread has ended, no request is under way, vdevs[] does not name it: frees it. */
	void		(*release)(struct vdev *v);
};

struct vdev {
	struct hostdom	*h;
	unsigned int	index;
	u64		uid;		/* tells it from a later device of the same number */
	bool		leaving;	/* hostdom.lock: was shown to the guest as removed */
	u32		device_id;	/* virtio's */
	const struct vdev_ops *ops;
	struct pvhv_vdev_page *page;	/* the guest may write anything anywhere in it */
	u32		nr_queues;
	u16		max_size;	/* of each queue */
	u64		offered;	/* features */

	/* thread */
	u64		features;	/* taken at FEATURES_OK */
	u8		status;		/* others may look */
	u32		ack;
	bool		draining;	/* tells vdev_put to wake the thread */
	bool		sleeps;		/* the same, to poll */
	u64		progress;	/* requests taken, control requests answered */
	u64		active_ns;	/* when something was last taken, or seen to be returned */
	u64		put_ns;		/* when the last request was returned while the thread slept; any context */
	bool		slept;		/* since then */
	int		bell_cpu;	/* that the last notification interrupted while it was idle; -1: it was not; any context */
	unsigned long	followed;	/* jiffies when the thread last moved there */
	unsigned int	poll_ns;	/* how long it is worth while to poll after that; 0: not at all */
	struct vring_mem mem;
	struct vring_chain chain;	/* the request that was taken last */

	spinlock_t	config_lock;	/* page->config, config_gen; irq-safe */
	u32		config_gen;

	struct task_struct *thread;
	wait_queue_head_t wait;
	unsigned long	kicks;		/* VDEV_KICK_*; any context */
	unsigned long	notified;	/* those that the guest asked for; the same bits */
	unsigned int	useless[1 + PVHV_VDEV_MAX_QUEUES];	/* notifications in a row with nothing, by bit; thread */
	unsigned long	held;		/* bits whose ports are not listened to for a while; thread sets, timer takes */
	struct hrtimer	hold;
	struct ratelimit_state log;
	struct vdev_stats stats;
	struct vdev_queue queue[PVHV_VDEV_MAX_QUEUES];
};

#define VDEV_KICK_CTRL		0
#define VDEV_KICK_QUEUE(q)	(1 + (q))
#define VDEV_KICK_POLL		31

/* What a device is, for vdev_add. */
struct vdev_desc {
	const struct vdev_ops *ops;
	u32		device_id;
	u32		nr_queues;
	u16		max_size;
	u64		features;	/* beside VERSION_1, INDIRECT_DESC, EVENT_IDX */
	const void	*config;
	u32		config_len;
};

/*
 * Makes v (zeroed memory of the caller) a device of h, with the first free
 * number; a guest that runs is told.  Caller holds h->lock.  -ENOSPC: too many
 * devices.  On failure v is the caller's.
 */
int vdev_add(struct hostdom *h, struct vdev *v, const struct vdev_desc *desc);
/*
 * Shows the guest that device v is removed, and waits until its driver has let go, at most
 * VDEV_LEAVE_MS (or until the caller is killed); then the device goes for good, after its requests under
 * way.  Caller holds h->lock, which is dropped meanwhile.  -EALREADY: somebody else removes it.
 */
int vdev_remove(struct hostdom *h, struct vdev *v);
#define VDEV_LEAVE_MS	5000
/*
 * Stops all devices of h and frees them: on return no buffer of the guest is
 * in use.  Caller holds h->lock.  Waits for requests under way.
 */
void vdev_stop_all(struct hostdom *h);

/* Has its thread been told to end, or a control request come?  Then run() should return soon. */
bool vdev_interrupted(const struct vdev *v);

/* The next request into v->chain: true.  False: none waits, or the ring is broken. */
bool vdev_next(struct vdev_queue *q);
/* Returns a request and raises the event.  Any context.  The device may be gone afterwards. */
void vdev_put(struct vdev_queue *q, u16 head, u32 len);
/* Returns n requests at once and raises the event, as vdev_put.  n <= size of the queue. */
void vdev_put_many(struct vdev_queue *q, const struct vring_used_elem *e, u16 n);
/* Stops a ring of which the guest broke the rules; it gets NEEDS_RESET.  Thread. */
void vdev_break(struct vdev_queue *q, const char *why);
/* The same from any context: who takes requests stops now, the guest hears of it soon. */
void vdev_break_soon(struct vdev_queue *q, const char *why);
/* Changes the configuration and tells the guest.  Any context. */
void vdev_set_config(struct vdev *v, u32 offset, const void *buf, u32 len);
/* Makes the thread look at a queue (again).  Any context. */
void vdev_kick(struct vdev *v, unsigned int queue);

/* Counts a request that ended with so many bytes to and from the guest.  Any context. */
void vdev_count(struct vdev *v, u64 bytes_in, u64 bytes_out, bool failed);

/* Copies from or to guest memory.  -errno of hostdom_frame_get: a part may have been copied. */
int vdev_read(struct vdev *v, u64 gpa, void *dst, u32 len);
int vdev_write(struct vdev *v, u64 gpa, const void *src, u32 len);

/* --- between vdev.c, vdev_ctrl.c, vdev_queue.c and vdev_poll.c; thread unless said --- */

/* Sets a bit of kicks and wakes the thread.  Any context. */
void vdev_wake(struct vdev *v, unsigned int bit);
void vdev_set_status(struct vdev *v, u8 status);
void vdev_answer(struct vdev *v);
void vdev_reset(struct vdev *v);
int vdev_queue_on(struct vdev *v, u32 nr);
void vdev_queue_off(struct vdev_queue *q);
int vdev_mem_read(void *ctx, u64 addr, void *dst, u32 len);

/* A request was returned while the thread sleeps: it wakes if polling is worth while.  Under queue.lock. */
void vdev_poll_put(struct vdev *v);
/* Something was done: the next polls begin here. */
void vdev_poll_active(struct vdev *v);
/* Sleeps until there is something to do, after polling for it. */
void vdev_poll_wait(struct vdev *v);
/* Was it asked to poll?  The bit, which no queue's turn takes, is clear then: left set, it would keep the thread from sleeping. */
bool vdev_poll_kicked(struct vdev *v);
/* A notification for that bit of kicks came with nothing (or with something): too many in a row are held back for a while. */
void vdev_notice(struct vdev *v, unsigned int bit, bool useless);
int vdev_listen(struct vdev *v);
void vdev_unlisten(struct vdev *v);

#endif /* PVHV_IO_VDEV_H */
