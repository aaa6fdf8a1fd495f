// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the Nth allocation of a piece of kernel text fail (rows H9, B13): no Debian kernel has
 * fault injection. Kprobes on the allocators let the call return an error when it comes from
 * that text, in that process. selftests/dom_fail.c uses it; it is no part of the product.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched.h>

static unsigned long text, size;
module_param(text, ulong, 0644);
MODULE_PARM_DESC(text, "Address of the text whose calls fail");
module_param(size, ulong, 0644);
MODULE_PARM_DESC(size, "Its size in bytes");
static int task;
module_param(task, int, 0644);
MODULE_PARM_DESC(task, "The process whose calls fail");
static int nth;
module_param(nth, int, 0644);
MODULE_PARM_DESC(nth, "The call from now on that fails; counts down to 0, and then there is no more");
static uint failed;
module_param(failed, uint, 0444);
MODULE_PARM_DESC(failed, "How many have failed");

/* What is called, which argument has the flags (-1: none), what it then returns. */
struct fail_point {
	const char *name;
	int flags;
	long result;
	struct kprobe probe;
};

static struct fail_point points[] = {
	{ "__kmalloc", 1, 0 },
	{ "kmalloc_trace", 1, 0 },
	{ "kvmalloc_node", 1, 0 },
	{ "alloc_pages", 0, 0 },
	{ "alloc_pages_exact", 1, 0 },
	{ "get_zeroed_page", 0, 0 },
	{ "__get_free_pages", 0, 0 },
	{ "__kmalloc_noprof", 1, 0 },
	{ "__kmalloc_cache_noprof", 1, 0 },
	{ "__kvmalloc_node_noprof", -1, 0 },
	{ "alloc_pages_noprof", 0, 0 },
	{ "alloc_pages_exact_noprof", 1, 0 },
	{ "get_zeroed_page_noprof", 0, 0 },
	{ "get_free_pages_noprof", 0, 0 },
	{ "mempool_create", -1, 0 },
	{ "mempool_create_node_noprof", -1, 0 },
	{ "kthread_create_on_node", -1, -ENOMEM },
	{ "anon_inode_getfile", -1, -ENOMEM },
	{ "anon_inode_getfd", -1, -ENOMEM },
	{ "get_unused_fd_flags", -1, -EMFILE },
};

/* Where a failed call goes instead. */
static noinline notrace void fail_return(void)
{
	asm volatile("");
}

static bool fail_may(const struct fail_point *p, const struct pt_regs *regs)
{
	unsigned long caller = *(unsigned long *)regs->sp;
	unsigned long flags = p->flags < 0 ? 0 : regs_get_kernel_argument((void *)regs, p->flags);

	return nth && current->tgid == task && caller - text < size && !(flags & __GFP_NOFAIL);
}

static int fail_pre(struct kprobe *k, struct pt_regs *regs)
{
	struct fail_point *p = container_of(k, struct fail_point, probe);

	if (!fail_may(p, regs) || --nth)
		return 0;
	failed++;
	regs->ax = p->result;
	regs->ip = (unsigned long)fail_return;
	return 1;
}

/* Keeps the kernel from making a jump of the probe, which could not change where it goes on. */
static void fail_post(struct kprobe *k, struct pt_regs *regs, unsigned long flags)
{
}

static void fail_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (points[i].probe.addr)
			unregister_kprobe(&points[i].probe);
}

/* Kernels differ in the names of their allocators: those that there are. */
static int __init fail_init(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		struct kprobe *k = &points[i].probe;

		k->symbol_name = points[i].name;
		k->pre_handler = fail_pre;
		k->post_handler = fail_post;
		if (register_kprobe(k))
			k->addr = NULL;
		else
			n++;
	}
	return n ? 0 : -ENOENT;
}

module_init(fail_init);
module_exit(fail_exit);
MODULE_DESCRIPTION("pvhv selftests: allocations that fail");
MODULE_LICENSE("GPL");
