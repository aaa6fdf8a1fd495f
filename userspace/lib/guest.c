// SPDX-License-Identifier: GPL-2.0
/*
 * From a configuration to a running guest.  Everything that can be refused
 * without a domain is looked at first; the domain comes last and goes with
 * its descriptor if anything fails.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "error.h"
#include "file.h"
#include "net.h"

/* The files of a guest, open while it is being built. */
struct sources {
	struct pvhv_image image;
	struct file initrd;
	char *cmdline;
	struct pvhv_build build;
};

struct disks {
	unsigned int nr;
	int fd[PVHV_MAX_DISKS];
};

static int initrd_open(const struct pvhv_config *c, struct sources *s, struct pvhv_error *err)
{
	int ret;

	if (!c->initrd)
		return 0;
	ret = file_map(c->initrd, "initrd", &s->initrd, err);
	if (!ret && !s->initrd.data)
		ret = error_set(err, -EINVAL, "the initrd %s is empty", c->initrd);
	return ret;
}

static int sources_open(const struct pvhv_config *c, struct sources *s, struct pvhv_error *err)
{
	struct pvhv_layout plan;
	int ret;

	memset(s, 0, sizeof(*s));
	ret = pvhv_image_load(c->kernel, &s->image, err);
	if (ret)
		return ret;
	ret = initrd_open(c, s, err);
	if (ret)
		goto free_image;

	s->cmdline = net_cmdline(c);
	if (!s->cmdline) {
		ret = error_set(err, -ENOMEM, "out of memory");
		goto free_initrd;
	}
	s->build = (struct pvhv_build){
		.image = &s->image,
		.initrd = s->initrd.data,
		.initrd_len = s->initrd.size,
		.cmdline = s->cmdline,
		.nr_pages = c->memory >> 12,
		.max_pages = (c->max_memory ?: c->memory) >> 12,
	};
	ret = pvhv_build_plan(&s->build, &plan, err);
	if (ret)
		goto free_initrd;
	return 0;

free_initrd:
	free(s->cmdline);
	file_unmap(&s->initrd);
free_image:
	pvhv_image_free(&s->image);
	return ret;
}

static void sources_close(struct sources *s)
{
	free(s->cmdline);
	file_unmap(&s->initrd);
	pvhv_image_free(&s->image);
}

/* A guest needs a taken core, and one of those that it asks for. */
static int check_cores(int ctl, const struct pvhv_config *c, struct pvhv_error *err)
{
	struct pvhv_cpu_info info;
	unsigned int taken = 0, cpu = 0;
	uint64_t missing = c->cores;
	int ret;

	while ((ret = pvhv_cpu_next(ctl, cpu, &info, err)) > 0) {
		taken++;
		if (info.cpu < 64)
			missing &= ~(1ULL << info.cpu);
		cpu = info.cpu + 1;
	}
	if (ret < 0)
		return ret;
	if (!taken)
		return error_set(err, -ENODEV,
				 "no core is taken from the host: take one with 'pvhv cpu take %d'",
				 c->cores ? __builtin_ctzll(c->cores) :
				 (int)sysconf(_SC_NPROCESSORS_CONF) - 1);
	if (missing)
		return error_set(err, -ENODEV,
				 "%s asks for CPU %d, which is not taken: 'pvhv cpu take %d', or change 'cores'",
				 c->file, __builtin_ctzll(missing), __builtin_ctzll(missing));
	return 0;
}

static void close_disks(struct disks *d)
{
	while (d->nr)
		close(d->fd[--d->nr]);
}

static int open_disks(const struct pvhv_config *c, struct disks *d, struct pvhv_error *err)
{
	while (d->nr < c->nr_disks) {
		int fd = disk_open(&c->disk[d->nr], err);

		if (fd < 0) {
			close_disks(d);
			return fd;
		}
		d->fd[d->nr++] = fd;
	}
	return 0;
}

/* Limits, where the guest file has some, through the control file. */
static int limit_disk(int ctl, int dom, unsigned int nr, const struct pvhv_disk_config *disk,
		      struct pvhv_error *err)
{
	struct pvhv_dom_info info;
	int ret;

