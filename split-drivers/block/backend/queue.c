// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of requests through a queue:
 *
 *	ring -> waiting -> started -> disk -> done -> answered -> ring
 *
 * Each step is done for all requests that are there, so that copies go to the
 * hypervisor in one call, operations to the kernel in one, and responses to
 * the frontend with one event.
 *
 * Waiting keeps the ring's order, for barriers; what is at its head may have
 * to wait for others to end, for its turn under a rate limit, or for memory.
 */
#include "blkback.h"
#include "request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- copying --- */

static void run_copies(struct blkback *b)
{
	int rc = 0;

	if (b->nr_copies)
		rc = back_copy(b->copies, b->nr_copies);
	for (unsigned int i = 0; i < b->nr_copies; i++)
		if (rc || b->copies[i].rc)
			b->copy_owners[i]->rc = rc ? rc : b->copies[i].rc;
	b->nr_copies = 0;
}

static void add_copy(struct request *r, const struct blkif_segment *s,
		     uint8_t *local)
{
	struct blkback *b = r->q->b;

	if (b->nr_copies == BLKBACK_COPIES_MAX)
		run_copies(b);
	b->copy_owners[b->nr_copies] = r;
	b->copies[b->nr_copies++] = (struct back_copy){
		.gref = s->gref,
		.offset = (uint16_t)segment_offset(s),
		.bytes = (uint16_t)segment_bytes(s),
		.local = local,
		.to_frontend = r->io.op == DISK_READ,
	};
}

/*
 * Whole sectors. A copy costs less than having the kernel find a granted page
 * behind its mapping, which it has no fast way for, and pin it.
 */
static void move(void *to, const void *from, uint32_t bytes)
{
	uint64_t words = bytes / 8;

	__asm__ volatile("rep movsq"
			 : "+D"(to), "+S"(from), "+c"(words)
			 :
			 : "memory");
}

/* Between the granted pages and the bounce, where segments adjoin. */
static void copy_segments(struct request *r)
{
	const struct grants *g = &r->q->b->grants;
	uint8_t *local = r->bounce;

	for (unsigned int i = 0; i < r->nr_segments; i++) {
		const struct blkif_segment *s = &r->segments[i];
		uint32_t bytes = segment_bytes(s);

		if (r->grants[i]) {
			uint8_t *granted = grants_page(g, r->grants[i]);

			granted += segment_offset(s);
			if (r->io.op == DISK_READ)
				move(granted, local, bytes);
			else
				move(local, granted, bytes);
		} else {
			add_copy(r, s, local);
		}
		local += bytes;
	}
}

/* The segments of an indirect request, which lie in granted pages. */
static int fetch_segments(struct request *r, const struct blkif_indirect *req)
{
	struct back_copy copy = {
		.gref = req->grefs[0],
		.bytes = (uint16_t)(r->nr_segments * sizeof(r->segments[0])),
		.local = r->segments,
	};
	struct blkback *b = r->q->b;
	unsigned int number = 0;
	int rc;

	_Static_assert(REQUEST_SEGMENTS_MAX <= BLKIF_SEGMENTS_PER_PAGE,
		       "one page");
	if (b->is_persistent)
		number = grants_get(&b->grants, copy.gref);
	if (!number) {
		rc = back_copy(&copy, 1);
		return rc ? rc : copy.rc;
	}
	memcpy(r->segments, grants_page(&b->grants, number), copy.bytes);
	__asm__ volatile("" ::: "memory");
	grants_put(&b->grants, number);
	return 0;
}

/* --- memory of a request --- */

static unsigned int bounce_pages(const struct request *r)
{
	return (unsigned int)((r->io.bytes + BOUNCE_PAGE - 1) / BOUNCE_PAGE);
}

static void put_grants(struct request *r)
{
	for (unsigned int i = 0; i < r->nr_segments; i++)
		if (r->grants[i])
			grants_put(&r->q->b->grants, r->grants[i]);
}

static void put_memory(struct request *r)
{
	struct blkback *b = r->q->b;

	put_grants(r);
	if (r->bounce)
		bounce_put(b->bounce, r->bounce, bounce_pages(r));
	r->bounce = NULL;
	r->nr_segments = 0;
}

