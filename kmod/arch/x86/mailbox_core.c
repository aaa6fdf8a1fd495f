// SPDX-License-Identifier: GPL-2.0
/*
 * The core's end of the mailbox: one command at a time, from the host.
 * Side: core.
 */
#include <linux/errno.h>
#include "mailbox_core.h"
#include "apic.h"
#include "asm.h"
#include "gate.h"
#include "log.h"
#include "roots.h"
#include "vcpu.h"
#include "mm/audit.h"
#include "mm/lock.h"
#include "mm/pin.h"
#include "sched/sched.h"

static void core_park(struct pcore *c)
{
	vcpu_switch(c, NULL);
	apic_off(c);
	__atomic_store_n(&c->state, PCORE_PARKED, __ATOMIC_RELEASE);
	for (;;)
		asm volatile("cli; hlt");
}

/* Self tests: what a core may have as it dies.  The domain is that of the vCPU that was here last. */
static void core_take_locks(struct pcore *c, u64 which)
{
	int i;

	if ((which & PVHV_CORE_WITH_MM) && c->current_vcpu && !mm_lock(c->current_vcpu->dom))
		core_log("its domain has lost mm_lock before");
	for (i = 0; (which & PVHV_CORE_WITH_ROOTS) && i < HV_MAX_CORES; i++) {
		if (hv.cores[i])
			corelock_lock_robust(&hv.cores[i]->roots_lock);
	}
}

static void core_wedge(struct pcore *c)
{
	__atomic_store_n(&c->ack_seq, c->cmd_seq, __ATOMIC_RELEASE);
	for (;;)
		cpu_pause();
}

static s64 cmd_signal(struct pcore *c, u64 n)
{
	u64 i, t0;

	for (i = 0; i < n; i++) {
		u64 want = c->host_sent + 1;

		core_ring_host(c);
		t0 = rdtsc_ordered_();
		while (__atomic_load_n(&c->host_seen, __ATOMIC_ACQUIRE) < want)
			if (rdtsc_ordered_() - t0 > hv.tsc_khz * 2000)
				return i;
	}
	return n;
}

/* One slice is done; the core's guests go on until the host asks for the next. */
static s64 cmd_slice(long ret)
{
	return ret == MM_AGAIN ? -EAGAIN : ret;
}

/* No core runs it any more. */
static s64 cmd_teardown(struct domain *d)
{
	u32 i;

	for (i = 0; i < d->nr_vcpus; i++) {
		struct vcpu *v = d->vcpu[i];

		if (v->root.v != MFN_INVALID.v)
			mm_root_put(d, v->root);
		v->root = MFN_INVALID;
		if (v->init == VCPU_INIT_READY)
			mm_root_put(d, MFN(v->boot.root_mfn));
		v->init = VCPU_INIT_NONE;
	}
	return cmd_slice(mm_teardown(d));
}

static s64 cmd_leave(struct pcore *c, bool all)
{
	s64 left = sched_leave(c, all);

	if (!left) {
		vcpu_switch(c, NULL);
		roots_forget(c, NULL);
	}
	return left;
}

/* The domain has no core any more: what lies on the wake list of it goes off. */
static void cmd_forget(struct pcore *c, struct domain *d)
{
	sched_scan(c);
	roots_forget(c, d);
}

static s64 mailbox_execute(struct pcore *c, u32 cmd, u64 arg)
{
	switch (cmd) {
	case PCORE_CMD_ECHO:
		return ~arg;
	case PCORE_CMD_PARK:
		core_park(c);
		return 0;
	case PCORE_CMD_FLUSH:
		WRITE_CR(3, c->ro->hv_cr3);
		return 0;
	case PCORE_CMD_VCPU_ADD:
		sched_add(c, (struct vcpu *)arg);
		return 0;
	case PCORE_CMD_VCPU_REMOVE:
		return sched_remove(c, (struct vcpu *)arg);
	case PCORE_CMD_DOM_FORGET:
		cmd_forget(c, (struct domain *)arg);
		return 0;
	case PCORE_CMD_SIGNAL:
		return cmd_signal(c, arg);
	case PCORE_CMD_WEDGE:
		core_take_locks(c, arg);
		core_wedge(c);
		return 0;
	case PCORE_CMD_CRASH:
		core_take_locks(c, arg);
		core_panic("asked to crash");
	case PCORE_CMD_AUDIT:
		return cmd_slice(audit_domain((struct domain *)arg));
	case PCORE_CMD_START:
		return cmd_slice(vcpu_start((struct domain *)arg));
	case PCORE_CMD_TEARDOWN:
		return cmd_teardown((struct domain *)arg);
	case PCORE_CMD_LEAVE:
		return cmd_leave(c, arg);
	}
	return -EINVAL;
}

void mailbox_poll(struct pcore *c)
{
	u32 seq = __atomic_load_n(&c->cmd_seq, __ATOMIC_ACQUIRE);

	if (seq == c->ack_seq)
		return;
	c->ret = mailbox_execute(c, c->cmd, c->arg);
	__atomic_store_n(&c->ack_seq, seq, __ATOMIC_RELEASE);
}
