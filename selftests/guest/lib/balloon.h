/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A balloon: frames given back and taken, those in hand filled with what can be checked.
 * Side: guest.
 */
#ifndef GUEST_BALLOON_H
#define GUEST_BALLOON_H

#include "types.h"

struct balloon {
	u64 first, end;		/* gfns that it gives and takes; the test's own pages lie below */
	u64 have;		/* frames of the guest now, all of them */
	u64 at;			/* where it looks next */
	u64 moved;		/* frames, both ways */
	u64 dirty, lost;	/* taken and not zero; given and not as it was filled */
};

void balloon_init(struct balloon *b);
/* Gives or takes up to n frames; the number. */
u64 balloon_give(struct balloon *b, u64 n);
u64 balloon_take(struct balloon *b, u64 n);
/* All frames that it has are as they were filled: counts into lost. */
void balloon_check(struct balloon *b);

#endif
