// SPDX-License-Identifier: GPL-2.0
/*
 * The conditions under which this host can give cores away, each with its remedy.
 * Side: host.  Process context; no locks: nothing here changes while Linux runs, but the CPU count.
 *
 * A check without which the hypervisor cannot work or cannot protect the
 * host fails and prevents every take; the others warn.
 */
#include <linux/cc_platform.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/hypervisor.h>
#include <asm/processor.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>
#include <asm/tsc.h>
#include <pvhv/ioctl.h>

#include "doctor.h"
#include "hv.h"
#include "lowpage.h"

enum verdict { FAILED, GOOD, WARNING };	/* pvhv_check.ok */

#define say(msg, ...)	snprintf(msg, PVHV_MSG_MAX, __VA_ARGS__)

static enum verdict doctor_feature(char *msg, bool have, const char *name, const char *why)
{
	if (have) {
		say(msg, "the CPU has %s", name);
		return GOOD;
	}
	say(msg, "no %s, which %s; use a CPU or VM that has it, or remove the boot parameter that hides it", name, why);
	return FAILED;
}

static enum verdict check_ring0(char *msg)
{
	if (boot_cpu_has(X86_FEATURE_XENPV) || hypervisor_is_type(X86_HYPER_XEN_PV)) {
		say(msg, "this Linux is itself a guest of Xen PV, without ring 0: boot it without Xen");
		return FAILED;
	}
	if (hypervisor_is_type(X86_HYPER_XEN_HVM)) {
		say(msg, "this Linux runs on Xen, which manages its CPUs: boot it without Xen");
		return FAILED;
	}
	if (hypervisor_is_type(X86_HYPER_JAILHOUSE)) {
		say(msg, "this Linux runs in a Jailhouse cell, which cannot start CPUs: disable it");
		return FAILED;
	}
	say(msg, "Linux owns ring 0");
	return GOOD;
}

static enum verdict check_encryption(char *msg)
{
	if (cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT)) {
		say(msg, "this machine is a confidential guest (SEV or TDX): use an ordinary one");
		return FAILED;
	}
	if (cc_platform_has(CC_ATTR_MEM_ENCRYPT)) {
		say(msg, "memory encryption (SME) is on: boot with mem_encrypt=off");
		return FAILED;
	}
	say(msg, "memory is not encrypted");
	return GOOD;
}

static enum verdict check_apic(char *msg)
{
	static const char * const known[] = {
		"flat", "physical flat", "physical x2apic", "cluster x2apic",
	};

	if (!boot_cpu_has(X86_FEATURE_APIC) || !apic) {
		say(msg, "no local APIC: boot without nolapic");
		return FAILED;
	}
	if (match_string(known, ARRAY_SIZE(known), apic->name) < 0) {
		say(msg, "APIC mode '%s' is not known here; on a PC, boot without apic= and hypervisor parameters",
		    apic->name);
		return FAILED;
	}
	say(msg, "APIC mode '%s'", apic->name);
	return GOOD;
}

static enum verdict check_paging(char *msg)
{
	say(msg, "%s-level page tables", hv.la57 ? "five" : "four");
	return GOOD;
}

static enum verdict check_nx(char *msg)
{
	return doctor_feature(msg, boot_cpu_has(X86_FEATURE_NX), "NX", "keeps guest memory from being executed by the hypervisor");
}

static enum verdict check_syscall(char *msg)
{
	return doctor_feature(msg, boot_cpu_has(X86_FEATURE_SYSCALL), "SYSCALL", "is the way of hypercalls");
}

static enum verdict check_smep(char *msg)
{
	return doctor_feature(msg, boot_cpu_has(X86_FEATURE_SMEP), "SMEP", "keeps applications' code out of ring 0 and 1");
}

static enum verdict check_fsgsbase(char *msg)
{
	return doctor_feature(msg, boot_cpu_has(X86_FEATURE_FSGSBASE), "FSGSBASE", "guest kernels need for their GS base");
}

static enum verdict check_xsave(char *msg)
{
	return doctor_feature(msg, boot_cpu_has(X86_FEATURE_OSXSAVE), "XSAVE", "saves the state of guests' registers");
}

static enum verdict check_rdtscp(char *msg)
{
	return doctor_feature(msg, boot_cpu_has(X86_FEATURE_RDTSCP), "RDTSCP", "tells guests' programs the number of their CPU");
}

