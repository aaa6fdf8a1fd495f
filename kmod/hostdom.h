/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's half of a domain: lifetime, ports, references to its memory.
 * Side: host.  Rules of locking and lifetime: see hostdom.c.
 */
#ifndef PVHV_HOSTDOM_H
#define PVHV_HOSTDOM_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "console.h"
#include "domain.h"
#include "donate.h"
#include "window.h"

struct hostdom;
struct mm_struct;
struct page;
struct pcore;
struct pid;
struct vdev;

typedef void (*port_fn)(struct hostdom *h, unsigned int port, void *arg);
typedef void (*hostdom_fn)(struct hostdom *h, const void *arg);

struct hostdom_port {
	port_fn		fn;
	void		*arg;
};

struct hostdom {
	struct domain	*dom;		/* lives as long as this struct */
	struct list_head link;		/* in the list of domains; doms_lock */
	struct kref	ref;
	struct mutex	lock;		/* build, start, stop, audit */
	struct work_struct end_work;
	struct mm_struct *mm;		/* creator's address space, for comparison only */
	struct pid	*pid;

	/* lock */
	bool		started;	/* the cores have typed frames of it */
	bool		stopped;	/* for good: no core runs it, no back end uses its memory */
	bool		core_lost;	/* a core died while it knew the domain */
	bool		end_seen;	/* doms_lock: end_work was queued */

	spinlock_t	core_lock;	/* vcpu.core: hostdom_raise against its being set to none; any context */

	struct mutex	port_lock;	/* ports[] of those in listens, and held while such a listener runs */
	struct hostdom_port ports[PVHV_NR_PORTS];
	u64		listens[PVHV_NR_PORTS / 64];
	/* ports.c: irq_lock */
	u64		listens_quick[PVHV_NR_PORTS / 64];
	struct list_head irq_link;

	/* io/: lock */
	struct vdev	*vdevs[PVHV_MAX_VDEVS];	/* by device number; NULL: none */
	unsigned int	nr_vdevs;
	atomic_t	io_bytes, io_requests;	/* of its disks, under way; any context */

	struct console	con;
	struct console_reader reader;	/* of the domain's own file */
	u32		wc_version;	/* wallclock.c */

	struct donation	mem;		/* lock, once it is in the list */
	struct delayed_work mem_work;	/* domain_mem.c */
	u64		mem_taken, mem_given;	/* lock */
	struct window	p2m_window, shared_window;
	void		*no_device;	/* what the guest sees where no device has ever been */
};

struct pvhv_dom_create;
struct pvhv_dom_start;
struct pvhv_dom_info;
struct pvhv_dom_audit;

/* --- hostdom.c: lifetime --- */

int hostdom_init(void);
void hostdom_exit(void);	/* no domain exists */

/* A domain in state BUILDING with one reference.  msg: PVHV_MSG_MAX bytes. */
struct hostdom *hostdom_create(const struct pvhv_dom_create *arg, char *msg);
/* The domain's file is gone: stops it, returns its memory, drops the file's reference. */
void hostdom_release(struct hostdom *h);
void hostdom_put(struct hostdom *h);
/* The shared page of device number index, made at its first use; NULL: no memory.  Under hostdom.lock. */
void *hostdom_device_page(struct hostdom *h, unsigned int index);

/* With a reference; NULL: none. */
struct hostdom *hostdom_find(u32 id);
/* The first domain with an id from id on. */
struct hostdom *hostdom_find_from(u32 id);
bool hostdom_any(void);
/* Is there one that was started and has not ended? */
bool hostdom_any_started(void);
/* Calls f for all domains under the list's lock: f must not sleep long. */
void hostdom_for_each(hostdom_fn f, const void *arg);
/* Ends all domains that exist now (reboot). */
void hostdom_end_all(u32 reason, const char *why);

/* --- domain_run.c: running and ending --- */

