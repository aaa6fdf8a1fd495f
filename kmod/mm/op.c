// SPDX-License-Identifier: GPL-2.0
/*
 * The walk that validates and invalidates trees: see op.h.
 * Side: core.  Under the domain's mm_lock.
 */
#include "mm/op.h"
#include "mm/validate.h"
#include "arch/x86/roots.h"

static void op_push(struct mm_op *op, mfn_t m, unsigned int level, u32 index)
{
	op->level = level;
	op->mfn[level] = m.v;
	op->index[level] = index;
}

static void op_begin(struct mm_op *op, u32 kind, u32 phase, mfn_t m, unsigned int level)
{
	op->kind = kind;
	op->phase = phase;
	op->top = level;
	op->result = 0;
	op_push(op, m, level, phase == MM_PHASE_VALIDATE ? 0 : PT_ENTRIES);
}

long op_start_validate(struct mm_ctx *c, u32 kind, mfn_t m, unsigned int level)
{
	long ret = validate_promote(c, m, level);

	if (!ret) {
		c->d->mm_op.seq++;
		op_begin(&c->d->mm_op, kind, MM_PHASE_VALIDATE, m, level);
	}
	return ret;
}

/* Nobody else can find the table valid from here on. */
static void op_take_table(mfn_t m)
{
	__atomic_fetch_and(&frame_lookup(m)->word, ~(FW_VALID | FW_PINNED), __ATOMIC_SEQ_CST);
}

void op_start_invalidate(struct mm_ctx *c, u32 kind, mfn_t m, unsigned int level)
{
	op_take_table(m);
	op_begin(&c->d->mm_op, kind, MM_PHASE_INVALIDATE, m, level);
}

void op_store_entry(struct mm_ctx *c, mfn_t table, unsigned int level, unsigned int slot, u64 val)
{
	u64 *entry = (u64 *)mfn_va(table) + slot;
	u64 old = __atomic_exchange_n(entry, val, __ATOMIC_SEQ_CST);

	if (level == 4)
		roots_update(c->d, table, slot, val);
	if (!(old & PTE_P))
		return;
	c->d->mm_dirty = 1;
	if (!validate_put_table(pte_mfn(old)))
		op_start_invalidate(c, MM_OP_SET, pte_mfn(old), level - 1);
}

/* 0: the entry holds its reference; 1: a table below is to be validated first; or -errno. */
static int op_check_entry(struct mm_ctx *c, u64 *entry, unsigned int level, unsigned int index)
{
	u64 e = pte_read(entry), clean = pte_sanitise(e, level, index);
	int ret;

	if (pte_hv_slot(level, index))
		return e ? -EINVAL : 0;
	if (!(e & PTE_P)) {
		c->budget--;
		return pte_absent_ok(e) ? 0 : -EINVAL;
	}
	c->budget -= MM_COST_ENTRY;
	if (e & PTE_REFUSED)
		return -EINVAL;
	ret = level == 1 ? validate_get_l1e(c->d, e) :
			   validate_get_table(c->d, pte_mfn(e), level - 1);
	if (ret == 1) {
		ret = validate_promote(c, pte_mfn(e), level - 1);
		if (!ret)
			ret = 1;
	}
	/* Nobody walks an unvalidated table, nor can anybody write to it: a plain store will do. */
	if (ret >= 0 && clean != e)
		pte_write(entry, clean);
	return ret;
}

/* The whole tree is valid: what it was wanted for. */
static void op_finish_validate(struct mm_ctx *c)
{
	struct mm_op *op = &c->d->mm_op;
	u32 kind = op->kind;

	op->kind = MM_OP_NONE;
	if (kind == MM_OP_PIN) {
		__atomic_fetch_or(&frame_lookup(MFN(op->mfn[4]))->word, FW_VALID | FW_PINNED,
				  __ATOMIC_SEQ_CST);
		c->d->nr_pinned++;
		return;
	}
	__atomic_fetch_or(&frame_lookup(MFN(op->mfn[op->top]))->word, FW_VALID, __ATOMIC_SEQ_CST);
	op_store_entry(c, MFN(op->table), op->top + 1, op->slot, op->val);
}

