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
#include <hv/x86/traps.h>

#include "../mm/page_table.h"

#include <abi/errno.h>

#define SYSCALL_LENGTH 2
#define CALLS_BETWEEN_CHECKS 8 /* of a multicall; long calls check too */

static struct hypercall_args *args_of[NR_CPUS]; /* of the call in progress */
static bool in_multicall[NR_CPUS];

struct hypercall_args *hypercall_args(void)
{
	return args_of[smp_processor_id()];
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

static long dispatch(uint32_t nr, struct hypercall_args *args)
{
	const uint64_t *x = args->a;

	args_of[smp_processor_id()] = args;
	switch (nr) {
#define U32(n) to_u32
#define S32(n) to_s32
#define U64(n) to_u64
#define PTR(t, n) guest_ptr
#define HYPERCALL0(nr, name, doc) \
	case nr: return hc_##name();
#define HYPERCALL1(nr, name, a, doc) \
	case nr: return hc_##name(a(x[0]));
#define HYPERCALL2(nr, name, a, b, doc) \
	case nr: return hc_##name(a(x[0]), b(x[1]));
#define HYPERCALL3(nr, name, a, b, c, doc) \
	case nr: return hc_##name(a(x[0]), b(x[1]), c(x[2]));
#define HYPERCALL4(nr, name, a, b, c, d, doc) \
	case nr: return hc_##name(a(x[0]), b(x[1]), c(x[2]), d(x[3]));
#include "hypercalls.def"
	default:
		return -ENOSYS;
	}
}

static long traced(const struct vcpu *v, uint32_t nr,
		   struct hypercall_args *args)
{
	long rc;

	trace_hypercall(v, nr, args->a[0], args->a[1], args->a[2]);
	rc = dispatch(nr, args);
	trace_hypercall_return((uint64_t)rc);
	return rc;
}

void do_hypercall(struct regs *r);
void do_hypercall(struct regs *r)
{
	struct vcpu *v = current;
	struct hypercall_args args = { { r->rdi, r->rsi, r->rdx, r->r10,
					 r->r8 } };
	uint32_t nr = (uint32_t)r->rax;
	long rc = table_put_pending(v);

	if (nr == __HYPERVISOR_iret && !rc) {
		hc_iret(); /* sets all registers, RAX too */
		return;
	}
	if (!rc)
		rc = traced(v, nr, &args);
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

/* One entry; its result, or what is left of it, goes back to the guest. */
static long one_call(guest_ptr_t entry)
{
	struct multicall_entry e;
	struct hypercall_args args;
	long rc;

	if (copy_from_guest(&e, entry, sizeof(e)))
		return -EFAULT;
	for (unsigned int i = 0; i < ARRAY_SIZE(args.a); i++)
		args.a[i] = e.args[i];
	if (e.op == __HYPERVISOR_iret || e.op == __HYPERVISOR_multicall)
		rc = -EINVAL;
	else
		rc = traced(current, (uint32_t)e.op, &args);
	if (rc == -ERESTART) {
		if (copy_to_guest(guest_ptr_add(entry, offsetof(struct multicall_entry, args)),
				  args.a, sizeof(args.a)))
			return -EFAULT;
		return rc;
	}
	e.result = (uint64_t)rc;
	if (copy_to_guest(guest_ptr_add(entry, offsetof(struct multicall_entry, result)),
			  &e.result, sizeof(e.result)))
		return -EFAULT;
	return 0;
}

long hc_multicall(guest_ptr_t calls, uint32_t nr_calls)
{
	unsigned int cpu = smp_processor_id();
	struct hypercall_args *own = hypercall_args();
	long rc = 0;
	uint32_t i;

	if (in_multicall[cpu])
		return -EINVAL;
	in_multicall[cpu] = true;
	for (i = 0; i < nr_calls && !rc; i++) {
		if (i && i % CALLS_BETWEEN_CHECKS == 0 && preempt_check()) {
			rc = -ERESTART;
			break;
		}
		rc = one_call(guest_ptr_add(calls, i * sizeof(struct multicall_entry)));
		if (rc)
			break;
	}
	in_multicall[cpu] = false;
	args_of[cpu] = own;
	if (rc == -ERESTART) {
		own->a[0] = calls.va + i * sizeof(struct multicall_entry);
		own->a[1] = nr_calls - i;
	}
	return rc;
}
