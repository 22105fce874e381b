// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our block backend and our frontend on each other: data, order, errors,
 * sizes, and the ways up and down.
 */
#include "fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct blkfront_wish plain;

/* --- many at once, against a model --- */

#define NR_AREAS 64u /* of 32 pages; one operation at a time in each */
#define AREA_SECTORS 64u

struct area {
	struct op *op;
	bool is_write;
	uint8_t now[8]; /* what each page holds */
	unsigned int first;
	uint8_t fill;
};

static void check_end(struct area *a)
{
	struct op *o = a->op;

	EXPECT_EQ(o->io.rc, 0);
	for (unsigned int i = 0; i < o->io.nr_pages; i++) {
		const uint8_t *page = o->io.pages[i].page;

		if (o->io.op == BLKFRONT_WRITE)
			a->now[a->first + i] = a->fill;
		else
			for (unsigned int at = 0; at < 4096; at++)
				EXPECT_EQ(page[at], a->now[a->first + i]);
	}
	if (o->io.op == BLKFRONT_DISCARD)
		memset(a->now, 0, sizeof(a->now));
	op_free(o);
	a->op = NULL;
}

static void begin_one(struct area *a, unsigned int number, uint64_t *random)
{
	unsigned int nr = 1 + (unsigned int)(fake_random(random) % 8), queue;
	enum blkfront_op what = BLKFRONT_READ;
	struct op *o = calloc(1, sizeof(*o));

	a->first = (unsigned int)(fake_random(random) % 8);
	if (a->first + nr > 8)
		nr = 8 - a->first;
	switch (fake_random(random) % 16) {
	case 0:
		what = BLKFRONT_DISCARD;
		a->first = 0;
		nr = 0;
		break;
	case 1:
		what = BLKFRONT_FLUSH;
		nr = 0;
		break;
	case 2 ... 8:
		what = BLKFRONT_WRITE;
		break;
	}
	a->fill = (uint8_t)fake_random(random);
	o->io = (struct blkfront_io){
		.op = what,
		.sector = number * AREA_SECTORS + a->first * 8u,
		.nr_sectors = AREA_SECTORS,
		.nr_pages = nr,
		.ctx = o,
	};
	for (unsigned int i = 0; i < nr; i++) {
		o->io.pages[i].page = front_pages_alloc(1);
		o->io.pages[i].last = 7;
	}
	op_fill(o, what == BLKFRONT_WRITE ? a->fill : 0xaa);
	queue = number % front->nr_queues;
	a->op = o;
	o->io.done = op_done;
	if (blkfront_submit(front, queue, &o->io)) {
		op_free(o);
		a->op = NULL;
		return;
	}
	if (fake_random(random) % 3 == 0)
		blkfront_push(front, queue);
}

enum { MIX_DEATHS = 1, MIX_CACHED = 2 };

static void mix(const struct blkfront_wish *wish, unsigned int rounds,
		unsigned int how)
{
	struct area areas[NR_AREAS] = {0};
	uint64_t random = 0x9e3779b97f4a7c15u;
	unsigned int nr_done = 0;

	world_connect(wish);
	disk.d.is_cached = how & MIX_CACHED;
	for (unsigned int round = 0; round < rounds; round++) {
		for (unsigned int i = 0; i < NR_AREAS; i++)
			if (!areas[i].op && fake_random(&random) % 2)
				begin_one(&areas[i], i, &random);
		if (how & MIX_DEATHS && fake_random(&random) % 4 == 0) {
			(void)blkback_pass(back);
			back_die();
			back_return();
		}
		for (unsigned int i = 0; i < front->nr_queues; i++)
			blkfront_push(front, i);
		settle();
		for (unsigned int i = 0; i < NR_AREAS; i++)
			if (areas[i].op) {
				EXPECT(areas[i].op->is_done);
				check_end(&areas[i]);
				nr_done++;
			}
	}
	EXPECT(nr_done > rounds * NR_AREAS / 4);
	EXPECT(back->stats.errors == 0);
	world_end();
}

UNIT_TEST(mixed_operations_with_grant_copies)
{
	mix(&plain, 200, 0);
	mix(&plain, 200, MIX_CACHED);
}

UNIT_TEST(mixed_operations_with_persistent_grants)
{
	mix(&(struct blkfront_wish){.is_persistent = true}, 200, 0);
	mix(&(struct blkfront_wish){.is_persistent = true}, 200, MIX_CACHED);
}

UNIT_TEST(mixed_operations_on_four_queues_of_sixteen_pages)
{
	mix(&(struct blkfront_wish){.nr_queues = 4,
				    .ring_order = 4,
				    .is_persistent = true,
				    .is_indirect = true},
	    200, 0);
}

