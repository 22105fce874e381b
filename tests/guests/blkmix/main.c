/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk used hard through the portable block frontend: many operations under
 * way at once, each in a part of the disk of its own, and all that is read is
 * checked. Prints what tests/domains/guest/diskmix.c does.
 *
 * Words of the command line: operations=N of each part, seed=N, queues=N,
 * order=N (of the ring's pages), and copies: no persistent grants.
 */
#include "../../../split-drivers/block/frontend/blkfront.h"
#include "../../../split-drivers/seam/front_xen.h"
#include "../../domains/guest/mix.h"
#include "../lib/domu.h"
#include "../lib/front.h"
#include "../lib/guest.h"

#include <abi/errno.h>

#define PARTS 16u
#define BLOCKS_MAX (1u << 18) /* 1 GiB */
#define BLOCK_SECTORS (MIX_BLOCK / BLKIF_SECTOR)
#define UNKNOWN 0 /* count of a block that was never written, or discarded */

enum phase { MIXING, VERIFYING, OVER };

struct part {
	struct blkfront_io io;	/* first */
	bool is_busy, is_ready; /* at the disk; to be put on the ring */
	enum phase phase;
	enum mix_op op;
	uint64_t first, nr; /* blocks */
	uint64_t at;
	unsigned int nr_blocks;
	uint64_t random, done;
	void *pages[BLKFRONT_SEGMENTS_MAX];
};

static struct blkfront front;
static struct part parts[PARTS];
static uint32_t counts[BLOCKS_MAX];
static uint64_t operations;
static unsigned int segments_max;

__attribute__((noreturn)) static void bad(const char *what, int64_t rc)
{
	say("@disk bad %s: %ld\n", what, rc);
	finish();
}

/* --- waiting --- */

static void take_store_events(void)
{
	char event[256];

	while (store_has_something())
		(void)store_receive(event, sizeof(event));
}

static unsigned int nr_dropped; /* the last time we looked */

/* The store's events are only signs to look. */
static void look_at_store(void)
{
	int rc;

	do {
		take_store_events();
		nr_dropped = store_nr_dropped;
		rc = blkfront_store_event(&front);
		if (rc < 0)
			bad("frontend", rc);
	} while (nr_dropped != store_nr_dropped);
}

static void sleep(void)
{
	uint32_t ports[1 + BLKFRONT_QUEUES_MAX] = {start_info->store_evtchn};
	unsigned int nr = 1;

	for (unsigned int i = 0; front.is_connected && i < front.nr_queues; i++)
		ports[nr++] = front.queues[i].port;
	/* who asked the store something has taken the event of what came */
	if (!store_has_something() && nr_dropped == store_nr_dropped)
		front_wait(ports, nr);
	look_at_store();
}

/* Until something was done or the store has had something. */
static void wait_for_answers(void)
{
	int nr = 0;

	for (unsigned int i = 0; i < front.nr_queues; i++) {
		int rc = blkfront_sleep(&front, i);

		if (rc < 0)
			bad("ring", rc);
		nr += rc;
	}
	if (nr == 0)
		sleep();
	if (!front.is_connected)
		bad("end: the backend has gone", 0);
}

/* --- the parts --- */

static void ended(struct blkfront_io *io)
{
	struct part *p = (struct part *)(void *)io;
	uint32_t *count = &counts[p->first + p->at];

	p->is_busy = false;
	if (io->rc)
		bad("operation", io->rc);
	for (unsigned int i = 0; p->op == MIX_READ && i < p->nr_blocks; i++)
		if (count[i] != UNKNOWN &&
		    !mix_is(p->pages[i], p->first + p->at + i, count[i]))
			bad("block", (int64_t)(p->first + p->at + i));
}

static void add_data(struct part *p)
{
	p->io.nr_pages = p->nr_blocks;
	for (unsigned int i = 0; i < p->nr_blocks; i++)
		p->io.pages[i] = (struct blkfront_page){
			.page = p->pages[i], .last = BLOCK_SECTORS - 1};
}

static void prepare(struct part *p)
{
	static const enum blkfront_op ops[] = {
		[MIX_READ] = BLKFRONT_READ,
		[MIX_WRITE] = BLKFRONT_WRITE,
		[MIX_FLUSH] = BLKFRONT_FLUSH,
		[MIX_DISCARD] = BLKFRONT_DISCARD,
	};
	uint32_t *count = &counts[p->first + p->at];

	p->io.op = ops[p->op];
	p->io.sector = (p->first + p->at) * BLOCK_SECTORS;
	p->io.nr_sectors = p->nr_blocks * BLOCK_SECTORS;
	p->io.nr_pages = 0;
	p->io.done = ended;
	if (p->op <= MIX_WRITE)
		add_data(p);
	if (p->op == MIX_FLUSH)
		p->io.sector = 0;
	for (unsigned int i = 0; p->op == MIX_WRITE && i < p->nr_blocks; i++)
		mix_fill(p->pages[i], p->first + p->at + i, ++count[i]);
	for (unsigned int i = 0; p->op == MIX_DISCARD && i < p->nr_blocks; i++)
		count[i] = UNKNOWN;
	p->is_ready = true;
}

static void say_progress(const struct part *p)
{
	if (p == parts && operations >= 20 && p->done % (operations / 20) == 0)
		say("@disk at %lu\n", p->done * 20 / operations);
}

/* The next operation of a part that has none. */
static void next(struct part *p)
{
	if (p->phase == MIXING) {
		p->op = mix_next(&p->random);
		p->at = mix_range(&p->random, p->nr, segments_max,
				  &p->nr_blocks);
		if ((p->op == MIX_DISCARD && !front.can_discard) ||
		    (p->op == MIX_FLUSH && !front.can_flush))
			p->op = MIX_READ;
		say_progress(p);
		if (p->done++ == operations) {
			p->phase = VERIFYING;
			p->at = p->nr_blocks = 0;
		}
	}
	if (p->phase == VERIFYING) {
		uint64_t left;

		p->op = MIX_READ;
		p->at += p->nr_blocks;
		left = p->nr - p->at;
		p->nr_blocks =
			left < segments_max ? (unsigned int)left : segments_max;
		if (!left) {
			p->phase = OVER;
			return;
		}
	}
	prepare(p);
}

static bool drive(struct part *p)
{
	unsigned int queue = (unsigned int)(p - parts) % front.nr_queues;
	int rc;

	if (p->is_busy || p->phase == OVER)
		return p->phase != OVER;
	if (!p->is_ready)
		next(p);
	if (p->phase == OVER)
		return false;
	rc = blkfront_submit(&front, queue, &p->io);
	if (rc && rc != -EAGAIN)
		bad("submit", rc);
	p->is_busy = !rc;
	p->is_ready = rc;
	return true;
}

static void mix(uint64_t nr_blocks, uint64_t seed)
{
	bool is_any = true;

	for (unsigned int i = 0; i < PARTS; i++) {
		parts[i].nr = nr_blocks / PARTS;
		parts[i].first = parts[i].nr * i;
		parts[i].random = mix_seed(seed * PARTS + i);
		for (unsigned int n = 0; n < BLKFRONT_SEGMENTS_MAX; n++)
			parts[i].pages[n] = front_pages_alloc(1);
	}
	while (is_any) {
		is_any = false;
		for (unsigned int i = 0; i < PARTS; i++)
			is_any |= drive(&parts[i]);
		for (unsigned int i = 0; i < front.nr_queues; i++)
			blkfront_push(&front, i);
		if (is_any)
			wait_for_answers();
	}
}

/* --- all of the disk --- */

static void do_one(struct part *p)
{
	prepare(p);
	p->is_busy = true;
	if (blkfront_submit(&front, 0, &p->io))
		bad("submit", 0);
	blkfront_push(&front, 0);
	while (p->is_busy)
		wait_for_answers();
}

static uint64_t hash(uint64_t nr_blocks)
{
	struct part *p = &parts[0];
	uint64_t h = MIX_HASH;

	p->first = 0;
	p->op = MIX_READ;
	for (p->at = 0; p->at < nr_blocks; p->at += p->nr_blocks) {
		p->nr_blocks = segments_max;
		if (p->nr_blocks > nr_blocks - p->at)
			p->nr_blocks = (unsigned int)(nr_blocks - p->at);
		do_one(p);
		for (unsigned int i = 0; i < p->nr_blocks; i++)
			h = mix_hash(h, p->pages[i], MIX_WORDS);
	}
	return h;
}

static void flush(void)
{
	struct part *p = &parts[0];

	if (!front.can_flush)
		return;
	p->op = MIX_FLUSH;
	p->at = p->first = p->nr_blocks = 0;
	do_one(p);
}

static void connect(void)
{
	const struct blkfront_wish wish = {
		.nr_queues = (unsigned int)cmdline_number("queues=", 1),
		.ring_order = (unsigned int)cmdline_number("order=", 0),
		.is_persistent = !cmdline_has("copies"),
		.is_indirect = true,
	};
	char path[XENBUS_PATH_MAX];

	EXPECT_EQ(blkfront_init(&front, &bus_domu, NULL, "device/vbd/51712",
				&wish),
		  0);
	EXPECT_EQ(xenbus_join(path, sizeof(path), front.bus.peer, "state"), 0);
	EXPECT_EQ(store_watch(path, "state"), XS_WATCH);
	look_at_store();
	while (!front.is_connected)
		sleep();
	segments_max = front.max_indirect > BLKIF_SEGMENTS_MAX
			       ? BLKFRONT_SEGMENTS_MAX
			       : BLKIF_SEGMENTS_MAX;
	say("@disk queues %lu pages %lu persistent %lu segments %lu\n",
	    (uint64_t)front.nr_queues, (uint64_t)front.ring_pages,
	    (uint64_t)front.is_persistent, (uint64_t)segments_max);
}

void guest_main(void)
{
	uint64_t nr_blocks;

	front_start();
	connect();
	nr_blocks = front.sectors / BLOCK_SECTORS;
	say("@disk has %lu blocks\n", nr_blocks);
	if (nr_blocks > BLOCKS_MAX || nr_blocks < PARTS)
		bad("size", (int64_t)nr_blocks);
	operations = cmdline_number("operations=", 1000);
	mix(nr_blocks, cmdline_number("seed=", 1));
	flush();
	say("@disk hash %lx\n", hash(nr_blocks));
	EXPECT_EQ(blkfront_close(&front), 0);
	while (front.bus.state != XenbusStateClosed ||
	       xenbus_peer_state(&front.bus) != XenbusStateClosed)
		sleep();
	EXPECT_EQ(front_nr_grants(), 0);
}
