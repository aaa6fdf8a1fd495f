// SPDX-License-Identifier: GPL-2.0
/*
 * Fills the gate of a core: descriptor tables, page tables, constants.
 * Side: core (called by the host before the core starts, and by the core to
 * change the vCPU pages).
 */
#include "gate.h"
#include "asm.h"
#include "domain.h"
#include "entry.h"

#define PTE_P	1UL
#define PTE_RW	2UL
#define PTE_AD	0x60UL
#define PTE_NX	(1UL << 63)
#define GATE_RX	(PTE_P | PTE_AD)
#define GATE_R	(PTE_P | PTE_AD | PTE_NX)
#define GATE_RWD (PTE_P | PTE_RW | PTE_AD | PTE_NX)

#define IST_NMI	1
#define IST_DF	2
#define IST_MC	3
#define IST_DB	4

struct idt_entry {
	u16 lo, sel;
	u8 ist, attr;
	u16 mid;
	u32 hi, zero;
};

struct tss64 {
	u32 rsvd0;
	u64 rsp[3];
	u64 rsvd1;
	u64 ist[7];
	u64 rsvd2;
	u16 rsvd3, iomap;
} __attribute__((packed));

static u64 gate_va(const char *label)
{
	return PVHV_GATE_BASE + GATE_TEXT + (label - gate_text_start);
}

static void gate_set_idt(struct pcore *c, unsigned int vector, u64 va, u8 ist, u8 dpl)
{
	struct idt_entry *e = (struct idt_entry *)c->idt + vector;

	e->lo = va;
	e->sel = HV_CS;
	e->ist = ist;
	e->attr = 0x8e | dpl << 5;
	e->mid = va >> 16;
	e->hi = va >> 32;
	e->zero = 0;
}

/* Vectors that INT n may reach from ring 3: the guest says which it allows, C refuses the others. */
static void gate_init_idt(struct pcore *c)
{
	unsigned int v;

	for (v = 0; v < 256; v++)
		gate_set_idt(c, v, gate_va(gate_stubs) + 16 * v, 0,
			     v == 3 || v == 4 || v == 0x80 ? 3 : 0);
	gate_set_idt(c, 1, gate_va(gate_db), IST_DB, 0);
	gate_set_idt(c, 2, gate_va(gate_nmi), IST_NMI, 0);
	gate_set_idt(c, 8, gate_va(gate_df), IST_DF, 0);
	gate_set_idt(c, 14, gate_va(gate_pf), 0, 0);
	gate_set_idt(c, 18, gate_va(gate_mc), IST_MC, 0);
}

/* The guest's part is laid out as Linux does; accessed bits are preset since the table is read-only. */
static void gate_init_gdt(struct pcore *c)
{
	u64 *gdt = c->gdt, tss = PVHV_GATE_BASE + GATE_TSS;

	gdt[PVHV_KERNEL_CS >> 3] = 0x00afbb000000ffff;	/* code64, DPL 1 */
	gdt[PVHV_KERNEL_DS >> 3] = 0x00cfb3000000ffff;	/* data, DPL 1 */
	gdt[PVHV_USER32_CS >> 3] = 0x00cffb000000ffff;
	gdt[PVHV_USER_DS >> 3] = 0x00cff3000000ffff;
	gdt[PVHV_USER_CS >> 3] = 0x00affb000000ffff;
	gdt[HV_TSS >> 3] = (sizeof(struct tss64) - 1) | (tss & 0xffffff) << 16 |
			   0x89UL << 40 | (tss >> 24 & 0xff) << 56;
	gdt[(HV_TSS >> 3) + 1] = tss >> 32;
	gdt[HV_CS >> 3] = 0x00af9b000000ffff;
	gdt[HV_DS >> 3] = 0x00cf93000000ffff;
}

