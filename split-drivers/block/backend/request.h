/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One request of a frontend, from its private copy: what it asks for, if that
 * is allowed, and where it stands.
 */
#ifndef BLOCK_REQUEST_H
#define BLOCK_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "../protocol/blkif.h"
#include "disk.h"
#include "journal.h"

#define REQUEST_SEGMENTS_MAX 256u /* 1 MiB of whole pages */

struct request {
	struct disk_io io; /* first: the disk knows no more */
	struct queue *q;
	struct request *next;
	struct journal_slot *slot;
	bool is_barrier;    /* alone at the disk, and flushed behind */
	bool is_flushed;    /* flush when the data is written */
	bool has_no_effect; /* a flush or discard the disk can do without */
	uint16_t nr_segments;
	int rc;
	uint64_t sector, nr_sectors;
	void *bounce; /* where the data is at the disk; NULL: in the grants */
	struct blkif_segment segments[REQUEST_SEGMENTS_MAX];
	uint16_t grants[REQUEST_SEGMENTS_MAX]; /* mapped page; 0: copied */
	struct iovec iov[REQUEST_SEGMENTS_MAX];
};

/*
 * Find out what r->slot asks for. What an indirect request has elsewhere is
 * read by @fetch (0 or -errno). -EINVAL, -EROFS: not allowed; -EOPNOTSUPP:
 * nothing we offered.
 */
int request_parse(struct request *r, const struct disk *d,
		  int (*fetch)(struct request *r,
			       const struct blkif_indirect *req));

static inline bool request_has_data(const struct request *r)
{
	return r->io.op == DISK_READ || r->io.op == DISK_WRITE;
}

/* Bytes of a segment and where they begin in its page. */
static inline uint32_t segment_offset(const struct blkif_segment *s)
{
	return s->first * BLKIF_SECTOR;
}

static inline uint32_t segment_bytes(const struct blkif_segment *s)
{
	return (uint32_t)(s->last - s->first + 1) * BLKIF_SECTOR;
}

#endif
