// SPDX-License-Identifier: GPL-2.0
/*
 * CPU hotplug, suspend, reboot, kexec and panic of the host.
 * Side: host.  Called back under the locks of the respective notifier chain.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpuhotplug.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/suspend.h>
#include <asm/smp.h>

#include "cpu.h"
#include "cpugroup.h"
#include "hostdom.h"
#include "hostevents.h"

static int cpuhp_state;

/* Nobody but us brings a taken core on line, nor a thread beside it.  (-EBUSY would be tried again and again.) */
static int hostevents_cpu_prepare(unsigned int cpu)
{
	unsigned int beside = cpugroup_beside(cpu);

	if (cpu_is_taken(cpu))
		pr_info_ratelimited("CPU %u is taken: it cannot go on line before it is given back\n", cpu);
	else if (beside < nr_cpu_ids)
		pr_info_ratelimited("CPU %u shares a physical core with CPU %u, which is taken: give that back first, or take it with --split-smt\n",
				    cpu, beside);
	else
		return 0;
	return -EPERM;
}

/* Also comes before kexec: the next kernel must not find cores that run on its memory. */
static int hostevents_reboot(struct notifier_block *nb, unsigned long event, void *arg)
{
	/* before their end, or one may start behind it */
	cpu_announce_down();
	/* Their disks' requests are done on return. */
	hostdom_end_all(PVHV_END_DESTROYED, "the host goes down");
	cpu_shut();
	if (cpu_any_taken())
		pr_info("all taken cores are stopped: the host goes down\n");
	return NOTIFY_DONE;
}

/*
 * Where a crash kernel is loaded Linux starts it before it calls the panic notifiers, or without them. Before either it stops
 * its own CPUs, and what it calls for that a module can reach. Linux goes first: it may send its NMIs to all CPUs, and while a
 * taken core runs it takes them well; one that waits for its start-up signal ignores them as a processor, but not under QEMU's
 * TCG, where it starts at the reset vector. That Linux has switched off this CPU's APIC by then does not keep it from sending
 * INIT (SDM 3A, 11.4.7.2 'Local APIC State After It Has Been Software Disabled').
 */
static void (*stop_for_crash)(void);

static void hostevents_crash(void)
{
	stop_for_crash();
	cpu_stop_all();
}

static void hostevents_hook_crash(void)
{
	/* none: this Linux knows of no crash kernel */
	stop_for_crash = smp_ops.crash_stop_other_cpus;
	if (stop_for_crash)
		WRITE_ONCE(smp_ops.crash_stop_other_cpus, hostevents_crash);
}

/* A crash that is in hostevents_crash has its interrupts off: the module's memory goes after an RCU grace period. */
static void hostevents_unhook_crash(void)
{
	if (stop_for_crash)
		WRITE_ONCE(smp_ops.crash_stop_other_cpus, stop_for_crash);
}

static int hostevents_panic(struct notifier_block *nb, unsigned long event, void *arg)
{
	cpu_stop_all();
	return NOTIFY_DONE;
}

static int hostevents_pm(struct notifier_block *nb, unsigned long event, void *arg)
{
	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		if (!cpu_forbid_take())
			return NOTIFY_OK;
		pr_info("no suspend while cores are taken: give them back first\n");
		return notifier_from_errno(-EBUSY);
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		cpu_allow_take();
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
}

static struct notifier_block reboot_nb = { .notifier_call = hostevents_reboot };
static struct notifier_block panic_nb = { .notifier_call = hostevents_panic };
static struct notifier_block pm_nb = { .notifier_call = hostevents_pm };

int hostevents_init(void)
{
	int err;

	cpuhp_state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "x86/pvhv:prepare",
						hostevents_cpu_prepare, NULL);
	if (cpuhp_state < 0)
		return cpuhp_state;
	err = register_reboot_notifier(&reboot_nb);
	if (err)
		goto cpuhp;
	err = register_pm_notifier(&pm_nb);
	if (err)
		goto reboot;
	err = atomic_notifier_chain_register(&panic_notifier_list, &panic_nb);
	if (err)
		goto pm;
	hostevents_hook_crash();
	return 0;
pm:
	unregister_pm_notifier(&pm_nb);
reboot:
	unregister_reboot_notifier(&reboot_nb);
cpuhp:
	cpuhp_remove_state_nocalls(cpuhp_state);
	return err;
}

void hostevents_exit(void)
{
	hostevents_unhook_crash();
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_nb);
	unregister_pm_notifier(&pm_nb);
	unregister_reboot_notifier(&reboot_nb);
	cpuhp_remove_state_nocalls(cpuhp_state);
}