static int op_all_empty(const u64 *e)
{
	return !(pte_read(e) | pte_read(e + 1) | pte_read(e + 2) | pte_read(e + 3) |
		 pte_read(e + 4) | pte_read(e + 5) | pte_read(e + 6) | pte_read(e + 7));
}

static u32 op_min_budget(const struct mm_ctx *c, u32 n)
{
	if (c->budget <= 0)
		return 0;
	return c->budget < n ? c->budget : n;
}

/* Over empty entries, nearly all of most tables; as far as the budget goes. */
static u32 op_skip_empty(struct mm_ctx *c, const u64 *table, u32 i)
{
	u32 start = i, room = PT_ENTRIES - i;
	u32 end = i + op_min_budget(c, room);

	while (i + 8 <= end && op_all_empty(&table[i]))
		i += 8;
	while (i < end && !pte_read(&table[i]))
		i++;
	c->budget -= i - start;
	return i;
}

/* The same backwards: [0, result) remain. */
static u32 op_skip_empty_down(struct mm_ctx *c, const u64 *table, u32 i)
{
	u32 start = i;
	u32 end = i - op_min_budget(c, i);

	while (i >= end + 8 && op_all_empty(&table[i - 8]))
		i -= 8;
	while (i > end && !pte_read(&table[i - 1]))
		i--;
	c->budget -= start - i;
	return i;
}

/* One table's entries from where it stands; back when it goes to another table, on error, or out of budget. */
static void op_validate_table(struct mm_ctx *c)
{
	struct mm_op *op = &c->d->mm_op;
	unsigned int level = op->level;
	u64 *table = mfn_va(MFN(op->mfn[level]));
	u32 i = op->index[level];
	int ret = 0;

	while ((i = op_skip_empty(c, table, i)) < PT_ENTRIES && c->budget > 0) {
		ret = op_check_entry(c, &table[i], level, i);
		if (ret)
			break;
		i++;
	}
	op->index[level] = i;
	if (ret < 0) {
		op->result = ret;
		op->phase = MM_PHASE_INVALIDATE;
	} else if (ret) {
		op_push(op, pte_mfn(pte_read(&table[i])), level - 1, 0);
	} else if (i < PT_ENTRIES) {
		return;
	} else if (level == op->top) {
		op_finish_validate(c);
	} else {
		/* the count that the operation held is now that of the entry above */
		__atomic_fetch_or(&frame_lookup(MFN(op->mfn[level]))->word, FW_VALID,
				  __ATOMIC_SEQ_CST);
		op->level++;
		op->index[op->level]++;
	}
}

/* The same backwards. */
static void op_invalidate_table(struct mm_ctx *c)
{
	struct mm_op *op = &c->d->mm_op;
	unsigned int level = op->level;
	u64 *table = mfn_va(MFN(op->mfn[level]));
	u32 i = op->index[level];

	while ((i = op_skip_empty_down(c, table, i)) > 0 && c->budget > 0) {
		u64 e = pte_read(&table[--i]);

		if (!(e & PTE_P)) {
			c->budget--;
			continue;
		}
		c->budget -= MM_COST_ENTRY;
		if (level == 1) {
			validate_put_l1e(e);
		} else if (!validate_put_table(pte_mfn(e))) {
			op->index[level] = i;
			op_take_table(pte_mfn(e));
			op_push(op, pte_mfn(e), level - 1, PT_ENTRIES);
			return;
		}
	}
	op->index[level] = i;
	if (i > 0)
		return;
	validate_demote(c, MFN(op->mfn[level]));
	if (level == op->top)
		op->kind = MM_OP_NONE;
	else
		op->level++;
}

long op_run(struct mm_ctx *c)
{
	struct mm_op *op = &c->d->mm_op;

	while (op->kind != MM_OP_NONE) {
		if (c->budget <= 0)
			return MM_AGAIN;
		if (op->phase == MM_PHASE_VALIDATE)
			op_validate_table(c);
		else
			op_invalidate_table(c);
	}
	return 0;
}
