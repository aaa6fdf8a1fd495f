/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A priority queue that lies in the objects it holds: a skew heap with links upwards.
 * Side: core.  No memory of its own, no bound on its size; insert and remove
 * cost O(log n), amortised.  Keys wrap: they are compared by difference.
 * The owner of the heap serialises.
 */
#ifndef PVHV_SCHED_HEAP_H
#define PVHV_SCHED_HEAP_H

#include <linux/types.h>

struct heap_node {
	struct heap_node *left, *right, *up;
	u64	key;
	u32	queued;
	u32	pad;
};

struct heap {
	struct heap_node *top;	/* the least key */
};

static inline struct heap_node *heap_merge(struct heap_node *a, struct heap_node *b,
					   struct heap_node *up)
{
	struct heap_node *root = NULL, **slot = &root, *t;

	while (a && b) {
		if ((s64)(b->key - a->key) < 0) {
			t = a;
			a = b;
			b = t;
		}
		*slot = a;
		a->up = up;
		up = a;
		/* the children change places, so that no side grows long */
		t = a->right;
		a->right = a->left;
		slot = &a->left;
		a = t;
	}
	if (!a)
		a = b;
	*slot = a;
	if (a)
		a->up = up;
	return root;
}

static inline void heap_insert(struct heap *h, struct heap_node *n, u64 key)
{
	n->left = NULL;
	n->right = NULL;
	n->key = key;
	n->queued = 1;
	h->top = heap_merge(h->top, n, NULL);
}

/* Nothing happens to a node that is in no heap. */
static inline void heap_remove(struct heap *h, struct heap_node *n)
{
	struct heap_node *up = n->up, *rest;

	if (!n->queued)
		return;
	n->queued = 0;
	rest = heap_merge(n->left, n->right, up);
	if (!up)
		h->top = rest;
	else if (up->left == n)
		up->left = rest;
	else
		up->right = rest;
}

#endif /* PVHV_SCHED_HEAP_H */
