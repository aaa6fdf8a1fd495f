// SPDX-License-Identifier: GPL-2.0
/*
 * PVHV_HC_MEMORY: the balloon.
 * Side: core.  Frame numbers come from the shared argument page, each read once.
 */
#include "hc_cpu.h"
#include "event.h"
#include "mm/balloon.h"
#include "mm/lock.h"
#include <linux/errno.h>

#define MEMORY_MAX	(PVHV_ARG_SIZE / 8)
/* Frames of one slice: to clear one takes about a microsecond. */
#define MEMORY_SLICE	64

static long memory_change(struct vcpu *v, u64 op, gfn_t g)
{
	return op == PVHV_MEM_DECREASE ? balloon_give(v, g) : balloon_take(v, g);
}

/* Is there anything for the host?  It listens to the port from the domain's creation on. */
static void memory_tell_host(struct pcore *c, struct domain *d)
{
	u64 surplus;

	if (!mm_lock(d))
		return;
	surplus = balloon_surplus(d);
	mm_unlock(d);
	if (surplus)
		event_notify_host(c, d, PVHV_PORT_BALLOON);
}

/* cont.batch counts the frames done, so that a preempted call goes on where it was. */
long hc_memory(struct pcore *c, struct vcpu *v)
{
	const volatile u64 *gfns = v->args;
	u64 op = v->regs.rdi, count = v->regs.rsi, done = v->cont.batch, end;
	long ret = 0;

	if (op > PVHV_MEM_INCREASE || count > MEMORY_MAX)
		return -EINVAL;
	end = done + MEMORY_SLICE < count ? done + MEMORY_SLICE : count;
	for (; done < end && !ret; done += !ret)
		ret = memory_change(v, op, GFN(gfns[done]));
	if (op == PVHV_MEM_DECREASE)
		memory_tell_host(c, v->dom);
	if (ret)
		*(volatile u64 *)v->args = done;
	v->cont.batch = ret || done == count ? 0 : done;
	if (ret)
		return ret;
	return done < count ? MM_AGAIN : (long)count;
}
