// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that the backend's own code takes for a request of 4 KiB, with
 * 1 and 32 of them on the ring at a time: each is stepped through and counted
 * if it lies in the section the backend was put in. What Xen, the kernel and
 * the disk take is not in there; fake_calls says how often they are called.
 *
 * Fails if it is more than the limit in the last column.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include "../block/fixture.h"

#define ROUNDS 4u

extern const char __start_blkback_text[], __stop_blkback_text[];
static volatile unsigned long nr_steps;

void unit_test_fail(const char *file, int line, const char *fmt, ...)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, fmt);
	exit(1);
}

static void on_step(int number, siginfo_t *info, void *context)
{
	const ucontext_t *c = context;
	uintptr_t rip = (uintptr_t)c->uc_mcontext.gregs[REG_RIP];

	(void)number;
	(void)info;
	nr_steps += rip >= (uintptr_t)__start_blkback_text &&
		    rip < (uintptr_t)__stop_blkback_text;
}

/* The trap flag; the stack is left alone behind the red zone. */
#define SET_FLAGS(op)                                                          \
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\t"                          \
			 "pushfq\n\t" op " (%%rsp)\n\t"                        \
			 "popfq\n\t"                                           \
			 "lea 128(%%rsp), %%rsp"                               \
			 :                                                     \
			 :                                                     \
			 : "memory", "cc")

static unsigned long cost(bool is_persistent, enum blkfront_op op,
			  unsigned int depth)
{
	struct blkfront_wish wish = {.is_persistent = is_persistent};
	struct op *ops[32];

	world_connect(&wish);
	disk.is_in_order = true;
	for (unsigned int i = 0; i < 32; i++)
		EXPECT_EQ(write_pages(i * 8, 1, 1), 0);
	nr_steps = 0;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < depth; i++)
			ops[i] = op_start(op, i * 8, 1, 1);
		SET_FLAGS("orq $0x100,");
		run_back();
		SET_FLAGS("andq $~0x100,");
		settle();
		for (unsigned int i = 0; i < depth; i++)
			EXPECT_EQ(op_end(ops[i]), 0);
	}
	world_end();
	return nr_steps / (ROUNDS * depth);
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
	struct sigaction a = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
	unsigned int passed = 0, failed = 0;

	sigaction(SIGTRAP, &a, NULL);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned long n =
			cost(rows[i].is_persistent, rows[i].op, rows[i].depth);

		printf("%-28s %5lu  at most %lu\n", rows[i].name, n,
		       rows[i].limit);
		if (n <= rows[i].limit)
			passed++;
		else
			failed++;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
