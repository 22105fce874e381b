// SPDX-License-Identifier: GPL-2.0-only
/*
 * Beginning a journal, and reading one that was left. See journal.h.
 */
#include "journal.h"

#include <errno.h>
#include <string.h>

#define MAGIC 0x31306b6c626f7650ull /* "Pvoblk01" */

void journal_begin(struct journal_file *f, uint64_t identity)
{
	f->magic = 0;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	memset(f->queues, 0, sizeof(f->queues));
	f->identity = identity;
	__atomic_store_n(&f->magic, MAGIC, __ATOMIC_RELEASE);
}

void journal_end(struct journal_file *f)
{
	__atomic_store_n(&f->magic, 0, __ATOMIC_RELEASE);
}

bool journal_belongs(const struct journal_file *f, uint64_t identity)
{
	return f->magic == MAGIC && f->identity == identity;
}

/* Free-running indexes: a before b. */
static bool is_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static bool is_unanswered(const struct journal_slot *s, uint32_t taken,
			  uint32_t published)
{
	switch (s->state) {
	case JOURNAL_TAKEN:
		return is_before(s->index, taken);
	case JOURNAL_ANSWERED:
		return !is_before(s->answer, published);
	default:
		return false;
	}
}

static void insert_by_index(struct journal_queue *q, uint16_t *again,
			    unsigned int nr, uint16_t slot)
{
	while (nr > 0 &&
	       is_before(q->slots[slot].index, q->slots[again[nr - 1]].index)) {
		again[nr] = again[nr - 1];
		nr--;
	}
	again[nr] = slot;
}

int journal_recover(struct journal_queue *q, struct ring *r,
		    uint16_t again[JOURNAL_SLOTS_MAX])
{
	uint32_t published =
		__atomic_load_n(&r->shared->rsp_prod, __ATOMIC_ACQUIRE);
	unsigned int nr = 0;

	if (published != q->published && published != q->publishing)
		return -EINVAL;
	for (uint16_t i = 0; i < r->nr; i++) {
		struct journal_slot *s = &q->slots[i];

		if (is_unanswered(s, q->taken, published))
			insert_by_index(q, again, nr++, i);
		else
			journal_free(s);
	}
	if (nr != q->taken - published)
		return -EINVAL;
	for (unsigned int i = 0; i < nr; i++)
		q->slots[again[i]].state = JOURNAL_TAKEN;
	q->publishing = q->published = published;
	r->prod = r->published = published;
	r->cons = q->taken;
	return ring_back_available(r) < 0 ? -EINVAL : (int)nr;
}
