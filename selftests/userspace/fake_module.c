// SPDX-License-Identifier: GPL-2.0
/*
 * A stand-in for the module, preloaded into the tool: /dev/pvhv opens, its
 * ioctls answer, and a thread plays the guest on the domain's console.
 *
 *   FAKE_GUEST   what the guest does: print a line and end by poweroff,
 *                reboot, reboot-once, panic, halt, killed, destroyed or core-lost;
 *                or echo (answers input until "quit"), deaf (as echo, but
 *                does not hear a request to power off)
 *   FAKE_CORES   list of taken CPUs, one digit each
 *   FAKE_BAD_CPU this CPU cannot be taken
 *   FAKE_BAD     the ioctl that fails: create, start, disk, doctor, audit
 *   FAKE_LOG     file to which each call is appended
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pvhv/ioctl_mem.h>
#include <pvhv/ioctl_net.h>
#include <pvhv/layout.h>

#include "lib/array.h"

static int control_fd = -1;
static unsigned int lives;

static struct {
	int fd, peer;		/* the domain's file, the guest's end of it */
	int wake[2];		/* a byte = a request, or the end */
	struct pvhv_dom_info info;
	pthread_t thread;
} dom = { .fd = -1 };

static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static void note(const char *fmt, ...)
{
	FILE *out = getenv("FAKE_LOG") ? fopen(getenv("FAKE_LOG"), "ae") : NULL;
	va_list ap;

	if (!out)
		return;
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fputc('\n', out);
	fclose(out);
}

static int refuse(char *msg, int code, const char *text)
{
	if (msg)
		snprintf(msg, PVHV_MSG_MAX, "%s", text);
	errno = code;
	return -1;
}

/* ---- the guest ---- */

static void guest_says(const char *text)
{
	if (write(dom.peer, text, strlen(text)) < 0)
		note("the console is gone");
}

static void guest_ends(unsigned int reason, const char *msg)
{
	dom.info.reason = reason;
	snprintf(dom.info.msg, sizeof(dom.info.msg), "%s", msg);
	__atomic_store_n(&dom.info.state, PVHV_DOM_ST_ENDED, __ATOMIC_RELEASE);
	close(dom.peer);
}

static const struct {
	const char *name;
	unsigned int reason;
	const char *msg;
} ends[] = {
	{ "poweroff", PVHV_END_POWEROFF, "powered off" },
	{ "reboot", PVHV_END_REBOOT, "" },
	{ "panic", PVHV_END_PANIC, "the guest's kernel panicked" },
	{ "halt", PVHV_END_HALT, "" },
	{ "killed", PVHV_END_KILLED, "triple fault at 0x1234" },
	{ "destroyed", PVHV_END_DESTROYED, "by the host's user" },
	{ "core-lost", PVHV_END_CORE_LOST, "CPU 3 stopped" },
};

static int end_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		if (!strcmp(ends[i].name, name)) {
			guest_ends(ends[i].reason, ends[i].msg);
			return 1;
		}
	}
	return 0;
}

/* Wakes: 'p' = asked to power off, 'd' = destroyed.  1: it has ended. */
static int guest_woken(void)
{
	char why = 0;

	if (read(dom.wake[0], &why, 1) != 1)
		return 0;
	if (why == 'd') {
		guest_ends(PVHV_END_DESTROYED, "by the host's user");
		return 1;
	}
	if (!strcmp(setting("FAKE_GUEST"), "deaf"))
		return 0;
	guest_says("powering off\n");
	guest_ends(PVHV_END_POWEROFF, "");
	return 1;
}

/* Answers each piece of input with itself in brackets.  1: it has ended. */
static int guest_reads(void)
{
	char buf[256];
	ssize_t n = read(dom.peer, buf, sizeof(buf) - 1);

	if (n <= 0) {
		note("closed");
		return 1;
	}
	buf[n] = '\0';
	note("input %s", buf);
	guest_says("<");
	guest_says(buf);
	guest_says(">");
	if (!strstr(buf, "quit"))
		return 0;
	guest_ends(PVHV_END_POWEROFF, "");
	return 1;
}

static void *guest_life(void *arg)
{
	const char *plan = setting("FAKE_GUEST");
	int ended = 0;

	(void)arg;
	guest_says("hello from the guest\n");
	if (!strcmp(plan, "reboot-once"))
		plan = lives == 1 ? "reboot" : "poweroff";
	if (end_by_name(plan))
		return NULL;
	while (!ended) {
		struct pollfd p[2] = {
			{ .fd = dom.peer, .events = POLLIN },
			{ .fd = dom.wake[0], .events = POLLIN },
		};

		poll(p, 2, -1);
		if (p[1].revents)
			ended = guest_woken();
		else if (p[0].revents)
			ended = guest_reads();
	}
	return NULL;
}

