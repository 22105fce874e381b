/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rate limits of a device: bytes and requests a second. A request may begin
 * when nothing is owed from earlier ones, and then owes its own cost; so even
 * one larger than what a second allows gets its turn.
 */
#ifndef BLOCK_LIMIT_H
#define BLOCK_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct limit {
	uint64_t bytes_per_s, requests_per_s; /* 0: no limit */
	uint64_t bytes_free_ns,
		requests_free_ns; /* nothing is owed from then */
};

static inline bool limit_is_set(const struct limit *l)
{
	return l->bytes_per_s || l->requests_per_s;
}

/* How long from @now_ns until a request may begin. */
static inline uint64_t limit_wait_ns(const struct limit *l, uint64_t now_ns)
{
	uint64_t until = l->bytes_free_ns > l->requests_free_ns
				 ? l->bytes_free_ns
				 : l->requests_free_ns;

	return until > now_ns ? until - now_ns : 0;
}

static inline uint64_t limit_later(uint64_t free_ns, uint64_t now_ns,
				   uint64_t amount, uint64_t per_s)
{
	return (free_ns > now_ns ? free_ns : now_ns) +
	       amount * 1000000000u / per_s;
}

static inline void limit_charge(struct limit *l, uint64_t now_ns,
				uint64_t bytes)
{
	if (l->bytes_per_s)
		l->bytes_free_ns = limit_later(l->bytes_free_ns, now_ns, bytes,
					       l->bytes_per_s);
	if (l->requests_per_s)
		l->requests_free_ns = limit_later(l->requests_free_ns, now_ns,
						  1, l->requests_per_s);
}

#endif
