/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical CPUs: how many there can be, which one this is, sets of them.
 *
 * Interrupts are off while the hypervisor runs, except in explicit windows
 * (preempt_check(), the idle loop); so no lock needs an irq-saving form, and a
 * CPU that waits for another one calls cpu_poll() to serve its requests.
 */
#ifndef HV_CPU_H
#define HV_CPU_H

#include <hv/types.h>

#define NR_CPUS 64
typedef uint64_t cpumask_t; /* bit n is pcpu n */
#define CPUMASK_ALL (~0ULL)
#define cpumask_of(cpu) (1ULL << (cpu))
#define for_each_cpu(cpu, mask)                                                \
	for (cpumask_t m_ = (mask);                                            \
	     m_ && ((cpu) = (unsigned int)__builtin_ctzll(m_), 1);             \
	     m_ &= m_ - 1)

extern cpumask_t cpu_online_map; /* changes only in bring-up and hotplug */
unsigned int smp_processor_id(void);
/* By hand: the compiler's builtin is a call into a library we do not have. */
static inline unsigned int cpumask_weight(cpumask_t m)
{
	m -= m >> 1 & 0x5555555555555555;
	m = (m & 0x3333333333333333) + (m >> 2 & 0x3333333333333333);
	m = (m + (m >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return (unsigned int)(m * 0x0101010101010101 >> 56);
}

/* One turn of a busy wait: pause, and serve IPI work other CPUs wait for. */
void cpu_poll(void);

/*
 * For operations whose length a guest chooses: opens a short interrupt window
 * and says whether this CPU has other work.  No lock may be held.  true: keep
 * the progress made, return -ERESTART.
 */
bool preempt_check(void);

/*
 * Cross-CPU work (x86/smp.c; host tests run it at once).  smp_call waits until
 * every CPU of @mask (this one included if set) has run @fn; no lock of a CPU
 * that does not poll may be held.  smp_kick makes @cpu leave guest mode (or
 * wake from idle) and look at its softirqs.
 */
void smp_call(cpumask_t mask, void (*fn)(void *), void *arg);
void smp_kick(unsigned int cpu);

#endif
