// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: a script of what a frontend does to our block backend. Each
 * step is one byte that says what, and what it needs from the bytes behind it.
 * The disk aborts when it is asked for what it does not have, the pretended Xen
 * when what is not mapped is unmapped; at the end nothing may be left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../block/fixture.h"

#define FRONT "/local/domain/7/device/vbd/51712/"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *next, *end;

void unit_test_fail(const char *file, int line, const char *fmt, ...)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, fmt);
	abort();
}

static uint8_t byte(void)
{
	return next < end ? *next++ : 0;
}

static uint32_t word(void)
{
	return byte() | byte() << 8 | byte() << 16 | (uint32_t)byte() << 24;
}

static struct ring *ring(void)
{
	return &front->queues[byte() % front->nr_queues].ring;
}

/* Grants and sectors that exist are likelier than others. */
static void put_request(void)
{
	union blkif_request req = {0};
	struct ring *r = ring();
	size_t n = byte() % sizeof(req);

	if (n > (size_t)(end - next))
		n = (size_t)(end - next);
	memcpy(&req, next, n);
	next += n;
	req.rw.sector =
		byte() % 8 ? req.rw.sector % FAKE_DISK_SECTORS : req.rw.sector;
	if (byte() % 8)
		for (unsigned int i = 0; i < BLKIF_SEGMENTS_MAX; i++)
			req.rw.segments[i].gref %= 64;
	ring_put(r, &req, sizeof(req));
	r->shared->req_prod = r->prod;
}

static void change_key(void)
{
	static const char *const keys[] = {
		"state",	   "ring-ref",
		"event-channel",   "feature-persistent",
		"ring-page-order", "multi-queue-num-queues",
		"protocol",
	};
	char path[128], value[8];

	snprintf(path, sizeof(path), FRONT "%s", keys[byte() % 7]);
	snprintf(value, sizeof(value), "%u", byte() % 70);
	fake_bus_set(path, byte() % 8 ? value : NULL);
	settle_store();
}

static void step(void)
{
	uint32_t gref, at;

	switch (byte() % 10) {
	case 0 ... 2:
		put_request();
		break;
	case 3:
		front_notify(front->queues[0].port);
		run_back();
		break;
	case 4:
		ring()->shared->req_prod += word() >> byte() % 32;
		break;
	case 5:
		at = word();
		((uint8_t *)ring()->shared)[at % 4096] = byte();
		break;
	case 6:
		gref = FAKE_FIRST_GREF + byte() % 64;
		if (!fake_grants[gref].nr_maps && byte() % 2)
			fake_grants[gref].page = NULL;
		else
			fake_grants[gref].is_readonly ^= 1;
		break;
	case 7:
		change_key();
		break;
	case 8:
		if (is_serving) {
			back_die();
			(void)back_may_return();
		}
		break;
	case 9:
		disk.is_held = byte() % 2;
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct blkfront_wish wish;

	next = data;
	end = data + size;
	wish = (struct blkfront_wish){
		.nr_queues = byte() % 3,
		.ring_order = byte() % 2,
		.is_persistent = byte() % 2,
	};
	world_connect(&wish);
	disk.d.is_cached = byte() % 2;
	for (unsigned int i = 0; i < 16; i++)
		(void)front_grant(0, front_pages_alloc(1), i % 4 == 0);
	while (next < end && front->nr_queues)
		step();
	disk.is_held = false;
	run_back();
	world_free();
	return 0;
}
