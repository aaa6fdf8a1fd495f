/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A driver for the first disk that does what it is told, also what is wrong:
 * the ring is in the open.
 * Side: guest.
 */
#ifndef GUEST_BLK_H
#define GUEST_BLK_H

#include "mm.h"

#define BLK_T_IN	0
#define BLK_T_OUT	1
#define BLK_T_FLUSH	4
#define BLK_T_GET_ID	8
#define BLK_T_DISCARD	11
#define BLK_T_ZEROES	13
#define BLK_S_OK	0
#define BLK_S_IOERR	1
#define BLK_S_UNSUPP	2
#define BLK_NO_ANSWER	0xff

#define STATUS_ACK		1
#define STATUS_DRIVER		2
#define STATUS_DRIVER_OK	4
#define STATUS_FEATURES_OK	8
#define STATUS_NEEDS_RESET	64

#define F_VERSION_1		(1UL << 32)
#define F_BLK_FLUSH		(1UL << 9)
#define F_BLK_MQ		(1UL << 12)
#define F_BLK_DISCARD		(1UL << 13)
#define F_BLK_ZEROES		(1UL << 14)
#define F_INDIRECT		(1UL << 28)
#define F_EVENT_IDX		(1UL << 29)

#define DESC_NEXT	1
#define DESC_WRITE	2
#define DESC_INDIRECT	4

#define BLK_QSIZE	64

struct blk_desc {
	u64 addr;
	u32 len;
	u16 flags, next;
};

struct blk_avail {
	u16 flags, idx, ring[BLK_QSIZE + 1];
};

struct blk_used {
	u16 flags, idx;
	struct {
		u32 id, len;
	} ring[BLK_QSIZE];
};

struct blk_range {
	u64 sector;
	u32 nr, flags;
};

struct blk_hdr {
	u32 type, prio;
	u64 sector;
};

/* The device that all of this is about; changed before blk_init only. */
extern unsigned int blk_dev;
#define blk_page ((volatile struct pvhv_vdev_page *)(PVHV_SHARED_VA + (PVHV_VDEV_PAGE_FIRST + blk_dev) * PAGE))

extern volatile struct blk_desc *blk_desc;
extern volatile struct blk_avail *blk_avail;
extern volatile struct blk_used *blk_used;
/* For headers and status bytes: slot i has a header at 32 * i and a status at 32 * i + 16. */
extern u8 *blk_mem;

static inline u64 gpa(const void *p)
{
	return va_gfn(p) * PAGE + ((u64)p & (PAGE - 1));
}

/* A control request; waits for the answer. */
long blk_ctrl(u32 op, u32 arg);
/* Reset, features, queue with our ring, running.  0 or -errno. */
long blk_init(u64 features);
u64 blk_sectors(void);

/* Descriptor i. */
void blk_set(unsigned int i, u64 addr, u32 len, u16 flags, u16 next);
/* Puts a head into the available ring; not yet told to the device. */
void blk_post(u16 head);
void blk_kick(void);
/* Waits until n more requests than before were answered (ms); false: time over. */
bool blk_wait(u16 n, u64 ms);
/* Waits until the first of them is answered, so that the host is at work on the others; none is counted. */
void blk_wait_first(u64 ms);
/* used.idx as of the last blk_wait(). */
extern u16 blk_seen;

/* Chain of header, one buffer, status in descriptors first .. first + 2, not posted: a device that polls sees at once what is. */
void blk_build_rw(unsigned int first, u32 type, u64 sector, u64 addr, u32 len);
/* The same, posted. */
void blk_queue_rw(unsigned int first, u32 type, u64 sector, u64 addr, u32 len);
/* One request and its status; BLK_NO_ANSWER: the device did not answer. */
u8 blk_rw(u32 type, u64 sector, u64 addr, u32 len);
u8 *blk_status(unsigned int first);
bool blk_broken(void);

#endif
