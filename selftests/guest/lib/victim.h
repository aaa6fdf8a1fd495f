/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The mark that the bystander has in all its registers and in memory, for guests that look for it.
 * Side: guest.  Who looks must not have it in a register itself: an interrupt would put it where it looks.
 */
#ifndef GUEST_VICTIM_H
#define GUEST_VICTIM_H

#define VICTIM_MARK	0x5ec2e75ec2e75ec5UL
/* The bystander's page of marks; page tables of other guests may have anything of theirs there. */
#define VICTIM_VA	0x200000000000UL

#endif
