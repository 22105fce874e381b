/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that is mostly asleep: every 3 ms it wants a CPU for 0.1 ms, and it
 * says how long after the time it had asked for it got it, every WAKES times.
 */
#include "../lib/guest.h"

#include <abi/sched.h>

#define SLEEP_NS 3000000UL
#define WORK_NS 100000UL
#define WAKES 200

/* How late we are, in ns, when we can do something again. */
static int64_t sleep_once(void)
{
	struct sched_poll p = {.timeout = system_time() + SLEEP_NS};

	(void)HYPERVISOR_sched_op(SCHEDOP_poll, &p);
	return (int64_t)(system_time() - p.timeout);
}

static void work(void)
{
	uint64_t end = system_time() + WORK_NS;

	while (system_time() < end)
		__asm__ volatile("pause");
}

void guest_main(void)
{
	for (;;) {
		int64_t sum = 0, most = 0;

		for (unsigned int i = 0; i < WAKES; i++) {
			int64_t late = sleep_once();

			sum += late;
			if (late > most)
				most = late;
			work();
		}
		say("@waker %d times, late by %ld us, at most %ld\n", WAKES,
		    sum / WAKES / 1000, most / 1000);
	}
}
