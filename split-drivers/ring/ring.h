/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shared ring of split drivers: requests one way, responses back, in the
 * same slots. Freestanding; both ends use it.
 *
 * One end's private view is a struct ring. The peer can write anything to the
 * shared pages at any time, so of these only the peer's own index and event
 * threshold are ever believed, each read once and checked against what is
 * private; entries are copied out before they are looked at.
 *
 *	          front                            back
 *	put       request at prod                  response at prod
 *	publish   req_prod = prod                  rsp_prod = prod
 *	take      response at cons                 request at cons
 *
 * Indexes run freely and wrap at 2^32. An end that wants to sleep announces the
 * index whose publication must wake it and then looks once more: what was
 * published before the peer could see the announcement comes without an event.
 */
#ifndef SPLIT_RING_H
#define SPLIT_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/errno.h>
#include <abi/layout.h>

/* Xen ABI, public/io/ring.h: DEFINE_RING_TYPES. Entries follow. */
struct ring_shared {
	uint32_t req_prod, req_event;
	uint32_t rsp_prod, rsp_event;
	uint8_t unused[48];
};
ABI_SIZE(struct ring_shared, 64);

struct ring {
	struct ring_shared *shared;
	uint32_t nr;	      /* slots, a power of two */
	uint32_t entry_bytes; /* of the larger of request and response */
	uint32_t prod;	      /* put up to here */
	uint32_t published;   /* the peer may see up to here */
	uint32_t cons;	      /* taken up to here */
};

/* How many entries of @entry_bytes a ring of @bytes holds; 0: none. */
static inline uint32_t ring_slots(size_t bytes, uint32_t entry_bytes)
{
	size_t fit = 0;
	uint32_t nr = 1;

	if (bytes > sizeof(struct ring_shared))
		fit = (bytes - sizeof(struct ring_shared)) / entry_bytes;
	if (fit == 0)
		return 0;
	while (nr <= fit / 2)
		nr *= 2;
	return nr;
}

static inline void ring_attach(struct ring *r, void *pages, size_t bytes,
			       uint32_t entry_bytes)
{
	*r = (struct ring){
		.shared = (struct ring_shared *)pages,
		.nr = ring_slots(bytes, entry_bytes),
		.entry_bytes = entry_bytes,
	};
}

/* The front's first step: an empty ring that tells of the first entry. */
static inline void ring_format(struct ring *r, void *pages, size_t bytes,
			       uint32_t entry_bytes)
{
	ring_attach(r, pages, bytes, entry_bytes);
	*r->shared = (struct ring_shared){.req_event = 1, .rsp_event = 1};
}

/* --- copying; not both sides of an entry may be in shared memory --- */

static inline void *ring_slot(const struct ring *r, uint32_t index)
{
	uint8_t *first = (uint8_t *)(r->shared + 1);

	return first + (size_t)(index & (r->nr - 1)) * r->entry_bytes;
}

/* The compiler must not read @r's slot again after this. */
static inline void ring_take(struct ring *r, void *entry, size_t bytes)
{
	__builtin_memcpy(entry, ring_slot(r, r->cons++), bytes);
	__asm__ volatile("" ::: "memory");
}

static inline void ring_put(struct ring *r, const void *entry, size_t bytes)
{
	__builtin_memcpy(ring_slot(r, r->prod++), entry, bytes);
}

/* --- indexes --- */

/*
 * Show the peer what was put; true: it wants an event. The fence orders the
 * index before the threshold's reading; its partner is in ring_may_sleep().
 */
static inline bool ring_publish(struct ring *r, uint32_t *index,
				const uint32_t *event)
{
	uint32_t old = r->published, threshold;

	r->published = r->prod;
	__atomic_store_n(index, r->prod, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	threshold = __atomic_load_n(event, __ATOMIC_RELAXED);
	return r->prod - threshold < r->prod - old;
}

/*
 * How many entries the peer has published beyond cons: of at most @max, or
 * -EINVAL.
 */
static inline int ring_available(const struct ring *r, const uint32_t *index,
				 uint32_t max)
{
	uint32_t nr = __atomic_load_n(index, __ATOMIC_ACQUIRE) - r->cons;

	return nr <= max ? (int)nr : -EINVAL;
}

/*
 * Announce that the @nr-th entry from here is to be told of. Then
 * ring_available() must be asked again: the fence orders this before.
 */
static inline void ring_announce(struct ring *r, uint32_t *event, uint32_t nr)
{
	__atomic_store_n(event, r->cons + nr, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* --- the front --- */

/* Slots for requests that have no answer waiting for its reading. */
static inline uint32_t ring_front_room(const struct ring *r)
{
	return r->nr - (r->prod - r->cons);
}

static inline bool ring_front_publish(struct ring *r)
{
	return ring_publish(r, &r->shared->req_prod, &r->shared->req_event);
}

/* Responses to take; -EINVAL: more than requests were published. */
static inline int ring_front_available(const struct ring *r)
{
	return ring_available(r, &r->shared->rsp_prod, r->published - r->cons);
}

/* As ring_front_available; 0: an event will come, sleep. */
static inline int ring_front_sleep(struct ring *r)
{
	ring_announce(r, &r->shared->rsp_event, 1);
	return ring_front_available(r);
}

/* --- the back --- */

static inline bool ring_back_publish(struct ring *r)
{
	return ring_publish(r, &r->shared->rsp_prod, &r->shared->rsp_event);
}

/*
 * Requests to take; -EINVAL: more than there are slots beside those that wait
 * for their answer.
 */
static inline int ring_back_available(const struct ring *r)
{
	return ring_available(r, &r->shared->req_prod,
			      r->nr - (r->cons - r->prod));
}

/* As ring_back_available; fewer than @nr: an event will come, sleep. */
static inline int ring_back_await(struct ring *r, uint32_t nr)
{
	ring_announce(r, &r->shared->req_event, nr);
	return ring_back_available(r);
}

/* As ring_back_available; 0: an event will come, sleep. */
static inline int ring_back_sleep(struct ring *r)
{
	return ring_back_await(r, 1);
}

#endif
