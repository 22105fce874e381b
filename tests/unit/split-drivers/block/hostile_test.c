// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each end against a peer that lies: an error for that device, nothing else.
 */
#include "fixture.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define FRONT "/local/domain/7/device/vbd/51712"
#define BACK "/local/domain/0/backend/qdisk/7/51712"

static const struct blkfront_wish plain;
static const struct blkfront_wish persistent = {.is_persistent = true};

/* --- a frontend that writes to the ring what it likes --- */

static struct ring *ring(void)
{
	return &front->queues[0].ring;
}

/* The status that @req is answered with. */
static int ask(const union blkif_request *req)
{
	struct blkif_response rsp;

	ring_put(ring(), req, sizeof(*req));
	if (ring_front_publish(ring()))
		front_notify(front->queues[0].port);
	run_back();
	EXPECT_EQ(ring_front_available(ring()), 1);
	ring_take(ring(), &rsp, sizeof(rsp));
	EXPECT_EQ(rsp.id, req->rw.id);
	return rsp.status;
}

static union blkif_request request(uint8_t op, uint8_t nr, uint64_t sector)
{
	union blkif_request req = {
		.rw = {.op = op, .nr_segments = nr, .id = 77, .sector = sector},
	};

	for (unsigned int i = 0; i < BLKIF_SEGMENTS_MAX; i++)
		req.rw.segments[i] =
			(struct blkif_segment){.gref = 4000 + i, .last = 7};
	return req;
}

static void bad_requests(const struct blkfront_wish *wish)
{
	union blkif_request req;
	void *page;
	int64_t gref;

	world_connect(wish);
	page = front_pages_alloc(1);
	gref = front_grant(0, page, 1);
	EXPECT_EQ(write_pages(0, 1, 0x42), 0);
	for (unsigned int op = 0; op < 256; op++) {
		req = request((uint8_t)op, 12, 0);
		EXPECT(ask(&req) < 0);
		/* no such grants */
		req = request((uint8_t)op, 11, 0);
		if (op != BLKIF_DISCARD)
			EXPECT(ask(&req) < 0);
	}
	for (unsigned int op = BLKIF_READ; op <= BLKIF_FLUSH; op++) {
		static const uint64_t sectors[] = {
			FAKE_DISK_SECTORS / 2 - 7,
			FAKE_DISK_SECTORS,
			UINT64_MAX,
			UINT64_MAX - 7,
			UINT64_MAX / 512,
			1ull << 55,
		};

		for (unsigned int i = 0; i < 6; i++) {
			req = request((uint8_t)op, 1, sectors[i]);
			EXPECT_EQ(ask(&req), BLKIF_ERROR);
		}
		req = request((uint8_t)op, 255, 0);
		EXPECT_EQ(ask(&req), BLKIF_ERROR);
		req = request((uint8_t)op, 1, 0);
		req.rw.segments[0].last = 8;
		EXPECT_EQ(ask(&req), BLKIF_ERROR);
		req.rw.segments[0] = (struct blkif_segment){
			.gref = (uint32_t)gref, .first = 5, .last = 4};
		EXPECT_EQ(ask(&req), BLKIF_ERROR);
		req.rw.segments[0] = (struct blkif_segment){
			.gref = UINT32_MAX, .first = 0, .last = 0};
		EXPECT_EQ(ask(&req), BLKIF_ERROR);
	}
	/* a page that may only be read */
	req = request(BLKIF_READ, 1, 0);
	req.rw.segments[0].gref = (uint32_t)gref;
	EXPECT_EQ(ask(&req), BLKIF_ERROR);
	req.rw.op = BLKIF_WRITE;
	req.rw.sector = 800;
	EXPECT_EQ(ask(&req), BLKIF_OKAY);

	req = request(BLKIF_DISCARD, 0, 8);
	req.discard.nr_sectors = UINT64_MAX;
	EXPECT_EQ(ask(&req), BLKIF_ERROR);
	req.discard.nr_sectors = UINT64_MAX - 8;
	EXPECT_EQ(ask(&req), BLKIF_ERROR);
	req.discard.nr_sectors = 0;
	EXPECT_EQ(ask(&req), BLKIF_OKAY);
	req.discard.flags = BLKIF_DISCARD_SECURE;
	EXPECT_EQ(ask(&req), BLKIF_NOT_SUPPORTED);

	EXPECT_EQ(read_pages(0, 1, 0x42), 0);
	EXPECT(!is_back_broken);
	EXPECT_EQ(front_grant_end((uint32_t)gref), 0);
	front_pages_free(page, 1);
	world_end();
}

