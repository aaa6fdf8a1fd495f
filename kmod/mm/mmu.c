// SPDX-License-Identifier: GPL-2.0
/*
 * Updates of single page-table entries: see mmu.h.
 * Side: core.  Under the domain's mm_lock, so that only the processor (A and D
 * bits) changes a table meanwhile; host threads change frame words.
 *
 * Order in each path: check all, take the new references, store, put the old ones.
 */
#include "mm/mmu.h"
#include "mm/lock.h"
#include "mm/validate.h"
#include "mm/walk.h"
#include "arch/x86/roots.h"
#include "arch/x86/tlb.h"

/* A table's entry to be changed, and how. */
struct mmu_req {
	mfn_t	table;
	unsigned int level;
	unsigned int slot;
	unsigned int cmd;
	u64	val;
};

static void mmu_took_away(struct vcpu *v)
{
	v->dom->mm_dirty = 1;
	v->mm_flush = 1;
}

long mmu_resume(struct mm_ctx *c, struct vcpu *v, u32 kind, u64 key, u64 arg)
{
	struct mm_op *op = &c->d->mm_op;
	int own = v->cont.op == kind && v->cont.mfn == key && v->cont.pos[0] == arg &&
		  v->cont.state == op->seq;

	if (op->kind != MM_OP_NONE && op_run(c))
		return MM_AGAIN;
	v->cont.op = MM_OP_NONE;
	return own;
}

long mmu_run_own(struct mm_ctx *c, struct vcpu *v, u32 kind, u64 key, u64 arg)
{
	if (!op_run(c))
		return c->d->mm_op.result;
	v->cont.op = kind;
	v->cont.mfn = key;
	v->cont.pos[0] = arg;
	v->cont.state = c->d->mm_op.seq;
	return MM_AGAIN;
}

/* The same frame with other bits: only the step between read-only and writable needs a reference. */
static long mmu_change_l1_flags(struct vcpu *v, u64 *entry, unsigned int cmd, u64 val, u64 old)
{
	struct frame *f = frame_lookup(pte_mfn(old));
	u64 new = pte_command(cmd, old, val) & ~PTE_G;
	int adds = (new & ~old & PTE_RW) != 0;
	int drops = (old & ~new & PTE_RW) != 0;

	if (adds) {
		int ret = frame_add_writable(f);

		if (ret)
			return ret;
	}
	/* fails only when the processor sets A or D: neither adds nor drops changes by that */
	while (!pte_cmpxchg(entry, &old, new))
		new = pte_command(cmd, old, val) & ~PTE_G;
	if (drops)
		frame_drop_writable(f);
	if (pte_takes_away(old, new))
		mmu_took_away(v);
	return 0;
}

/* What page faults, munmap and fork do all the time. */
static long mmu_update_l1(struct vcpu *v, u64 *entry, unsigned int cmd, u64 val)
{
	u64 old = pte_read(entry);
	u64 new = pte_command(cmd, old, val);

	if (new & PTE_P) {
		int ret;

		if (new & PTE_REFUSED)
			return -EINVAL;
		if ((old & PTE_P) && pte_same_frame(old, new))
			return mmu_change_l1_flags(v, entry, cmd, val, old);
		ret = validate_get_l1e(v->dom, new);
		if (ret)
			return ret;
		new &= ~PTE_G;
	} else if (!pte_absent_ok(new)) {
		return -EINVAL;
	}
	if (!(old & PTE_P)) {
		pte_write(entry, new);
		return 0;
	}
	/*
	 * Frame and RW bit of the old entry are stable; A and D that the
	 * processor sets now are lost with it, but for KEEP_AD.
	 */
	while (!pte_cmpxchg(entry, &old, new)) {
		if (cmd == PVHV_MMU_SET_KEEP_AD && (new & PTE_P))
			new |= old & (PTE_A | PTE_D);
	}
	validate_put_l1e(old);
	mmu_took_away(v);
	return 0;
}

/* Other bits of an entry that names the same table, or an entry that is not present before and after. */
static void mmu_change_upper_flags(struct mm_ctx *c, struct vcpu *v, const struct mmu_req *r,
				   u64 *entry, u64 old)
{
	u64 new;

	do {
		new = pte_sanitise(pte_command(r->cmd, old, r->val), r->level, r->slot);
	} while (!pte_cmpxchg(entry, &old, new));
	if (r->level == 4)
		roots_update(c->d, r->table, r->slot, new);
	if ((old & PTE_P) && pte_takes_away(old, new))
		mmu_took_away(v);
}

