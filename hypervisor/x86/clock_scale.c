/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arithmetic of clocks: ticks to nanoseconds by a 32-bit fraction, and how one
 * CPU's clock is steered towards the platform's.
 */
#include <hv/x86/clock.h>

uint64_t clock_scale_ns(uint64_t ticks, struct clock_scale s)
{
	if (s.shift >= 0)
		ticks <<= s.shift;
	else
		ticks >>= -s.shift;
	return (uint64_t)(((unsigned __int128)ticks * s.mul) >> 32);
}

/*
 * mul / 2^32 is to be in [1/2, 1), which keeps all 32 bits of precision; the
 * shift does the rest.
 */
struct clock_scale clock_scale_from(uint64_t ns, uint64_t ticks)
{
	struct clock_scale s = {0, 0};

	while ((ns | ticks) >> 62) {
		ns >>= 1;
		ticks >>= 1;
	}
	for (; ns >= ticks; s.shift++) {
		if (ticks >> 62)
			ns >>= 1;
		else
			ticks <<= 1;
	}
	for (; ns < ticks - ticks / 2; s.shift--) {
		if (ns >> 62)
			ticks >>= 1;
		else
			ns <<= 1;
	}
	while (ns >> 32) {
		ns >>= 1;
		ticks >>= 1;
	}
	s.mul = (uint32_t)((ns << 32) / ticks);
	return s;
}

void clock_base_adjust(struct clock_base *b, uint64_t last_plt_ns, uint64_t tsc,
		       uint64_t plt_ns)
{
	uint64_t interval_ns = plt_ns - last_plt_ns;
	uint64_t ticks = tsc - b->tsc, ns = clock_base_ns(b, tsc);
	int64_t error = (int64_t)(plt_ns - ns);
	int64_t most = (int64_t)(interval_ns / 2);

	b->ns = ns;
	/* Far behind: time may jump forward, never back. */
	if (error > most) {
		b->ns = plt_ns;
		error = 0;
	}
	if (error < -most)
		error = -most;
	/* A TSC that stood still or went back tells nothing of the rate. */
	if (interval_ns && tsc > b->tsc)
		b->scale =
			clock_scale_from(interval_ns + (uint64_t)error, ticks);
	b->tsc = tsc;
}