UNIT_TEST(bad_requests_are_answered_with_errors_with_copies)
{
	bad_requests(&plain);
}

UNIT_TEST(bad_requests_are_answered_with_errors_with_mappings)
{
	bad_requests(&persistent);
}

UNIT_TEST(bad_indirect_requests_are_answered_with_errors)
{
	static const uint16_t bad_counts[] = {0, 257, 512, 513, 4096, 65535};
	union blkif_request req = {
		.indirect = {.op = BLKIF_INDIRECT, .id = 5, .sector = 0}};
	struct blkif_segment *table;
	int64_t gref;

	world_connect(&plain);
	table = front_pages_alloc(1);
	gref = front_grant(0, table, 1);
	memset(table, 0xff, 4096);
	req.indirect.grefs[0] = (uint32_t)gref;
	for (unsigned int i = 0; i < 6; i++) {
		req.indirect.nr_segments = bad_counts[i];
		EXPECT_EQ(ask(&req), BLKIF_ERROR);
	}
	req.indirect.nr_segments = 256;
	for (unsigned int op = 0; op < 256; op++) {
		req.indirect.real_op = (uint8_t)op;
		EXPECT_EQ(ask(&req), BLKIF_ERROR);
	}
	req.indirect.real_op = BLKIF_WRITE;
	req.indirect.grefs[0] = 4000;
	EXPECT_EQ(ask(&req), BLKIF_ERROR);
	EXPECT_EQ(front_grant_end((uint32_t)gref), 0);
	front_pages_free(table, 1);
	EXPECT_EQ(write_pages(0, 1, 1), 0);
	world_end();
}

UNIT_TEST(segments_may_overlap)
{
	union blkif_request req = request(BLKIF_READ, 11, 0);
	void *page;
	int64_t gref;

	world_connect(&plain);
	EXPECT_EQ(write_pages(0, 11, 0x19), 0);
	page = front_pages_alloc(1);
	gref = front_grant(0, page, 0);
	for (unsigned int i = 0; i < 11; i++)
		req.rw.segments[i].gref = (uint32_t)gref;
	EXPECT_EQ(ask(&req), BLKIF_OKAY);
	EXPECT_EQ(((uint8_t *)page)[4095], 0x19);
	EXPECT_EQ(front_grant_end((uint32_t)gref), 0);
	front_pages_free(page, 1);
	world_end();
}

UNIT_TEST(an_index_that_jumps_ends_the_device)
{
	static const uint32_t jumps[] = {
		33, 34, 1000, 0x80000000u, UINT32_MAX, UINT32_MAX - 40};

	for (unsigned int i = 0; i < 6; i++) {
		world_connect(&plain);
		EXPECT_EQ(write_pages(0, 1, 1), 0);
		ring()->shared->req_prod += jumps[i];
		front_notify(front->queues[0].port);
		run_back();
		EXPECT(is_back_broken);
		EXPECT(!is_serving);
		EXPECT_EQ(fake_nr_maps(), 0);
		EXPECT_EQ(back_bus.state, XenbusStateClosed);
		EXPECT(fake_bus_get("error/" BACK "/error") != NULL);
		world_end();
	}
}