/* Nothing is under way in the domain. */
static long mmu_update_upper(struct mm_ctx *c, struct vcpu *v, const struct mmu_req *r)
{
	struct mm_op *op = &c->d->mm_op;
	u64 *entry = (u64 *)mfn_va(r->table) + r->slot;
	u64 old = pte_read(entry);
	u64 new = pte_sanitise(pte_command(r->cmd, old, r->val), r->level, r->slot);
	u64 key = r->table.v * PT_ENTRIES + r->slot;
	long ret = 0;

	if (pte_hv_slot(r->level, r->slot))
		return new ? -EINVAL : 0;
	if (new & PTE_P ? (new & PTE_REFUSED) != 0 : !pte_absent_ok(new))
		return -EINVAL;
	if (!((old | new) & PTE_P) || ((old & new & PTE_P) && pte_same_frame(old, new))) {
		mmu_change_upper_flags(c, v, r, entry, old);
		return 0;
	}
	if (new & PTE_P)
		ret = validate_get_table(c->d, pte_mfn(new), r->level - 1);
	if (ret < 0)
		return ret;
	if (old & PTE_P)
		v->mm_flush = 1;
	if (!ret) {
		op->seq++;
		op->result = 0;
		op_store_entry(c, r->table, r->level, r->slot, new);
	} else {
		ret = op_start_validate(c, MM_OP_SET, pte_mfn(new), r->level - 1);
		if (ret)
			return ret;
		op->table = r->table.v;
		op->slot = r->slot;
		op->val = new;
	}
	return mmu_run_own(c, v, MM_OP_SET, key, r->val);
}

/* Memory that is no page table (now): the guest could have stored it itself. */
static long mmu_update_plain(struct mm_ctx *c, const struct mmu_req *r, struct frame *f)
{
	u64 *word = (u64 *)mfn_va(r->table) + r->slot;
	u64 old;
	int ret = frame_get_writable(f, c->d->id);

	if (ret)
		return ret;
	old = pte_read(word);
	while (!pte_cmpxchg(word, &old, pte_command(r->cmd, old, r->val)))
		;
	frame_put_writable(f);
	return 0;
}

/* All but entries of valid L1 tables; kept out of the way of these. */
static __attribute__((__noinline__)) long mmu_update_other(struct vcpu *v, struct mmu_req *r, struct frame *f)
{
	struct mm_ctx c = { .d = v->dom, .root = v->root, .budget = MM_SLICE };
	u64 type = frame_word(f) & FW_TYPE;
	long ret;

	if (frame_owner(f) != c.d->id)
		return -EPERM;
	if (type == FRAME_NONE || type == FRAME_WRITABLE)
		return mmu_update_plain(&c, r, f);
	ret = mmu_resume(&c, v, MM_OP_SET, r->table.v * PT_ENTRIES + r->slot, r->val);
	if (ret == MM_AGAIN)
		return ret;
	if (ret)
		return c.d->mm_op.result;
	/* with nothing under way each page table is valid, but this may be none any more */
	r->level = frame_word(f) & FW_TYPE;
	if (r->level >= 2 && r->level <= 4)
		return mmu_update_upper(&c, v, r);
	if (r->level == 1)
		return mmu_update_l1(v, (u64 *)mfn_va(r->table) + r->slot, r->cmd, r->val);
	return mmu_update_plain(&c, r, f);
}

/* alone: what it took may be long, and is bounded for one entry. */
static long mmu_update_one(struct vcpu *v, const struct pvhv_mmu_update *u, bool *alone)
{
	mfn_t m = MFN(u->ptr >> HV_PAGE_SHIFT);
	unsigned int cmd = u->ptr & 7;
	struct frame *f = frame_lookup(m);
	struct mmu_req r;

	if (cmd > PVHV_MMU_CLEAR)
		return -EINVAL;
	if (!f)
		return -ERANGE;
	if ((frame_word(f) & (FW_TYPE | FW_VALID)) == (FRAME_L1 | FW_VALID) &&
	    frame_owner(f) == v->dom->id)
		return mmu_update_l1(v, hv_va(u->ptr & ~7ULL), cmd, u->val);
	*alone = true;
	r = (struct mmu_req){
		.table = m,
		.slot = (u->ptr & (HV_PAGE_SIZE - 1)) / 8,
		.cmd = cmd,
		.val = u->val,
	};
	return mmu_update_other(v, &r, f);
}

long mmu_update(struct vcpu *v, const volatile struct pvhv_mmu_update *q, u64 *done, u64 end)
{
	bool alone = false;
	long ret = 0;

	if (!mm_lock(v->dom))
		return -EIO;
	while (*done < end && !alone) {
		struct pvhv_mmu_update u = { .ptr = q[*done].ptr, .val = q[*done].val };

		ret = mmu_update_one(v, &u, &alone);
		if (ret)
			break;
		++*done;
	}
	mm_unlock(v->dom);
	return ret;
}

long mmu_update_va(struct vcpu *v, u64 va, u64 val)
{
	struct domain *d = v->dom;
	struct walk w;
	long ret = -EINVAL;

	if (!pte_va_ok(va))
		return -EINVAL;
	if (!mm_lock(d))
		return -EIO;
	if (!walk_find_l1(d, v->root, va, &w))
		ret = mmu_update_l1(v, w.entry, PVHV_MMU_SET, val);
	mm_unlock(d);
	return ret;
}

void mmu_update_end(struct vcpu *v)
{
	struct domain *d = v->dom;

	if (!v->mm_flush)
		return;
	v->mm_flush = 0;
	if (!mm_lock(d))
		return;
	mm_flush_if_dirty(d);
	mm_unlock(d);
}
