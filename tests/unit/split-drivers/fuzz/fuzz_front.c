// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: a script of what a backend does to our block frontend: answers,
 * indexes, keys and states as it likes. Each operation must be done once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../block/fixture.h"

#define BACK "/local/domain/0/backend/qdisk/7/51712/"
#define NR_OPS 8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *next, *end;
static struct op *ops[NR_OPS];

void unit_test_fail(const char *file, int line, const char *fmt, ...)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, fmt);
	abort();
}

static uint8_t byte(void)
{
	return next < end ? *next++ : 0;
}

static void submit(void)
{
	unsigned int i = byte() % NR_OPS, nr = byte() % 4;
	struct op *o = calloc(1, sizeof(*o));

	if (ops[i] && !ops[i]->is_done) {
		free(o);
		return;
	}
	if (ops[i])
		op_free(ops[i]);
	o->io = (struct blkfront_io){
		.op = (enum blkfront_op)(byte() % 5),
		.sector = byte(),
		.nr_sectors = byte(),
		.nr_pages = nr,
		.done = op_done,
		.ctx = o,
	};
	for (unsigned int p = 0; p < nr; p++)
		o->io.pages[p] = (struct blkfront_page){
			.page = front_pages_alloc(1), .last = byte() % 9};
	if (blkfront_submit(front, byte() % 2, &o->io))
		o->is_done = true;
	ops[i] = o;
	blkfront_push(front, 0);
}

static void answer(void)
{
	struct blkif_response rsp = {
		.id = byte() % 16 | (byte() % 4 ? 0 : BLKFRONT_SLOTS_MAX),
		.op = byte() % 7,
		.status = (int16_t)(byte() % 4 - 2),
	};
	struct ring *r = &front->queues[0].ring;

	memcpy(ring_slot(r, r->shared->rsp_prod), &rsp, sizeof(rsp));
	r->shared->rsp_prod++;
}

static void change_key(void)
{
	static const char *const keys[] = {
		"state",
		"sectors",
		"sector-size",
		"info",
		"feature-persistent",
		"max-ring-page-order",
		"multi-queue-max-queues",
		"feature-max-indirect-segments",
	};
	static const char *const values[] = {
		"0", "1", "2",	 "3",  "4", "5", "6",
		"7", "8", "512", "-1", "x", "",	 "18446744073709551615"};
	char path[128];

	snprintf(path, sizeof(path), BACK "%s", keys[byte() % 8]);
	fake_bus_set(path, values[byte() % 14]);
	(void)blkfront_store_event(front);
}

static void step(void)
{
	switch (byte() % 8) {
	case 0 ... 1:
		submit();
		break;
	case 2 ... 3:
		if (front->is_connected)
			answer();
		break;
	case 4:
		if (front->is_connected)
			(void)blkfront_ring_event(front, 0);
		break;
	case 5:
		if (front->is_connected)
			front->queues[0].ring.shared->rsp_prod +=
				(uint32_t)byte() << byte() % 32;
		break;
	case 6:
		change_key();
		break;
	case 7:
		if (front->is_connected)
			(void)blkfront_sleep(front, 0);
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
		.ring_order = byte() % 3,
		.is_persistent = byte() % 2,
		.is_indirect = byte() % 2,
	};
	world_start(&wish);
	if (byte() % 4)
		settle_store();
	back_stop();
	while (next < end)
		step();
	blkfront_destroy(front);
	for (unsigned int i = 0; i < NR_OPS; i++)
		if (ops[i]) {
			EXPECT(ops[i]->is_done);
			op_free(ops[i]);
			ops[i] = NULL;
		}
	world_end();
	return 0;
}
