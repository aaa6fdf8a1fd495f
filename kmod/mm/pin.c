// SPDX-License-Identifier: GPL-2.0
/*
 * Roots: see pin.h.
 * Side: core.  A valid L4 is always pinned; loaded and cached copies only add
 * counts.  So the last count is the pin's, and only unpin and teardown ever
 * invalidate a tree.
 */
#include "mm/pin.h"
#include "mm/balloon.h"
#include "mm/lock.h"
#include "mm/mmu.h"
#include "mm/validate.h"
#include "arch/x86/roots.h"

#define PIN_ROOT	(FRAME_L4 | FW_VALID | FW_PINNED)
#define PIN_MASK	(FW_TYPE | FW_VALID | FW_PINNED)

void mm_root_put(struct domain *d, mfn_t l4)
{
	(void)d;
	__atomic_fetch_sub(&frame_lookup(l4)->word, FW_COUNT_ONE + FW_REF_ONE, __ATOMIC_SEQ_CST);
}

long mm_root_get(struct domain *d, mfn_t l4)
{
	struct frame *f = frame_lookup(l4);
	u64 w;

	if (!f || frame_owner(f) != d->id)
		return -EINVAL;
	w = frame_word(f);
	do {
		if ((w & PIN_MASK) != PIN_ROOT)
			return -EINVAL;
		if (FW_FULL(w))
			return -EOVERFLOW;
	} while (!frame_cmpxchg(f, &w, w + FW_COUNT_ONE + FW_REF_ONE));
	if (frame_owner(f) == d->id)
		return 0;
	mm_root_put(d, l4);
	return -EINVAL;
}

static long pin_check_frame(const struct domain *d, mfn_t m)
{
	struct frame *f = frame_lookup(m);

	if (!f)
		return -ERANGE;
	return frame_owner(f) == d->id ? 0 : -EPERM;
}

/* Nothing is under way in the domain.  0: pinned already; 1: started; or -errno. */
static long pin_begin(struct mm_ctx *c, mfn_t l4)
{
	long ret = pin_check_frame(c->d, l4);

	if (ret)
		return ret;
	if ((frame_word(frame_lookup(l4)) & PIN_MASK) == PIN_ROOT)
		return 0;
	ret = op_start_validate(c, MM_OP_PIN, l4, 4);
	return ret ? ret : 1;
}

/*
 * The pin goes and the tree stops being valid in one exchange that nobody's
 * root reference can slip into.  1: started; or -errno.
 */
static long pin_begin_undo(struct mm_ctx *c, mfn_t l4)
{
	struct frame *f = frame_lookup(l4);
	long ret = pin_check_frame(c->d, l4);
	u64 w;

	if (ret)
		return ret;
	if ((frame_word(f) & PIN_MASK) == PIN_ROOT)
		roots_evict(c->d, l4);
	w = frame_word(f);
	do {
		if ((w & PIN_MASK) != PIN_ROOT)
			return -EINVAL;
		if (FW_COUNT(w) != 1)
			return -EBUSY;
	} while (!frame_cmpxchg(f, &w, w & ~(FW_VALID | FW_PINNED)));
	c->d->nr_pinned--;
	c->d->mm_dirty = 1;
	c->d->mm_op.seq++;
	op_start_invalidate(c, MM_OP_UNPIN, l4, 4);
	return 1;
}

long mm_pin(struct vcpu *v, mfn_t l4)
{
	struct mm_ctx c = { .d = v->dom, .root = v->root, .budget = MM_SLICE };
	long ret;

	if (!mm_lock(c.d))
		return -EIO;
	ret = mmu_resume(&c, v, MM_OP_PIN, l4.v, 0);
	if (ret == 1) {
		ret = c.d->mm_op.result;
	} else if (!ret) {
		ret = pin_begin(&c, l4);
		if (ret == 1)
			ret = mmu_run_own(&c, v, MM_OP_PIN, l4.v, 0);
	}
	mm_unlock(c.d);
	return ret;
}

long mm_unpin(struct vcpu *v, mfn_t l4)
{
	struct mm_ctx c = { .d = v->dom, .root = v->root, .budget = MM_SLICE };
	/* if this vCPU began it, another may have finished it and gone on to something else */
	int own = v->cont.op == MM_OP_UNPIN && v->cont.mfn == l4.v;
	long ret;

	if (!mm_lock(c.d))
		return -EIO;
	ret = mmu_resume(&c, v, MM_OP_UNPIN, l4.v, 0);
	if (!ret && !own) {
		ret = pin_begin_undo(&c, l4);
		if (ret == 1)
			ret = mmu_run_own(&c, v, MM_OP_UNPIN, l4.v, 0);
	} else if (ret != MM_AGAIN) {
		ret = 0;
	}
	mm_unlock(c.d);
	return ret;
}

long mm_finish(struct vcpu *v)
{
	struct mm_ctx c = { .d = v->dom, .root = v->root, .budget = MM_SLICE };
	long ret;

	if (!mm_lock(c.d))
		return -EIO;
	ret = op_run(&c);
	if (!ret)
		v->cont.op = MM_OP_NONE;
	mm_unlock(c.d);
	return ret;
}

/* No vCPU runs yet, so what is under way is this pin, from the slice before. */
long mm_start(struct domain *d, mfn_t l4)
{
	struct mm_ctx c = { .d = d, .root = l4, .budget = MM_SLICE };
	long ret = 1;

	if (!mm_lock(d))
		return -EIO;
	if (d->mm_op.kind == MM_OP_NONE)
		ret = pin_begin(&c, l4);
	if (ret == 1)
		ret = op_run(&c) ? MM_AGAIN : d->mm_op.result;
	mm_unlock(d);
	return ret;
}

static long pin_teardown_next(struct mm_ctx *c)
{
	struct domain *d = c->d;

	for (; d->mm_teardown_gfn < d->max_pages; d->mm_teardown_gfn++) {
		mfn_t m = MFN(domain_p2m(d, GFN(d->mm_teardown_gfn)));
		struct frame *f = frame_lookup(m);
		long ret;

		if (c->budget-- <= 0)
			return MM_AGAIN;
		if (!f || (frame_word(f) & PIN_MASK) != PIN_ROOT)
			continue;
		ret = pin_begin_undo(c, m);
		if (ret < 0)
			return ret;
		if (op_run(c))
			return MM_AGAIN;
	}
	return 0;
}

long mm_teardown(struct domain *d)
{
	struct mm_ctx c = { .d = d, .root = MFN_INVALID, .budget = MM_SLICE };
	long ret;

	if (!mm_lock(d))
		return -EIO;
	ret = op_run(&c);
	if (!ret)
		ret = pin_teardown_next(&c);
	if (!ret)
		balloon_drain(d);
	mm_unlock(d);
	return ret;
}
