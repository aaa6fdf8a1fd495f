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

static s64 cmd_vcpu_remove(struct pcore *c, struct vcpu *v)
{
	sched_remove(c, v);
	if (c->current_vcpu == v)
		vcpu_switch(c, NULL);
	if (v->root.v != MFN_INVALID.v && v->dom->state == PVHV_DOM_ST_ENDED) {
		mm_root_put(v->dom, v->root);
		v->root = MFN_INVALID;
	}
	if (v->init == VCPU_INIT_READY && v->dom->state == PVHV_DOM_ST_ENDED) {
		mm_root_put(v->dom, MFN(v->boot.root_mfn));
		v->init = VCPU_INIT_NONE;
	}
	return 0;
}

static s64 mailbox_execute(struct pcore *c, u32 cmd, u64 arg)
{
	long ret;

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
		return cmd_vcpu_remove(c, (struct vcpu *)arg);
	case PCORE_CMD_DOM_FORGET:
		roots_forget(c, (struct domain *)arg);
		return 0;
	case PCORE_CMD_SIGNAL:
		return cmd_signal(c, arg);
	case PCORE_CMD_WEDGE:
		core_wedge(c);
		return 0;
	case PCORE_CMD_CRASH:
		core_panic("asked to crash");
	case PCORE_CMD_AUDIT:
		audit_domain((struct domain *)arg);
		return 0;
	case PCORE_CMD_START:
		return vcpu_start((struct domain *)arg);
	case PCORE_CMD_TEARDOWN:
		ret = mm_teardown((struct domain *)arg);
		return ret == MM_AGAIN ? -EAGAIN : ret;
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
