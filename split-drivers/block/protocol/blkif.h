/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The block protocol on the ring, as 64-bit ends speak it ("x86_64-abi").
 *
 * Xen ABI, public/io/blkif.h, which also lists the keys in the xenstore. All
 * sectors on the ring are of 512 bytes, as Linux's ends have it.
 */
#ifndef SPLIT_BLKIF_H
#define SPLIT_BLKIF_H

#include <stdint.h>

#include <abi/layout.h>

#define BLKIF_SECTOR 512u
#define BLKIF_PAGE_SECTORS 8u

enum blkif_op {
	BLKIF_READ = 0,
	BLKIF_WRITE = 1,
	BLKIF_BARRIER = 2, /* a write, ordered and durable */
	BLKIF_FLUSH = 3,   /* what is answered is durable; may carry data */
	BLKIF_DISCARD = 5,
	BLKIF_INDIRECT = 6, /* a read or write with its segments elsewhere */
};

enum blkif_status {
	BLKIF_OKAY = 0,
	BLKIF_ERROR = -1,
	BLKIF_NOT_SUPPORTED = -2,
};

#define BLKIF_SEGMENTS_MAX 11u /* in a request */
#define BLKIF_INDIRECT_PAGES_MAX 8u
#define BLKIF_SEGMENTS_PER_PAGE 512u /* of an indirect request */

/* Sectors @first to @last, inclusive, of a granted page. */
struct blkif_segment {
	uint32_t gref;
	uint8_t first, last;
	uint16_t pad;
};
ABI_SIZE(struct blkif_segment, 8);

struct blkif_rw {
	uint8_t op;
	uint8_t nr_segments;
	uint16_t handle;
	uint32_t pad;
	uint64_t id; /* the frontend's; comes back in the response */
	uint64_t sector;
	struct blkif_segment segments[BLKIF_SEGMENTS_MAX];
};
ABI_SIZE(struct blkif_rw, 112);

#define BLKIF_DISCARD_SECURE 1u

struct blkif_discard {
	uint8_t op;
	uint8_t flags;
	uint16_t handle;
	uint32_t pad;
	uint64_t id;
	uint64_t sector;
	uint64_t nr_sectors;
};
ABI_SIZE(struct blkif_discard, 32);

struct blkif_indirect {
	uint8_t op;
	uint8_t real_op; /* BLKIF_READ or BLKIF_WRITE */
	uint16_t nr_segments;
	uint32_t pad;
	uint64_t id;
	uint64_t sector;
	uint16_t handle;
	uint16_t pad2;
	uint32_t grefs[BLKIF_INDIRECT_PAGES_MAX]; /* pages of segments */
	uint32_t pad3;
};
ABI_SIZE(struct blkif_indirect, 64);

union blkif_request {
	struct blkif_rw rw;
	struct blkif_discard discard;
	struct blkif_indirect indirect;
};
ABI_SIZE(union blkif_request, 112);

struct blkif_response {
	uint64_t id;
	uint8_t op; /* of an indirect request the real one */
	uint8_t pad;
	int16_t status;
	uint32_t pad2;
};
ABI_SIZE(struct blkif_response, 16);

#define BLKIF_ENTRY_BYTES 112u
#define BLKIF_RING_ORDER_MAX 4u /* 16 pages: 512 slots */
#define BLKIF_RING_PAGES_MAX (1u << BLKIF_RING_ORDER_MAX)
#define BLKIF_PROTOCOL "x86_64-abi"

/* Bits of the key "info". */
#define BLKIF_INFO_CDROM 1u
#define BLKIF_INFO_REMOVABLE 2u
#define BLKIF_INFO_READONLY 4u

#endif
