/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a backend that is killed leaves to the next one: the requests it has
 * taken and not answered, in memory that outlives it.
 *
 * The ring alone does not tell. Answers come out of order, and each overwrites
 * the slot of some request: when 3 is answered before 1 the ring has lost 1,
 * and 3's slot still looks unanswered. Doing 3 again would be wrong (the
 * frontend may by now have written something else there), forgetting 1 would
 * stop the frontend for ever. So each request is copied to the journal, which
 * is the copy that must be made anyway before it is looked at, and leaves it
 * when its answer is published.
 *
 * Only a death of the process is provided for, so program order is enough:
 * what it stored before it died is there, up to one instruction. The states a
 * slot and the counters can be found in, and what they mean:
 *
 *	TAKEN, index >= taken	the copy was not finished; the ring still has it
 *	TAKEN			under way: do it again
 *	ANSWERED, answer >= P	its response was not published: do it again
 *	ANSWERED, answer < P	published: free
 *	FREE			free
 *
 * P, the responses published, is in the ring, where the frontend can change
 * it. Before it is stored there it is stored here as `publishing`, and after
 * as `published`: if the ring's is neither, the frontend has lied.
 *
 * Doing a request again is right because no answer was given: until then the
 * frontend may neither count on its effect nor reuse its pages, and what
 * overlaps with it was in no order to it. Barriers keep their order, for the
 * unanswered are done again in the order of the ring.
 */
#ifndef BLOCK_JOURNAL_H
#define BLOCK_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../keeper/owner.h"
#include "../../ring/ring.h"
#include "../protocol/blkif.h"

#define JOURNAL_SLOTS_MAX 512u
#define JOURNAL_QUEUES_MAX 8u

enum journal_state { JOURNAL_FREE, JOURNAL_TAKEN, JOURNAL_ANSWERED };

struct journal_slot {
	uint32_t state;
	uint32_t index;	 /* of the request in the ring */
	uint32_t answer; /* of its response */
	uint32_t pad;
	union blkif_request req;
};

struct journal_queue {
	uint32_t taken;	     /* requests below are in slots, or answered */
	uint32_t publishing; /* responses below may be published */
	uint32_t published;  /* responses below are */
	uint32_t pad;
	struct journal_slot slots[JOURNAL_SLOTS_MAX];
};

struct journal_file {
	uint64_t magic;
	uint64_t identity;  /* of the connection it belongs to */
	struct owner owner; /* the worker that has it, or had it last */
	struct journal_queue queues[JOURNAL_QUEUES_MAX];
};

/* Make @f, zeroed memory or an older connection's, the journal of a new one. */
void journal_begin(struct journal_file *f, uint64_t identity);
/* The connection is over, and its journal belongs to none. */
void journal_end(struct journal_file *f);
bool journal_belongs(const struct journal_file *f, uint64_t identity);

/*
 * Find, in @r attached to a ring in use, where the last backend stopped: sets
 * its indexes and lists the slots to do again, in the ring's order. How many,
 * or -EINVAL: the frontend has tampered with the ring.
 */
int journal_recover(struct journal_queue *q, struct ring *r,
		    uint16_t again[JOURNAL_SLOTS_MAX]);

/* Copy the next request from the ring to @s; one must be available. */
static inline void journal_take(struct journal_queue *q, struct journal_slot *s,
				struct ring *r)
{
	s->index = r->cons;
	ring_take(r, &s->req, sizeof(s->req));
	__atomic_store_n(&s->state, JOURNAL_TAKEN, __ATOMIC_RELEASE);
	__atomic_store_n(&q->taken, r->cons, __ATOMIC_RELEASE);
}

/* Before its response is put. */
static inline void journal_answer(struct journal_slot *s, const struct ring *r)
{
	s->answer = r->prod;
	__atomic_store_n(&s->state, JOURNAL_ANSWERED, __ATOMIC_RELEASE);
}

/* Publish all responses put. True: the frontend wants an event. */
static inline bool journal_publish(struct journal_queue *q, struct ring *r)
{
	bool is_wanted;

	__atomic_store_n(&q->publishing, r->prod, __ATOMIC_RELEASE);
	is_wanted = ring_back_publish(r);
	__atomic_store_n(&q->published, r->prod, __ATOMIC_RELEASE);
	return is_wanted;
}

/* After its response was published. */
static inline void journal_free(struct journal_slot *s)
{
	__atomic_store_n(&s->state, JOURNAL_FREE, __ATOMIC_RELEASE);
}

#endif
