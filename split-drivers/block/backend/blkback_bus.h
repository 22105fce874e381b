/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A block backend in the xenstore: what it offers, what the frontend wrote,
 * and the disk's size. The keys are those of Xen's public/io/blkif.h.
 */
#ifndef BLOCK_BLKBACK_BUS_H
#define BLOCK_BLKBACK_BUS_H

#include "../../xenbus/xenbus.h"
#include "blkback.h"

/* What the frontend is told of the disk. */
struct blkback_disk {
	uint64_t sectors; /* of 512 bytes */
	uint32_t block_bytes, physical_bytes;
	uint32_t discard_bytes; /* granularity; 0: no discard */
	uint32_t info;		/* BLKIF_INFO_* */
	bool can_flush;
};

struct blkback_offer {
	uint32_t queues_max, ring_order_max;
	bool is_persistent;
};

/* All: 0 or -errno. Features; InitWait. */
int blkback_offer(struct xenbus *x, const struct blkback_offer *offer,
		  const struct blkback_disk *disk);
/*
 * What the frontend chose, within @offer. Else -EINVAL, and which of its keys
 * it is goes to @what.
 */
int blkback_read_front(struct xenbus *x, const struct blkback_offer *offer,
		       struct blkback_front *front, const char **what);
/* The disk's properties; Connected. Again when its size has changed. */
int blkback_announce(struct xenbus *x, const struct blkback_disk *disk);

#endif
