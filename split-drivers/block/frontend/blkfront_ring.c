// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations to requests, responses to calls of done(). See blkfront.h.
 */
#include "blkfront_impl.h"

#include <abi/errno.h>

#include "../../seam/front_xen.h"

#define NO_SLOT 0xffffu

/* --- pages of a request --- */

static void copy_sectors(void *to, const void *from,
			 const struct blkfront_page *p)
{
	size_t at = p->first * BLKIF_SECTOR;

	__builtin_memcpy((char *)to + at, (const char *)from + at,
			 (size_t)(p->last - p->first + 1) * BLKIF_SECTOR);
}

/* A page that stays granted: from the pool, or one more. */
static int pool_get(struct blkfront *f, struct blkfront_queue *q, void **page,
		    uint32_t *gref)
{
	struct blkfront_pool *p = &q->pool;
	int64_t rc;

	if (!p->nr_free) {
		if (p->nr == sizeof(p->pages) / sizeof(p->pages[0]))
			return -EAGAIN;
		*page = front_pages_alloc(1);
		if (!*page)
			return -EAGAIN;
		rc = front_grant(f->backend_id, *page, 0);
		if (rc < 0) {
			front_pages_free(*page, 1);
			return -EAGAIN;
		}
		*gref = (uint32_t)rc;
		p->nr++;
		return 0;
	}
	p->nr_free--;
	*page = p->pages[p->nr_free].page;
	*gref = p->pages[p->nr_free].gref;
	return 0;
}

static void pool_put(struct blkfront_queue *q, void *page, uint32_t gref)
{
	struct blkfront_pool *p = &q->pool;

	p->pages[p->nr_free].page = page;
	p->pages[p->nr_free++].gref = gref;
}

static int grant_page(struct blkfront *f, struct blkfront_queue *q,
		      struct blkfront_slot *s, const struct blkfront_page *p,
		      bool is_write)
{
	unsigned int i = s->nr_grefs;
	int64_t rc;

	if (f->is_persistent) {
		rc = pool_get(f, q, &s->copies[i], &s->grefs[i]);
		if (rc)
			return (int)rc;
		if (is_write)
			copy_sectors(s->copies[i], p->page, p);
	} else {
		rc = front_grant(f->backend_id, p->page, is_write);
		if (rc < 0)
			return -EAGAIN;
		s->grefs[i] = (uint32_t)rc;
	}
	s->nr_grefs++;
	return 0;
}

/* -EIO: the backend has a page and does not let go. */
static int end_grants(struct blkfront *f, struct blkfront_queue *q,
		      struct blkfront_slot *s)
{
	int rc = 0;

	for (unsigned int i = 0; i < s->nr_grefs; i++)
		if (f->is_persistent)
			pool_put(q, s->copies[i], s->grefs[i]);
		else if (front_grant_end(s->grefs[i]))
			rc = -EIO;
	s->nr_grefs = 0;
	if (s->table && f->is_persistent)
		pool_put(q, s->table, s->table_gref);
	else if (s->table && front_grant_end(s->table_gref))
		rc = -EIO; /* and the page stays away */
	else if (s->table)
		front_pages_free(s->table, 1);
	s->table = NULL;
	return rc;
}

/* --- requests --- */

static int make_table(struct blkfront *f, struct blkfront_queue *q,
		      struct blkfront_slot *s)
{
	int64_t rc;

	if (f->is_persistent)
		return pool_get(f, q, &s->table, &s->table_gref);
	s->table = front_pages_alloc(1);
	if (!s->table)
		return -EAGAIN;
	rc = front_grant(f->backend_id, s->table, 1);
	if (rc < 0) {
		front_pages_free(s->table, 1);
		s->table = NULL;
		return -EAGAIN;
	}
	s->table_gref = (uint32_t)rc;
	return 0;
}

/* Segments to @req, or to the table of an indirect request. */
static int add_pages(struct blkfront *f, struct blkfront_queue *q,
		     struct blkfront_slot *s, const struct blkfront_io *io,
		     union blkif_request *req)
{
	bool is_write = io->op != BLKFRONT_READ;
	struct blkif_segment *segments = req->rw.segments;
	int rc = 0;

