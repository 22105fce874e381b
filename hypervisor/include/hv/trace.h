/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace buffer: the last hypercalls, traps and events, one ring a pcpu;
 * debug key t prints them decoded.  Recording is a few stores, always on, and
 * inline, since every way into the hypervisor does it.
 */
#ifndef HV_TRACE_H
#define HV_TRACE_H

#include <hv/domain.h>
#include <hv/perf.h>
#include <hv/types.h>
#include <hv/x86/io.h>

#define TRACE_ENTRIES 1024 /* of a ring; power of two */

enum trace_kind { TRACE_NONE, TRACE_CALL, TRACE_TRAP, TRACE_UPCALL };

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

struct trace_ring {
	struct record *r; /* NULL: not recording */
	uint64_t next;	  /* free running        */
	struct perf_counters *perf;
	struct record *all; /* r, while it is being printed, too */
};
extern struct trace_ring trace_rings[NR_CPUS];

void trace_init_cpu(unsigned int cpu);
/* Which operation it is, where that is in the argument's memory. */
void trace_subop(uint32_t cmd);
void trace_dump(void);
void trace_dump_last(void); /* the end of it */

/* This pcpu's. */
static inline struct trace_ring *trace_ring(void)
{
	return &trace_rings[smp_processor_id()];
}

static inline struct record *
trace_new(struct trace_ring *ring, const struct vcpu *v, enum trace_kind kind)
{
	struct record *r = READ_ONCE(ring->r);

	if (unlikely(!r))
		return NULL;
	r += ring->next++ % TRACE_ENTRIES;
	r->tsc = rdtsc();
	r->kind = (uint8_t)kind;
	r->has_returned = false;
	r->domid = v->domain->domid;
	r->vcpu = v->id;
	return r;
}

/* Call @nr begins with three @args; the result is for its end. */
static inline struct record *trace_hypercall(struct trace_ring *ring,
					     const struct vcpu *v, uint32_t nr,
					     const uint64_t *args)
{
	struct record *r = trace_new(ring, v, TRACE_CALL);

	ring->perf->hypercalls[nr % 64]++;
	if (unlikely(!r))
		return NULL;
	r->nr = nr;
	r->subop = ~0u;
	r->a = args[0];
	r->b = args[1];
	r->c = args[2];
	return r;
}

static inline void trace_hypercall_return(struct record *r, uint32_t nr,
					  uint64_t rc)
{
	/* a long multicall's entries, none a multicall, may have its record */
	if (unlikely(!r) || unlikely(r->nr != nr))
		return;
	r->rc = (int64_t)rc;
	r->has_returned = true;
}

static inline void trace_trap(const struct vcpu *v, unsigned int vector,
			      uint32_t error, uint64_t rip)
{
	struct trace_ring *ring = trace_ring();
	struct record *r = trace_new(ring, v, TRACE_TRAP);

	ring->perf->exceptions[vector % 32]++;
	if (unlikely(!r))
		return;
	r->nr = vector;
	r->a = error;
	r->b = rip;
}

static inline void trace_event_upcall(const struct vcpu *v, uint64_t rip)
{
	struct trace_ring *ring = trace_ring();
	struct record *r = trace_new(ring, v, TRACE_UPCALL);

	ring->perf->upcalls[0]++;
	if (r)
		r->b = rip;
}

#endif
