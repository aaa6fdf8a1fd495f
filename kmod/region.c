// SPDX-License-Identifier: GPL-2.0
/*
 * Makes and frees the per-region tables of hv.regions[].
 * Side: host.  Process context.  region_lock guards reference counts, the
 * entries of hv.regions[] (which cores read without a lock), and the list of dead tables.
 *
 * A core may have read a pointer just before it was removed, hence the order:
 * remove it, let all cores pass their main loop, and only then unmap and free.
 */
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "hv.h"
#include "hvmap.h"
#include "mm/frame.h"
#include "region.h"

#define REGION_SHIFT	9
#define FRAMES_ORDER	get_order(HV_CHUNK_FRAMES * sizeof(struct frame))

struct dead_region {
	struct dead_region *next;
	struct frame	*frames;
	u64		*m2p;
};

static DEFINE_MUTEX(region_lock);
static u32 *region_refs;	/* frames donated, by region */
static unsigned int regions_order;
static struct dead_region *dead;

static void region_reap(struct work_struct *w);
static DECLARE_WORK(reap_work, region_reap);

static void region_reap(struct work_struct *w)
{
	struct dead_region *list, *d;

	mutex_lock(&region_lock);
	list = dead;
	dead = NULL;
	mutex_unlock(&region_lock);
	if (!list)
		return;
	hvmem_flush();
	/* threads of the host look up frames of running domains; pairs with hostdom_frame_get() */
	synchronize_rcu();
	while (list) {
		d = list;
		list = d->next;
		hvmem_free(d->frames, FRAMES_ORDER);
		hvmem_free(d->m2p, 0);
		kfree(d);
	}
}

/* Under region_lock. */
static int region_make(u64 i)
{
	struct region *r = &hv.regions[i];
	struct frame *frames = hvmem_alloc(FRAMES_ORDER);
	u64 *m2p = hvmem_alloc(0);
	int err = -ENOMEM;

	if (frames && m2p) {
		memset(m2p, 0xff, PAGE_SIZE);
		err = hvmap_window_set(i, m2p);
	}
	if (err) {
		hvmem_free(frames, FRAMES_ORDER);
		hvmem_free(m2p, 0);
		return err;
	}
	r->m2p = m2p;
	/* who sees the frames sees the M2P page, and both are filled; pairs with frame_lookup() */
	smp_store_release(&r->frames, frames);
	return 0;
}

int region_get(u64 mfn, unsigned int n)
{
	u64 i = mfn >> REGION_SHIFT;
	int err = 0;

	if (mfn >= hv.max_mfn)
		return -ERANGE;
	mutex_lock(&region_lock);
	if (!region_refs[i])
		err = region_make(i);
	if (!err)
		region_refs[i] += n;
	mutex_unlock(&region_lock);
	return err;
}

void region_put(u64 mfn, unsigned int n)
{
	u64 i = mfn >> REGION_SHIFT;
	struct region *r = &hv.regions[i];
	struct dead_region *d;

	mutex_lock(&region_lock);
	region_refs[i] -= n;
	if (region_refs[i]) {
		mutex_unlock(&region_lock);
		return;
	}
	d = kmalloc(sizeof(*d), GFP_KERNEL | __GFP_NOFAIL);
	d->frames = r->frames;
	d->m2p = r->m2p;
	d->next = dead;
	dead = d;
	WRITE_ONCE(r->frames, NULL);
	WRITE_ONCE(r->m2p, NULL);
	hvmap_window_clear(i);
	mutex_unlock(&region_lock);
	queue_work(system_unbound_wq, &reap_work);
}

int region_init(void)
{
	hv.nr_regions = DIV_ROUND_UP(hv.max_mfn, HV_CHUNK_FRAMES);
	region_refs = kvcalloc(hv.nr_regions, sizeof(*region_refs), GFP_KERNEL);
	if (!region_refs)
		return -ENOMEM;
	regions_order = get_order(hv.nr_regions * sizeof(struct region));
	hv.regions = hvmem_alloc(regions_order);
	if (hv.regions)
		return 0;
	kvfree(region_refs);
	return -ENOMEM;
}

void region_exit(void)
{
	flush_work(&reap_work);
	hvmem_free(hv.regions, regions_order);
	hv.regions = NULL;
	kvfree(region_refs);
}
