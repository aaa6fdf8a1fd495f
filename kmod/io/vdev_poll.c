// SPDX-License-Identifier: GPL-2.0
/*
 * When a virtio device's thread polls, when it sleeps, and whom it listens to.
 * Side: host.  In the device's thread, but vdev_wake and vdev_poll_put (any
 * context) and the listener and timer (interrupts).
 *
 * A guest that waits for each answer sends its next request soon after it. The
 * thread polls that long, with notifications off, which saves both sides the way through
 * the interrupt. How long it is worth while is learnt: twice the last gap if that was
 * short, half as long after each time in vain; never while another task wants the CPU. An idle device costs nothing.
 *
 * A thread that sleeps lies on the CPU that the doorbell interrupts, if that one has
 * nothing else to do: to wake another CPU takes longer than most requests. The
 * scheduler finds a thread where it was last, so it moves there before it sleeps, now and then.
 *
 * A port that keeps notifying with nothing behind it is not listened to for a
 * while; its bit stays set, and the core does not ring for it again.
 */
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/stat.h>
#include <linux/timekeeping.h>

#include "hostdom.h"
#include "io/vdev.h"

#define POLL_MAX_NS	200000
#define POLL_MIN_NS	10000
#define FOLLOW_GAP	(HZ / 10)
#define USELESS_MAX	16
#define HOLD_NS		1000000

void vdev_wake(struct vdev *v, unsigned int bit)
{
	set_bit(bit, &v->kicks);
	wake_up(&v->wait);
}

/* --- polling --- */

/* Under queue.lock, while the thread sleeps. */
void vdev_poll_put(struct vdev *v)
{
	WRITE_ONCE(v->put_ns, ktime_get_ns());
	if (READ_ONCE(v->poll_ns))
		vdev_wake(v, VDEV_KICK_POLL);
}

void vdev_poll_active(struct vdev *v)
{
	u64 now = ktime_get_ns(), gap = now - max(v->active_ns, READ_ONCE(v->put_ns));

	if (v->slept && gap <= POLL_MAX_NS)
		WRITE_ONCE(v->poll_ns, clamp_t(u64, 2 * gap, POLL_MIN_NS, POLL_MAX_NS));
	v->active_ns = now;
	v->slept = false;
}

/* How many requests were returned, and are under way; both change meanwhile. */
static u32 poll_count(struct vdev *v, u32 *under_way)
{
	u32 i, done = 0;

	*under_way = 0;
	for (i = 0; i < v->nr_queues; i++) {
		const struct vring *vr = &v->queue[i].vr;
		u16 used = READ_ONCE(vr->used_idx);

		if (!v->queue[i].on)
			continue;
		done += used;
		*under_way += (u16)(vr->last_avail - used);
	}
	return done;
}

static void poll_quiet(struct vdev *v)
{
	u32 i;

	for (i = 0; i < v->nr_queues; i++) {
		struct vdev_queue *q = &v->queue[i];

		if (q->empty && !q->quiet) {
			vring_notify_off(&q->vr);
			q->quiet = true;
		}
	}
}

/* Is there something to do? */
static bool poll_look(struct vdev *v)
{
	u32 i;

	for (i = 0; i < v->nr_queues; i++)
		if (v->queue[i].empty && vring_waits(&v->queue[i].vr))
			set_bit(VDEV_KICK_QUEUE(i), &v->kicks);
	return READ_ONCE(v->kicks) || kthread_should_stop();
}

static bool poll_may(void)
{
	return !need_resched() && single_task_running();
}

static bool poll_run(struct vdev *v)
{
	u32 under_way, seen = poll_count(v, &under_way), done;
	u64 now = ktime_get_ns();

	poll_quiet(v);
	while (now - v->active_ns < v->poll_ns) {
		if (poll_look(v))
			return true;
		if (!poll_may())
			return false;
		cpu_relax();
		now = ktime_get_ns();
		done = poll_count(v, &under_way);
		if (done != seen)
			v->active_ns = now;
		seen = done;
	}
	/* What is under way wakes us when it is done. */
	if (!under_way)
		WRITE_ONCE(v->poll_ns, v->poll_ns / 2 < POLL_MIN_NS ? 0 : v->poll_ns / 2);
	return false;
}