	if (io->nr_pages > BLKIF_SEGMENTS_MAX) {
		rc = make_table(f, q, s);
		segments = s->table;
	}
	for (unsigned int i = 0; !rc && i < io->nr_pages; i++) {
		rc = grant_page(f, q, s, &io->pages[i], is_write);
		if (!rc)
			segments[i] = (struct blkif_segment){
				.gref = s->grefs[i],
				.first = io->pages[i].first,
				.last = io->pages[i].last,
			};
	}
	if (rc)
		(void)end_grants(f, q, s);
	return rc;
}

static void fill_indirect(union blkif_request *req,
			  const struct blkfront_slot *s,
			  const struct blkfront_io *io)
{
	req->indirect = (struct blkif_indirect){
		.op = BLKIF_INDIRECT,
		.real_op = s->op,
		.nr_segments = (uint16_t)io->nr_pages,
		.id = s->id,
		.sector = io->sector,
		.grefs = {s->table_gref},
	};
}

static int check_io(const struct blkfront *f, const struct blkfront_io *io)
{
	static const uint8_t ops[] = {BLKIF_READ, BLKIF_WRITE, BLKIF_FLUSH,
				      BLKIF_BARRIER, BLKIF_DISCARD};
	unsigned int max = BLKIF_SEGMENTS_MAX;

	if (!f->is_connected || f->is_broken)
		return -EIO;
	if (io->op <= BLKFRONT_WRITE && !io->nr_pages)
		return -EINVAL;
	if (io->op <= BLKFRONT_WRITE && f->max_indirect > max)
		max = f->max_indirect;
	if (io->nr_pages > max || io->nr_pages > BLKFRONT_SEGMENTS_MAX)
		return -EINVAL;
	for (unsigned int i = 0; i < io->nr_pages; i++)
		if (io->pages[i].first > io->pages[i].last ||
		    io->pages[i].last >= BLKIF_PAGE_SECTORS)
			return -EINVAL;
	return ops[io->op];
}

int blkfront_submit(struct blkfront *f, unsigned int queue,
		    struct blkfront_io *io)
{
	struct blkfront_queue *q = &f->queues[queue];
	union blkif_request req = {0};
	struct blkfront_slot *s;
	int rc = check_io(f, io);

	if (rc < 0)
		return rc;
	if (queue >= f->nr_queues)
		return -EINVAL;
	if (q->first_free == NO_SLOT)
		return -EAGAIN;
	s = &q->slots[q->first_free];
	s->op = (uint8_t)rc;
	req.rw.op = s->op;
	req.rw.nr_segments = (uint8_t)io->nr_pages;
	req.rw.id = s->id;
	req.rw.sector = io->sector;
	if (io->op == BLKFRONT_DISCARD) {
		req.rw.nr_segments = 0;
		req.discard.nr_sectors = io->nr_sectors;
	} else {
		rc = add_pages(f, q, s, io, &req);
		if (rc < 0)
			return rc;
		if (s->table)
			fill_indirect(&req, s, io);
	}
	q->first_free = s->next_free;
	q->nr_busy++;
	s->io = io;
	ring_put(&q->ring, &req, sizeof(req));
	return 0;
}

void blkfront_push(struct blkfront *f, unsigned int queue)
{
	struct blkfront_queue *q = &f->queues[queue];

	if (f->is_connected && ring_front_publish(&q->ring))
		front_notify(q->port);
}

/* --- responses --- */

static void complete(struct blkfront *f, struct blkfront_queue *q,
		     struct blkfront_slot *s, int rc)
{
	struct blkfront_io *io = s->io;
	unsigned int number = (unsigned int)(s - q->slots);

	if (f->is_persistent && io->op == BLKFRONT_READ && !rc)
		for (unsigned int i = 0; i < s->nr_grefs; i++)
			copy_sectors(io->pages[i].page, s->copies[i],
				     &io->pages[i]);
	if (end_grants(f, q, s)) {
		f->is_broken = true;
		rc = -EIO;
	}
	s->io = NULL;
	s->id += BLKFRONT_SLOTS_MAX;
	s->next_free = q->first_free;
	q->first_free = (uint16_t)number;
	q->nr_busy--;
	io->rc = rc;
	io->done(io);
}