UNIT_TEST(mixed_operations_over_deaths_of_the_backend)
{
	const struct blkfront_wish two = {
		.nr_queues = 2, .ring_order = 1, .is_persistent = true};

	mix(&plain, 300, MIX_DEATHS);
	mix(&two, 300, MIX_DEATHS);
	mix(&two, 300, MIX_DEATHS | MIX_CACHED);
}

/* --- one thing at a time --- */

UNIT_TEST(what_was_written_is_read)
{
	world_connect(&plain);
	EXPECT_EQ(front->sectors, FAKE_DISK_SECTORS / 2);
	EXPECT_EQ(write_pages(0, 11, 0x11), 0);
	EXPECT_EQ(write_pages(8, 1, 0x22), 0);
	EXPECT_EQ(read_pages(0, 1, 0x11), 0);
	EXPECT_EQ(read_pages(8, 1, 0x22), 0);
	EXPECT_EQ(read_pages(16, 9, 0x11), 0);
	world_end();
}

UNIT_TEST(parts_of_pages_go_where_they_belong)
{
	static const bool modes[] = {false, true};

	for (unsigned int m = 0; m < 2; m++) {
		struct op *o;
		uint8_t *page;

		world_connect(
			&(struct blkfront_wish){.is_persistent = modes[m]});
		EXPECT_EQ(write_pages(0, 3, 1), 0);
		o = op_start(BLKFRONT_FLUSH, 0, 0, 0);
		EXPECT_EQ(op_end(o), 0);

		o = calloc(1, sizeof(*o));
		page = front_pages_alloc(1);
		memset(page, 7, 4096);
		o->io = (struct blkfront_io){
			.op = BLKFRONT_WRITE,
			.sector = 10,
			.nr_pages = 1,
			.pages = {{.page = page, .first = 2, .last = 3}},
			.done = op_done,
			.ctx = o,
		};
		EXPECT_EQ(blkfront_submit(front, 0, &o->io), 0);
		blkfront_push(front, 0);
		settle();
		EXPECT(o->is_done && !o->io.rc);
		for (unsigned int s = 0; s < 24; s++)
			EXPECT_EQ(disk.data[s * 512],
				  s == 10 || s == 11 ? 7 : 1);
		/* a read leaves the rest of the page alone */
		o->is_done = false;
		o->io.op = BLKFRONT_READ;
		o->io.sector = 0;
		EXPECT_EQ(blkfront_submit(front, 0, &o->io), 0);
		blkfront_push(front, 0);
		settle();
		for (unsigned int s = 0; s < 8; s++)
			EXPECT_EQ(page[s * 512], s == 2 || s == 3 ? 1 : 7);
		op_free(o);
		world_end();
	}
}

UNIT_TEST(an_indirect_request_carries_more_pages)
{
	world_connect(&(struct blkfront_wish){.is_indirect = true});
	EXPECT_EQ(write_pages(64, 32, 0x33), 0);
	EXPECT_EQ(read_pages(64, 32, 0x33), 0);
	EXPECT_EQ(back->stats.requests, 2);
	world_end();
}

UNIT_TEST(a_disk_that_copies_uses_the_granted_pages_themselves)
{
	struct op *o;

	world_connect(&(struct blkfront_wish){.is_persistent = true});
	EXPECT_EQ(write_pages(0, 1, 1), 0); /* maps a page */
	disk.is_held = true;
	for (unsigned int cached = 0; cached < 2; cached++) {
		disk.d.is_cached = cached;
		o = op_start(BLKFRONT_WRITE, 8, 2, 0x44);
		run_back();
		EXPECT_EQ(disk.nr_pending, 1);
		EXPECT_EQ(disk.pending[0]->nr_iov, cached ? 2 : 1);
		EXPECT_EQ(bounce.nr_used, cached ? 0 : 2);
		disk.is_held = false;
		EXPECT_EQ(op_end(o), 0);
		disk.is_held = true;
	}
	/* what cannot be mapped passes through memory of ours */
	o = op_start(BLKFRONT_WRITE, 8, 8, 0x45);
	for (uint32_t gref = FAKE_FIRST_GREF; gref < FAKE_GREFS; gref++)
		fake_grants[gref].is_readonly = !fake_grants[gref].nr_maps;
	run_back();
	EXPECT_EQ(bounce.nr_used, 8);
	disk.is_held = false;
	EXPECT_EQ(op_end(o), 0);
	EXPECT_EQ(memcmp(disk.data + 4096, disk.data + 8192, 4096), 0);
	EXPECT_EQ(disk.data[4096], 0x45);
	world_end();
}

