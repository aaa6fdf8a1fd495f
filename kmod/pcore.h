/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A taken core: mailbox, log ring, and the core's own state.
 * Side: both.  The first part is shared; each field names its writer.  The
 * second part is the core's alone while it runs; the host fills it before the start.
 */
#ifndef PVHV_PCORE_H
#define PVHV_PCORE_H

#include "hv.h"
#include "corelock.h"
#include "sched/state.h"

#define PCORE_LOG_SIZE		8192
#define PCORE_ROOTS		8	/* cached copies of guest L4s */
#define PCORE_VECTOR		0xe0	/* doorbell host or core -> core */
#define PCORE_TIMER_VECTOR	0xe1
#define PCORE_SPURIOUS_VECTOR	0xff

/* pcore.state; numbers are those of PVHV_CPU_* in the ABI */
#define PCORE_STARTING	0
#define PCORE_ALIVE	1
#define PCORE_PARKED	2
#define PCORE_PANIC	3

/* Commands: host writes cmd, arg, then cmd_seq, and rings; the core answers with ret, then ack_seq. */
#define PCORE_CMD_ECHO		1	/* ret = ~arg */
#define PCORE_CMD_PARK		2	/* disables its APIC timer, cli; hlt.  No answer but state */
#define PCORE_CMD_FLUSH		3	/* drops all TLB entries of the hypervisor's map */
#define PCORE_CMD_VCPU_ADD	4	/* arg = struct vcpu *: takes it into its run queue */
#define PCORE_CMD_VCPU_REMOVE	5	/* arg = struct vcpu *: forgets it, its state is saved; ret = -EAGAIN: it is not here, see vcpu.core */
#define PCORE_CMD_DOM_FORGET	6	/* arg = struct domain *: drops cached roots of it */
#define PCORE_CMD_SIGNAL	7	/* arg = n: rings the host n times (self test) */
#define PCORE_CMD_WEDGE		8	/* cli; loops for ever (self test of the recovery); arg = PVHV_CORE_WITH_* */
#define PCORE_CMD_CRASH		9	/* core_panic (self test); arg = PVHV_CORE_WITH_* */
/* These three do one slice: ret = -EAGAIN: call again.  arg = struct domain * */
#define PCORE_CMD_AUDIT		10	/* see mm/audit.h; result in domain->audit */
#define PCORE_CMD_START		11	/* validates the initial root, loads it into vCPU 0 */
#define PCORE_CMD_TEARDOWN	12	/* drops all roots and pins */
#define PCORE_CMD_LEAVE		13	/* hands all vCPUs to other cores, drops all roots; ret = vCPUs that are left, -EAGAIN: some are yet to come; arg = 1: pins count for nothing */

struct vcpu;
struct regs;
struct domain;

/*
 * One cached copy of a guest L4 with this core's gate slots.  With five levels its
 * halves are two tables, or each half would be seen in the other's part of the
 * address space too: applications' pages with their U where only ring 1 should execute.
 */
struct root_slot {
	u64	mfn;		/* guest's L4; ~0 = empty.  The slot holds a type reference on it */
	u64	*half[2];	/* entries 0-255 and 256-511 are in these pages: one and the same with four levels */
	u64	*l5;		/* NULL with four levels */
	u64	cr3;
	struct domain *dom;
	u64	stamp;		/* for LRU */
};

/* Where the host's doorbell interrupt goes; host writes under affinity changes. */
struct pcore_irq {
	u32	dest;
	u32	icr;		/* vector and destination mode bits */
	u32	on;
	u32	pad;
};

struct pcore {
	/* --- shared --- */
	u64	heartbeat;	/* core: counts turns of its run loop and timer ticks */
	u32	state;		/* core; host: STARTING before each start */
	u32	cmd;		/* host */
	u64	arg;		/* host */
	u32	cmd_seq;	/* host, last */
	u32	ack_seq;	/* core, last */
	s64	ret;		/* core */
	u64	pad0[3];
	/* offset 64, see arch/x86/entry.h; the core's */
	u64	saved_rsp;	/* vcpu_enter's stack while a guest runs */
	struct regs *frame;	/* registers of the guest on an entry stack after an exit */
	u64	exit_cr3, exit_cr2;	/* as they were at the exit */

	struct pcore_irq irq;	/* host */
	u32	doorbell;	/* host: 'look at your vCPUs and mailbox'; core clears */
	u32	host_work;	/* core: 'a domain has notify bits, or ended'; host clears */
	u64	host_sent;	/* core: doorbells sent to the host */
	u64	host_seen;	/* host: doorbells answered */
	u64	exits, cr3_writes, run_tsc, idle_tsc, hv_tsc;	/* core */
	u64	stray_count;					/* core */
	u32	in_guest;	/* core: 1 from before CR3 is loaded for a guest until it is back; host: 0 when the core was stopped */
	u32	pad;
	u32	log_head;	/* core: bytes written, ever */
	u32	log_tail;	/* host: bytes read, ever */
	u32	log_lost;	/* core: bytes dropped because the ring was full */
	char	log[PCORE_LOG_SIZE];
	char	panic_msg[160];	/* core, before state = PANIC */
	struct sched_core sched;	/* see there */

	/* --- filled by the host before the start --- */
	u32	cpu;		/* Linux number */
	u32	apicid;
	u32	index;		/* in hv.cores[] */
	u32	name;		/* name % HV_MAX_CORES is the index; no other core ever had it; not 0 */
	u32	apic_khz_hint;
	u32	pad1;
	u64	host_cr4;
	u64	*root;		/* the hypervisor's on this core: l4, or the L5 above it */
	u64	*l4;		/* has the gate's slot and the module's; without five levels all others too */
	u64	*gate_l3, *gate_l2, *gate_l1;
	void	*idt, *gdt, *tss;		/* pages of the gate, at their direct-map address */
	u64	*hv_l3, *hv_l2, *hv_l1;		/* the same slot in the hypervisor's root */
	struct gate_hv	*hvp;
	struct gate_ro	*ro;
	struct gate_rw	*rw;
	void	*entry_stack, *ist_stack[4];	/* one page each: NMI, #DF, #MC, #DB */
	void	*stack;				/* hypervisor's C stack; guard page below */
	u64	stack_top;
	struct root_slot roots[PCORE_ROOTS];

	/* --- the core's own --- */
	struct vcpu	*current_vcpu;	/* whose state is in the registers and in the gate pages */
	u64		apic_mult;	/* APIC timer ticks per TSC tick, 32.32 */
	u64		slice_end;	/* TSC */
	u64		start_tsc;	/* when it came alive */
	u64		timer_armed;	/* TSC value that the APIC timer is set to; ~0 = off */
	struct corelock	roots_lock;	/* roots[]: this core changes slots, others update copies; inside mm_lock */
	u64		root_stamp;
	u32		nr_vcpus;
	u32		need_resched;
	u32		branches_of;	/* id of the domain that ran last */
	u32		roots_stale;	/* another core took a slot of roots[]; it writes 1, this core 0 */
	u32		locks;		/* that it has: see arch/x86/lockorder.h */
};

/* It touches no memory any more, and left what it was at as it stands. */
static inline bool core_is_down(const struct pcore *c)
{
	return __atomic_load_n(&hv.up[c->index], __ATOMIC_ACQUIRE) != c->name;
}

#endif /* PVHV_PCORE_H */
