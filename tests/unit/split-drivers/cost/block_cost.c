// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that the block backend's own code takes for a request of 4 KiB,
 * with 1 and 32 of them on the ring at a time. What Xen, the kernel and the
 * disk take is not in there; fake_calls says how often they are called.
 *
 * Fails if it is more than the limit in the last column.
 */
#include "../block/fixture.h"
#include "steps.h"

#define ROUNDS 4u

static unsigned long cost(bool is_persistent, enum blkfront_op op,
			  unsigned int depth)
{
	struct blkfront_wish wish = {.is_persistent = is_persistent};
	struct op *ops[32];

	world_connect(&wish);
	disk.is_in_order = true;
	for (unsigned int i = 0; i < 32; i++)
		EXPECT_EQ(write_pages(i * 8, 1, 1), 0);
	steps_counted = 0;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < depth; i++)
			ops[i] = op_start(op, i * 8, 1, 1);
		STEPS_BEGIN();
		run_back();
		STEPS_END();
		settle();
		for (unsigned int i = 0; i < depth; i++)
			EXPECT_EQ(op_end(ops[i]), 0);
	}
	world_end();
	return steps_counted / (ROUNDS * depth);
}

int main(void)
{
	static const struct {
		const char *name;
		bool is_persistent;
		enum blkfront_op op;
		unsigned int depth;
		unsigned long limit;
	} rows[] = {
		{"read, copied, 1 at a time", false, BLKFRONT_READ, 1, 1500},
		{"read, copied, 32", false, BLKFRONT_READ, 32, 700},
		{"write, copied, 32", false, BLKFRONT_WRITE, 32, 700},
		{"read, mapped, 1 at a time", true, BLKFRONT_READ, 1, 1500},
		{"read, mapped, 32", true, BLKFRONT_READ, 32, 600},
		{"write, mapped, 32", true, BLKFRONT_WRITE, 32, 600},
	};

	steps_start();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		steps_report(
			rows[i].name,
			cost(rows[i].is_persistent, rows[i].op, rows[i].depth),
			rows[i].limit);
	return steps_finish();
}
