// SPDX-License-Identifier: GPL-2.0
/*
 * Hypercalls on events, timers, scheduling and other vCPUs.
 * Side: core.
 */
#include <linux/errno.h>
#include "hc_cpu.h"
#include "apic.h"
#include "asm.h"
#include "event.h"
#include "gate.h"
#include "log.h"
#include "nospec.h"
#include "mm/pin.h"
#include "sched/sched.h"
#include "sched/wake.h"

#define FIRST_DOM_PORT	8

static void vcpu_shutdown(struct vcpu *v, u64 reason)
{
	struct domain *d = v->dom;

	switch (reason) {
	case PVHV_SHUTDOWN_POWEROFF:
		domain_kill(d, PVHV_END_POWEROFF, "powered off");
		return;
	case PVHV_SHUTDOWN_REBOOT:
		domain_kill(d, PVHV_END_REBOOT, "asked for a reboot");
		return;
	case PVHV_SHUTDOWN_HALT:
		domain_kill(d, PVHV_END_HALT, "halted");
		return;
	default:
		domain_kill(d, PVHV_END_PANIC, "its kernel panicked");
	}
}

long hc_sched(struct pcore *c, struct vcpu *v)
{
	switch (v->regs.rdi) {
	case PVHV_SCHED_YIELD:
		sched_yield(c, v);
		return 0;
	case PVHV_SCHED_BLOCK:
		v->page->vif = 1;
		sched_block(c, v);
		return 0;
	case PVHV_SCHED_POLL:
		if (v->regs.rsi >= PVHV_NR_PORTS)
			return -EINVAL;
		sched_poll(c, v, nospec_index(v->regs.rsi, PVHV_NR_PORTS));
		return 0;
	case PVHV_SCHED_SHUTDOWN:
		if (v->regs.rsi > PVHV_SHUTDOWN_HALT)
			return -EINVAL;
		vcpu_shutdown(v, v->regs.rsi);
		return 0;
	}
	return -EINVAL;
}

long hc_set_timer(struct pcore *c, struct vcpu *v)
{
	sched_set_timer(c, v, v->regs.rdi);
	return 0;
}

long hc_notify(struct pcore *c, struct vcpu *v)
{
	u64 port = v->regs.rdi;

	if (port < FIRST_DOM_PORT || port >= PVHV_NR_PORTS)
		return -EINVAL;
	event_notify_host(c, v->dom, nospec_index(port, PVHV_NR_PORTS));
	return 0;
}

long hc_force_upcall(struct pcore *c, struct vcpu *v)
{
	(void)c;
	(void)v;
	return 0;	/* vcpu_run delivers before it goes back */
}

long hc_bind_port(struct pcore *c, struct vcpu *v)
{
	u64 port = v->regs.rdi, id = v->regs.rsi;

	(void)c;
	if (port < FIRST_DOM_PORT || port >= PVHV_NR_PORTS || id >= v->dom->nr_vcpus)
		return -EINVAL;
	/* before the guest looks at what is pending for the old one; pairs with wake_post() */
	__atomic_store_n(&v->dom->port_vcpu[nospec_index(port, PVHV_NR_PORTS)], id, __ATOMIC_SEQ_CST);
	return 0;
}

long hc_send_ipi(struct pcore *c, struct vcpu *v)
{
	u64 mask = v->regs.rdi, port = v->regs.rsi;
	u32 i;

	(void)c;
	if (port < 1 || port >= FIRST_DOM_PORT || mask >> v->dom->nr_vcpus)
		return -EINVAL;
	for (i = 0; i < v->dom->nr_vcpus; i++)
		if (mask >> i & 1)
			event_send(v->dom->vcpu[i], port);
	return 0;
}

/*
 * Of a vCPU that is DOWN, as often as it pleases.  Its registers may still lie in those
 * of the core that it ran on, so they are changed where it runs next.
 */
static long vcpu_op_init(struct vcpu *v, struct vcpu *t)
{
	const volatile u64 *w = v->args;
	struct pvhv_vcpu_init in = {
		.rip = w[0], .rsp = w[1], .rdi = w[2], .rsi = w[3], .root_mfn = w[4],
		.kernel_gs = w[5],
	};
	u32 old = __atomic_load_n(&t->init, __ATOMIC_RELAXED);
	long err;

	if (!is_guest_kernel_va(in.rip) || !is_canonical(in.rsp) || !is_canonical(in.kernel_gs))
		return -EINVAL;
	if (old == VCPU_INIT_BUSY ||
	    !__atomic_compare_exchange_n(&t->init, &old, VCPU_INIT_BUSY, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return -EBUSY;
	err = __atomic_load_n(&t->state, __ATOMIC_ACQUIRE) == VCPU_DOWN ? 0 : -EBUSY;
	if (!err)
		err = mm_root_get(v->dom, MFN(in.root_mfn));
	if (!err) {
		if (old == VCPU_INIT_READY)
			mm_root_put(v->dom, MFN(t->boot.root_mfn));
		t->boot = in;
		old = VCPU_INIT_READY;
	}
	/* pairs with vcpu_take_init */
	__atomic_store_n(&t->init, old, __ATOMIC_RELEASE);
	return err;
}

long hc_vcpu_op(struct pcore *c, struct vcpu *v)
{
	u64 id = v->regs.rsi;
	struct vcpu *t;

	if (id >= v->dom->nr_vcpus)
		return -EINVAL;
	t = v->dom->vcpu[nospec_index(id, v->dom->nr_vcpus)];
	switch (v->regs.rdi) {
	case PVHV_VCPU_OP_INIT:
		return vcpu_op_init(v, t);
	case PVHV_VCPU_OP_UP:
		if (t->root.v == MFN_INVALID.v &&
		    __atomic_load_n(&t->init, __ATOMIC_ACQUIRE) != VCPU_INIT_READY)
			return -EINVAL;
		event_wake(t, VCPU_WAKE_UP);
		return 0;
	case PVHV_VCPU_OP_DOWN:
		if (t != v)
			return -EINVAL;
		sched_down(c, v);
		return 0;
	case PVHV_VCPU_OP_IS_UP:
		return t->state != VCPU_DOWN;
	}
	return -EINVAL;
}
