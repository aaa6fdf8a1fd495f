// SPDX-License-Identifier: GPL-2.0
/*
 * The control file's calls of ioctl_mem.h: memory of running guests, and their bills.
 * Side: host.  Context: system calls.  Locks: counters are read without one; hostdom.lock for the devices,
 * which come and go.
 */
#include <linux/string.h>

#include "domain_mem.h"
#include "domain_sched.h"
#include "hostdom.h"
#include "io/vdev.h"
#include "mem_ioctl.h"
#include <pvhv/ioctl_mem.h>

long mem_ioctl_set(void *ctx, void *arg)
{
	struct pvhv_mem_set *a = arg;
	struct hostdom *h;
	long err;

	if (memchr_inv(a->reserved, 0, sizeof(a->reserved)))
		return -EINVAL;
	memset(a->msg, 0, sizeof(a->msg));
	h = hostdom_find(a->domid);
	if (!h)
		return -ENOENT;
	err = domain_mem_set(h, a->target, a->msg);
	hostdom_put(h);
	return err;
}

long mem_ioctl_info(void *ctx, void *arg)
{
	struct pvhv_mem_info *a = arg;
	struct hostdom *h;

	if (memchr_inv(a->reserved, 0, sizeof(a->reserved)))
		return -EINVAL;
	h = hostdom_find_from(a->domid);
	if (!h)
		return -ENOENT;
	domain_mem_info(h, a);
	hostdom_put(h);
	return 0;
}

long mem_ioctl_host(void *ctx, void *arg)
{
	struct pvhv_mem_host *a = arg;

	if (a->reserved0 || memchr_inv(a->reserved, 0, sizeof(a->reserved)))
		return -EINVAL;
	domain_mem_host(a);
	return 0;
}

/* --- vCPUs --- */

static void vcpu_bill(const struct vcpu *v, struct pvhv_vcpu_info *a)
{
	unsigned int i;

	BUILD_BUG_ON(PVHV_NR_HC > ARRAY_SIZE(a->hc));
	a->state = READ_ONCE(v->state);
	a->cpu = vcpu_cpu(v);
	a->run_ns = hostdom_tsc_to_ns(READ_ONCE(v->run_tsc));
	a->ready_ns = hostdom_tsc_to_ns(READ_ONCE(v->ready_tsc));
	a->blocked_ns = hostdom_tsc_to_ns(READ_ONCE(v->blocked_tsc));
	a->switches = READ_ONCE(v->switches);
	a->exits = READ_ONCE(v->exits);
	a->hypercalls = READ_ONCE(v->hypercalls);
	a->faults = READ_ONCE(v->faults);
	a->events = READ_ONCE(v->events);
	a->nr_hc = PVHV_NR_HC;
	for (i = 0; i < PVHV_NR_HC; i++)
		a->hc[i] = READ_ONCE(v->hc_count[i]);
}

long mem_ioctl_vcpu(void *ctx, void *arg)
{
	struct pvhv_vcpu_info *a = arg;
	struct hostdom *h;
	long err = -ERANGE;

	if (memchr_inv(a->reserved, 0, sizeof(a->reserved)))
		return -EINVAL;
	h = hostdom_find(a->domid);
	if (!h)
		return -ENOENT;
	if (a->vcpu < h->dom->nr_vcpus) {
		vcpu_bill(h->dom->vcpu[a->vcpu], a);
		err = 0;
	}
	hostdom_put(h);
	return err;
}

/* --- devices --- */

/* Under hostdom.lock. */
static int vdev_bill(struct hostdom *h, struct pvhv_vdev_info *a)
{
	const struct vdev *v = NULL;
	u32 i;

	for (i = a->vdev; i < PVHV_MAX_VDEVS && !v; i++)
		v = h->vdevs[i];
	if (!v)
		return -ENOENT;
	a->vdev = v->index;
	a->device_id = v->device_id;
	a->requests = atomic64_read(&v->stats.requests);
	a->bytes_in = atomic64_read(&v->stats.bytes_in);
	a->bytes_out = atomic64_read(&v->stats.bytes_out);
	a->errors = atomic64_read(&v->stats.errors);
	return 0;
}

long mem_ioctl_vdev(void *ctx, void *arg)
{
	struct pvhv_vdev_info *a = arg;
	struct hostdom *h;
	long err;

	if (memchr_inv(a->reserved, 0, sizeof(a->reserved)))
		return -EINVAL;
	h = hostdom_find(a->domid);
	if (!h)
		return -ENOENT;
	err = mutex_lock_interruptible(&h->lock);
	if (!err) {
		err = vdev_bill(h, a);
		mutex_unlock(&h->lock);
	}
	hostdom_put(h);
	return err;
}