/* ---- the control file ---- */

static int cpu_change(const char *verb, struct pvhv_cpu *c)
{
	char digit[2] = { '0' + c->cpu % 10, '\0' };

	note("%s %u of %llx%s", verb, c->cpu, (unsigned long long)c->cpus,
	     c->flags & PVHV_CPU_SPLIT_SMT ? " split" : "");
	if (!strcmp(setting("FAKE_BAD_CPU"), digit))
		return refuse(c->msg, EBUSY, "it is the last one of the host");
	return 0;
}

static int cpu_info(struct pvhv_cpu_info *i)
{
	for (unsigned int cpu = i->cpu; cpu < 10; cpu++) {
		if (!strchr(setting("FAKE_CORES"), '0' + cpu))
			continue;
		i->cpu = cpu;
		i->state = PVHV_CPU_ALIVE;
		i->exits = 1000 + cpu;
		return 0;
	}
	return refuse(NULL, ENOENT, "");
}

static int check(struct pvhv_check *c)
{
	if (c->index > 1)
		return refuse(NULL, ENOENT, "");
	c->ok = c->index ? strcmp(setting("FAKE_BAD"), "doctor") ? 2 : 0 : 1;
	strcpy(c->name, c->index ? "second" : "first");
	strcpy(c->msg, c->index ? "could be \"better\"" : "fine");
	return 0;
}

static int dom_create(struct pvhv_dom_create *c)
{
	int pair[2];

	note("create %s %llu pages %u vcpus", c->name, (unsigned long long)c->nr_pages,
	     c->nr_vcpus);
	if (!strcmp(setting("FAKE_BAD"), "create"))
		return refuse(c->msg, ENOMEM, "the host keeps 64 MiB for itself");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) ||
	    pipe2(dom.wake, O_CLOEXEC))
		return -1;
	memset(&dom.info, 0, sizeof(dom.info));
	dom.info.domid = 7;
	dom.info.nr_vcpus = c->nr_vcpus;
	dom.info.nr_pages = c->nr_pages;
	dom.info.max_pages = c->max_pages ?: c->nr_pages;
	strcpy(dom.info.name, c->name);
	dom.fd = pair[0];
	dom.peer = pair[1];
	return dom.fd;
}

/* One domain, number 7, that some other process runs. */
static int dom_info_any(struct pvhv_dom_info *i)
{
	if (i->domid > 7)
		return refuse(NULL, ENOENT, "");
	i->domid = 7;
	i->state = PVHV_DOM_ST_RUNNING;
	i->pid = 4711;
	i->nr_vcpus = 2;
	i->nr_pages = i->max_pages = 8192;
	i->hypercalls = 99;
	strcpy(i->name, "other");
	return 0;
}

static int mem_set(struct pvhv_mem_set *m)
{
	if (m->domid != 7)
		return refuse(NULL, ENOENT, "");
	note("mem-set %u %llu", m->domid, (unsigned long long)m->target);
	if (m->target > 8192)
		return refuse(m->msg, EINVAL, "this guest can have at most 32 MiB");
	return 0;
}

static int mem_info(struct pvhv_mem_info *m)
{
	if (m->domid > 7)
		return refuse(NULL, ENOENT, "");
	m->domid = 7;
	m->nr_pages = 4096;
	m->target = 5120;
	m->max_pages = 8192;
	m->pool = 1024;
	return 0;
}

static int vcpu_info(struct pvhv_vcpu_info *v)
{
	if (v->vcpu > 1)
		return refuse(NULL, ERANGE, "");
	v->state = PVHV_VCPU_ST_BLOCKED;
	v->cpu = 3;
	v->nr_hc = PVHV_NR_HC;
	v->run_ns = 1500000000;
	v->hypercalls = v->hc[PVHV_HC_NOTIFY] = 99;
	return 0;
}

static int vdev_info(struct pvhv_vdev_info *v)
{
	if (v->vdev > 4)
		return refuse(NULL, ENOENT, "");
	v->vdev = 4;
	v->device_id = 2;
	v->requests = 12;
	v->bytes_in = 4096;
	return 0;
}

/* It has one interface, number 2. */
static int net_info(struct pvhv_net_info *n)
{
	if (n->domid != 7 || n->index > 2)
		return refuse(NULL, ENOENT, "");
	n->index = 2;
	n->flags = PVHV_NET_ROUTED | PVHV_NET_IP4;
	memcpy(n->ip4, "\012\001\000\002", 4);
	n->spoofed = 5;
	strcpy(n->ifname, "pv7.2");
	return 0;
}