	if (!disk->iops && !disk->bandwidth && !disk->weight)
		return 0;
	ret = pvhv_domain_info(dom, &info, err);
	if (ret)
		return ret;
	return pvhv_disk_limits(ctl, info.domid, nr, disk->iops, disk->bandwidth, disk->weight,
				err);
}

static int attach_disk(int ctl, int dom, int fd, const struct pvhv_disk_config *disk,
		       struct pvhv_error *err)
{
	unsigned int flags = (disk->readonly ? PVHV_DISK_RDONLY : 0) |
			     (disk->discard ? PVHV_DISK_DISCARD : 0);
	struct pvhv_error why;
	int ret;

	ret = pvhv_domain_disk(dom, fd, flags, disk->serial, &why);
	if (ret >= 0)
		ret = limit_disk(ctl, dom, ret, disk, &why);
	if (ret < 0)
		return error_set(err, ret, "disk %.300s: %.300s", disk->path, why.text);
	return 0;
}

static int attach_devices(int ctl, int dom, const struct pvhv_config *c, const struct disks *d,
			  struct pvhv_error *err)
{
	for (unsigned int i = 0; i < d->nr; i++) {
		int ret = attach_disk(ctl, dom, d->fd[i], &c->disk[i], err);

		if (ret)
			return ret;
	}
	if (c->nr_nets) {
		int ret = net_attach(dom, c, err);

		if (ret)
			return ret;
	}
	return c->rng ? pvhv_domain_rng(dom, err) : 0;
}

/* Before it runs, so it never has more than its share. */
static int set_sched(int ctl, unsigned int domid, const struct pvhv_config *c,
		     struct pvhv_error *err)
{
	struct pvhv_sched sched = {
		.set = (c->weight ? PVHV_SCHED_SET_WEIGHT : 0) | (c->cap ? PVHV_SCHED_SET_CAP : 0),
		.weight = c->weight,
		.cap = c->cap,
	};

	return sched.set ? pvhv_sched_set(ctl, domid, &sched, err) : 0;
}

static int build_and_start(int ctl, int dom, const struct pvhv_config *c, struct sources *s,
			   struct pvhv_error *err)
{
	struct pvhv_mem mem = pvhv_domain_mem(&dom);
	struct pvhv_dom_info info;
	struct pvhv_entry entry;
	int ret;

	ret = pvhv_domain_info(dom, &info, err);
	if (ret)
		return ret;
	s->build.max_pages = info.max_pages;
	s->build.tsc_khz = info.tsc_khz;
	s->build.xcr0 = info.xcr0;
	s->build.features = info.features;
	s->build.nr_vcpus = info.nr_vcpus;
	s->build.domid = info.domid;
	s->build.nr_vdevs = info.nr_vdevs;
	ret = pvhv_build(&s->build, &mem, &entry, err);
	if (ret)
		return ret;
	ret = set_sched(ctl, info.domid, c, err);
	if (ret)
		return ret;
	return pvhv_domain_start(dom, &entry, c->cores, err);
}

/* With everything open: the domain.  Returns its descriptor. */
static int create_and_start(int ctl, const struct pvhv_config *c, struct sources *s,
			    const struct disks *d, struct pvhv_error *err)
{
	int dom, ret;

	dom = pvhv_domain_create(ctl, c->name, c->memory >> 12, c->max_memory >> 12, c->vcpus,
				 err);
	if (dom < 0)
		return dom;
	ret = attach_devices(ctl, dom, c, d, err);
	if (!ret)
		ret = build_and_start(ctl, dom, c, s, err);
	if (!ret)
		return dom;
	close(dom);
	return ret;
}

int pvhv_guest_start(int ctl, const struct pvhv_config *config, struct pvhv_error *err)
{
	struct disks disks = { .nr = 0 };
	struct sources s;
	int ret;

	ret = check_cores(ctl, config, err);
	if (ret)
		return ret;
	ret = net_check(config, err);
	if (ret)
		return ret;
	ret = sources_open(config, &s, err);
	if (ret)
		return ret;
	ret = open_disks(config, &disks, err);
	if (!ret)
		ret = create_and_start(ctl, config, &s, &disks, err);
	/* The module has its own references to the disks by now. */
	close_disks(&disks);
	sources_close(&s);
	return ret;
}
