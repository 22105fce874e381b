/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a guest's SYSCALL to a handler: one switch made from hypercalls.def.
 * A handler that can not finish now returns -ERESTART; the guest then executes
 * the same SYSCALL again, with the arguments the handler left.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/hypercalls.h>
#include <hv/trace.h>
#include <hv/x86/cpu_info.h>
#include <hv/x86/guest_copy.h>
#include <hv/x86/traps.h>

#include "../mm/page_table.h"

#include <abi/errno.h>

#define SYSCALL_LENGTH 2
#define CALLS_BETWEEN_CHECKS 8 /* of a multicall; long calls check too */

struct hypercall_args *hypercall_args(void)
{
	return cpu_info()->args;
}

static inline uint32_t to_u32(uint64_t v)
{
	return (uint32_t)v;
}
static inline int32_t to_s32(uint64_t v)
{
	return (int32_t)v;
}
static inline uint64_t to_u64(uint64_t v)
{
	return v;
}

/* A function of its own: it saves no registers and jumps to the handler. */
static __attribute__((noinline)) long dispatch(uint32_t nr, const uint64_t *x)
{
	switch (nr) {
#define U32(n) to_u32
#define S32(n) to_s32
#define U64(n) to_u64
#define PTR(t, n) guest_ptr
#define HYPERCALL0(nr, name, doc)                                              \
	case nr:                                                               \
		return hc_##name();
#define HYPERCALL1(nr, name, a, doc)                                           \
	case nr:                                                               \
		return hc_##name(a(x[0]));
#define HYPERCALL2(nr, name, a, b, doc)                                        \
	case nr:                                                               \
		return hc_##name(a(x[0]), b(x[1]));
#define HYPERCALL3(nr, name, a, b, c, doc)                                     \
	case nr:                                                               \
		return hc_##name(a(x[0]), b(x[1]), c(x[2]));
#define HYPERCALL4(nr, name, a, b, c, d, doc)                                  \
	case nr:                                                               \
		return hc_##name(a(x[0]), b(x[1]), c(x[2]), d(x[3]));
#include "hypercalls.def"
	default:
		return -ENOSYS;
	}
}

static inline long traced(const struct vcpu *v, struct trace_ring *ring,
			  uint32_t nr, struct hypercall_args *args)
{
	struct record *record = trace_hypercall(ring, v, nr, args->a);
	long rc = dispatch(nr, args->a);

	trace_hypercall_return(record, nr, (uint64_t)rc);
	return rc;
}

void do_hypercall(struct regs *r);
void do_hypercall(struct regs *r)
{
	struct vcpu *v = current;
	struct hypercall_args args = {{r->rdi, r->rsi, r->rdx, r->r10, r->r8}};
	uint32_t nr = (uint32_t)r->rax;
	long rc = table_put_pending(v);

	if (nr == __HYPERVISOR_iret && !rc) {
		hc_iret(); /* sets all registers, RAX too */
		return;
	}
	if (!rc) {
		cpu_info()->args = &args;
		rc = traced(v, trace_ring(), nr, &args);
	}
	if (rc != -ERESTART) {
		r->rax = (uint64_t)rc;
		return;
	}
	r->rip -= SYSCALL_LENGTH;
	r->rdi = args.a[0];
	r->rsi = args.a[1];
	r->rdx = args.a[2];
	r->r10 = args.a[3];
	r->r8 = args.a[4];
}

/* struct multicall_entry, the arguments as handlers may change them. */
struct call {
	uint64_t op, result;
	struct hypercall_args args;
};
_Static_assert(offsetof(struct call, op) ==
			       offsetof(struct multicall_entry, op) &&
		       offsetof(struct call, args) ==
			       offsetof(struct multicall_entry, args),
	       "a call is the part of an entry that is used");

/*
 * One entry, whose address has been checked; its result, or what is left of
 * it, goes back to the guest.  @call is what handlers see of it.
 */
static inline long one_call(const struct vcpu *v, struct trace_ring *ring,
			    uint64_t entry, struct call *call)
{
	long rc;

	if (guest_copy_asm(call, (const void *)entry, sizeof(*call)))
		return -EFAULT;
	if (call->op == __HYPERVISOR_iret || call->op == __HYPERVISOR_multicall)
		rc = -EINVAL;
	else
		rc = traced(v, ring, (uint32_t)call->op, &call->args);
	if (likely(rc != -ERESTART))
		return guest_put_word(
			(uint64_t *)(entry + offsetof(struct call, result)),
			(uint64_t)rc);
	if (guest_copy_asm((void *)(entry + offsetof(struct call, args)),
			   &call->args, sizeof(call->args)))
		return -EFAULT;
	return rc;
}

long hc_multicall(guest_ptr_t calls, uint32_t nr_calls)
{
	struct cpu_info *ci = cpu_info();
	struct trace_ring *ring = trace_ring();
	struct hypercall_args *own = ci->args;
	const struct vcpu *v = ci->vcpu;
	uint64_t entry = calls.va;
	struct call call;
	long rc = 0;
	uint32_t i;

	if (ci->in_multicall)
		return -EINVAL;
	if (!guest_range_ok(entry, (uint64_t)nr_calls *
					   sizeof(struct multicall_entry)))
		return -EFAULT;
	ci->in_multicall = true;
	ci->args = &call.args;
	for (i = 0; i < nr_calls; i++) {
		if (i && i % CALLS_BETWEEN_CHECKS == 0 && preempt_check())
			rc = -ERESTART;
		else
			rc = one_call(v, ring, entry, &call);
		if (rc)
			break;
		entry += sizeof(struct multicall_entry);
	}
	ci->in_multicall = false;
	ci->args = own;
	if (rc == -ERESTART) {
		own->a[0] = entry;
		own->a[1] = nr_calls - i;
	}
	return rc;
}
