// SPDX-License-Identifier: GPL-2.0
/*
 * Finds and borrows a page below 1 MiB for the trampoline.
 * Side: host.  Process context; callers serialise borrow and return.
 *
 * Linux reserves all of the first MiB at boot and uses one piece of it, the
 * real-mode blob for its own CPU starts.  That symbol is not exported, but
 * the blob is the only thing there that Linux maps read-only or executable.
 */
#include <linux/gfp.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/pgtable.h>

#include "hv.h"
#include "lowpage.h"
#include "trampoline.h"

#define LOWPAGE_FIRST	0x10	/* the first 64 KiB are the firmware's */
#define LOWPAGE_END	0x9f
#define BLOB_PAGES	16	/* the blob has writable pages behind the recognisable ones */

#define ENTRY_TABLE	(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED)
#define ENTRY_CODE	(_PAGE_PRESENT | _PAGE_ACCESSED)

static unsigned long lowpage;	/* page frame; 0 = none */
static u64 *identity[4];	/* L4 to L1 */
static void *saved;

enum low_use { LOW_ABSENT, LOW_PLAIN, LOW_BLOB };

static enum low_use lowpage_use(unsigned long pfn)
{
	unsigned int level;
	pte_t *pte;

	if (!page_is_ram(pfn))
		return LOW_ABSENT;
	pte = lookup_address((unsigned long)__va(pfn << PAGE_SHIFT), &level);
	if (!pte || !pte_present(*pte))
		return LOW_ABSENT;
	if (!(pte_flags(*pte) & _PAGE_RW))
		return LOW_BLOB;
	if ((__supported_pte_mask & _PAGE_NX) && !(pte_flags(*pte) & _PAGE_NX))
		return LOW_BLOB;
	return LOW_PLAIN;
}

static unsigned long lowpage_find(void)
{
	unsigned long pfn, blob = 0;

	for (pfn = 1; pfn <= LOWPAGE_END && !blob; pfn++)
		if (lowpage_use(pfn) == LOW_BLOB)
			blob = pfn;
	for (pfn = LOWPAGE_FIRST; pfn < LOWPAGE_END; pfn++) {
		if (blob && pfn >= blob && pfn < blob + BLOB_PAGES)
			continue;
		if (lowpage_use(pfn) == LOW_PLAIN && PageReserved(pfn_to_page(pfn)))
			return pfn;
	}
	return 0;
}

int lowpage_init(void)
{
	int i;

	lowpage = lowpage_find();
	if (!lowpage)
		return -ENOENT;
	saved = (void *)__get_free_page(GFP_KERNEL);
	if (!saved)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(identity); i++) {
		identity[i] = (u64 *)get_zeroed_page(GFP_KERNEL);
		if (!identity[i]) {
			lowpage_exit();
			return -ENOMEM;
		}
	}
	identity[0][0] = __pa(identity[1]) | ENTRY_TABLE;
	identity[1][0] = __pa(identity[2]) | ENTRY_TABLE;
	identity[2][0] = __pa(identity[3]) | ENTRY_TABLE;
	identity[3][lowpage] = (lowpage << PAGE_SHIFT) | ENTRY_CODE;
	return 0;
}

void lowpage_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(identity); i++) {
		free_page((unsigned long)identity[i]);
		identity[i] = NULL;
	}
	free_page((unsigned long)saved);
	saved = NULL;
	lowpage = 0;
}

bool lowpage_found(void)
{
	return lowpage;
}

void lowpage_borrow(const struct trampoline_args *args)
{
	char *page = __va(lowpage << PAGE_SHIFT);

	memcpy(saved, page, PAGE_SIZE);
	memcpy(page, trampoline_start, trampoline_end - trampoline_start);
	memcpy(page + (trampoline_args - trampoline_start), args, sizeof(*args));
}

void lowpage_return(void)
{
	memcpy(__va(lowpage << PAGE_SHIFT), saved, PAGE_SIZE);
}

unsigned long lowpage_pfn(void)
{
	return lowpage;
}

u64 lowpage_identity_pa(void)
{
	return __pa(identity[hv.la57 ? 0 : 1]);
}