static void gate_init_tss(struct pcore *c)
{
	struct tss64 *t = c->tss;

	t->rsp[0] = PVHV_GATE_BASE + GATE_STACK_TOP;
	t->ist[IST_NMI - 1] = PVHV_GATE_BASE + GATE_IST_NMI_TOP;
	t->ist[IST_DF - 1] = PVHV_GATE_BASE + GATE_IST_DF + HV_PAGE_SIZE;
	t->ist[IST_MC - 1] = PVHV_GATE_BASE + GATE_IST_MC + HV_PAGE_SIZE;
	t->ist[IST_DB - 1] = PVHV_GATE_BASE + GATE_IST_DB_TOP;
	t->iomap = sizeof(*t);		/* beyond the limit: no port is allowed */
}

static void gate_map(struct pcore *c, u64 offset, const void *page, u64 flags)
{
	c->gate_l1[offset >> HV_PAGE_SHIFT] = hv_pa(page) | flags;
}

static u64 gate_table(const void *table)
{
	return hv_pa(table) | PTE_P | PTE_RW | PTE_AD;
}

static void gate_init_tables(struct pcore *c)
{
	u32 i;

	for (i = 0; i < hv.gate_text_pages; i++)
		c->gate_l1[i] = (hv.gate_text_pa + i * HV_PAGE_SIZE) | GATE_RX;
	gate_map(c, GATE_IDT, c->idt, GATE_R);
	gate_map(c, GATE_GDT, c->gdt, GATE_R);
	gate_map(c, GATE_TSS, c->tss, GATE_R);
	gate_map(c, GATE_RO, c->ro, GATE_R);
	gate_map(c, GATE_RW, c->rw, GATE_RWD);
	gate_map(c, GATE_STACK, c->entry_stack, GATE_RWD);
	gate_map(c, GATE_IST_NMI, c->ist_stack[0], GATE_RWD);
	gate_map(c, GATE_IST_DF, c->ist_stack[1], GATE_RWD);
	gate_map(c, GATE_IST_MC, c->ist_stack[2], GATE_RWD);
	gate_map(c, GATE_IST_DB, c->ist_stack[3], GATE_RWD);
	c->gate_l2[0] = gate_table(c->gate_l1);
	c->gate_l3[0] = gate_table(c->gate_l2);
	/* the hypervisor sees one page more */
	c->hv_l1[0] = hv_pa(c->hvp) | GATE_R;
	c->hv_l2[0] = c->gate_l2[0];
	c->hv_l2[GATE_HV >> 21] = gate_table(c->hv_l1);
	c->hv_l3[0] = gate_table(c->hv_l2);
	c->l4[PVHV_HV_SLOT_FIRST] = gate_table(c->hv_l3);
}

u64 gate_slot(const struct pcore *c)
{
	return gate_table(c->gate_l3);
}

void gate_init(struct pcore *c)
{
	gate_init_idt(c);
	gate_init_gdt(c);
	gate_init_tss(c);
	gate_init_tables(c);
	c->ro->hv_cr3 = hv_pa(c->root);
	c->ro->verw = hv.verw ? HV_DS : 0;
	c->hvp->exit = (u64)hv_exit;
	c->hvp->trap = (u64)hv_trap_entry;
	c->hvp->core = c;
}

void gate_set_vcpu(struct pcore *c, const struct vcpu *v)
{
	u64 *gdt = c->gdt;
	int i;

	if (!v) {
		c->gate_l1[GATE_VCPU >> HV_PAGE_SHIFT] = 0;
		c->gate_l1[GATE_ARGS >> HV_PAGE_SHIFT] = 0;
		c->gate_l1[GATE_VCPU_RO >> HV_PAGE_SHIFT] = 0;
		return;
	}
	gate_map(c, GATE_VCPU, v->page, GATE_RWD);
	gate_map(c, GATE_ARGS, v->args, GATE_RWD);
	gate_map(c, GATE_VCPU_RO, v->ro, GATE_R);
	for (i = 0; i < PVHV_TLS_COUNT; i++)
		gdt[PVHV_TLS_FIRST + i] = v->tls[i];
	/* limit = vCPU number, for the vdso's getcpu */
	gdt[PVHV_CPUNODE_SEL >> 3] = 0x0040f50000000000 | v->id;
}