/* From now on the guest has to notify.  True: a request came meanwhile. */
static bool poll_listen(struct vdev *v)
{
	bool more = false;
	u32 i;

	for (i = 0; i < v->nr_queues; i++) {
		struct vdev_queue *q = &v->queue[i];

		if (!q->empty || !q->quiet)
			continue;
		q->quiet = false;
		if (vring_notify_on(&q->vr)) {
			set_bit(VDEV_KICK_QUEUE(i), &v->kicks);
			more = true;
		}
	}
	return more;
}

/* Also behind the thread's waking: whoever saw it asleep may set the bit late. */
bool vdev_poll_kicked(struct vdev *v)
{
	if (!test_and_clear_bit(VDEV_KICK_POLL, &v->kicks))
		return false;
	v->active_ns = ktime_get_ns();
	return true;
}

/* Moves to where notifications come; where the thread may run is as it was afterwards. */
static void poll_follow(struct vdev *v)
{
	int cpu = READ_ONCE(v->bell_cpu);
	cpumask_var_t mask;

	if (cpu < 0 || cpu == raw_smp_processor_id() || !cpumask_test_cpu(cpu, current->cpus_ptr) ||
	    time_before(jiffies, v->followed + FOLLOW_GAP))
		return;
	v->followed = jiffies;
	if (!alloc_cpumask_var(&mask, GFP_NOIO))
		return;
	cpumask_copy(mask, current->cpus_ptr);
	if (!set_cpus_allowed_ptr(current, cpumask_of(cpu)))
		set_cpus_allowed_ptr(current, mask);
	free_cpumask_var(mask);
}

void vdev_poll_wait(struct vdev *v)
{
	if (v->poll_ns && poll_run(v))
		return;
	poll_follow(v);
	if (poll_listen(v))
		return;
	WRITE_ONCE(v->sleeps, true);
	wait_event_idle(v->wait, READ_ONCE(v->kicks) || kthread_should_stop());
	WRITE_ONCE(v->sleeps, false);
	if (!vdev_poll_kicked(v))
		v->slept = true;
}

/* --- notifications --- */

static unsigned int bit_port(const struct vdev *v, unsigned int bit)
{
	return PVHV_PORT_DEV_CTRL(v->index) + bit;
}

static void vdev_notified(struct hostdom *h, unsigned int port, void *arg)
{
	struct vdev *v = arg;
	unsigned int bit = port - PVHV_PORT_DEV_CTRL(v->index);

	WRITE_ONCE(v->bell_cpu, is_idle_task(current) ? smp_processor_id() : -1);
	if (bit != VDEV_KICK_CTRL && v->ops->notified &&
	    v->ops->notified(v, &v->queue[bit - VDEV_KICK_QUEUE(0)]))
		return;
	set_bit(bit, &v->notified);
	vdev_wake(v, bit);
}

static enum hrtimer_restart vdev_hold_over(struct hrtimer *t)
{
	struct vdev *v = container_of(t, struct vdev, hold);
	unsigned long held = xchg(&v->held, 0);
	unsigned int bit;

	for_each_set_bit(bit, &held, 1 + PVHV_VDEV_MAX_QUEUES)
		hostdom_listen_quick(v->h, bit_port(v, bit), vdev_notified, v);
	/* for what came meanwhile no core rings */
	ports_scan_irq();
	return HRTIMER_NORESTART;
}

void vdev_notice(struct vdev *v, unsigned int bit, bool useless)
{
	if (!useless) {
		v->useless[bit] = 0;
		return;
	}
	if (++v->useless[bit] <= USELESS_MAX)
		return;
	v->useless[bit] = USELESS_MAX;
	hostdom_listen_quick(v->h, bit_port(v, bit), NULL, NULL);
	set_bit(bit, &v->held);
	/* its function may be running, and have missed the bit */
	if (!hrtimer_is_queued(&v->hold))
		hrtimer_start(&v->hold, ns_to_ktime(HOLD_NS), HRTIMER_MODE_REL);
}

int vdev_listen(struct vdev *v)
{
	unsigned int bit;
	int err;

	hrtimer_init(&v->hold, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	v->hold.function = vdev_hold_over;
	for (bit = 0; bit <= v->nr_queues; bit++) {
		err = hostdom_listen_quick(v->h, bit_port(v, bit), vdev_notified, v);
		if (err) {
			vdev_unlisten(v);
			return err;
		}
	}
	return 0;
}

void vdev_unlisten(struct vdev *v)
{
	unsigned int bit;

	hrtimer_cancel(&v->hold);
	for (bit = 0; bit <= v->nr_queues; bit++)
		hostdom_listen_quick(v->h, bit_port(v, bit), NULL, NULL);
}
