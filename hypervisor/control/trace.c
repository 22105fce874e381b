/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace buffer.  Each pcpu writes a ring of its own, so that recording
 * takes no lock; the dump merges them by time.
 *
 * A line of the dump of a hypercall has the same fields as one of a trace of
 * the same kernel on the real Xen, so that the two can be compared by cutting
 * off the first two (number and time):
 *
 *	17 2.304511 d0v0 mmuext_op/3 rdi=... rsi=1 rdx=0 => 0
 *MMUEXT_PIN_L4_TABLE
 */
#include <hv/domain.h>
#include <hv/format.h>
#include <hv/page_alloc.h>
#include <hv/perf.h>
#include <hv/printk.h>
#include <hv/time.h>
#include <hv/trace.h>
#include <hv/x86/io.h>

#include <abi/console.h>
#include <abi/names.h>

#define RING_ORDER 4
#define CRASH_DEPTH 8  /* records of a pcpu in a crash report          */
#define MAX_NESTING 64 /* records to look back at for an open call    */

_Static_assert(sizeof(struct record) * TRACE_ENTRIES == PAGE_SIZE << RING_ORDER,
	       "a ring fills its pages");

struct trace_ring trace_rings[NR_CPUS];

static bool is_frozen; /* while it is being printed */

void trace_init_cpu(unsigned int cpu)
{
	struct trace_ring *ring = &trace_rings[cpu];

	if (!ring->all)
		ring->all = hv_pages_alloc(RING_ORDER);
	ring->perf = &perf_counters[cpu];
	ring->r = ring->all;
}

/* The newest call of this pcpu that is still in progress. */
static struct record *open_call(void)
{
	struct trace_ring *ring = trace_ring();

	if (!READ_ONCE(ring->r))
		return NULL;
	for (uint64_t i = 1; i <= MAX_NESTING && i <= ring->next; i++) {
		struct record *r = &ring->all[(ring->next - i) % TRACE_ENTRIES];

		if (r->kind == TRACE_CALL && !r->has_returned)
			return r;
	}
	return NULL;
}

void trace_subop(uint32_t cmd)
{
	struct record *r = open_call();

	if (r)
		r->subop = cmd;
}

/* --- printing --- */

/* Which operation of a group; ~0: @r is no group, or it is not known. */
static uint32_t subop_of(const struct record *r)
{
	switch (r->nr) {
	case __HYPERVISOR_callback_op:
	case __HYPERVISOR_console_io:
	case __HYPERVISOR_event_channel_op:
	case __HYPERVISOR_grant_table_op:
	case __HYPERVISOR_nmi_op:
	case __HYPERVISOR_physdev_op:
	case __HYPERVISOR_sched_op:
	case __HYPERVISOR_vcpu_op:
	case __HYPERVISOR_xen_version:
		return (uint32_t)r->a;
	case __HYPERVISOR_memory_op:
		return r->a & MEMOP_CMD_MASK;
	case __HYPERVISOR_vm_assist:
		return (uint32_t)r->b;
	default:
		return abi_hypercall_name(r->nr) ? r->subop : r->nr;
	}
}

static void print_call(const struct record *r, const char *prefix)
{
	const char *name = abi_hypercall_name(r->nr), *subname = NULL;
	uint32_t subop = subop_of(r);
	char sub[16] = "", rc[24] = "?";

	if (subop != ~0u) {
		snprintf(sub, sizeof(sub), "/%u", subop);
		subname = abi_subop_name(r->nr, subop);
	}
	if (r->has_returned)
		snprintf(rc, sizeof(rc), "%lld", (long long)r->rc);
	log_info("%s %s%s rdi=%llx rsi=%llx rdx=%llx => %s%s%s\n", prefix,
		 name ? name : "unknown", sub, (unsigned long long)r->a,
		 (unsigned long long)r->b, (unsigned long long)r->c, rc,
		 subname ? "  " : "", subname ? subname : "");
}

static const char *trap_name(unsigned int vector)
{
	static const char *const names[] = {
		[0] = "#DE",  [1] = "#DB",  [2] = "NMI",  [3] = "#BP",
		[4] = "#OF",  [5] = "#BR",  [6] = "#UD",  [7] = "#NM",
		[8] = "#DF",  [10] = "#TS", [11] = "#NP", [12] = "#SS",
		[13] = "#GP", [14] = "#PF", [16] = "#MF", [17] = "#AC",
		[18] = "#MC", [19] = "#XM",
	};

	return vector < ARRAY_SIZE(names) && names[vector] ? names[vector]
							   : "trap";
}

static void print_record(uint64_t n, const struct record *r)
{
	uint64_t us = r->tsc / max(tsc_khz / 1000, 1u);
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "%llu %llu.%06llu d%uv%u",
		 (unsigned long long)n, (unsigned long long)us / 1000000,
		 (unsigned long long)us % 1000000, r->domid, r->vcpu);
	if (r->kind == TRACE_CALL)
		print_call(r, prefix);
	else if (r->kind == TRACE_TRAP)
		log_info("%s %s (%u) error=%llx rip=%llx\n", prefix,
			 trap_name(r->nr), r->nr, (unsigned long long)r->a,
			 (unsigned long long)r->b);
	else
		log_info("%s event upcall rip=%llx\n", prefix,
			 (unsigned long long)r->b);
}

/* The oldest record that no cursor has passed; NULL: none is left. */
static const struct record *oldest(uint64_t *cursor)
{
	const struct record *best = NULL;
	unsigned int best_cpu = 0;

	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
		const struct trace_ring *ring = &trace_rings[cpu];
		const struct record *r;

		if (!ring->all || cursor[cpu] == ring->next)
			continue;
		r = &ring->all[cursor[cpu] % TRACE_ENTRIES];
		if (!best || r->tsc < best->tsc) {
			best = r;
			best_cpu = cpu;
		}
	}
	if (best)
		cursor[best_cpu]++;
	return best;
}

static void freeze(bool freeze_it)
{
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		__atomic_store_n(&trace_rings[cpu].r,
				 freeze_it ? NULL : trace_rings[cpu].all,
				 __ATOMIC_SEQ_CST);
}

/* At most @depth records of each pcpu. */
static void dump(uint64_t depth)
{
	uint64_t cursor[NR_CPUS], n = 0;
	const struct record *r;

	if (__atomic_exchange_n(&is_frozen, true, __ATOMIC_SEQ_CST))
		return;
	freeze(true);
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		cursor[cpu] = trace_rings[cpu].next -
			      min(trace_rings[cpu].next, depth);
	while ((r = oldest(cursor)) != NULL)
		print_record(++n, r);
	freeze(false);
	__atomic_store_n(&is_frozen, false, __ATOMIC_SEQ_CST);
}

void trace_dump(void)
{
	dump(TRACE_ENTRIES);
}

void trace_dump_last(void)
{
	dump(CRASH_DEPTH);
}
