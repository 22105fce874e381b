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
#define RING_ENTRIES 1024 /* power of two */
#define MAX_NESTING 64	  /* records to look back at for an open call    */

enum kind { KIND_NONE, KIND_CALL, KIND_TRAP, KIND_UPCALL };

struct record {
	uint64_t tsc;
	uint8_t kind;
	bool has_returned;
	uint16_t domid;
	uint32_t vcpu;
	uint32_t nr;	/* hypercall or vector */
	uint32_t subop; /* ~0: see arguments   */
	uint64_t a, b, c;
	int64_t rc;
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct record) == 64, "one cache line");
_Static_assert(sizeof(struct record) * RING_ENTRIES == PAGE_SIZE << RING_ORDER,
	       "a ring fills its pages");

static struct ring {
	struct record *r; /* NULL: not recording */
	uint64_t next;	  /* free running        */
} rings[NR_CPUS];

static bool is_frozen; /* while it is being printed */

void trace_init_cpu(unsigned int cpu)
{
	if (!rings[cpu].r)
		rings[cpu].r = hv_pages_alloc(RING_ORDER);
}

static inline struct record *new_record(const struct vcpu *v, enum kind kind)
{
	struct ring *ring = &rings[smp_processor_id()];
	struct record *r;

	if (!ring->r || READ_ONCE(is_frozen))
		return NULL;
	r = &ring->r[ring->next++ % RING_ENTRIES];
	r->tsc = rdtsc();
	r->kind = (uint8_t)kind;
	r->domid = v->domain->domid;
	r->vcpu = v->id;
	return r;
}

struct record *trace_hypercall(const struct vcpu *v, uint32_t nr,
			       const uint64_t *args)
{
	struct record *r = new_record(v, KIND_CALL);

	perf_this_cpu()->hypercalls[nr % 64]++;
	if (!r)
		return NULL;
	r->has_returned = false;
	r->nr = nr;
	r->subop = ~0u;
	r->a = args[0];
	r->b = args[1];
	r->c = args[2];
	return r;
}

/* The newest call of this pcpu that is still in progress. */
static struct record *open_call(void)
{
	struct ring *ring = &rings[smp_processor_id()];

	if (!ring->r || READ_ONCE(is_frozen))
		return NULL;
	for (uint64_t i = 1; i <= MAX_NESTING && i <= ring->next; i++) {
		struct record *r = &ring->r[(ring->next - i) % RING_ENTRIES];

		if (r->kind == KIND_CALL && !r->has_returned)
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

void trace_hypercall_return(struct record *r, uint32_t nr, uint64_t rc)
{
	/* a long multicall's entries, none a multicall, may have its record */
	if (!r || r->nr != nr)
		return;
	r->rc = (int64_t)rc;
	r->has_returned = true;
}

void trace_trap(const struct vcpu *v, unsigned int vector, uint32_t error,
		uint64_t rip)
{
	struct record *r = new_record(v, KIND_TRAP);

	perf_this_cpu()->exceptions[vector % 32]++;
	if (!r)
		return;
	r->nr = vector;
	r->a = error;
	r->b = rip;
}

void trace_event_upcall(const struct vcpu *v, uint64_t rip)
{
	struct record *r = new_record(v, KIND_UPCALL);

	perf_this_cpu()->upcalls[0]++;
	if (r)
		r->b = rip;
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
	if (r->kind == KIND_CALL)
		print_call(r, prefix);
	else if (r->kind == KIND_TRAP)
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
		const struct record *r;

		if (!rings[cpu].r || cursor[cpu] == rings[cpu].next)
			continue;
		r = &rings[cpu].r[cursor[cpu] % RING_ENTRIES];
		if (!best || r->tsc < best->tsc) {
			best = r;
			best_cpu = cpu;
		}
	}
	if (best)
		cursor[best_cpu]++;
	return best;
}

void trace_dump(void)
{
	uint64_t cursor[NR_CPUS], n = 0;
	const struct record *r;

	if (__atomic_exchange_n(&is_frozen, true, __ATOMIC_SEQ_CST))
		return;
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		cursor[cpu] = rings[cpu].next > RING_ENTRIES
				      ? rings[cpu].next - RING_ENTRIES
				      : 0;
	while ((r = oldest(cursor)) != NULL)
		print_record(++n, r);
	__atomic_store_n(&is_frozen, false, __ATOMIC_SEQ_CST);
}
