/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rate limit by virtual time; see rate.h.
 */
#include "rate.h"

void rate_charge(struct rate *r, uint64_t now_ns, uint64_t n)
{
	if (!r->bytes_per_s)
		return;
	if (r->meter_ns < now_ns)
		r->meter_ns = now_ns;
	r->meter_ns += n * 1000000000 / r->bytes_per_s;
}

uint64_t rate_wait_until(const struct rate *r, uint64_t now_ns)
{
	if (!r->bytes_per_s || r->meter_ns <= now_ns + r->burst_ns)
		return 0;
	return r->meter_ns - r->burst_ns;
}
