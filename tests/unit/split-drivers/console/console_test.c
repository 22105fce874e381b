// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console's frontend against the daemon's end of the rings, and against
 * indexes that cannot be.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "../../../../dom0-tools/consoled/console_ring.h"
#include "../../../../split-drivers/console/frontend/confront.h"
#include "unit_test.h"

static _Alignas(4096) union {
	struct xencons_interface page;
	char bytes[4096];
} shared;
static struct confront front;
static struct console_ring back;

static void start(uint32_t at)
{
	memset(&shared, 0, sizeof(shared));
	shared.page.out_cons = shared.page.out_prod = at;
	shared.page.in_cons = shared.page.in_prod = at;
	confront_attach(&front, &shared.page);
	console_ring_attach(&back, &shared.page, false, 0);
}

static bool is_pattern(const char *p, size_t n, uint32_t from)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != (char)((from + i) * 7))
			return false;
	return true;
}

static void pattern(char *p, size_t n, uint32_t from)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (char)((from + i) * 7);
}

UNIT_TEST(output_arrives_in_order_over_both_wraps)
{
	char buf[3000];
	uint32_t sent = 0, seen = 0;

	start(0xffffff00u);
	for (unsigned int i = 0; i < 300; i++) {
		pattern(buf, 777, sent);
		sent += (uint32_t)confront_put(&front, buf, 777);
		EXPECT(confront_publish(&front) || sent - seen == 2048);
		EXPECT(!confront_publish(&front));
		if (i % 4 == 3) {
			int n = console_ring_peek(&back, buf, sizeof(buf));

			EXPECT(n > 0 && is_pattern(buf, (size_t)n, seen));
			console_ring_consume(&back, (size_t)n);
			seen += (uint32_t)n;
		}
	}
	EXPECT_EQ(seen, sent);
}

UNIT_TEST(input_arrives_in_order_and_a_full_ring_is_told_of)
{
	char buf[2000];
	uint32_t sent = 0, seen = 0;
	bool notify;

	start(0xfffffff0u);
	for (unsigned int i = 0; i < 300; i++) {
		size_t want = 1 + i * 37 % 1100, n;
		bool is_full;

		pattern(buf, want, sent);
		sent += (uint32_t)console_ring_put(&back, buf, want);
		is_full = sent - seen == 1024;
		n = confront_take(&front, buf, 1 + i * 91 % 1500, &notify);
		EXPECT_EQ(notify, is_full);
		EXPECT(is_pattern(buf, n, seen));
		seen += (uint32_t)n;
	}
	EXPECT_EQ(confront_take(&front, buf, 0, &notify), 0);
	EXPECT(!notify);
}

UNIT_TEST(a_daemon_with_impossible_indexes_gets_and_gives_nothing)
{
	static const uint32_t bad[] = {2049, 0x80000000u, 0xffffffffu};
	char buf[4096] = {0};
	bool notify;

	for (unsigned int i = 0; i < 3; i++) {
		start(100);
		shared.page.out_cons = 100 - bad[i];
		EXPECT_EQ(confront_room(&front), 0);
		EXPECT_EQ(confront_put(&front, buf, 10), 0);
		EXPECT(!confront_publish(&front));
		shared.page.in_prod = 100 + bad[i];
		EXPECT_EQ(confront_take(&front, buf, sizeof(buf), &notify), 0);
		EXPECT(!notify);
	}
	start(100); /* ours, written by it */
	shared.page.out_prod = 7;
	shared.page.in_cons = 7;
	EXPECT_EQ(confront_put(&front, "x", 1), 1);
	EXPECT(confront_publish(&front));
	EXPECT_EQ(shared.page.out_prod, 101);
}

UNIT_TEST(a_kernel_that_comes_after_another_goes_on)
{
	char c;
	bool notify;

	start(5);
	EXPECT_EQ(confront_put(&front, "ab", 2), 2);
	confront_publish(&front);
	EXPECT_EQ(console_ring_put(&back, "yz", 2), 2);
	EXPECT_EQ(confront_take(&front, &c, 1, &notify), 1);
	confront_attach(&front, &shared.page);
	EXPECT_EQ(confront_take(&front, &c, 1, &notify), 1);
	EXPECT_EQ(c, 'z');
	EXPECT_EQ(confront_put(&front, "c", 1), 1);
	confront_publish(&front);
	{
		char buf[4];

		EXPECT_EQ(console_ring_peek(&back, buf, 4), 3);
		EXPECT(memcmp(buf, "abc", 3) == 0);
	}
}

/* --- two threads --- */

#define THROUGH 400000u

static void *daemon_end(void *arg)
{
	uint32_t seen = 0;
	char buf[500];

	while (seen < THROUGH) {
		int n = console_ring_peek(&back, buf, sizeof(buf));

		if (n < 0 || !is_pattern(buf, (size_t)n, seen))
			return arg;
		console_ring_consume(&back, (size_t)n);
		seen += (uint32_t)n;
		/* and back as input */
		for (int at = 0; at < n;) {
			at += (int)console_ring_put(&back, buf + at,
						    (size_t)(n - at));
			sched_yield();
		}
	}
	return NULL;
}

UNIT_TEST(bytes_come_back_from_a_daemon_that_echoes)
{
	uint32_t sent = 0, seen = 0;
	pthread_t thread;
	void *failed;
	char buf[600];
	bool notify;

	start(0xfffff000u);
	EXPECT_EQ(pthread_create(&thread, NULL, daemon_end, &front), 0);
	while (seen < THROUGH) {
		size_t want = THROUGH - sent < 600 ? THROUGH - sent : 600, n;

		pattern(buf, want, sent);
		sent += (uint32_t)confront_put(&front, buf, want);
		confront_publish(&front);
		n = confront_take(&front, buf, sizeof(buf), &notify);
		if (!is_pattern(buf, n, seen))
			break;
		seen += (uint32_t)n;
		sched_yield();
	}
	if (seen < THROUGH)
		exit(1); /* the thread may wait for ever */
	pthread_join(thread, &failed);
	EXPECT(failed == NULL);
}
