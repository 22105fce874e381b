/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ring arithmetic, alone against a page somebody else writes to.
 */
#include "console_ring.h"
#include "unit_test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct xencons_interface page;
static struct console_ring ring;

static void start(uint32_t at)
{
	memset(&page, 0, sizeof(page));
	page.out_cons = page.out_prod = at;
	page.in_cons = page.in_prod = at;
	console_ring_attach(&ring, &page, false, 0);
}

static void put(char c)
{
	page.out[page.out_prod++ % sizeof(page.out)] = c;
}

UNIT_TEST(bytes_come_out_in_order_across_both_wraps)
{
	char buf[64];
	uint32_t sent = 0, seen = 0;

	/* Starts just below 2^32, so indexes and positions wrap. */
	start(0xffffff00u);
	while (seen < 10000) {
		for (int i = 0; i < 57; i++)
			put((char)sent++);
		for (int n; (n = console_ring_peek(&ring, buf, sizeof(buf)));
		     console_ring_consume(&ring, (size_t)n))
			for (int i = 0; i < n; i++)
				EXPECT_EQ(buf[i], (char)seen++);
	}
	EXPECT_EQ(seen, sent);
	EXPECT_EQ(page.out_cons, page.out_prod);
}

UNIT_TEST(full_ring_is_taken_whole_and_peek_alone_consumes_nothing)
{
	char buf[CONSOLE_RING_OUT];

	start(5);
	for (unsigned int i = 0; i < CONSOLE_RING_OUT; i++)
		put('x');
	EXPECT_EQ(console_ring_peek(&ring, buf, sizeof(buf)), 2048);
	EXPECT_EQ(page.out_cons, 5);
	EXPECT_EQ(console_ring_peek(&ring, buf, sizeof(buf)), 2048);
	console_ring_consume(&ring, 2048);
	EXPECT(!console_ring_has_output(&ring));
}

UNIT_TEST(impossible_output_index_is_refused_and_resync_goes_on)
{
	static const uint32_t bad[] = {2049, 4096, 0x80000000u, 0xffffffffu};
	char buf[CONSOLE_RING_OUT];

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		start(100);
		page.out_prod = 100 + bad[i];
		EXPECT_EQ(console_ring_peek(&ring, buf, sizeof(buf)), -EBADMSG);
		console_ring_resync(&ring);
		EXPECT(!console_ring_has_output(&ring));
		put('y');
		EXPECT_EQ(console_ring_peek(&ring, buf, sizeof(buf)), 1);
		EXPECT_EQ(buf[0], 'y');
	}
}

UNIT_TEST(guest_moving_our_index_changes_nothing)
{
	char buf[8];

	start(0);
	put('a');
	page.out_cons = 0xdeadbeef;
	page.in_prod = 0xdeadbeef;
	EXPECT_EQ(console_ring_peek(&ring, buf, sizeof(buf)), 1);
	console_ring_consume(&ring, 1);
	EXPECT_EQ(page.out_cons, 1);
	EXPECT_EQ(console_ring_put(&ring, "k", 1), 1);
	EXPECT_EQ(page.in_prod, 1);
}

UNIT_TEST(input_stops_when_full_or_when_the_guest_index_is_impossible)
{
	char buf[2000] = {0};

	start(0xfffffff0u);
	EXPECT_EQ(console_ring_put(&ring, buf, sizeof(buf)), 1024);
	EXPECT_EQ(console_ring_put(&ring, buf, 1), 0);
	page.in_cons += 10;
	EXPECT_EQ(console_ring_put(&ring, buf, sizeof(buf)), 10);
	page.in_cons += 2000; /* beyond what was ever put */
	EXPECT_EQ(console_ring_put(&ring, buf, sizeof(buf)), 0);
}

UNIT_TEST(saved_index_wins_only_when_it_is_possible)
{
	start(0);
	for (int i = 0; i < 10; i++)
		put('z');
	console_ring_attach(&ring, &page, true, 7);
	EXPECT_EQ(ring.out_cons, 7);
	EXPECT_EQ(page.out_cons, 7);
	page.out_cons = 3;
	console_ring_attach(&ring, &page, true, 11);
	EXPECT_EQ(ring.out_cons, 3);
	console_ring_attach(&ring, &page, true, 10u - 2049u);
	EXPECT_EQ(ring.out_cons, 3);
}

UNIT_TEST(no_index_makes_any_operation_leave_its_buffer)
{
	char buf[CONSOLE_RING_OUT];
	int n;

	start(0);
	srandom(1);
	for (int i = 0; i < 300000; i++) {
		uint32_t r = (uint32_t)random();

		switch (r % 6) {
		case 0:
			page.out_prod = (uint32_t)random();
			break;
		case 1:
			page.in_cons = (uint32_t)random();
			break;
		case 2:
			page.out_prod =
				ring.out_cons + (uint32_t)random() % 5000;
			break;
		case 3:
			page.in_cons = ring.in_prod - (uint32_t)random() % 3000;
			break;
		case 4:
			console_ring_put(&ring, buf, r % sizeof(buf));
			break;
		default:
			n = console_ring_peek(&ring, buf, sizeof(buf));
			EXPECT(n <= (int)sizeof(buf));
			if (n < 0)
				console_ring_resync(&ring);
			else
				console_ring_consume(&ring, (size_t)n);
		}
	}
}
