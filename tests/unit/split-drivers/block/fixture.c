// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both ends, driven by what they would be woken by. See fixture.h.
 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define DOMID 7
#define FRONT "/local/domain/7/device/vbd/51712"
#define BACK "/local/domain/0/backend/qdisk/7/51712"

struct blkfront *front;
struct blkback *back;
struct xenbus back_bus;
struct fake_disk disk;
struct bounce bounce;
struct journal_file *journal;
struct blkback_offer offer;
bool is_serving, is_back_broken;
const char *front_error;

static struct blkback_front details;

static struct blkback_disk description(void)
{
	return (struct blkback_disk){
		.sectors = disk.d.sectors,
		.block_bytes = disk.d.block_bytes,
		.physical_bytes = disk.d.physical_bytes,
		.discard_bytes = disk.d.discard_bytes,
		.can_flush = disk.d.can_flush,
		.info = disk.d.is_readonly ? BLKIF_INFO_READONLY : 0,
	};
}

static void back_begin(void)
{
	memset(back, 0, sizeof(*back));
	for (unsigned int i = 0; i < JOURNAL_QUEUES_MAX; i++)
		back->evtchns[i] = fake_evtchn(i);
}

void world_start(const struct blkfront_wish *wish)
{
	fake_xen_reset();
	fake_bus_reset();
	fake_disk_open(&disk);
	if (bounce_open(&bounce))
		abort();
	journal = mmap(NULL, sizeof(*journal), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	front = calloc(1, sizeof(*front));
	back = calloc(1, sizeof(*back));
	if (journal == MAP_FAILED || !front || !back)
		abort();
	back_begin();
	offer = (struct blkback_offer){
		.queues_max = 4, .ring_order_max = 4, .is_persistent = true};
	is_serving = is_back_broken = false;
	front_error = NULL;
	fake_bus_set(FRONT "/backend", BACK);
	fake_bus_set(FRONT "/backend-id", "0");
	fake_bus_set(BACK "/online", "1");
	EXPECT_EQ(blkfront_init(front, &fake_bus, NULL, FRONT, wish), 0);
	EXPECT_EQ(xenbus_init(&back_bus, &fake_bus, NULL, BACK, FRONT), 0);
	EXPECT_EQ(xenbus_switch(&back_bus, 0, XenbusStateInitialising), 0);
}

void back_stop(void)
{
	disk.is_held = false;
	if (is_serving)
		blkback_disconnect(back);
	is_serving = false;
}

void world_end(void)
{
	back_stop();
	blkfront_destroy(front);
	EXPECT_EQ(fake_nr_maps(), 0);
	EXPECT_EQ(fake_nr_grants(), 0);
	EXPECT_EQ(fake_nr_ports(), 0);
	EXPECT_EQ(fake_nr_pages(), 0);
	world_free();
}

void world_free(void)
{
	back_stop();
	EXPECT_EQ(fake_nr_maps(), 0);
	EXPECT_EQ(bounce.nr_used, 0);
	bounce_close(&bounce);
	fake_disk_close(&disk);
	munmap(journal, sizeof(*journal));
	free(front);
	free(back);
}

static void back_fails(int rc, const char *what)
{
	xenbus_report(&back_bus, rc, what);
	is_back_broken = true;
	back_stop();
	EXPECT_EQ(xenbus_switch(&back_bus, 0, XenbusStateClosed), 0);
}

static void back_connect(void)
{
	struct blkback_disk d = description();
	int rc = blkback_read_front(&back_bus, &offer, &details, &front_error);

	if (!rc)
		rc = blkback_connect(back, &disk.d, &bounce, journal,
				     blkback_identity(DOMID, 51712, &details),
				     &details);
	if (rc) {
		back_fails(rc, front_error);
		return;
	}
	front_error = NULL;
	is_serving = true;
	EXPECT_EQ(blkback_announce(&back_bus, &d), 0);
}

static bool back_store_step(void)
{
	struct blkback_disk d = description();

	if (is_back_broken)
		return false;
	switch (xenbus_back_step(back_bus.state, xenbus_peer_state(&back_bus),
				 true)) {
	case XENBUS_OFFER:
		EXPECT_EQ(blkback_offer(&back_bus, &offer, &d), 0);
		return true;
	case XENBUS_CONNECT:
		back_connect();
		return true;
	case XENBUS_CLOSE:
		back_stop();
		EXPECT_EQ(xenbus_switch(&back_bus, 0, XenbusStateClosed), 0);
		return true;
	default:
		return false;
	}
}

void settle_store(void)
{
	bool did = true;

	while (did) {
		unsigned int before = fake_bus_changes();

		did = blkfront_store_event(front) >= 0 &&
		      fake_bus_changes() != before;
		did |= back_store_step();
	}
}

void world_connect(const struct blkfront_wish *wish)
{
	world_start(wish);
	settle_store();
	EXPECT_EQ(front->bus.state, XenbusStateConnected);
	EXPECT_EQ(back_bus.state, XenbusStateConnected);
}

bool run_back(void)
{
	bool did = false;

	while (is_serving) {
		int rc = blkback_pass(back);
		uint64_t sleeps = back->stats.sleeps;
		bool is_idle = !disk.nr_pending || disk.is_held;

		if (rc == 0)
			rc = blkback_wait(back, -1);
		if (rc < 0) {
			back_fails(rc, "ring");
			return true;
		}
		if (back->stats.sleeps == sleeps)
			did = true;
		else if (!rc && is_idle)
			break;
	}
	return did;
}

static bool run_front(void)
{
	bool did = false;

	for (unsigned int i = 0; i < front->nr_queues; i++) {
		if (!front->is_connected || front->is_broken ||
		    !fake_front_event(front->queues[i].port))
			continue;
		(void)blkfront_ring_event(front, i);
		while (blkfront_sleep(front, i) > 0)
			;
		did = true;
	}
	return did;
}

void settle(void)
{
	bool did = true;

	while (did) {
		did = run_back();
		did |= run_front();
	}
}

void back_die(void)
{
	fake_disk_backend_died(&disk);
	for (unsigned int i = 0; i < back->nr_queues; i++)
		free(back->queues[i].requests);
	back_begin();
	fake_xen_backend_died();
	bounce_close(&bounce);
	if (bounce_open(&bounce))
		abort();
	is_serving = false;
}

bool back_may_return(void)
{
	is_serving = blkback_connect(back, &disk.d, &bounce, journal,
				     blkback_identity(DOMID, 51712, &details),
				     &details) == 0;
	return is_serving;
}

void back_return(void)
{
	EXPECT(back_may_return());
}

/* --- operations --- */

void op_done(struct blkfront_io *io)
{
	struct op *o = io->ctx;

	EXPECT(!o->is_done);
	o->is_done = true;
}

void op_fill(struct op *o, uint8_t fill)
{
	for (unsigned int i = 0; i < o->io.nr_pages; i++)
		memset(o->io.pages[i].page, fill, FRONT_PAGE);
}

bool op_is_filled(const struct op *o, uint8_t fill)
{
	for (unsigned int i = 0; i < o->io.nr_pages; i++) {
		const struct blkfront_page *p = &o->io.pages[i];
		const uint8_t *page = p->page;

		for (unsigned int at = p->first * 512u;
		     at < (p->last + 1) * 512u; at++)
			if (page[at] != fill)
				return false;
	}
	return true;
}

struct op *op_start(enum blkfront_op what, uint64_t sector,
		    unsigned int nr_pages, uint8_t fill)
{
	struct op *o = calloc(1, sizeof(*o));

	o->io = (struct blkfront_io){
		.op = what,
		.sector = sector,
		.nr_sectors = nr_pages * 8u,
		.nr_pages = what == BLKFRONT_DISCARD ? 0 : nr_pages,
		.done = op_done,
		.ctx = o,
	};
	for (unsigned int i = 0; i < o->io.nr_pages; i++) {
		o->io.pages[i].page = front_pages_alloc(1);
		o->io.pages[i].last = 7;
	}
	op_fill(o, fill);
	EXPECT_EQ(blkfront_submit(front, 0, &o->io), 0);
	blkfront_push(front, 0);
	return o;
}

void op_free(struct op *o)
{
	for (unsigned int i = 0; i < o->io.nr_pages; i++)
		front_pages_free(o->io.pages[i].page, 1);
	free(o);
}

int op_end(struct op *o)
{
	int rc;

	settle();
	EXPECT(o->is_done);
	rc = o->io.rc;
	op_free(o);
	return rc;
}

int write_pages(uint64_t sector, unsigned int nr, uint8_t fill)
{
	return op_end(op_start(BLKFRONT_WRITE, sector, nr, fill));
}

int read_pages(uint64_t sector, unsigned int nr, uint8_t expected)
{
	struct op *o = op_start(BLKFRONT_READ, sector, nr, 0xee);

	settle();
	if (o->is_done && !o->io.rc)
		EXPECT(op_is_filled(o, expected));
	return op_end(o);
}