UNIT_TEST(an_error_of_the_disk_is_one_of_its_request_only)
{
	struct op *bad, *good;

	world_connect(&plain);
	disk.bad_sector = 100;
	disk.bad_rc = -EIO;
	bad = op_start(BLKFRONT_WRITE, 96, 2, 1);
	good = op_start(BLKFRONT_WRITE, 200, 2, 1);
	EXPECT_EQ(op_end(bad), -EIO);
	EXPECT_EQ(op_end(good), 0);
	EXPECT_EQ(read_pages(96, 1, 0), -EIO);
	disk.bad_rc = -EOPNOTSUPP;
	EXPECT_EQ(op_end(op_start(BLKFRONT_DISCARD, 96, 2, 0)), -EOPNOTSUPP);
	disk.bad_rc = 0;
	EXPECT_EQ(write_pages(96, 2, 4), 0);
	EXPECT_EQ(read_pages(96, 2, 4), 0);
	world_end();
}

UNIT_TEST(a_failed_read_shows_nothing)
{
	struct op *o;

	world_connect(&plain);
	EXPECT_EQ(write_pages(0, 8, 0x55), 0);
	disk.bad_sector = 100;
	disk.bad_rc = -EIO;
	o = op_start(BLKFRONT_READ, 96, 1, 0xee);
	settle();
	EXPECT(op_is_filled(o, 0xee));
	EXPECT_EQ(op_end(o), -EIO);
	world_end();
}

UNIT_TEST(nothing_is_written_to_a_disk_that_is_readonly)
{
	world_start(&plain);
	disk.d.is_readonly = true;
	settle_store();
	EXPECT_EQ(front->info, BLKIF_INFO_READONLY);
	EXPECT_EQ(write_pages(0, 1, 1), -EIO);
	EXPECT_EQ(op_end(op_start(BLKFRONT_DISCARD, 0, 1, 0)), -EIO);
	EXPECT_EQ(op_end(op_start(BLKFRONT_FLUSH, 0, 0, 0)), 0);
	EXPECT_EQ(op_end(op_start(BLKFRONT_BARRIER, 0, 1, 9)), -EIO);
	EXPECT_EQ(read_pages(0, 1, 0), 0);
	world_end();
}

UNIT_TEST(a_flush_and_a_barrier_reach_the_disk)
{
	world_connect(&plain);
	EXPECT_EQ(op_end(op_start(BLKFRONT_FLUSH, 0, 0, 0)), 0);
	EXPECT_EQ(op_end(op_start(BLKFRONT_BARRIER, 8, 1, 1)), 0);
	EXPECT_EQ(op_end(op_start(BLKFRONT_FLUSH, 16, 1, 1)), 0);
	EXPECT_EQ(disk.nr_log, 5);
	EXPECT(disk.log[0].what == 'F' && disk.log[1].what == 'W');
	EXPECT(disk.log[2].what == 'F' && disk.log[3].what == 'W');
	EXPECT(disk.log[4].what == 'F');
	world_end();
}

UNIT_TEST(a_barrier_is_between_what_was_before_and_after)
{
	world_connect(&plain);
	for (unsigned int round = 0; round < 50; round++) {
		struct op *o[9];

		disk.nr_log = 0;
		for (unsigned int i = 0; i < 9; i++)
			o[i] = op_start(i == 4 ? BLKFRONT_BARRIER
					       : BLKFRONT_WRITE,
					i * 8, 1, 1);
		settle();
		EXPECT_EQ(disk.nr_log, 10);
		for (unsigned int i = 0; i < 4; i++)
			EXPECT(disk.log[i].sector < 32);
		EXPECT_EQ(disk.log[4].sector, 32);
		EXPECT_EQ(disk.log[5].what, 'F');
		for (unsigned int i = 6; i < 10; i++)
			EXPECT(disk.log[i].sector > 32);
		for (unsigned int i = 0; i < 9; i++)
			EXPECT_EQ(op_end(o[i]), 0);
	}
	world_end();
}

UNIT_TEST(a_disk_that_grows_is_seen_while_it_is_used)
{
	struct blkback_disk d = {.block_bytes = 512, .physical_bytes = 512};
	struct op *o;

	world_connect(&plain);
	EXPECT_EQ(write_pages(FAKE_DISK_SECTORS / 2, 1, 1), -EIO);
	disk.is_held = true;
	o = op_start(BLKFRONT_WRITE, 0, 1, 1);
	disk.d.sectors = d.sectors = FAKE_DISK_SECTORS;
	EXPECT_EQ(blkback_announce(&back_bus, &d), 0);
	settle_store();
	EXPECT_EQ(front->sectors, FAKE_DISK_SECTORS);
	disk.is_held = false;
	EXPECT_EQ(op_end(o), 0);
	EXPECT_EQ(write_pages(FAKE_DISK_SECTORS - 8, 1, 1), 0);
	world_end();
}

