/* SPDX-License-Identifier: GPL-2.0-only */
/* Scaling is exact enough for years, and steering never steps back. */
#include <stdlib.h>

#include <hv/time.h>
#include <hv/x86/clock.h>

#include "../unit_test.h"

static double error_ppm(uint64_t hz, uint64_t seconds)
{
	struct clock_scale s = clock_scale_from(NS_PER_SEC, hz);
	double got = (double)clock_scale_ns(hz * seconds, s);
	double want = (double)seconds * 1e9;

	return (got - want) / want * 1e6;
}

UNIT_TEST(a_tick_a_nanosecond_scales_exactly)
{
	struct clock_scale s = clock_scale_from(NS_PER_SEC, NS_PER_SEC);

	EXPECT_EQ(clock_scale_ns(0, s), 0);
	EXPECT_EQ(clock_scale_ns(12345678901234ULL, s), 12345678901234LL);
}

UNIT_TEST(scale_is_normalised_and_exact_to_a_billionth)
{
	static const uint64_t rates[] = {1193182,    3579545,	 14318180,
					 100000000,  999999999,	 1000000001,
					 2445425000, 3999999999, 8000000000};

	for (unsigned int i = 0; i < ARRAY_SIZE(rates); i++) {
		struct clock_scale s = clock_scale_from(NS_PER_SEC, rates[i]);

		EXPECT(s.mul >> 31 == 1);
		EXPECT_NEAR(error_ppm(rates[i], 1), 0, 0.001);
		EXPECT_NEAR(error_ppm(rates[i], 86400), 0, 0.001);
	}
}

UNIT_TEST(scale_takes_arguments_of_any_size)
{
	srand(2);
	for (unsigned int n = 0; n < 100000; n++) {
		uint64_t ns = ((uint64_t)rand() << 31 | (uint64_t)rand()) >>
			      rand() % 60;
		uint64_t ticks = ((uint64_t)rand() << 31 | (uint64_t)rand()) >>
				 rand() % 60;
		struct clock_scale s;

		ns += 1;
		ticks += 1;
		s = clock_scale_from(ns, ticks);
		EXPECT(s.mul >> 31 == 1);
		EXPECT(s.shift > -64 && s.shift < 64);
	}
}

/* A TSC of @hz that a clock believes to be @believed_hz, steered each second.
 */
static int64_t error_after(uint64_t hz, uint64_t believed_hz,
			   unsigned int seconds, int64_t first_error_ns)
{
	struct clock_base b = {
		.ns = 1000000000 + (uint64_t)first_error_ns,
		.scale = clock_scale_from(NS_PER_SEC, believed_hz),
	};
	uint64_t plt = 1000000000, last = 0;

	for (unsigned int i = 1; i <= seconds; i++) {
		for (uint64_t t = 0; t < 10; t++) {
			uint64_t now =
				clock_base_ns(&b, (i - 1) * hz + t * hz / 10);

			EXPECT(now >= last);
			last = now;
		}
		clock_base_adjust(&b, plt, i * hz, plt + NS_PER_SEC);
		plt += NS_PER_SEC;
	}
	return (int64_t)(clock_base_ns(&b, seconds * hz) - plt);
}

UNIT_TEST(clock_with_a_wrong_rate_finds_the_right_one)
{
	EXPECT_NEAR(error_after(2400000000, 2000000000, 6, 0), 0, 5);
	EXPECT_NEAR(error_after(2400000000, 2600000000, 6, 0), 0, 5);
}

UNIT_TEST(clock_ahead_slows_down_instead_of_stepping_back)
{
	EXPECT_NEAR(error_after(2400000000, 2400000000, 3, 400000000), 0, 5);
	EXPECT_NEAR(error_after(2400000000, 2400000000, 8, 2000000000), 0, 5);
}

UNIT_TEST(clock_far_behind_jumps)
{
	EXPECT_NEAR(error_after(2400000000, 2400000000, 2, -900000000), 0, 5);
}

UNIT_TEST(noise_of_the_readings_is_not_amplified)
{
	struct clock_base b = {
		.scale = clock_scale_from(NS_PER_SEC, 2400000000),
	};
	uint64_t plt = 0, last_plt = 0;

	srand(3);
	for (uint64_t i = 1; i <= 1000; i++) {
		plt = i * NS_PER_SEC + (uint64_t)(rand() % 2000);
		clock_base_adjust(&b, last_plt, i * 2400000000, plt);
		last_plt = plt;
		EXPECT_NEAR(clock_base_ns(&b, i * 2400000000), i * NS_PER_SEC,
			    8000);
	}
}