static int take_response(struct blkfront *f, struct blkfront_queue *q)
{
	struct blkif_response rsp;
	struct blkfront_slot *s;

	ring_take(&q->ring, &rsp, sizeof(rsp));
	s = &q->slots[rsp.id % BLKFRONT_SLOTS_MAX];
	if (!s->io || rsp.id != s->id || rsp.op != s->op)
		return -EINVAL;
	complete(f, q, s,
		 rsp.status == BLKIF_OKAY	     ? 0
		 : rsp.status == BLKIF_NOT_SUPPORTED ? -EOPNOTSUPP
						     : -EIO);
	return 0;
}

int blkfront_ring_event(struct blkfront *f, unsigned int queue)
{
	struct blkfront_queue *q = &f->queues[queue];
	int done = 0, nr = 0, rc = 0;

	if (!f->is_connected || f->is_broken)
		return -EIO;
	while (!rc && (nr = ring_front_available(&q->ring)) > 0)
		for (; !rc && nr > 0; nr--, done++)
			rc = take_response(f, q);
	if (!rc && nr == 0 && !f->is_broken)
		return done;
	f->is_broken = true;
	return -EINVAL;
}

int blkfront_sleep(struct blkfront *f, unsigned int queue)
{
	if (!f->is_connected || f->is_broken)
		return -EIO;
	if (ring_front_sleep(&f->queues[queue].ring) == 0)
		return 0;
	return blkfront_ring_event(f, queue);
}

/* --- a queue's beginning and end --- */

static void end_ring(struct blkfront_queue *q, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		front_grant_drop(q->ring_grefs[i],
				 (char *)q->ring_pages +
					 (size_t)i * FRONT_PAGE);
	q->ring_pages = NULL;
}

static int grant_ring(struct blkfront *f, struct blkfront_queue *q)
{
	for (unsigned int i = 0; i < f->ring_pages; i++) {
		char *page = (char *)q->ring_pages + (size_t)i * FRONT_PAGE;
		int64_t rc = front_grant(f->backend_id, page, 0);

		if (rc >= 0) {
			q->ring_grefs[i] = (uint32_t)rc;
			continue;
		}
		while (i-- > 0)
			(void)front_grant_end(q->ring_grefs[i]);
		front_pages_free(q->ring_pages, f->ring_pages);
		q->ring_pages = NULL;
		return -ENOSPC;
	}
	return 0;
}

int blkfront_queue_open(struct blkfront *f, unsigned int queue)
{
	struct blkfront_queue *q = &f->queues[queue];
	int rc;

	q->ring_pages = front_pages_alloc(f->ring_pages);
	if (!q->ring_pages)
		return -ENOMEM;
	ring_format(&q->ring, q->ring_pages, (size_t)f->ring_pages * FRONT_PAGE,
		    BLKIF_ENTRY_BYTES);
	rc = grant_ring(f, q);
	if (rc)
		return rc;
	rc = front_evtchn_alloc(f->backend_id);
	if (rc < 0) {
		end_ring(q, f->ring_pages);
		return rc;
	}
	q->port = (uint32_t)rc;
	q->nr_busy = 0;
	q->pool.nr = q->pool.nr_free = 0;
	q->first_free = NO_SLOT;
	for (uint32_t i = q->ring.nr; i-- > 0;) {
		q->slots[i] = (struct blkfront_slot){
			.id = i, .next_free = q->first_free};
		q->first_free = (uint16_t)i;
	}
	return 0;
}

void blkfront_queue_close(struct blkfront *f, unsigned int queue)
{
	struct blkfront_queue *q = &f->queues[queue];

	front_evtchn_close(q->port);
	for (uint32_t i = 0; i < q->ring.nr; i++)
		if (q->slots[i].io)
			complete(f, q, &q->slots[i], -EIO);
	for (unsigned int i = 0; i < q->pool.nr_free; i++)
		front_grant_drop(q->pool.pages[i].gref, q->pool.pages[i].page);
	q->pool.nr = q->pool.nr_free = 0;
	end_ring(q, f->ring_pages);
}
