// SPDX-License-Identifier: GPL-2.0
/*
 * Copies from and to a guest's virtual addresses: see guest_access.h.
 * Side: core.  No locks; the walk checks each table, the data frame is held while it is used.
 */
#include "mm/guest_access.h"
#include "mm/frame.h"
#include "mm/pte.h"
#include "mm/walk.h"
#include "arch/x86/string.h"

/* One piece within a page; from or to the guest. */
static int access_page(struct vcpu *v, u64 va, void *buf, u64 len, int write)
{
	struct domain *d = v->dom;
	struct frame *f;
	struct walk w;
	u8 *page;
	u64 e;

	if (!pte_va_ok(va) || walk_find_l1(d, v->root, va, &w))
		return -EFAULT;
	e = pte_read(w.entry);
	if (!(e & PTE_P) || (write && !(e & w.rights & PTE_RW)))
		return -EFAULT;
	f = frame_lookup(pte_mfn(e));
	if (!f || (write ? frame_get_writable(f, d->id) : frame_get(f, d->id)))
		return -EFAULT;
	page = (u8 *)mfn_va(pte_mfn(e)) + (va & (HV_PAGE_SIZE - 1));
	if (write) {
		hv_memcpy(page, buf, len);
		frame_put_writable(f);
	} else {
		hv_memcpy(buf, page, len);
		frame_put(f);
	}
	return 0;
}

static int access_range(struct vcpu *v, u64 va, u8 *buf, u64 len, int write)
{
	while (len) {
		u64 room = HV_PAGE_SIZE - (va & (HV_PAGE_SIZE - 1));
		u64 n = len < room ? len : room;
		int ret = access_page(v, va, buf, n, write);

		if (ret)
			return ret;
		va += n;
		buf += n;
		len -= n;
	}
	return 0;
}

int guest_read(struct vcpu *v, u64 va, void *dst, u32 len)
{
	return access_range(v, va, dst, len, 0);
}

int guest_write(struct vcpu *v, u64 va, const void *src, u32 len)
{
	return access_range(v, va, (u8 *)src, len, 1);
}
