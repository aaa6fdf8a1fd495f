// SPDX-License-Identifier: GPL-2.0
/*
 * Life of a taken core: set-up of the CPU, then the run loop: mailbox,
 * wake-ups, guests, idle.
 * Side: core.  Interrupts are on only in guests and in idle.
 */
#include "core.h"
#include "apic.h"
#include "asm.h"
#include "entry.h"
#include "gate.h"
#include "lockorder.h"
#include "log.h"
#include "mailbox_core.h"
#include "vcpu.h"
#include "sched/sched.h"

struct hv_state hv;

_Static_assert(__builtin_offsetof(struct pcore, saved_rsp) == PCORE_SAVED_RSP, "entry.h");
_Static_assert(__builtin_offsetof(struct pcore, frame) == PCORE_FRAME, "entry.h");
_Static_assert(__builtin_offsetof(struct pcore, exit_cr3) == PCORE_EXIT_CR3, "entry.h");
_Static_assert(__builtin_offsetof(struct pcore, exit_cr2) == PCORE_EXIT_CR2, "entry.h");

struct dtr {
	u16 limit;
	u64 base;
} __attribute__((packed));

/* CR4 of the host (LA57 cannot change any more), less what would let a guest past the gate: no PGE, PCIDE, SMAP, VMXE, PKE, CET, TSD, PCE, PVI, VME. */
static void core_init_cr4(struct pcore *c)
{
	WRITE_CR(4, CR4_PAE_ | CR4_DE_ | CR4_OSFXSR_ | CR4_OSXMMEXCPT_ | CR4_OSXSAVE_ |
		    CR4_FSGSBASE_ | CR4_SMEP_ | (c->host_cr4 & (CR4_MCE_ | CR4_UMIP_ | CR4_LA57_)));
}

static void core_reload_segments(void)
{
	asm volatile("pushq %0\n\t"
		     "leaq 1f(%%rip), %%rax\n\t"
		     "pushq %%rax\n\t"
		     "lretq\n"
		     "1:\tmovl %1, %%eax\n\t"
		     "movl %%eax, %%ss\n\t"
		     "xorl %%eax, %%eax\n\t"
		     "movl %%eax, %%ds\n\t"
		     "movl %%eax, %%es\n\t"
		     "movl %%eax, %%fs\n\t"
		     "movl %%eax, %%gs\n\t"
		     "lldt %%ax"
		     : : "i"(HV_CS), "i"(HV_DS) : "rax", "memory");
}

/* IDT first: a fault before it resets the machine.  LTR marks the TSS busy: through the writable alias. */
static void core_init_tables(struct pcore *c)
{
	struct dtr idt = { 4095, PVHV_GATE_BASE + GATE_IDT };
	struct dtr gdt = { HV_GDT_ENTRIES * 8 - 1, (u64)c->gdt };
	u64 *desc = (u64 *)c->gdt + (HV_TSS >> 3);

	asm volatile("lgdt %0" : : "m"(gdt));
	core_reload_segments();
	asm volatile("lidt %0" : : "m"(idt));
	*desc &= ~(2ULL << 40);		/* available, also after a restart */
	asm volatile("ltr %w0" : : "r"(HV_TSS));
	gdt.base = PVHV_GATE_BASE + GATE_GDT;
	asm volatile("lgdt %0" : : "m"(gdt));
}

static void core_init_msrs(void)
{
	u64 base = PVHV_GATE_BASE + GATE_TEXT;

	wrmsr(MSR_EFER_, rdmsr(MSR_EFER_) | EFER_SCE_ | EFER_NXE_);
	/* SYSRET: CS = 0x23 + 16, SS = 0x23 + 8; SYSCALL: CS = HV_CS, SS = HV_DS */
	wrmsr(MSR_STAR_, (u64)PVHV_USER32_CS << 48 | (u64)HV_CS << 32);
	wrmsr(MSR_LSTAR_, base + (gate_syscall - gate_text_start));
	wrmsr(MSR_CSTAR_, base + (gate_syscall32 - gate_text_start));
	wrmsr(MSR_FMASK_, HV_FMASK);
	wrmsr(MSR_SYSENTER_CS_, 0);
	wrmsr(MSR_FS_BASE_, 0);
	wrmsr(MSR_GS_BASE_, 0);
	wrmsr(MSR_KERNEL_GS_BASE_, 0);
	asm volatile("xsetbv" : : "c"(0), "a"((u32)hv.xcr0), "d"((u32)(hv.xcr0 >> 32)));
	WRITE_DR(7, 0x400);
}

static void core_init(struct pcore *c)
{
	int i;

	core_init_tables(c);
	core_init_cr4(c);
	core_init_msrs();
	/* the trampoline's identity mapping goes; CR4.PGE is clear, so this drops everything */
	c->root[0] = 0;
	WRITE_CR(3, hv_pa(c->root));
	for (i = 0; i < PCORE_ROOTS; i++)
		c->roots[i].mfn = ~0ULL;
	c->run_tsc = 0;
	c->idle_tsc = 0;
	c->current_vcpu = NULL;
	c->in_guest = 0;
	c->locks = 0;
	sched_init(c);
	apic_init(c);
}

u32 core_name(void)
{
	return this_core()->name;
}

bool core_waits_in_vain(u32 name)
{
	this_core()->heartbeat++;
	return __atomic_load_n(&hv.up[name % HV_MAX_CORES], __ATOMIC_ACQUIRE) != name;
}

void core_locks(u32 lock)
{
	struct pcore *c = this_core();

	if (!lockorder_take(&c->locks, lock))
		core_panic("lock %u is wanted by a core that has %u", lock, c->locks);
}

void core_unlocks(u32 lock)
{
	this_core()->locks &= ~lock;
}

void core_waits_for_exit(void)
{
	u32 locks = this_core()->locks;

	if (locks & CORE_LOCK_ROOTS)
		core_panic("a core that has lock %u waits for another one's exit", locks);
}

static void core_beat(struct pcore *c)
{
	c->heartbeat++;
	c->hv_tsc = rdtsc_ordered_() - c->start_tsc - c->run_tsc - c->idle_tsc;
}

/* Nothing to run: sleep until an interrupt.  STI takes effect after HLT began. */
static void core_idle(struct pcore *c)
{
	u64 t0 = rdtsc_ordered_();

	if (sched_idle_begin(c))
		asm volatile("sti; hlt; cli" : : : "memory");
	sched_idle_end(c);
	c->idle_tsc += rdtsc_ordered_() - t0;
}

void core_main(struct pcore *c)
{
	core_init(c);
	__atomic_store_n(&c->state, PCORE_ALIVE, __ATOMIC_RELEASE);
	c->start_tsc = rdtsc_ordered_();
	for (;;) {
		struct vcpu *v;

		core_beat(c);
		/* before the looks below: what is set after them rings again */
		__atomic_store_n(&c->doorbell, 0, __ATOMIC_SEQ_CST);
		mailbox_poll(c);
		sched_scan(c);
		v = sched_pick(c);
		if (v)
			vcpu_run(c, v);
		else
			core_idle(c);
	}
}