static int dom_console(unsigned int id)
{
	struct pvhv_dom_create c = { .nr_pages = 0 };
	int fd;

	note("console %u", id);
	fd = dom_create(&c);
	lives++;
	pthread_create(&dom.thread, NULL, guest_life, NULL);
	return fd;
}

static int control_ioctl(unsigned long request, void *arg)
{
	switch (request) {
	case PVHV_IOC_VERSION:
		return PVHV_ABI_VERSION + !strcmp(setting("FAKE_BAD"), "version");
	case PVHV_IOC_CPU_TAKE:
		return cpu_change("take", arg);
	case PVHV_IOC_CPU_GIVE:
		return cpu_change("give", arg);
	case PVHV_IOC_CPU_INFO:
		return cpu_info(arg);
	case PVHV_IOC_CHECK:
		return check(arg);
	case PVHV_IOC_DOM_CREATE:
		return dom_create(arg);
	case PVHV_IOC_DOM_INFO:
		return dom_info_any(arg);
	case PVHV_IOC_NET_INFO:
		return net_info(arg);
	case PVHV_IOC_DOM_DESTROY:
		note("destroy %u", *(__u32 *)arg);
		return 0;
	case PVHV_IOC_MEM_SET:
		return mem_set(arg);
	case PVHV_IOC_MEM_INFO:
		return mem_info(arg);
	case PVHV_IOC_VCPU_INFO:
		return vcpu_info(arg);
	case PVHV_IOC_VDEV_INFO:
		return vdev_info(arg);
	case PVHV_IOC_DOM_CONSOLE:
		return dom_console(*(__u32 *)arg);
	default:
		return refuse(NULL, ENOTTY, "");
	}
}

/* ---- the domain's file ---- */

static int dom_p2m(const struct pvhv_dom_p2m *p)
{
	__u64 *out = (void *)(uintptr_t)p->buf;

	for (__u64 i = 0; i < p->count; i++)
		out[i] = 0x1000 + p->gfn + i;
	return 0;
}

static int dom_disk(struct pvhv_dom_disk *d)
{
	note("disk %s %.20s", d->flags & PVHV_DISK_RDONLY ? "ro" : "rw", d->serial);
	if (!strcmp(setting("FAKE_BAD"), "disk"))
		return refuse(d->msg, EBUSY, "the image is in use by domain 3");
	d->vdev = dom.info.nr_vdevs++;
	return 0;
}

static int dom_start(struct pvhv_dom_start *s)
{
	note("start rip %llx cores %llx vdevs %u", (unsigned long long)s->rip,
	     (unsigned long long)s->cores, dom.info.nr_vdevs);
	if (!strcmp(setting("FAKE_BAD"), "start"))
		return refuse(s->msg, EPERM, "L2 table at frame 5 is bad");
	dom.info.state = PVHV_DOM_ST_RUNNING;
	lives++;
	pthread_create(&dom.thread, NULL, guest_life, NULL);
	return 0;
}

static int dom_wake(char why)
{
	note(why == 'd' ? "end" : "request");
	return write(dom.wake[1], &why, 1) == 1 ? 0 : -1;
}

static int dom_audit(struct pvhv_dom_audit *a)
{
	a->frames = 2048;
	a->tables = 9;
	a->differences = !strcmp(setting("FAKE_BAD"), "audit");
	return 0;
}

static int dom_ioctl(unsigned long request, void *arg)
{
	switch (request) {
	case PVHV_DOM_WRITE:
		return 0;
	case PVHV_DOM_P2M:
		return dom_p2m(arg);
	case PVHV_DOM_DISK:
		return dom_disk(arg);
	case PVHV_DOM_RNG:
		return dom.info.nr_vdevs++;
	case PVHV_DOM_START:
		return dom_start(arg);
	case PVHV_DOM_INFO:
		memcpy(arg, &dom.info, sizeof(dom.info));
		return 0;
	case PVHV_DOM_REQUEST:
		return dom_wake('p');
	case PVHV_DOM_DESTROY:
		return dom_wake('d');
	case PVHV_DOM_AUDIT:
		return dom_audit(arg);
	case PVHV_DOM_WINSIZE:
		note("winsize %lux%lu", (unsigned long)arg >> 16, (unsigned long)arg & 0xffff);
		return 0;
	default:
		return refuse(NULL, ENOTTY, "");
	}
}

/* ---- in the place of libc's ---- */

int open(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	if (!strcmp(path, "/dev/pvhv")) {
		control_fd = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
		return control_fd;
	}
	return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (fd >= 0 && fd == control_fd)
		return control_ioctl(request, arg);
	if (fd >= 0 && fd == dom.fd)
		return dom_ioctl(request, arg);
	return syscall(SYS_ioctl, fd, request, arg);
}
