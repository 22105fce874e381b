/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rate limit of one console, by virtual time: every byte moves the meter
 * forward by its price, and a meter more than a burst ahead of the clock has
 * to wait. A guest over its rate finds its ring full; nothing is dropped.
 */
#ifndef RATE_H
#define RATE_H

#include <stdint.h>

struct rate {
	uint64_t bytes_per_s; /* 0: no limit */
	uint64_t burst_ns;    /* how far the meter may run ahead */
	uint64_t meter_ns;
};

/* Account for @n bytes at time @now_ns. */
void rate_charge(struct rate *r, uint64_t now_ns, uint64_t n);

/* When work may go on: 0 now, else a time later than @now_ns. */
uint64_t rate_wait_until(const struct rate *r, uint64_t now_ns);

#endif
