// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a request may ask for. See request.h.
 */
#include "request.h"

#include <errno.h>
#include <string.h>

static int check_range(const struct request *r, const struct disk *d)
{
	if (r->nr_sectors > d->sectors ||
	    r->sector > d->sectors - r->nr_sectors)
		return -EINVAL;
	/* a disk of larger blocks takes whole ones only */
	if ((r->sector | r->nr_sectors) % (d->block_bytes / BLKIF_SECTOR))
		return -EINVAL;
	return 0;
}

static int add_up(struct request *r)
{
	for (unsigned int i = 0; i < r->nr_segments; i++) {
		const struct blkif_segment *s = &r->segments[i];

		if (s->first > s->last || s->last >= BLKIF_PAGE_SECTORS)
			return -EINVAL;
		r->nr_sectors += (uint64_t)(s->last - s->first + 1);
	}
	return 0;
}

static int parse_data(struct request *r, const struct disk *d, enum disk_op op)
{
	int rc = add_up(r);

	r->io.op = op;
	if (rc)
		return rc;
	if (op == DISK_WRITE && d->is_readonly)
		return -EROFS;
	r->io.offset = r->sector * BLKIF_SECTOR;
	r->io.bytes = r->nr_sectors * BLKIF_SECTOR;
	return check_range(r, d);
}

static int parse_rw(struct request *r, const struct disk *d, enum disk_op op)
{
	const struct blkif_rw *req = &r->slot->req.rw;

	if (!req->nr_segments || req->nr_segments > BLKIF_SEGMENTS_MAX)
		return -EINVAL;
	r->nr_segments = req->nr_segments;
	r->sector = req->sector;
	memcpy(r->segments, req->segments,
	       r->nr_segments * sizeof(r->segments[0]));
	return parse_data(r, d, op);
}

static int parse_indirect(struct request *r, const struct disk *d,
			  int (*fetch)(struct request *r,
				       const struct blkif_indirect *req))
{
	const struct blkif_indirect *req = &r->slot->req.indirect;
	int rc;

	if (req->real_op != BLKIF_READ && req->real_op != BLKIF_WRITE)
		return -EINVAL;
	if (!req->nr_segments || req->nr_segments > REQUEST_SEGMENTS_MAX)
		return -EINVAL;
	r->nr_segments = req->nr_segments;
	r->sector = req->sector;
	rc = fetch(r, req);
	if (rc)
		return rc;
	return parse_data(r, d,
			  req->real_op == BLKIF_READ ? DISK_READ : DISK_WRITE);
}

static int parse_discard(struct request *r, const struct disk *d)
{
	const struct blkif_discard *req = &r->slot->req.discard;
	int rc;

	r->io.op = DISK_DISCARD;
	if (!d->discard_bytes || req->flags & BLKIF_DISCARD_SECURE)
		return -EOPNOTSUPP;
	if (d->is_readonly)
		return -EROFS;
	r->sector = req->sector;
	r->nr_sectors = req->nr_sectors;
	rc = check_range(r, d);
	if (rc)
		return rc;
	r->has_no_effect = !r->nr_sectors;
	r->io.offset = r->sector * BLKIF_SECTOR;
	r->io.bytes = r->nr_sectors * BLKIF_SECTOR;
	return 0;
}

/* A flush or a barrier, with data or without. */
static int parse_ordered(struct request *r, const struct disk *d)
{
	r->is_barrier = r->slot->req.rw.op == BLKIF_BARRIER;
	if (r->slot->req.rw.nr_segments) {
		r->is_flushed = true;
		return parse_rw(r, d, DISK_WRITE);
	}
	r->io.op = DISK_FLUSH;
	r->has_no_effect = !d->can_flush || d->is_readonly;
	return 0;
}

int request_parse(struct request *r, const struct disk *d,
		  int (*fetch)(struct request *r,
			       const struct blkif_indirect *req))
{
	r->is_barrier = r->is_flushed = r->has_no_effect = false;
	r->nr_segments = 0;
	r->rc = 0;
	r->nr_sectors = 0;
	r->bounce = NULL;
	r->io.op = DISK_FLUSH;
	r->io.bytes = 0;
	switch (r->slot->req.rw.op) {
	case BLKIF_READ:
		return parse_rw(r, d, DISK_READ);
	case BLKIF_WRITE:
		return parse_rw(r, d, DISK_WRITE);
	case BLKIF_BARRIER:
	case BLKIF_FLUSH:
		return parse_ordered(r, d);
	case BLKIF_DISCARD:
		return parse_discard(r, d);
	case BLKIF_INDIRECT:
		return parse_indirect(r, d, fetch);
	default:
		return -EOPNOTSUPP;
	}
}
