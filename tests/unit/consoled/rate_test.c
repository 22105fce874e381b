/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rate limit holds over any stretch of time.
 */
#include "rate.h"
#include "unit_test.h"

static uint64_t take_for(struct rate *r, uint64_t *now, uint64_t ns)
{
	uint64_t end = *now + ns, taken = 0, wait;

	while (*now < end) {
		wait = rate_wait_until(r, *now);
		if (wait) {
			EXPECT(wait > *now);
			*now = wait;
			continue;
		}
		rate_charge(r, *now, 2048);
		taken += 2048;
	}
	return taken;
}

UNIT_TEST(rate_allows_a_burst_and_then_its_rate)
{
	struct rate r = {.bytes_per_s = 1u << 20, .burst_ns = 1000000000};
	uint64_t now = 5000000000;

	EXPECT_NEAR(take_for(&r, &now, 1000000000), 2u << 20, 8192);
	EXPECT_NEAR(take_for(&r, &now, 10000000000ull), 10u << 20, 8192);
	now += 60000000000ull; /* idling saves up one burst, not more */
	EXPECT_NEAR(take_for(&r, &now, 1000000000), 2u << 20, 8192);
}

UNIT_TEST(rate_of_zero_never_waits)
{
	struct rate r = {.burst_ns = 1};

	rate_charge(&r, 1, 1ull << 40);
	EXPECT_EQ(rate_wait_until(&r, 1), 0);
}
