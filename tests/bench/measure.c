/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time operations and print one line each: "@bench NAME TICKS", TSC ticks per
 * operation, the median of five batches after a first one that only warms up.
 * In QEMU's icount mode a tick is an instruction and the result is exact.
 * With row=NAME in the environment only that row.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include "bench.h"

_Noreturn void bench_fail(const char *what)
{
	printf("@error bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* A function of its own: profile.c finds its first and last RDTSC. */
static __attribute__((noinline)) uint64_t batch(const struct bench *b)
{
	uint64_t start = __rdtsc();

	b->run(b->ops);
	return __rdtsc() - start;
}

static void measure(const struct bench *b, const char *suffix)
{
	uint64_t ticks[BATCHES];
	int i;

	if (b->setup)
		b->setup();
	batch(b);
	for (i = 0; i < BATCHES; i++)
		ticks[i] = batch(b);
	if (b->teardown)
		b->teardown();
	qsort(ticks, BATCHES, sizeof(ticks[0]), by_value);
	printf("@bench %s%s %.1f\n", b->name, suffix,
	       (double)ticks[BATCHES / 2] / b->ops);
	fflush(stdout);
}

void measure_all(const struct bench *b, const char *suffix)
{
	const char *row = getenv("row");

	for (; b->name; b++)
		if (!row || strcmp(row, b->name) == 0)
			measure(b, suffix);
}