/* Map what can be; true: all of it. */
static bool map_grants(struct request *r)
{
	struct blkback *b = r->q->b;
	bool is_all = b->is_persistent;

	for (unsigned int i = 0; i < r->nr_segments; i++) {
		r->grants[i] =
			b->is_persistent
				? (uint16_t)grants_get(&b->grants,
						       r->segments[i].gref)
				: 0;
		is_all &= r->grants[i] != 0;
	}
	return is_all;
}

/* The disk, which copies, may do it from or to the granted pages themselves. */
static void use_grants(struct request *r)
{
	for (unsigned int i = 0; i < r->nr_segments; i++) {
		const struct blkif_segment *s = &r->segments[i];
		uint8_t *page = grants_page(&r->q->b->grants, r->grants[i]);

		r->iov[i] = (struct iovec){page + segment_offset(s),
					   segment_bytes(s)};
	}
	r->io.nr_iov = r->nr_segments;
	r->io.is_bounced = false;
}

/* Mappings, and memory of ours where they will not do; false: not now. */
static bool get_memory(struct request *r)
{
	struct blkback *b = r->q->b;

	if (map_grants(r) && b->disk->is_cached) {
		use_grants(r);
		return true;
	}
	r->bounce = bounce_get(b->bounce, bounce_pages(r));
	if (!r->bounce) {
		put_grants(r);
		return false;
	}
	r->iov[0] = (struct iovec){r->bounce, r->io.bytes};
	r->io.nr_iov = 1;
	r->io.is_bounced = true;
	return true;
}

/* --- the steps --- */

static void push(struct request **list, struct request *r)
{
	r->next = *list;
	*list = r;
}

static struct request *pop(struct request **list)
{
	struct request *r = *list;

	if (r)
		*list = r->next;
	return r;
}

static void wait_in_line(struct queue *q, struct request *r)
{
	r->next = NULL;
	*q->waiting_end = r;
	q->waiting_end = &r->next;
}

static void begin(struct queue *q, struct request *r)
{
	r->rc = request_parse(r, q->b->disk, fetch_segments);
	q->b->stats.requests++;
	if (r->rc || r->has_no_effect) {
		/* even what does nothing keeps the order of a barrier */
		if (r->rc || !r->is_barrier) {
			r->nr_segments = 0;
			push(&q->done, r);
			return;
		}
	}
	wait_in_line(q, r);
}

int queue_take(struct queue *q)
{
	int nr = ring_back_available(&q->ring), i;

	/* there is one free for each that the ring can hold */
	for (i = 0; i < nr; i++) {
		struct request *r = pop(&q->free);

		journal_take(q->journal, r->slot, &q->ring);
		begin(q, r);
	}
	return nr < 0 ? nr : i;
}

static void at_end(struct disk_io *io)
{
	struct request *r = (struct request *)(void *)io;
	struct queue *q = r->q;

	if (!r->rc)
		r->rc = io->rc;
	if (r->is_flushed && !r->rc && q->b->disk->can_flush) {
		r->is_flushed = false;
		io->op = DISK_FLUSH;
		q->b->disk->ops->submit(q->b->disk, io);
		return;
	}
	q->nr_busy--;
	if (q->barrier == r)
		q->barrier = NULL;
	push(&q->done, r);
}

static bool may_start(struct queue *q, struct request *r, uint64_t now_ns)
{
	struct limit *l = &q->b->limit;

	if (q->barrier || (r->is_barrier && q->nr_busy))
		return false;
	if (limit_is_set(l) && limit_wait_ns(l, now_ns)) {
		q->b->is_limited = true;
		return false;
	}
	if (request_has_data(r) && !get_memory(r))
		return false;
	if (limit_is_set(l))
		limit_charge(l, now_ns, r->io.bytes);
	return true;
}

static void submit(struct queue *q, struct request *r)
{
	struct disk *d = q->b->disk;

	r->io.done = at_end;
	r->io.iov = r->iov;
	if (!r->rc && !r->has_no_effect) {
		d->ops->submit(d, &r->io);
		return;
	}
	r->is_flushed = false;
	r->io.rc = 0;
	at_end(&r->io);
}

void queue_start(struct queue *q, uint64_t now_ns)
{
	struct request *r, **end = &q->started;

	while ((r = q->waiting) && may_start(q, r, now_ns)) {
		q->waiting = r->next;
		if (!q->waiting)
			q->waiting_end = &q->waiting;
		r->next = NULL;
		*end = r;
		end = &r->next;
		q->nr_busy++;
		if (r->is_barrier)
			q->barrier = r;
		if (r->io.op == DISK_WRITE && r->bounce)
			copy_segments(r);
	}
	run_copies(q->b);
	while ((r = pop(&q->started)))
		submit(q, r);
}

