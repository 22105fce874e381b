/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Responses on their way to a ring, in memory that outlives the process.
 *
 * A response overwrites a request, so one that dies between the first of a
 * batch and its publication leaves slots that are neither. Whoever comes after
 * it finds the batch here and writes it again. It costs nothing else: the
 * batch has to be gathered somewhere.
 */
#ifndef NET_ANSWERS_H
#define NET_ANSWERS_H

#include <string.h>

#include "../../ring/ring.h"
#include "../protocol/netif.h"

struct answers {
	uint32_t begin, end; /* indexes; what is between is about to be put */
	union {
		struct netif_tx_response tx[NETIF_SLOTS];
		struct netif_rx_response rx[NETIF_SLOTS];
		struct netif_extra extra[NETIF_SLOTS]; /* beside rx */
	};
};

/* Of one queue. */
struct netback_journal {
	struct answers tx, rx;
};

static inline void answers_put(const struct answers *a, struct ring *r,
			       uint32_t nr, size_t bytes)
{
	for (uint32_t i = 0; i < nr; i++)
		ring_put(r, (const uint8_t *)a->tx + i * bytes, bytes);
}

/* Publish the first @nr, of @bytes each; true: the frontend wants an event. */
static inline bool answers_publish(struct answers *a, struct ring *r,
				   uint32_t nr, size_t bytes)
{
	/* In this order: a batch that is published ends where this begins. */
	__atomic_store_n(&a->begin, r->prod, __ATOMIC_RELEASE);
	__atomic_store_n(&a->end, r->prod + nr, __ATOMIC_RELEASE);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	answers_put(a, r, nr, bytes);
	return ring_back_publish(r);
}

/*
 * Go on where the process before ended: behind the last answer. What the ring
 * says of that is the frontend's to forge, and only to its own loss.
 */
static inline void answers_resume(struct answers *a, struct ring *r,
				  size_t bytes)
{
	uint32_t prod = __atomic_load_n(&r->shared->rsp_prod, __ATOMIC_RELAXED);
	uint32_t nr = a->end - a->begin;

	r->prod = r->published = r->cons = prod;
	if (a->begin != prod || nr > r->nr)
		return;
	answers_put(a, r, nr, bytes);
	(void)ring_back_publish(r);
	r->cons = r->prod;
}

#endif