static enum verdict check_cx16(char *msg)
{
	return doctor_feature(msg, boot_cpu_has(X86_FEATURE_CX16), "CMPXCHG16B", "the hypervisor changes the state of frames with");
}

static enum verdict check_umip(char *msg)
{
	if (boot_cpu_has(X86_FEATURE_UMIP)) {
		say(msg, "the CPU has UMIP");
		return GOOD;
	}
	say(msg, "no UMIP: guests can see where the gate's tables lie (not what is in them)");
	return WARNING;
}

static enum verdict check_tsc(char *msg)
{
	if (!tsc_khz) {
		say(msg, "Linux does not know the TSC's rate: remove notsc, or use a CPU with a TSC");
		return FAILED;
	}
	if (!boot_cpu_has(X86_FEATURE_CONSTANT_TSC) || check_tsc_unstable()) {
		say(msg, "the TSC (%llu kHz) is not constant: guests' clocks may drift; keep the CPUs at one frequency",
		    hv.tsc_khz);
		return WARNING;
	}
	say(msg, "constant TSC, %llu kHz", hv.tsc_khz);
	return GOOD;
}

static enum verdict check_bugs(char *msg)
{
	if (boot_cpu_has_bug(X86_BUG_CPU_MELTDOWN)) {
		say(msg, "this CPU has the Meltdown flaw: a guest's applications can read all memory of their guest, and its kernel more; run trusted guests only");
		return WARNING;
	}
	if (boot_cpu_has_bug(X86_BUG_RETBLEED) || boot_cpu_has_bug(X86_BUG_SRSO)) {
		say(msg, "this CPU's returns can be steered by a guest (Retbleed, SRSO): run trusted guests only");
		return WARNING;
	}
	if (boot_cpu_has_bug(X86_BUG_MDS) && !hv.verw) {
		say(msg, "this CPU leaks what the hypervisor has loaded (MDS): update its microcode, or run trusted guests only");
		return WARNING;
	}
	if (boot_cpu_has_bug(X86_BUG_L1TF) || boot_cpu_has_bug(X86_BUG_MDS)) {
		say(msg, "this CPU leaks between threads (L1TF, MDS): take whole physical cores only");
		return WARNING;
	}
	if (!hv.ibpb && boot_cpu_has_bug(X86_BUG_SPECTRE_V2)) {
		say(msg, "no IBPB: one guest's branches can steer another's on the same core (Spectre v2); update the microcode, or give them cores of their own");
		return WARNING;
	}
	say(msg, "no flaw known that is not dealt with");
	return GOOD;
}

static enum verdict check_lowpage(char *msg)
{
	if (!lowpage_found()) {
		say(msg, "no reserved page below 1 MiB to start cores through: boot without reserve changes to low memory");
		return FAILED;
	}
	say(msg, "cores start through page 0x%lx", lowpage_pfn());
	return GOOD;
}

static enum verdict check_cores(char *msg)
{
	if (num_present_cpus() < 2) {
		say(msg, "this machine has one CPU only: two are needed, one for the host");
		return FAILED;
	}
	say(msg, "%u CPUs, %u on line", num_present_cpus(), num_online_cpus());
	return GOOD;
}

static const struct {
	const char *name;
	enum verdict (*check)(char *msg);
} checks[] = {
	{ "ring 0", check_ring0 },
	{ "memory encryption", check_encryption },
	{ "APIC", check_apic },
	{ "page tables", check_paging },
	{ "NX", check_nx },
	{ "SYSCALL", check_syscall },
	{ "SMEP", check_smep },
	{ "FSGSBASE", check_fsgsbase },
	{ "XSAVE", check_xsave },
	{ "RDTSCP", check_rdtscp },
	{ "CMPXCHG16B", check_cx16 },
	{ "UMIP", check_umip },
	{ "TSC", check_tsc },
	{ "CPU flaws", check_bugs },
	{ "start page", check_lowpage },
	{ "cores", check_cores },
};

int doctor_check(struct pvhv_check *c)
{
	if (c->index >= ARRAY_SIZE(checks))
		return -ENOENT;
	strscpy(c->name, checks[c->index].name, sizeof(c->name));
	c->ok = checks[c->index].check(c->msg);
	return 0;
}

int doctor_require(char *msg)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(checks); i++)
		if (checks[i].check(msg) == FAILED)
			return -EOPNOTSUPP;
	msg[0] = 0;
	return 0;
}
