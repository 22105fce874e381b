/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TLB flushes, with a clock that makes most of them unnecessary: each full
 * flush of a pcpu notes the time; a frame notes when its use ended; a CPU that
 * has flushed since can hold nothing stale of it.  Entries of guests are never
 * global, so loading CR3 flushes all of them.
 */
#include <hv/cpu.h>
#include <hv/mmu.h>
#include <hv/x86/io.h>

static uint32_t clock = 1; /* advances with every flush that was asked for */
static uint32_t flushed_at[NR_CPUS];

uint32_t tlb_clock(void)
{
	return READ_ONCE(clock);
}

void tlb_load_cr3(uint64_t cr3)
{
	unsigned int cpu = smp_processor_id();
	uint32_t t = __atomic_add_fetch(&clock, 1, __ATOMIC_SEQ_CST);

	write_cr3(cr3);
	/* all uses that ended before t are gone from here */
	WRITE_ONCE(flushed_at[cpu], t);
}

void tlb_flush_local(void)
{
	tlb_load_cr3(read_cr3());
}

static void flush_fn(void *unused)
{
	(void)unused;
	tlb_flush_local();
}

void tlb_flush_mask(cpumask_t mask)
{
	cpumask_t self = cpumask_of(smp_processor_id());

	if (mask & self)
		tlb_flush_local();
	mask &= ~self & cpu_online_map;
	if (mask)
		smp_call(mask, flush_fn, NULL);
}

static void invlpg_fn(void *va)
{
	invlpg((uint64_t)va);
}

void tlb_flush_va_mask(cpumask_t mask, uint64_t va)
{
	cpumask_t self = cpumask_of(smp_processor_id());

	if (mask & self)
		invlpg(va);
	mask &= ~self & cpu_online_map;
	if (mask)
		smp_call(mask, invlpg_fn, (void *)va);
}

cpumask_t tlb_filter(cpumask_t mask, uint32_t stamp)
{
	cpumask_t stale = 0;
	unsigned int cpu;

	for_each_cpu(cpu, mask)
		/* signed: the clock may wrap */
		if ((int32_t)(READ_ONCE(flushed_at[cpu]) - stamp) <= 0)
			stale |= cpumask_of(cpu);
	return stale;
}
