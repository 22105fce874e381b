// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings.
 *
 * The order of a turn makes requests happen exactly once, whenever the daemon
 * dies: requests are copied out but stay in the ring; what they did, their
 * replies and the new position are recorded in one journal batch; only then
 * are they taken off the ring and the replies put on the other.  A daemon that
 * dies before the batch finds the requests again; one that dies after it finds
 * the position and the replies in the journal, and rsp_prod in the page tells
 * how many of them the domain has.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "persist.h"
#include "ring.h"
#include "store.h"

#define MASK (XENSTORE_RING_SIZE - 1)

/* An index the domain writes: read once; pairs with its barrier. */
static uint32_t read_index(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

/* An index the domain reads: what it covers is written before. */
static void write_index(uint32_t *index, uint32_t v)
{
	__atomic_store_n(index, v, __ATOMIC_RELEASE);
}

int ring_attach(struct conn *c)
{
	struct ring_link *l = c->ring;
	uint32_t req_cons = read_index(&l->page->req_cons);
	uint32_t rsp_prod = read_index(&l->page->rsp_prod);

	l->req_cons = req_cons;
	l->rsp_prod = c->out.pos = c->out.recorded = rsp_prod;
	l->is_progress_new = true;
	if (read_index(&l->page->req_prod) - req_cons > XENSTORE_RING_SIZE ||
	    rsp_prod - read_index(&l->page->rsp_cons) > XENSTORE_RING_SIZE)
		return -EPROTO;
	return 0;
}

int ring_fill(struct conn *c)
{
	struct ring_link *l = c->ring;
	uint32_t avail = read_index(&l->page->req_prod) - l->req_cons;
	size_t room, n, first;

	if (avail > XENSTORE_RING_SIZE)
		return -EPROTO;
	if (c->in_start) {
		memmove(c->in, c->in + c->in_start, c->in_end - c->in_start);
		c->in_end -= c->in_start;
		c->in_start = 0;
	}
	room = CONN_IN_SIZE - c->in_end;
	n = avail < room ? avail : room;
	if (!n)
		return 0;
	first = XENSTORE_RING_SIZE - (l->req_cons & MASK);
	if (first > n)
		first = n;
	memcpy(c->in + c->in_end, l->page->req + (l->req_cons & MASK), first);
	memcpy(c->in + c->in_end + first, l->page->req, n - first);
	c->in_end += n;
	l->req_cons += (uint32_t)n;
	l->is_progress_new = l->is_taken_new = true;
	return (int)n;
}

static int chunk_add(struct ring_link *l, uint32_t pos, uint32_t len)
{
	if (l->first_chunk + l->nr_chunks == l->chunks_size) {
		size_t size = l->nr_chunks * 2 + 8;
		struct ring_chunk *p = malloc(size * sizeof(*p));

		if (!p)
			return -ENOMEM;
		if (l->nr_chunks)
			memcpy(p, l->chunk + l->first_chunk,
			       l->nr_chunks * sizeof(*p));
		free(l->chunk);
		l->chunk = p;
		l->first_chunk = 0;
		l->chunks_size = size;
	}
	l->chunk[l->first_chunk + l->nr_chunks++] =
		(struct ring_chunk){pos, len};
	return 0;
}

void ring_record(struct store *s, struct conn *c)
{
	struct ring_link *l = c->ring;
	uint32_t new = c->out.pos - c->out.recorded;
	struct progress_record r = {l->req_cons, c->out.pos};

	if (!s->journal || !c->is_recorded)
		return;
	if (new && !chunk_add(l, c->out.recorded, new))
		persist_out(s, c, c->out.recorded,
			    c->out.buf + c->out.end - new, new);
	if (new || l->is_progress_new)
		persist_progress(s, c, &r);
	c->out.recorded = c->out.pos;
	l->is_progress_new = false;
}

static void chunks_delivered(struct store *s, struct conn *c)
{
	struct ring_link *l = c->ring;

	while (l->nr_chunks) {
		const struct ring_chunk *k = &l->chunk[l->first_chunk];

		/* delivered when all of it lies before rsp_prod */
		if ((int32_t)(l->rsp_prod - (k->pos + k->len)) < 0)
			break;
		persist_out_gone(s, c, k->pos);
		l->first_chunk++;
		l->nr_chunks--;
	}
	if (!l->nr_chunks)
		l->first_chunk = 0;
}

void ring_drop_chunks(struct store *s, struct conn *c)
{
	struct ring_link *l = c->ring;

	for (size_t i = 0; i < l->nr_chunks; i++)
		persist_out_gone(s, c, l->chunk[l->first_chunk + i].pos);
	free(l->chunk);
	l->chunk = NULL;
	l->first_chunk = l->nr_chunks = l->chunks_size = 0;
}

int ring_publish(struct store *s, struct conn *c)
{
	struct ring_link *l = c->ring;
	uint32_t used = l->rsp_prod - read_index(&l->page->rsp_cons);
	size_t n = conn_pending(c), first;
	int changed = 0;

	if (used > XENSTORE_RING_SIZE)
		return -EPROTO;
	if (l->is_taken_new) {
		write_index(&l->page->req_cons, l->req_cons);
		l->is_taken_new = false;
		changed = 1;
	}
	if (n > XENSTORE_RING_SIZE - used)
		n = XENSTORE_RING_SIZE - used;
	if (!n)
		return changed;
	first = XENSTORE_RING_SIZE - (l->rsp_prod & MASK);
	if (first > n)
		first = n;
	memcpy(l->page->rsp + (l->rsp_prod & MASK), c->out.buf + c->out.start,
	       first);
	memcpy(l->page->rsp, c->out.buf + c->out.start + first, n - first);
	l->rsp_prod += (uint32_t)n;
	write_index(&l->page->rsp_prod, l->rsp_prod);
	conn_sent(c, n);
	chunks_delivered(s, c);
	return 1;
}

/*
 * Linux sends no event for a request while an earlier one is in the ring, nor
 * for taking replies unless the ring was full (xenbus_comms.c: xb_write,
 * xb_read).  So whoever moves an index looks at the other one again.
 */
int ring_has_requests(const struct conn *c)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return read_index(&c->ring->page->req_prod) != c->ring->req_cons;
}

int ring_has_room(const struct conn *c)
{
	const struct ring_link *l = c->ring;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return conn_pending(c) && l->rsp_prod - read_index(&l->page->rsp_cons) <
					  XENSTORE_RING_SIZE;
}

int ring_resume(struct conn *c, uint32_t in_pos, uint32_t out_pos,
		const char *in, size_t in_len, const char *pending,
		size_t pending_len)
{
	struct ring_link *l = c->ring;
	uint32_t rsp_prod = read_index(&l->page->rsp_prod);
	uint32_t left = out_pos - rsp_prod;

	l->req_cons = in_pos;
	l->rsp_prod = rsp_prod;
	l->is_progress_new = l->is_taken_new = true;
	c->out.pos = c->out.recorded = rsp_prod;
	if (in_len > CONN_IN_SIZE || left > pending_len ||
	    rsp_prod - read_index(&l->page->rsp_cons) > XENSTORE_RING_SIZE)
		return -EPROTO;
	if (in_len)
		memcpy(c->in, in, in_len);
	c->in_end = in_len;
	return conn_restore_out(c, pending + pending_len - left, left);
}
