/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TLB flushes.  Where the CPU has PCIDs, guest kernel (0) and guest user (1)
 * each have one, so that switching between the two, which every system call
 * does twice, flushes nothing; every real flush then covers both.  SDM vol. 3,
 * "Process-Context Identifiers (PCIDs)".
 *
 * With a clock most of them are unnecessary: each full flush of a
 * pcpu notes the time; a frame notes when its use ended; a CPU that
 * has flushed since can hold nothing stale of it.  Entries of guests are never
 * global, so loading CR3 flushes all of them.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/mmu.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/io.h>

#define CR3_NOFLUSH (1ULL << 63)
#define PCID_KERNEL 0
#define PCID_USER 1

enum { INVPCID_ADDRESS, INVPCID_ONE, INVPCID_ALL_GLOBAL, INVPCID_ALL };

static void invpcid(uint64_t type, uint64_t pcid, uint64_t va)
{
	struct {
		uint64_t pcid, va;
	} descriptor = {pcid, va};

	__asm__ volatile("invpcid %0, %1"
			 :
			 : "m"(descriptor), "r"(type)
			 : "memory");
}

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

	if (cpu_features.use_pcid)
		invpcid(INVPCID_ALL, 0, 0);
	write_cr3(cr3);
	/* all uses that ended before t are gone from here */
	WRITE_ONCE(flushed_at[cpu], t);
}

void tlb_flush_local(void)
{
	tlb_load_cr3(read_cr3() | (cpu_features.use_pcid ? CR3_NOFLUSH : 0));
}

void tlb_flush_user(void)
{
	if (cpu_features.use_pcid)
		invpcid(INVPCID_ONE, PCID_USER, 0);
	/* else loading its tables flushes */
}

void tlb_set_roots(struct vcpu *v)
{
	uint64_t keep = cpu_features.use_pcid ? CR3_NOFLUSH : 0;
	uint64_t user = cpu_features.use_pcid ? CR3_NOFLUSH | PCID_USER : 0;

	v->arch.load_kernel = v->arch.cr3_kernel | keep;
	v->arch.load_user = v->arch.cr3_user ? v->arch.cr3_user | user : 0;
}

static void flush_va_local(uint64_t va)
{
	invlpg(va);
	if (cpu_features.use_pcid) { /* invlpg was for the current one */
		invpcid(INVPCID_ADDRESS, PCID_KERNEL, va);
		invpcid(INVPCID_ADDRESS, PCID_USER, va);
	}
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

static void flush_va_fn(void *va)
{
	flush_va_local((uint64_t)va);
}

void tlb_flush_va_mask(cpumask_t mask, uint64_t va)
{
	cpumask_t self = cpumask_of(smp_processor_id());

	if (mask & self)
		flush_va_local(va);
	mask &= ~self & cpu_online_map;
	if (mask)
		smp_call(mask, flush_va_fn, (void *)va);
}

cpumask_t tlb_filter(cpumask_t mask, uint32_t stamp)
{
	cpumask_t stale = 0;
	unsigned int cpu;

	for_each_cpu (cpu, mask)
		/* signed: the clock may wrap */
		if ((int32_t)(READ_ONCE(flushed_at[cpu]) - stamp) <= 0)
			stale |= cpumask_of(cpu);
	return stale;
}
