// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/pvhv: dispatch of the control file's ioctls.
 * Side: host.  Process context; takes no locks itself.
 *
 * Parts of the module that guests' users reach while a guest runs have their rows here, too.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "cpu.h"
#include "dev.h"
#include "disk_ioctl.h"
#include "doctor.h"
#include "domain_ioctl.h"
#include "io/vnet.h"
#include "domain_sched.h"
#include "ioctl_table.h"
#include "mem_ioctl.h"
#include <pvhv/ioctl.h>
#include <pvhv/ioctl_disk.h>
#include <pvhv/ioctl_mem.h>
#include <pvhv/ioctl_net.h>
#include <pvhv/ioctl_sched.h>
#include <pvhv/layout.h>

static bool selftest;
module_param(selftest, bool, 0444);
MODULE_PARM_DESC(selftest, "Allows commands to taken cores that stop them, for the self tests");

static long dev_version(void *ctx, unsigned long arg)
{
	return PVHV_ABI_VERSION;
}

static long dev_cpu_take(void *ctx, void *arg)
{
	struct pvhv_cpu *a = arg;

	if (a->reserved)
		return -EINVAL;
	memset(a->msg, 0, sizeof(a->msg));
	return cpu_take(a->cpu, a->cpus, a->flags, a->msg);
}

static long dev_cpu_give(void *ctx, void *arg)
{
	struct pvhv_cpu *a = arg;

	if (a->reserved || a->flags)
		return -EINVAL;
	memset(a->msg, 0, sizeof(a->msg));
	return cpu_give(a->cpu, a->cpus, a->msg);
}

static long dev_cpu_info(void *ctx, void *arg)
{
	struct pvhv_cpu_info *a = arg;
	u32 cpu = a->cpu;

	if (memchr_inv(a->reserved, 0, sizeof(a->reserved)))
		return -EINVAL;
	memset(a, 0, sizeof(*a));
	a->cpu = cpu;
	return cpu_get_info(a);
}

static long dev_check(void *ctx, void *arg)
{
	struct pvhv_check *a = arg;

	if (a->reserved)
		return -EINVAL;
	memset(a->name, 0, sizeof(a->name));
	memset(a->msg, 0, sizeof(a->msg));
	return doctor_check(a);
}

static long dev_core_cmd(void *ctx, void *arg)
{
	struct pvhv_core_cmd *a = arg;

	if (a->reserved)
		return -EINVAL;
	switch (a->cmd) {
	case PVHV_CORE_ECHO:
	case PVHV_CORE_PARK:
	case PVHV_CORE_SIGNAL:
	case PVHV_CORE_WEDGE:
	case PVHV_CORE_CRASH:
		break;
	default:
		return -EINVAL;
	}
	a->ret = 0;
	return cpu_command(a->cpu, a->cmd, a->arg, &a->ret);
}

/* What only tells is for everybody who may open the file; the rest takes cores or memory from the host. */
static long dev_net_info(void *ctx, void *arg)
{
	return vnet_get_info(arg);
}

static const struct ioctl_call dev_calls[] = {
	{ PVHV_IOC_VERSION, .raw = dev_version },
	{ PVHV_IOC_CPU_TAKE, true, sizeof(struct pvhv_cpu), dev_cpu_take },
	{ PVHV_IOC_CPU_GIVE, true, sizeof(struct pvhv_cpu), dev_cpu_give },
	{ PVHV_IOC_CPU_INFO, false, sizeof(struct pvhv_cpu_info), dev_cpu_info },
	{ PVHV_IOC_CHECK, false, sizeof(struct pvhv_check), dev_check },
	{ PVHV_IOC_DOM_CREATE, true, .raw = domain_ioctl_create },
	{ PVHV_IOC_DOM_INFO, false, sizeof(struct pvhv_dom_info), domain_ioctl_info },
	{ PVHV_IOC_DOM_DESTROY, true, .raw = domain_ioctl_destroy },
	{ PVHV_IOC_DOM_CONSOLE, true, .raw = domain_ioctl_console },
	{ PVHV_IOC_DISK_ATTACH, true, sizeof(struct pvhv_disk_attach), disk_ioctl_attach },
	{ PVHV_IOC_DISK_DETACH, true, sizeof(struct pvhv_disk_detach), disk_ioctl_detach },
	{ PVHV_IOC_DISK_RESIZE, true, sizeof(struct pvhv_disk_resize), disk_ioctl_resize },
	{ PVHV_IOC_DISK_LIMITS, true, sizeof(struct pvhv_disk_limits), disk_ioctl_limits },
	{ PVHV_IOC_DISK_INFO, false, sizeof(struct pvhv_disk_info), disk_ioctl_info },
	{ PVHV_IOC_MEM_SET, true, sizeof(struct pvhv_mem_set), mem_ioctl_set },
	{ PVHV_IOC_MEM_INFO, false, sizeof(struct pvhv_mem_info), mem_ioctl_info },
	{ PVHV_IOC_MEM_HOST, false, sizeof(struct pvhv_mem_host), mem_ioctl_host },
	{ PVHV_IOC_VCPU_INFO, false, sizeof(struct pvhv_vcpu_info), mem_ioctl_vcpu },
	{ PVHV_IOC_VDEV_INFO, false, sizeof(struct pvhv_vdev_info), mem_ioctl_vdev },
	{ PVHV_IOC_NET_INFO, false, sizeof(struct pvhv_net_info), dev_net_info },
	{ PVHV_IOC_SCHED_GET, false, sizeof(struct pvhv_sched), sched_ioctl_get },
	{ PVHV_IOC_SCHED_SET, true, sizeof(struct pvhv_sched), sched_ioctl_set },
	{ PVHV_IOC_PAUSE, true, .raw = sched_ioctl_pause },
	{ PVHV_IOC_UNPAUSE, true, .raw = sched_ioctl_unpause },
	{ PVHV_IOC_PIN, true, sizeof(struct pvhv_pin), sched_ioctl_pin },
	{ PVHV_IOC_VCPU_SET, true, sizeof(struct pvhv_vcpu_set), sched_ioctl_vcpu_set },
	{ PVHV_IOC_VCPU_STATE, false, sizeof(struct pvhv_vcpu_state), sched_ioctl_vcpu_state },
};

/* Unknown unless the module was loaded for self tests. */
static const struct ioctl_call dev_selftest_calls[] = {
	{ PVHV_IOC_CORE_CMD, true, sizeof(struct pvhv_core_cmd), dev_core_cmd },
};

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long ret = ioctl_table_call(dev_calls, ARRAY_SIZE(dev_calls), NULL, cmd, arg);

	if (ret == -ENOTTY && selftest)
		ret = ioctl_table_call(dev_selftest_calls, ARRAY_SIZE(dev_selftest_calls), NULL,
				       cmd, arg);
	return ret;
}

static const struct file_operations dev_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= dev_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice dev_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "pvhv",
	.mode	= 0660,
	.fops	= &dev_fops,
};

int dev_init(void)
{
	return misc_register(&dev_misc);
}

void dev_exit(void)
{
	misc_deregister(&dev_misc);
}