UNIT_TEST(a_front_that_closes_and_begins_again_is_served_again)
{
	world_connect(&plain);
	for (int i = 0; i < 20; i++) {
		EXPECT_EQ(write_pages(0, 1, 1), 0);
		EXPECT_EQ(blkfront_close(front), 0);
		settle_store();
		EXPECT_EQ(front->bus.state, XenbusStateClosed);
		EXPECT_EQ(back_bus.state, XenbusStateClosed);
		EXPECT(!is_serving);
		EXPECT_EQ(fake_nr_maps(), 0);
		EXPECT_EQ(fake_nr_grants(), 0);
		EXPECT_EQ(
			xenbus_switch(&front->bus, 0, XenbusStateInitialising),
			0);
		settle_store();
		EXPECT_EQ(front->bus.state, XenbusStateConnected);
	}
	world_end();
}

UNIT_TEST(a_limited_device_starts_no_more_than_it_may)
{
	struct op *o[8];

	world_connect(&plain);
	back->limit.requests_per_s = 1;
	for (unsigned int i = 0; i < 8; i++)
		o[i] = op_start(BLKFRONT_WRITE, i * 8, 1, 1);
	disk.is_in_order = true;
	(void)blkback_pass(back);
	EXPECT_EQ(disk.nr_log, 1);
	EXPECT(back->is_limited);
	back->limit = (struct limit){0};
	for (unsigned int i = 0; i < 8; i++)
		EXPECT_EQ(op_end(o[i]), 0);
	world_end();
}

UNIT_TEST(a_limit_holds_over_time_and_lets_large_ones_pass)
{
	struct limit l = {.bytes_per_s = 1000000};

	EXPECT_EQ(limit_wait_ns(&l, 5), 0);
	limit_charge(&l, 1000, 2000000);
	EXPECT_EQ(limit_wait_ns(&l, 1000), 2000000000u);
	EXPECT_EQ(limit_wait_ns(&l, 2000001000u), 0);
	/* what was not used is not saved up */
	limit_charge(&l, 9000000000u, 500000);
	EXPECT_EQ(limit_wait_ns(&l, 9000000000u), 500000000u);
}

UNIT_TEST(a_batch_costs_one_event_and_one_copy)
{
	struct op *o[32];

	world_connect(&plain);
	disk.is_in_order = true;
	for (unsigned int i = 0; i < 32; i++)
		o[i] = op_start(BLKFRONT_WRITE, i * 8, 1, 1);
	fake_calls = (struct fake_calls){0};
	settle();
	EXPECT_EQ(fake_calls.copies, 1);
	EXPECT_EQ(fake_calls.notifies, 1);
	EXPECT_EQ(fake_calls.maps, 0);
	EXPECT_EQ(fake_ports[front->queues[0].port].nr_to_back, 1);
	for (unsigned int i = 0; i < 32; i++)
		op_free(o[i]);
	world_end();
}

UNIT_TEST(persistent_pages_are_mapped_once)
{
	world_connect(&(struct blkfront_wish){.is_persistent = true});
	EXPECT_EQ(write_pages(0, 8, 1), 0);
	fake_calls = (struct fake_calls){0};
	for (int i = 0; i < 100; i++) {
		EXPECT_EQ(write_pages(0, 8, (uint8_t)i), 0);
		EXPECT_EQ(read_pages(0, 8, (uint8_t)i), 0);
	}
	EXPECT_EQ(fake_calls.maps, 0);
	EXPECT_EQ(fake_calls.copies, 0);
	world_end();
}

UNIT_TEST(whatever_fails_at_connecting_leaves_nothing)
{
	static const struct blkfront_wish wish = {.nr_queues = 3,
						  .ring_order = 2};

	for (int n = 0; n < 60; n++) {
		world_start(&wish);
		fake_until_failure = n;
		settle_store();
		fake_until_failure = -1;
		world_end();
	}
	for (int n = 0; n < 60; n++) {
		world_start(&wish);
		fake_bus_until_failure = n;
		(void)blkfront_store_event(front);
		fake_bus_until_failure = -1;
		world_end();
	}
}

UNIT_TEST(copies_that_fail_are_errors_of_their_requests)
{
	struct op *w, *r;

	world_connect(&plain);
	w = op_start(BLKFRONT_WRITE, 0, 3, 1);
	fake_until_failure = 0;
	EXPECT_EQ(op_end(w), -EIO);
	fake_until_failure = -1;
	r = op_start(BLKFRONT_READ, 0, 3, 1);
	fake_until_failure = 0;
	EXPECT_EQ(op_end(r), -EIO);
	fake_until_failure = -1;
	EXPECT_EQ(write_pages(0, 3, 1), 0);
	world_end();
}