UNIT_TEST(a_request_changed_after_it_was_taken_stays_what_it_was)
{
	struct op *o;

	world_connect(&plain);
	disk.is_held = true;
	o = op_start(BLKFRONT_WRITE, 8, 2, 0x77);
	run_back();
	memset(ring_slot(ring(), 0), 0xff, BLKIF_ENTRY_BYTES);
	op_fill(o, 0x11); /* the copy has been made */
	disk.is_held = false;
	/* the event for the disk is not ours to send */
	run_back();
	EXPECT_EQ(op_end(o), 0);
	EXPECT_EQ(read_pages(8, 2, 0x77), 0);
	world_end();
}

static volatile bool is_over;

static void *scribble(void *arg)
{
	uint64_t random = 0x1234567, *words = arg;

	while (!is_over)
		words[fake_random(&random) % 512] ^= fake_random(&random);
	return NULL;
}

/* Whatever happens, it is not outside: the disk aborts if it is. */
UNIT_TEST(a_ring_that_changes_all_the_time_hurts_nobody)
{
	for (unsigned int round = 0; round < 20; round++) {
		pthread_t thread;

		world_connect(round % 2 ? &plain : &persistent);
		is_over = false;
		EXPECT_EQ(
			pthread_create(&thread, NULL, scribble, ring()->shared),
			0);
		for (unsigned int i = 0; i < 300 && !is_back_broken; i++) {
			union blkif_request req =
				request((uint8_t)(i % 7), 1 + i % 11, i * 8);

			ring_put(ring(), &req, sizeof(req));
			ring()->shared->req_prod = ring()->prod;
			front_notify(front->queues[0].port);
			run_back();
		}
		is_over = true;
		pthread_join(thread, NULL);
		world_end();
	}
}

UNIT_TEST(keys_that_change_while_it_runs_change_nothing)
{
	static const char *const keys[] = {
		"feature-persistent", "ring-ref",
		"ring-page-order",    "event-channel",
		"protocol",	      "ring-ref0",
		"queue-0/ring-ref",   "multi-queue-num-queues",
	};

	for (unsigned int mode = 0; mode < 2; mode++) {
		world_connect(mode ? &persistent : &plain);
		for (unsigned int i = 0; i < 8; i++) {
			char path[128];

			EXPECT_EQ(write_pages(0, 3, (uint8_t)i), 0);
			xenbus_join(path, sizeof(path), FRONT, keys[i]);
			fake_bus_set(path, i % 2 ? "1" : "7777777");
			settle_store();
			EXPECT_EQ(read_pages(0, 3, (uint8_t)i), 0);
		}
		world_end();
	}
}

UNIT_TEST(bad_keys_of_a_frontend_are_named)
{
	static const struct {
		const char *key, *value, *named;
	} bad[] = {
		{"ring-ref", "", "ring-ref"},
		{"ring-ref", "-1", "ring-ref"},
		{"ring-ref", "99999999999", "ring-ref"},
		{"ring-ref", NULL, "ring-ref"},
		{"event-channel", "x", "event-channel"},
		{"event-channel", NULL, "event-channel"},
		{"ring-page-order", "5", "ring-page-order"},
		{"ring-page-order", "4294967297", "ring-page-order"},
		{"ring-page-order", "1", "ring-ref"},
		{"multi-queue-num-queues", "0", "multi-queue-num-queues"},
		{"multi-queue-num-queues", "5", "multi-queue-num-queues"},
		{"multi-queue-num-queues", "2", "event-channel"},
		{"protocol", "x86_32-abi", "protocol"},
		{"feature-persistent", "2", "feature-persistent"},
		/* well formed, but there is no such thing */
		{"ring-ref", "4000", "ring-ref"},
		{"event-channel", "60", "ring-ref"},
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char path[128];

		world_start(&plain);
		/* the backend offers, the frontend writes its choice */
		while (front->bus.state != XenbusStateInitialised) {
			struct blkback_disk d = {.block_bytes = 512};

			if (back_bus.state == XenbusStateInitialising)
				EXPECT_EQ(blkback_offer(&back_bus, &offer, &d),
					  0);
			(void)blkfront_store_event(front);
		}
		xenbus_join(path, sizeof(path), FRONT, bad[i].key);
		fake_bus_set(path, bad[i].value);
		settle_store();
		EXPECT(is_back_broken);
		EXPECT(strcmp(front_error, bad[i].named) == 0);
		EXPECT_EQ(fake_nr_maps(), 0);
		world_end();
	}
}