static int16_t status_of(int rc)
{
	return rc == 0		   ? BLKIF_OKAY
	       : rc == -EOPNOTSUPP ? BLKIF_NOT_SUPPORTED
				   : BLKIF_ERROR;
}

static void put_response(struct queue *q, struct request *r)
{
	const union blkif_request *req = &r->slot->req;
	struct blkif_response rsp = {
		.id = req->rw.id,
		.op = req->rw.op,
		.status = status_of(r->rc),
	};

	if (rsp.op == BLKIF_INDIRECT)
		rsp.op = req->indirect.real_op;
	q->b->stats.errors += r->rc != 0;
	journal_answer(r->slot, &q->ring);
	ring_put(&q->ring, &rsp, sizeof(rsp));
	push(&q->answered, r);
}

bool queue_answer(struct queue *q)
{
	struct request *r, *done = q->done;

	if (!done)
		return false;
	q->done = NULL;
	for (r = done; r; r = r->next)
		if (r->io.op == DISK_READ && r->bounce && !r->rc)
			copy_segments(r);
	run_copies(q->b);
	while ((r = pop(&done))) {
		put_memory(r);
		put_response(q, r);
	}
	if (journal_publish(q->journal, &q->ring)) {
		q->b->stats.notifies++;
		back_notify((uint32_t)q->port);
	}
	while ((r = pop(&q->answered))) {
		journal_free(r->slot);
		push(&q->free, r);
	}
	return true;
}

/* --- opening --- */

static int take_up(struct queue *q)
{
	uint16_t again[JOURNAL_SLOTS_MAX];
	bool is_busy[JOURNAL_SLOTS_MAX] = {false};
	int nr = journal_recover(q->journal, &q->ring, again);

	if (nr < 0)
		return nr;
	for (int i = 0; i < nr; i++)
		is_busy[again[i]] = true;
	q->free = NULL;
	for (uint32_t i = q->ring.nr; i-- > 0;)
		if (!is_busy[i])
			push(&q->free, &q->requests[i]);
	for (int i = 0; i < nr; i++)
		begin(q, &q->requests[again[i]]);
	/* the last one may have died between publishing and telling */
	back_notify((uint32_t)q->port);
	return 0;
}

/* A ring with answers in it and no journal: which are missing is not known. */
static int start_afresh(struct queue *q)
{
	if (__atomic_load_n(&q->ring.shared->rsp_prod, __ATOMIC_RELAXED))
		return -EINVAL;
	for (uint32_t i = q->ring.nr; i-- > 0;)
		push(&q->free, &q->requests[i]);
	return 0;
}

int queue_open(struct queue *q, struct blkback *b, unsigned int number,
	       const struct blkback_front *front, bool is_resumed)
{
	int rc;

	*q = (struct queue){.b = b, .waiting_end = &q->waiting};
	q->journal = &b->journal->queues[number];
	rc = back_map(front->queues[number].grefs, front->ring_pages, 1,
		      &q->pages);
	if (rc)
		return rc;
	ring_attach(&q->ring, q->pages, (size_t)front->ring_pages * BACK_PAGE,
		    BLKIF_ENTRY_BYTES);
	rc = -ENOMEM;
	q->requests = calloc(q->ring.nr, sizeof(q->requests[0]));
	if (!q->requests)
		goto unmap;
	for (uint32_t i = 0; i < q->ring.nr; i++) {
		q->requests[i].q = q;
		q->requests[i].slot = &q->journal->slots[i];
	}
	rc = back_bind_to(b->evtchns[number],
			  front->queues[number].event_channel);
	if (rc < 0)
		goto free_requests;
	q->port = rc;
	rc = is_resumed ? take_up(q) : start_afresh(q);
	if (rc)
		goto unbind;
	return 0;

unbind:
	back_unbind((uint32_t)q->port);
free_requests:
	free(q->requests);
unmap:
	back_unmap(q->pages, front->ring_pages);
	return rc;
}

void queue_close(struct queue *q)
{
	for (struct request *r = q->done; r; r = r->next)
		put_memory(r);
	back_unbind((uint32_t)q->port);
	free(q->requests);
	back_unmap(q->pages, q->b->ring_pages);
}
