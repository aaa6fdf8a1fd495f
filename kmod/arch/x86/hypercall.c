// SPDX-License-Identifier: GPL-2.0
/*
 * The hypercall table.  abi/pvhv/hypercall.h documents each call.
 * Side: core.  Arguments are in v->regs (private); bulk ones in the shared
 * argument page, of which each entry is copied once before it is looked at.
 */
#include <linux/errno.h>
#include "hypercall.h"
#include "asm.h"
#include "gate.h"
#include "hc_cpu.h"
#include "log.h"
#include "roots.h"
#include "tlb.h"
#include "nospec.h"
#include "mm/mmu.h"
#include "mm/pin.h"
#include "sched/sched.h"

/* ENOSYS by number: checkpatch keeps its name for Linux' system calls. */
#define ENOSYS_	38

/* A handler's answer: 'run me again, with the registers as I left them'. */
#define HC_AGAIN	MM_AGAIN

static long hc_unknown(struct pcore *c, struct vcpu *v)
{
	(void)c;
	(void)v;
	return -ENOSYS_;
}

/* A batch stops after about a millisecond (each stay in it has a bound of its own) and goes on later. */
#define BATCH_MS	1
#define BATCH_STAY	8	/* entries in one stay under mm_lock */

/* cont.batch counts the entries done, so that a preempted call goes on where it was. */
static long hc_mmu_update(struct pcore *c, struct vcpu *v)
{
	u64 count = v->regs.rdi, done = v->cont.batch;
	u64 late = rdtsc_ordered_() + BATCH_MS * hv.tsc_khz;

	(void)c;
	if (count > PVHV_MMU_QUEUE_LEN)
		return -EINVAL;
	while (done < count) {
		u64 end = count - done > BATCH_STAY ? done + BATCH_STAY : count;
		long ret = mmu_update(v, v->args, &done, end);

		v->cont.batch = done;
		if (ret == MM_AGAIN)
			return HC_AGAIN;
		if (ret) {
			*(volatile u64 *)v->args = done;
			v->cont.batch = 0;
			return ret;
		}
		if (done < count && rdtsc_ordered_() > late)
			return HC_AGAIN;
	}
	v->cont.batch = 0;
	return count;
}

static long hc_update_va(struct pcore *c, struct vcpu *v)
{
	(void)c;
	if (v->regs.rdx)
		return -EINVAL;
	return mmu_update_va(v, v->regs.rdi, v->regs.rsi);
}

static long mmu_load(struct vcpu *v, mfn_t l4)
{
	mfn_t old = v->root;
	long err;

	if (l4.v == old.v)
		return 0;
	err = mm_root_get(v->dom, l4);
	if (err)
		return err;
	v->root = l4;
	mm_root_put(v->dom, old);
	return 0;
}

/*
 * UNPIN that was preempted: RDI says so until it is done, because an upcall's own calls may
 * finish it, and then nothing else tells the second half of it from an UNPIN of what is not pinned.
 * From a guest that has begun nothing: a call without effect.
 */
#define MMU_UNPIN_ON	(1ULL << 63 | PVHV_MMU_UNPIN)

static long mmu_unpin(struct vcpu *v)
{
	long ret = mm_unpin(v, MFN(v->regs.rsi));

	if (ret == MM_AGAIN && v->cont.op == MM_OP_UNPIN)
		v->regs.rdi = MMU_UNPIN_ON;
	return ret;
}

static long mmu_unpin_on(struct vcpu *v)
{
	long ret = mm_finish(v);

	if (ret != MM_AGAIN)
		v->regs.rdi = PVHV_MMU_UNPIN;
	return ret;
}

static bool flushable_va(u64 va)
{
	return is_canonical(va) && (va >> 47 == 0 || is_guest_kernel_va(va));
}

