// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/pvhv: dispatch of the control file's ioctls.
 * Side: host.  Process context; takes no locks itself.
 *
 * Who may open the file may ask; what takes cores or memory from the host
 * needs CAP_SYS_ADMIN in the first user namespace.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "cpu.h"
#include "dev.h"
#include "doctor.h"
#include "domain_ioctl.h"
#include "ioctl_copy.h"
#include <pvhv/ioctl.h>
#include <pvhv/layout.h>

static bool selftest;
module_param(selftest, bool, 0444);
MODULE_PARM_DESC(selftest, "Allows commands to taken cores that stop them, for the self tests");

static long dev_cpu(void __user *arg, bool take)
{
	struct pvhv_cpu a;
	u32 size;
	int err;

	err = ioctl_copy_in(&a, sizeof(a), arg, &size);
	if (err)
		return err;
	if (a.reserved || (!take && a.flags))
		return -EINVAL;
	memset(a.msg, 0, sizeof(a.msg));
	err = take ? cpu_take(a.cpu, a.flags, a.msg) : cpu_give(a.cpu, a.msg);
	return ioctl_copy_out(arg, size, &a, sizeof(a)) ?: err;
}

static long dev_cpu_info(void __user *arg)
{
	struct pvhv_cpu_info a, in;
	u32 size;
	int err;

	err = ioctl_copy_in(&in, sizeof(in), arg, &size);
	if (err)
		return err;
	if (memchr_inv(in.reserved, 0, sizeof(in.reserved)))
		return -EINVAL;
	memset(&a, 0, sizeof(a));
	a.size = size;
	a.cpu = in.cpu;
	err = cpu_get_info(&a);
	return err ?: ioctl_copy_out(arg, size, &a, sizeof(a));
}

static long dev_check(void __user *arg)
{
	struct pvhv_check a;
	u32 size;
	int err;

	err = ioctl_copy_in(&a, sizeof(a), arg, &size);
	if (err)
		return err;
	if (a.reserved)
		return -EINVAL;
	memset(a.name, 0, sizeof(a.name));
	memset(a.msg, 0, sizeof(a.msg));
	err = doctor_check(&a);
	return err ?: ioctl_copy_out(arg, size, &a, sizeof(a));
}

static long dev_core_cmd(void __user *arg)
{
	struct pvhv_core_cmd a;
	u32 size;
	int err;

	if (!selftest)
		return -ENOTTY;
	err = ioctl_copy_in(&a, sizeof(a), arg, &size);
	if (err)
		return err;
	if (a.reserved)
		return -EINVAL;
	switch (a.cmd) {
	case PVHV_CORE_ECHO:
	case PVHV_CORE_PARK:
	case PVHV_CORE_SIGNAL:
	case PVHV_CORE_WEDGE:
	case PVHV_CORE_CRASH:
		break;
	default:
		return -EINVAL;
	}
	a.ret = 0;
	err = cpu_command(a.cpu, a.cmd, a.arg, &a.ret);
	return err ?: ioctl_copy_out(arg, size, &a, sizeof(a));
}

static long dev_domid(void __user *arg, long (*fn)(u32 id))
{
	u32 id;

	if (get_user(id, (u32 __user *)arg))
		return -EFAULT;
	return fn(id);
}

/* ioctl structs may grow, so the size that is encoded in a number does not tell one from another. */
#define NUMBER(cmd)	((cmd) & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT))

static bool dev_privileged(unsigned int number)
{
	switch (number) {
	case NUMBER(PVHV_IOC_VERSION):
	case NUMBER(PVHV_IOC_CPU_INFO):
	case NUMBER(PVHV_IOC_CHECK):
	case NUMBER(PVHV_IOC_DOM_INFO):
		return false;
	default:
		return true;
	}
}

static long dev_dispatch(unsigned int number, void __user *arg)
{
	switch (number) {
	case NUMBER(PVHV_IOC_VERSION):
		return PVHV_ABI_VERSION;
	case NUMBER(PVHV_IOC_CPU_TAKE):
		return dev_cpu(arg, true);
	case NUMBER(PVHV_IOC_CPU_GIVE):
		return dev_cpu(arg, false);
	case NUMBER(PVHV_IOC_CPU_INFO):
		return dev_cpu_info(arg);
	case NUMBER(PVHV_IOC_CHECK):
		return dev_check(arg);
	case NUMBER(PVHV_IOC_CORE_CMD):
		return dev_core_cmd(arg);
	case NUMBER(PVHV_IOC_DOM_CREATE):
		return domain_ioctl_create(arg);
	case NUMBER(PVHV_IOC_DOM_INFO):
		return domain_ioctl_info(arg);
	case NUMBER(PVHV_IOC_DOM_DESTROY):
		return dev_domid(arg, domain_ioctl_destroy);
	case NUMBER(PVHV_IOC_DOM_CONSOLE):
		return dev_domid(arg, domain_ioctl_console);
	default:
		return -ENOTTY;
	}
}

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	unsigned int number = NUMBER(cmd);

	if (_IOC_TYPE(cmd) != 'V' || _IOC_NR(cmd) > _IOC_NR(PVHV_IOC_CORE_CMD))
		return -ENOTTY;
	if (dev_privileged(number) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	return dev_dispatch(number, (void __user *)arg);
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
