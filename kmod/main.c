// SPDX-License-Identifier: GPL-2.0
/*
 * pvhv.ko: load and unload.
 * Side: host.  Fills struct hv_state, which cores read, before any core is taken.
 *
 * The module loads wherever it can be built for; whether the host can give
 * cores away is checked at each take (doctor.c) and can be asked before.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/fpu/xcr.h>
#include <asm/tsc.h>

#include "arch/x86/gate.h"
#include "cpu.h"
#include "dev.h"
#include "doorbell.h"
#include "hostdom.h"
#include "hostevents.h"
#include "hv.h"
#include "hvmap.h"
#include "lowpage.h"
#include "region.h"
#include "sched/state.h"
#include "watchdog.h"

/* x87, SSE, AVX, AVX-512: all without secrets of their own that need more than saving */
#define XCR0_KNOWN	(0x7ULL | 0xe0ULL)
#define XSAVE_MIN	576		/* legacy area and header */
#define CPUID_XSTATE	0xd

static char *sched = "bvt";
module_param(sched, charp, 0444);
MODULE_PARM_DESC(sched, "Scheduling policy: bvt (weights, warp) or rr (round robin)");

static unsigned int gate_order;
static unsigned long gate_copy;

static u64 main_max_mfn(void)
{
	u64 max = 0;
	int nid;

	for_each_online_node(nid)
		max = max_t(u64, max, node_end_pfn(nid));
	return max;
}

static void main_fill_xstate(void)
{
	u32 eax, ebx, ecx, edx;
	int i;

	if (!boot_cpu_has(X86_FEATURE_OSXSAVE))
		return;
	hv.xcr0 = xgetbv(XCR_XFEATURE_ENABLED_MASK) & XCR0_KNOWN;
	hv.xsave_size = XSAVE_MIN;
	for (i = 2; i < 63; i++) {
		if (!(hv.xcr0 & BIT_ULL(i)))
			continue;
		cpuid_count(CPUID_XSTATE, i, &eax, &ebx, &ecx, &edx);
		hv.xsave_size = max(hv.xsave_size, ebx + eax);
	}
}

/* Linux has looked the flaws up; MD_CLEAR: VERW clears what it has to. */
static void main_fill_flaws(void)
{
	hv.ibpb = boot_cpu_has(X86_FEATURE_IBPB);
	hv.verw = boot_cpu_has(X86_FEATURE_MD_CLEAR) &&
		  (boot_cpu_has_bug(X86_BUG_MDS) || boot_cpu_has_bug(X86_BUG_TAA) ||
		   boot_cpu_has_bug(X86_BUG_MMIO_STALE_DATA) || boot_cpu_has_bug(X86_BUG_RFDS));
}

static void main_fill_hv(void)
{
	hv.directmap = PAGE_OFFSET;
	hv.max_mfn = main_max_mfn();
	cpu_set_tsc();
	hv.x2apic = x2apic_mode;
	hv.la57 = !!(__read_cr4() & X86_CR4_LA57);
	hv.apic_va = APIC_BASE;
	main_fill_xstate();
	main_fill_flaws();
}

/* The gate's code in pages of its own: guests have them mapped. */
static int main_copy_gate(void)
{
	unsigned long size = gate_text_end - gate_text_start;

	gate_order = get_order(size);
	gate_copy = __get_free_pages(GFP_KERNEL | __GFP_ZERO, gate_order);
	if (!gate_copy)
		return -ENOMEM;
	memcpy((void *)gate_copy, gate_text_start, size);
	hv.gate_text_pa = __pa(gate_copy);
	hv.gate_text_pages = DIV_ROUND_UP(size, PAGE_SIZE);
	return 0;
}

static int main_init_memory(void)
{
	int err = lowpage_init();

	/* without a low page no core can be taken; the doctor says so */
	if (err && err != -ENOENT)
		return err;
	err = hvmap_init();
	if (err)
		goto lowpage;
	err = region_init();
	if (err)
		goto hvmap;
	err = main_copy_gate();
	if (!err)
		return 0;
	region_exit();
hvmap:
	hvmap_exit();
lowpage:
	lowpage_exit();
	return err;
}

static void main_exit_memory(void)
{
	free_pages(gate_copy, gate_order);
	region_exit();
	hvmap_exit();
	lowpage_exit();
}

static int main_choose_policy(void)
{
	if (!strcmp(sched, "bvt"))
		hv.sched_policy = SCHED_POLICY_BVT;
	else if (!strcmp(sched, "rr"))
		hv.sched_policy = SCHED_POLICY_RR;
	else
		return -EINVAL;
	return 0;
}

static int __init main_init(void)
{
	int err = main_choose_policy();

	if (err) {
		pr_err("there is no scheduling policy '%s': sched=bvt or sched=rr\n", sched);
		return err;
	}
	main_fill_hv();
	err = main_init_memory();
	if (err)
		return err;
	err = doorbell_init();
	if (err)
		goto memory;
	err = hostevents_init();
	if (err)
		goto doorbell;
	err = hostdom_init();
	if (err)
		goto hostevents;
	watchdog_init();
	err = dev_init();
	if (!err)
		return 0;
	watchdog_exit();
	hostdom_exit();
hostevents:
	hostevents_exit();
doorbell:
	doorbell_exit();
memory:
	main_exit_memory();
	return err;
}

/* Taken cores and domains hold the module: there are none. */
static void __exit main_exit(void)
{
	dev_exit();
	watchdog_exit();
	hostdom_exit();
	hostevents_exit();
	doorbell_exit();
	cpu_exit();
	main_exit_memory();
	pr_info("unloaded\n");
}

module_init(main_init);
module_exit(main_exit);
MODULE_DESCRIPTION("Paravirtual hypervisor on cores taken from a running Linux");
MODULE_LICENSE("GPL");