static long hc_mmu_op(struct pcore *c, struct vcpu *v)
{
	u64 arg = v->regs.rsi;

	(void)c;
	switch (v->regs.rdi) {
	case PVHV_MMU_PIN:
		return mm_pin(v, MFN(arg));
	case PVHV_MMU_UNPIN:
		return mmu_unpin(v);
	case MMU_UNPIN_ON:
		return mmu_unpin_on(v);
	case PVHV_MMU_LOAD:
		return mmu_load(v, MFN(arg));
	case PVHV_MMU_FLUSH_ALL:
		return 0;	/* the entry to the guest reloads CR3 */
	case PVHV_MMU_FLUSH_ONE:
		return flushable_va(arg) ? 0 : -EINVAL;
	case PVHV_MMU_FLUSH_MASK_ONE:
		if (!flushable_va(v->regs.rdx))
			return -EINVAL;
		fallthrough_;
	case PVHV_MMU_FLUSH_MASK:
		tlb_flush_vcpus(v->dom, arg);
		return 0;
	}
	return -EINVAL;
}

/* batch: cont.batch counts what is done of its argument page. */
static const struct {
	long (*fn)(struct pcore *c, struct vcpu *v);
	bool batch;
} hypercalls[PVHV_NR_HC] = {
	[0]			= { hc_unknown },
	[PVHV_HC_SET_CALLBACK]	= { hc_set_callback },
	[PVHV_HC_SET_TRAPS]	= { hc_set_traps },
	[PVHV_HC_MMU_UPDATE]	= { hc_mmu_update, true },
	[PVHV_HC_UPDATE_VA]	= { hc_update_va },
	[PVHV_HC_MMU_OP]	= { hc_mmu_op },
	[PVHV_HC_SCHED]		= { hc_sched },
	[PVHV_HC_SET_TIMER]	= { hc_set_timer },
	[PVHV_HC_NOTIFY]	= { hc_notify },
	[PVHV_HC_SET_KERNEL_GS]	= { hc_set_kernel_gs },
	[PVHV_HC_SET_TLS]	= { hc_set_tls },
	[PVHV_HC_SET_DEBUGREG]	= { hc_set_debugreg },
	[PVHV_HC_GET_DEBUGREG]	= { hc_get_debugreg },
	[PVHV_HC_SET_TSC_AUX]	= { hc_set_tsc_aux },
	[PVHV_HC_FORCE_UPCALL]	= { hc_force_upcall },
	[PVHV_HC_BIND_PORT]	= { hc_bind_port },
	[PVHV_HC_SEND_IPI]	= { hc_send_ipi },
	[PVHV_HC_VCPU_OP]	= { hc_vcpu_op },
	[PVHV_HC_SET_DF_STACK]	= { hc_set_df_stack },
	[PVHV_HC_MEMORY]	= { hc_memory, true },
	[PVHV_HC_SET_XCR0]	= { hc_set_xcr0 },
};

/*
 * Is this the batch that was preempted last, executed again?  Another one starts from its
 * beginning. Calls of an upcall in between that have no batch leave it alone.
 */
static bool hc_resumed(const struct vcpu *v)
{
	return v->cont.nr == v->regs.rax && v->cont.rip == v->regs.rip &&
	       v->cont.rsp == v->regs.rsp;
}

static void hc_preempt(struct vcpu *v, bool batch)
{
	if (batch) {
		v->cont.nr = v->regs.rax;
		v->cont.rip = v->regs.rip;
		v->cont.rsp = v->regs.rsp;
	}
	/* SYSCALL is two bytes: the guest executes it again after what waits now */
	v->regs.rip -= 2;
}

void hypercall(struct pcore *c, struct vcpu *v)
{
	u64 nr = v->regs.rax;
	bool batch;
	long ret;

	if (nr >= PVHV_NR_HC) {
		v->regs.rax = -ENOSYS_;
		return;
	}
	nr = nospec_index(nr, PVHV_NR_HC);
	v->hypercalls++;
	v->hc_count[nr]++;
	batch = hypercalls[nr].batch;
	if (batch && !hc_resumed(v))
		v->cont.batch = 0;
	ret = hypercalls[nr].fn(c, v);
	mmu_update_end(v);
	if (ret == HC_AGAIN) {
		hc_preempt(v, batch);
		return;
	}
	if (batch)
		v->cont.nr = 0;
	v->regs.rax = ret;
}