/* --- a backend that answers what it likes --- */

static void answer(uint64_t id, uint8_t op, int16_t status)
{
	struct blkif_response rsp = {.id = id, .op = op, .status = status};

	ring_put(&back->queues[0].ring, &rsp, sizeof(rsp));
	ring_back_publish(&back->queues[0].ring);
}

UNIT_TEST(an_answer_to_nothing_breaks_the_frontend_only)
{
	for (unsigned int kind = 0; kind < 6; kind++) {
		struct op *o;

		world_connect(kind % 2 ? &plain : &persistent);
		o = op_start(BLKFRONT_READ, 0, 1, 0);
		switch (kind) {
		case 0:
			answer(1, BLKIF_READ, 0);
			break;
		case 1:
			answer(UINT64_MAX, BLKIF_READ, 0);
			break;
		case 2:
			answer(0, BLKIF_WRITE, 0);
			break;
		case 3:
			answer(BLKFRONT_SLOTS_MAX, BLKIF_READ, 0);
			break;
		case 4:
			ring()->shared->rsp_prod += 2;
			break;
		case 5:
			ring()->shared->rsp_prod -= 1;
			break;
		}
		EXPECT_EQ(blkfront_ring_event(front, 0), -EINVAL);
		EXPECT(front->is_broken);
		EXPECT(!o->is_done);
		EXPECT_EQ(blkfront_submit(front, 0, &o->io), -EIO);
		back_stop();
		blkfront_destroy(front);
		EXPECT(o->is_done);
		EXPECT_EQ(o->io.rc, -EIO);
		op_free(o);
		world_end();
	}
}

UNIT_TEST(an_answer_given_twice_is_taken_once)
{
	struct op *o;

	world_connect(&plain);
	o = op_start(BLKFRONT_FLUSH, 0, 0, 0);
	EXPECT_EQ(op_end(o), 0);
	o = op_start(BLKFRONT_FLUSH, 0, 0, 0);
	answer(0, BLKIF_FLUSH, 0); /* the first one's */
	EXPECT_EQ(blkfront_ring_event(front, 0), -EINVAL);
	back->queues[0].ring.cons++;
	world_end();
	free(o);
}

UNIT_TEST(bad_keys_of_a_backend_are_refused)
{
	static const struct {
		const char *key, *value;
	} bad[] = {
		{"sectors", "lots"},	    {"sectors", "99999999999999999999"},
		{"sector-size", "0"},	    {"sector-size", "768"},
		{"sector-size", "-512"},    {"info", "read-only"},
		{"sector-size", "1048576"},
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char path[128];

		world_start(&plain);
		xenbus_join(path, sizeof(path), BACK, bad[i].key);
		for (int n = 0; n < 10; n++) {
			struct blkback_disk d = {.block_bytes = 512};

			if (back_bus.state == XenbusStateInitialising)
				(void)blkback_offer(&back_bus, &offer, &d);
			else if (front->bus.state == XenbusStateInitialised)
				(void)blkback_announce(&back_bus, &d);
			fake_bus_set(path, bad[i].value);
			(void)blkfront_store_event(front);
		}
		EXPECT(!front->is_connected);
		world_end();
	}
}

UNIT_TEST(a_page_the_backend_keeps_is_not_used_again)
{
	struct op *o;
	uint32_t gref;

	world_connect(&plain);
	o = op_start(BLKFRONT_READ, 0, 1, 0);
	gref = front->queues[0].slots[0].grefs[0];
	fake_grants[gref].nr_maps++;
	EXPECT_EQ(op_end(o), -EIO);
	EXPECT(front->is_broken);
	fake_grants[gref].nr_maps--;
	EXPECT_EQ(front_grant_end(gref), 0);
	world_end();
}
