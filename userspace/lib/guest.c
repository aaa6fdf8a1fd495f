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

/* The files of a guest, open while it is being built. */
struct sources {
	struct pvhv_image image;
	struct file initrd;
	struct pvhv_build build;
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

	s->build = (struct pvhv_build){
		.image = &s->image,
		.initrd = s->initrd.data,
		.initrd_len = s->initrd.size,
		.cmdline = c->cmdline,
		.nr_pages = c->memory >> 12,
	};
	ret = pvhv_build_plan(&s->build, &plan, err);
	if (ret)
		goto free_initrd;
	return 0;

free_initrd:
	file_unmap(&s->initrd);
free_image:
	pvhv_image_free(&s->image);
	return ret;
}

static void sources_close(struct sources *s)
{
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

static int open_disks(const struct pvhv_config *c, struct pvhv_guest *g,
		      struct pvhv_error *err)
{
	while (g->nr_disks < c->nr_disks) {
		int fd = disk_open(&c->disk[g->nr_disks], err);

		if (fd < 0)
			return fd;
		g->disk[g->nr_disks++] = fd;
	}
	return 0;
}

static int attach_devices(const struct pvhv_config *c, struct pvhv_guest *g,
			  struct pvhv_error *err)
{
	for (unsigned int i = 0; i < c->nr_disks; i++) {
		const struct pvhv_disk_config *d = &c->disk[i];
		int ret = pvhv_domain_disk(g->dom, g->disk[i],
					   d->readonly ? PVHV_DISK_RDONLY : 0, d->serial, err);

		if (ret < 0)
			return ret;
	}
	return c->rng ? pvhv_domain_rng(g->dom, err) : 0;
}

static int build_and_start(const struct pvhv_config *c, struct sources *s,
			   struct pvhv_guest *g, struct pvhv_error *err)
{
	struct pvhv_mem mem = pvhv_domain_mem(&g->dom);
	struct pvhv_dom_info info;
	struct pvhv_entry entry;
	int ret;

	ret = pvhv_domain_info(g->dom, &info, err);
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
	return pvhv_domain_start(g->dom, &entry, c->cores, err);
}

static int start_from(int ctl, const struct pvhv_config *c, struct sources *s,
		      struct pvhv_guest *g, struct pvhv_error *err)
{
	int ret;

	ret = open_disks(c, g, err);
	if (ret)
		return ret;
	g->dom = pvhv_domain_create(ctl, c->name, c->memory >> 12, c->vcpus, err);
	if (g->dom < 0)
		return g->dom;
	ret = attach_devices(c, g, err);
	if (ret)
		return ret;
	return build_and_start(c, s, g, err);
}

int pvhv_guest_start(int ctl, const struct pvhv_config *config, struct pvhv_guest *guest,
		     struct pvhv_error *err)
{
	struct sources s;
	int ret;

	memset(guest, 0, sizeof(*guest));
	guest->dom = -1;
	ret = check_cores(ctl, config, err);
	if (ret)
		return ret;
	ret = sources_open(config, &s, err);
	if (ret)
		return ret;
	ret = start_from(ctl, config, &s, guest, err);
	sources_close(&s);
	if (ret)
		pvhv_guest_close(guest);
	return ret;
}

void pvhv_guest_close(struct pvhv_guest *guest)
{
	if (guest->dom >= 0)
		close(guest->dom);
	guest->dom = -1;
	while (guest->nr_disks)
		close(guest->disk[--guest->nr_disks]);
}
