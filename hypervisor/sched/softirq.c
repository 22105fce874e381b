/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Softirqs: one word of pending bits a CPU, in its cpu_info, where the exit
 * path to guests looks for it.
 */
#include <hv/assert.h>
#include <hv/cpu.h>
#include <hv/softirq.h>
#include <hv/x86/cpu_info.h>

static void (*handlers[NR_SOFTIRQS])(void);

static uint64_t *pending_word(unsigned int cpu)
{
	return &cpu_info_of(cpu)->softirq_pending;
}

void softirq_register(enum softirq nr, void (*fn)(void))
{
	handlers[nr] = fn;
}

void softirq_raise(enum softirq nr)
{
	__atomic_fetch_or(pending_word(smp_processor_id()), 1ULL << nr,
			  __ATOMIC_SEQ_CST);
}

void softirq_raise_on(unsigned int cpu, enum softirq nr)
{
	uint64_t old = __atomic_fetch_or(pending_word(cpu), 1ULL << nr,
					 __ATOMIC_SEQ_CST);

	/* Whoever set the bit before has sent the interrupt, too. */
	if (!(old & 1ULL << nr) && cpu != smp_processor_id())
		smp_kick(cpu);
}

bool softirq_pending(void)
{
	return __atomic_load_n(pending_word(smp_processor_id()),
			       __ATOMIC_RELAXED) != 0;
}

/*
 * Lowest number first, so that SOFTIRQ_SCHEDULE, which may not return, finds
 * nothing left that it would delay.
 */
void softirq_run(void)
{
	uint64_t *word = pending_word(smp_processor_id());
	uint64_t pending;

	while ((pending = __atomic_load_n(word, __ATOMIC_RELAXED)) != 0) {
		unsigned int nr = (unsigned int)__builtin_ctzll(pending);

		/* Before the work: what is raised during it runs again. */
		__atomic_fetch_and(word, ~(1ULL << nr), __ATOMIC_SEQ_CST);
		BUG_ON(nr >= NR_SOFTIRQS || !handlers[nr]);
		handlers[nr]();
	}
}