int hostdom_start(struct hostdom *h, const struct pvhv_dom_start *arg, char *msg);
/* Stops the guest for good; it is ENDED on return.  Sleeps. */
void hostdom_end(struct hostdom *h, u32 reason, const char *why);
/* Runs end_work soon.  The domain is in the list, and doms_lock held. */
void hostdom_queue_end(struct hostdom *h);
/* hostdom.end_work: follows up an end that a core has declared, or its loss. */
void hostdom_end_work(struct work_struct *work);
/* After the end: undoes all types and pins.  false: it could not, so the counts say nothing. */
bool hostdom_teardown(struct hostdom *h);
/* Core c has stopped answering: ends the domains that it has known.  Process context. */
void hostdom_core_lost(struct pcore *c);
/* Is there a domain that has known core c and has not been stopped? */
bool hostdom_uses_core(struct pcore *c);
/* Core c is given back: no domain has anything on it. */
void hostdom_forget_core(struct pcore *c);
/* Asks the guest: what = 1 power off, 2 reboot.  -ESRCH: it does not run. */
int hostdom_request(struct hostdom *h, unsigned long what);
void hostdom_info(struct hostdom *h, struct pvhv_dom_info *out);
u64 hostdom_tsc_to_ns(u64 tsc);

/* For the other parts of this side; hostdom.lock is held. */
void hostdom_end_locked(struct hostdom *h, u32 reason, const char *why);
/* On return no core knows the domain; and the reverse, on whatever cores are there then.  -ENODEV: none. */
void hostdom_pause_locked(struct hostdom *h);
int hostdom_resume_locked(struct hostdom *h);
/* A taken core of a mask (0: any) that stays until core_release; NULL: none. */
struct pcore *hostdom_hold_core(u64 mask);
/*
 * One of the commands that are done in slices, to its end, on a core that is held.  -errno: the core's answer, or it
 * is down: then core_lost is set.
 */
int hostdom_slices(struct hostdom *h, struct pcore *c, u32 cmd);

/* --- domain_audit.c --- */

int hostdom_audit(struct hostdom *h, struct pvhv_dom_audit *out);

/* --- ports.c --- */

/* Threaded handler of the doorbell: takes the notify bits of all domains and notices ended ones. */
void hostdom_scan(void);
/* Makes a vCPU's core look at it; why: see sched/wake.h.  Any context. */
void hostdom_wake(struct hostdom *h, struct vcpu *v, u32 why);
/* Makes a port pending in the guest.  Any context. */
void hostdom_raise(struct hostdom *h, unsigned int port);
/*
 * fn is called when the guest notifies the port; NULL: no more, and on return
 * it does not run.  It runs in the doorbell's thread for all domains: it may
 * take a mutex, but hands long work to a thread of its own, and never calls
 * this function.
 */
int hostdom_listen(struct hostdom *h, unsigned int port, port_fn fn, void *arg);
/*
 * The same in the doorbell's hard interrupt (or any other context), under a spin lock: fn only sets a bit and wakes
 * somebody.  A port has one kind of listener.
 */
int hostdom_listen_quick(struct hostdom *h, unsigned int port, port_fn fn, void *arg);
/* Calls the quick listeners; true: hostdom_scan has something to do.  Any context. */
bool ports_scan_irq(void);
/* From the creation to the removal of a domain: ports_scan_irq sees it. */
void ports_publish(struct hostdom *h);
void ports_withdraw(struct hostdom *h);

/*
 * The page under a guest-physical address, with a reference on its frame;
 * write: a writable type reference, so that it cannot become a page table
 * meanwhile.  -ERANGE: no such frame; -EBUSY: a page table.  Any context.
 */
int hostdom_frame_get(struct hostdom *h, u64 gpa, bool write, struct page **page);
void hostdom_frame_put(struct hostdom *h, struct page *page, bool write);

/* --- wallclock.c --- */

void wallclock_set(struct hostdom *h);
void wallclock_start(void);
void wallclock_exit(void);

#endif /* PVHV_HOSTDOM_H */
