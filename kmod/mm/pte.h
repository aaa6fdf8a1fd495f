/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bits of page-table entries, and what a guest may put into them.
 * Side: core (functions of their arguments and of hv.max_mfn).
 */
#ifndef PVHV_MM_PTE_H
#define PVHV_MM_PTE_H

#include "hv.h"
#include <pvhv/vcpu.h>

#define PTE_P		(1ULL << 0)
#define PTE_RW		(1ULL << 1)
#define PTE_US		(1ULL << 2)
#define PTE_PWT		(1ULL << 3)
#define PTE_PCD		(1ULL << 4)
#define PTE_A		(1ULL << 5)
#define PTE_D		(1ULL << 6)
#define PTE_PSE		(1ULL << 7)	/* PAT in an L1 entry */
#define PTE_G		(1ULL << 8)
#define PTE_NX		(1ULL << 63)
#define PTE_ADDR	0x000ffffffffff000ULL

/*
 * Refused in a present entry: large pages, every memory type but write-back,
 * protection keys (62:59; 58:52 are the guest's).
 */
#define PTE_REFUSED	(PTE_PWT | PTE_PCD | PTE_PSE | (0xfULL << 59))
/* A change of these, or of the address, is more than bookkeeping. */
#define PTE_RIGHTS	(PTE_P | PTE_RW | PTE_US)

#define PT_ENTRIES	512

static inline mfn_t pte_mfn(u64 e)
{
	return MFN((e & PTE_ADDR) >> HV_PAGE_SHIFT);
}

static inline int pte_same_frame(u64 a, u64 b)
{
	return !((a ^ b) & PTE_ADDR);
}

/* Index into the table of that level. */
static inline unsigned int pte_index(u64 va, unsigned int level)
{
	return (va >> (HV_PAGE_SHIFT + 9 * (level - 1))) & (PT_ENTRIES - 1);
}

/* Canonical and outside of the hypervisor's slots. */
static inline int pte_va_ok(u64 va)
{
	unsigned int slot = pte_index(va, 4);

	if ((u64)((s64)(va << 16) >> 16) != va)
		return 0;
	return slot < PVHV_HV_SLOT_FIRST || slot > PVHV_HV_SLOT_LAST;
}

static inline int pte_hv_slot(unsigned int level, unsigned int index)
{
	return level == 4 && index >= PVHV_HV_SLOT_FIRST && index <= PVHV_HV_SLOT_LAST;
}

/*
 * What is stored for a present entry: not global (a switch of the root must
 * drop it), and nothing of the upper half is the application's (the gate
 * tells kernel from application by the top bit of RIP).
 */
static inline u64 pte_sanitise(u64 e, unsigned int level, unsigned int index)
{
	if (!(e & PTE_P))
		return e;
	e &= ~PTE_G;
	if (level == 4 && index >= PT_ENTRIES / 2)
		e &= ~PTE_US;
	return e;
}

/*
 * L1TF: a CPU that has it reads what the address of an entry that is not present names out of its L1
 * cache, speculatively, whosever that frame is; in an entry with PSE, all of a large page. So such an
 * entry has no PSE, and its address is zero or beyond all memory, also in the 44 bits that the
 * smallest of these caches compare. Linux inverts the addresses of its own (swap, PROT_NONE).
 */
#define PTE_L1D_ADDR	(PTE_ADDR & ((1ULL << 44) - 1))

static inline int pte_absent_ok(u64 e)
{
	if (e & PTE_PSE)
		return 0;
	return !(e & PTE_ADDR) || (e & PTE_L1D_ADDR) >> HV_PAGE_SHIFT >= hv.max_mfn;
}

/* The value that an update command makes of an entry; cmd is one of PVHV_MMU_*. */
static inline u64 pte_command(unsigned int cmd, u64 old, u64 val)
{
	switch (cmd) {
	case PVHV_MMU_SET:
		return val;
	case PVHV_MMU_SET_KEEP_AD:
		/* bits of an entry that is not present mean something else */
		return old & val & PTE_P ? val | (old & (PTE_A | PTE_D)) : val;
	case PVHV_MMU_CLEAR_RW:
		return old & PTE_P ? old & ~PTE_RW : old;
	case PVHV_MMU_CLEAR_A:
		return old & PTE_P ? old & ~PTE_A : old;
	default:
		return 0;
	}
}

/* old was present: may a TLB hold more than new grants? */
static inline int pte_takes_away(u64 old, u64 new)
{
	return (old & ~new & (PTE_RIGHTS | PTE_D)) || (new & ~old & PTE_NX) ||
	       !pte_same_frame(old, new);
}

static inline u64 pte_read(const u64 *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline void pte_write(u64 *p, u64 val)
{
	__atomic_store_n(p, val, __ATOMIC_RELEASE);
}

/* Keeps accessed and dirty bits that the processor sets meanwhile. */
static inline int pte_cmpxchg(u64 *p, u64 *old, u64 new)
{
	return __atomic_compare_exchange_n(p, old, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

#endif /* PVHV_MM_PTE_H */
