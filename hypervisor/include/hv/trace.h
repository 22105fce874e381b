/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace buffer: the last hypercalls, traps and events, one ring a pcpu;
 * debug key t prints them decoded.  Recording is a few stores and always on.
 */
#ifndef HV_TRACE_H
#define HV_TRACE_H

#include <hv/types.h>

struct vcpu;
struct record;

void trace_init_cpu(unsigned int cpu);
/* Call @nr begins with three @args; the result is for its end. */
struct record *trace_hypercall(const struct vcpu *v, uint32_t nr,
			       const uint64_t *args);
void trace_hypercall_return(struct record *r, uint32_t nr, uint64_t rc);
/* Which operation it is, where that is in the argument's memory. */
void trace_subop(uint32_t cmd);
void trace_trap(const struct vcpu *v, unsigned int vector, uint32_t error,
		uint64_t rip);
void trace_event_upcall(const struct vcpu *v, uint64_t rip);
void trace_dump(void);

#endif
