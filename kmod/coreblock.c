// SPDX-License-Identifier: GPL-2.0
/*
 * Allocates, lays out and frees a core's own memory.
 * Side: host.  Process context.
 *
 * The hypervisor's stack has a guard page: a page of the same allocation
 * below it that the hypervisor's tables do not map.
 */
#include <linux/mm.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/apic.h>
#include <asm/tlbflush.h>

#include "arch/x86/gate.h"
#include "coreblock.h"
#include "hvmap.h"
#include "pcore.h"

#define STACK_PAGES	4
#define STACK_BYTES	((STACK_PAGES + 1) * PAGE_SIZE)	/* with the guard page */
#define PCORE_ORDER	get_order(sizeof(struct pcore))

static int coreblock_alloc_stack(struct pcore *c)
{
	char *base = alloc_pages_exact(STACK_BYTES, GFP_KERNEL | __GFP_ZERO);
	int i;

	if (!base)
		return -ENOMEM;
	for (i = 1; i <= STACK_PAGES; i++) {
		if (hvmem_map(virt_to_page(base + i * PAGE_SIZE), 0))
			goto unmap;
	}
	c->stack = base + PAGE_SIZE;
	c->stack_top = (u64)base + STACK_BYTES;
	return 0;
unmap:
	while (--i > 0)
		hvmem_unmap_noflush(virt_to_page(base + i * PAGE_SIZE), 0);
	hvmem_flush();
	free_pages_exact(base, STACK_BYTES);
	return -ENOMEM;
}

static void coreblock_free_stack(struct pcore *c)
{
	char *base = c->stack;
	int i;

	if (!base)
		return;
	for (i = 0; i < STACK_PAGES; i++)
		hvmem_unmap_noflush(virt_to_page(base + i * PAGE_SIZE), 0);
	hvmem_flush();
	free_pages_exact(base - PAGE_SIZE, STACK_BYTES);
}

/* The pages named in struct pcore, by the address of their field. */
#define CORE_PAGES(c) {							\
	(void **)&(c)->gate_l3, (void **)&(c)->gate_l2,			\
	(void **)&(c)->gate_l1, (void **)&(c)->hv_l3,			\
	(void **)&(c)->hv_l2, (void **)&(c)->hv_l1,			\
	(void **)&(c)->hvp, &(c)->idt, &(c)->gdt, &(c)->tss,	\
	(void **)&(c)->ro, (void **)&(c)->rw, &(c)->entry_stack,	\
	&(c)->ist_stack[0], &(c)->ist_stack[1], &(c)->ist_stack[2],	\
	&(c)->ist_stack[3] }

#define L5_KERNEL	0x63	/* present, writable, accessed, dirty */
#define L5_USER		0x67

/* Each half of the guest's L4 appears at one end of the address space and nowhere else. */
static int coreblock_alloc_root(struct root_slot *s)
{
	s->mfn = ~0ULL;
	s->half[0] = hvmem_alloc(0);
	s->half[1] = hv.la57 ? hvmem_alloc(0) : s->half[0];
	s->l5 = hv.la57 ? hvmem_alloc(0) : NULL;
	if (!s->half[0] || !s->half[1] || (hv.la57 && !s->l5))
		return -ENOMEM;
	if (s->l5) {
		s->l5[0] = hv_pa(s->half[0]) | L5_USER;
		s->l5[511] = hv_pa(s->half[1]) | L5_KERNEL;
	}
	s->cr3 = hv_pa(s->l5 ?: s->half[0]);
	return 0;
}

static void coreblock_free_root(struct root_slot *s)
{
	hvmem_free(s->l5, 0);
	if (s->half[1] != s->half[0])
		hvmem_free(s->half[1], 0);
	hvmem_free(s->half[0], 0);
}

static int coreblock_alloc_pages(struct pcore *c)
{
	void **page[] = CORE_PAGES(c);
	int i;

	/* the trampoline loads CR3 with 32 bits */
	c->root = hvmem_alloc_low(0);
	c->l4 = hv.la57 ? hvmem_alloc(0) : c->root;
	if (!c->root || !c->l4)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(page); i++) {
		*page[i] = hvmem_alloc(0);
		if (!*page[i])
			return -ENOMEM;
	}
	for (i = 0; i < PCORE_ROOTS; i++)
		if (coreblock_alloc_root(&c->roots[i]))
			return -ENOMEM;
	return coreblock_alloc_stack(c);
}

struct pcore *coreblock_alloc(unsigned int cpu, unsigned int index)
{
	struct pcore *c = hvmem_alloc(PCORE_ORDER);

	if (!c)
		return NULL;
	c->state = PCORE_STARTING;
	c->cpu = cpu;
	c->apicid = per_cpu(x86_cpu_to_apicid, cpu);
	c->index = index;
	c->host_cr4 = __read_cr4();
	c->timer_armed = ~0ULL;
	if (coreblock_alloc_pages(c)) {
		coreblock_free(c);
		return NULL;
	}
	hvmap_fill_root(c);
	gate_init(c);
	return c;
}

void coreblock_free(struct pcore *c)
{
	void **page[] = CORE_PAGES(c);
	int i;

	coreblock_free_stack(c);
	for (i = 0; i < PCORE_ROOTS; i++)
		coreblock_free_root(&c->roots[i]);
	for (i = 0; i < ARRAY_SIZE(page); i++)
		hvmem_free(*page[i], 0);
	if (c->l4 != c->root)
		hvmem_free(c->l4, 0);
	hvmem_free(c->root, 0);
	hvmem_free(c, PCORE_ORDER);
}
