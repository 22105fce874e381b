// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backend process ends before any of its stores, and the next one takes over:
 * every operation is done, once, and the data is right.
 *
 * BLKBACK_KILLS says how many are tried; they are spread over all there are.
 */
#include "fixture.h"

#include <stdlib.h>

#include "../die_at_store.h"

#define NR_OPS 12u

static struct op *ops[NR_OPS];

/* Writes that overlap with nothing, and reads of what was there before. */
static void post(void)
{
	for (unsigned int i = 0; i < NR_OPS; i++) {
		bool is_write = i % 3 != 0;

		ops[i] = op_start(is_write ? BLKFRONT_WRITE : BLKFRONT_READ,
				  i * 16, 1 + i % 2,
				  (uint8_t)(is_write ? 0x40 + i : 0xee));
	}
}

static void life(void)
{
	run_back();
}

static unsigned long one_death(const struct blkfront_wish *wish,
			       unsigned long last)
{
	unsigned long n;

	world_connect(wish);
	for (unsigned int i = 0; i < NR_OPS; i++)
		EXPECT_EQ(write_pages(i * 16, 2, (uint8_t)(0x80 + i)), 0);
	post();
	n = die_at_store(life, last);
	back_die();
	back_return();
	/* the frontend may have been answered, and ask for more */
	while (blkfront_ring_event(front, 0) > 0)
		;
	settle();
	for (unsigned int i = 0; i < NR_OPS; i++) {
		EXPECT(ops[i]->is_done);
		EXPECT_EQ(ops[i]->io.rc, 0);
		if (i % 3 == 0)
			EXPECT(op_is_filled(ops[i], (uint8_t)(0x80 + i)));
		op_free(ops[i]);
	}
	for (unsigned int i = 0; i < NR_OPS; i++)
		EXPECT_EQ(read_pages(i * 16, 1,
				     (uint8_t)((i % 3 ? 0x40 : 0x80) + i)),
			  0);
	world_end();
	return n;
}

static void many_deaths(const struct blkfront_wish *wish)
{
	const char *wanted = getenv("BLKBACK_KILLS");
	unsigned long kills = wanted ? strtoul(wanted, NULL, 10) : 200;
	unsigned long all = one_death(wish, ~0ul);

	EXPECT(all > 500);
	for (unsigned long i = 0; i < kills; i++)
		one_death(wish, all * i / kills + i % 7);
}

UNIT_TEST(killed_before_any_store_with_copies)
{
	many_deaths(&(struct blkfront_wish){0});
}

UNIT_TEST(killed_before_any_store_with_mappings)
{
	many_deaths(&(struct blkfront_wish){.is_persistent = true});
}

UNIT_TEST(a_ring_in_use_without_a_journal_is_refused)
{
	world_connect(&(struct blkfront_wish){0});
	EXPECT_EQ(write_pages(0, 1, 1), 0);
	back_die();
	journal_end(journal);
	EXPECT(blkback_connect(
		       back, &disk.d, &bounce, journal, 1,
		       &(struct blkback_front){
			       .nr_queues = 1,
			       .ring_pages = 1,
			       .queues = {{front->queues[0].port,
					   {front->queues[0]
						    .ring_grefs[0]}}}}) < 0);
	EXPECT_EQ(fake_nr_maps(), 0);
	world_end();
}

UNIT_TEST(a_ring_that_was_changed_meanwhile_is_refused)
{
	static const uint32_t by[] = {1, 5, UINT32_MAX, 0x80000000u};

	for (unsigned int i = 0; i < 4; i++) {
		struct ring_shared *s;
		struct blkback_front f = {.nr_queues = 1, .ring_pages = 1};
		uint64_t identity;

		world_connect(&(struct blkfront_wish){0});
		EXPECT_EQ(write_pages(0, 1, 1), 0);
		identity = journal->identity;
		back_die();
		s = front->queues[0].ring.shared;
		s->rsp_prod += by[i];
		f.queues[0].event_channel = front->queues[0].port;
		f.queues[0].grefs[0] = front->queues[0].ring_grefs[0];
		EXPECT(blkback_connect(back, &disk.d, &bounce, journal,
				       identity, &f) < 0);
		EXPECT_EQ(fake_nr_maps(), 0);
		world_end();
	}
}
