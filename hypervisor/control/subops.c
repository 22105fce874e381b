/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls that are groups of operations: each dispatcher is made from its
 * table (permission, one copy in, the handler, one copy out).
 */
#include <hv/console.h>
#include <hv/control.h>
#include <hv/domain.h>
#include <hv/evtchn.h>
#include <hv/gnttab.h>
#include <hv/hypercall.h>
#include <hv/hypercalls.h>
#include <hv/physdev.h>
#include <hv/platform_op.h>
#include <hv/sched_op.h>
#include <hv/subop.h>

#include <abi/errno.h>
#include <abi/event_channel.h>
#include <abi/grant_table.h>
#include <abi/physdev.h>
#include <abi/platform.h>
#include <abi/sched.h>
#include <abi/vcpu.h>
#include <abi/version.h>

long hc_event_channel_op(uint32_t cmd, guest_ptr_t arg)
{
	struct domain *d = current->domain;

	switch (cmd) {
#define CALL_STRUCT(handler, op) handler(d, op)
#define OP SUBOP_CASE
#include "evtchn.def"
#undef OP
#undef CALL_STRUCT
	default:
		return -ENOSYS;
	}
}

long hc_sched_op(uint32_t cmd, guest_ptr_t arg)
{
	struct vcpu *v = current;

	switch (cmd) {
#define CALL_NONE(handler) handler(v)
#define CALL_STRUCT(handler, op) handler(v, op)
#define OP SUBOP_CASE
#include "sched.def"
#undef OP
#undef CALL_NONE
#undef CALL_STRUCT
	default:
		return -ENOSYS;
	}
}

long hc_vcpu_op(uint32_t cmd, uint32_t vcpuid, guest_ptr_t arg)
{
	struct vcpu *caller = current;
	struct vcpu *v = domain_vcpu(caller->domain, vcpuid);

	if (!v)
		return -ENOENT;
	switch (cmd) {
#define CALL_NONE(handler) handler(caller, v)
#define CALL_STRUCT(handler, op) handler(caller, v, op)
/* its argument is too large for our copy: it fetches it itself */
#define vcpuop_initialise(caller, v) vcpuop_initialise(caller, v, arg)
#define OP SUBOP_CASE
#include "vcpu.def"
#undef OP
#undef vcpuop_initialise
#undef CALL_NONE
#undef CALL_STRUCT
	default:
		return -ENOSYS;
	}
}

long hc_physdev_op(uint32_t cmd, guest_ptr_t arg)
{
	struct domain *d = current->domain;

	switch (cmd) {
#define CALL_STRUCT(handler, op) handler(d, op)
#define OP SUBOP_CASE
#include "physdev.def"
#undef OP
#undef CALL_STRUCT
	default:
		return -ENOSYS;
	}
}

long hc_platform_op(guest_ptr_t arg)
{
	struct domain *d = current->domain;
	struct xen_platform_op op;
	long rc;

	if (!d->is_privileged)
		return -EPERM;
	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XENPF_INTERFACE_VERSION)
		return -EACCES;
	switch (op.cmd) {
#define OP(nr, name, handler, type, copy, callers, doc)                        \
	case nr:                                                               \
		rc = handler(d, (type *)(void *)&op.u);                        \
		break;
#include "platform.def"
#undef OP
	default:
		return -ENOSYS;
	}
	if (rc >= 0 && copy_to_guest(arg, &op, sizeof(op)))
		return -EFAULT;
	return rc;
}

/* A batch: what a preempted one has left is a batch of its own. */
long hc_grant_table_op(uint32_t cmd, guest_ptr_t ops, uint32_t count)
{
	struct hypercall_args *args = hypercall_args();
	struct domain *d = current->domain;
	size_t size;
	long rc;

	switch (cmd) {
#define OP(nr, name, handler, type, copy, callers, doc)                        \
	case nr:                                                               \
		size = sizeof(type);                                           \
		rc = handler(d, ops, count);                                   \
		break;
#include "grant.def"
#undef OP
	default:
		return -ENOSYS;
	}
	if (rc <= 0)
		return rc;
	args->a[1] = ops.va + (count - (uint64_t)rc) * size;
	args->a[2] = (uint64_t)rc;
	return -ERESTART;
}

static __attribute__((noinline)) long version_op(uint32_t cmd, guest_ptr_t arg)
{
	struct domain *d = current->domain;

	switch (cmd) {
#define CALL_NONE(handler) handler(d)
#define CALL_STRUCT(handler, op) handler(d, op)
#define version_build_id(d) version_build_id(d, arg) /* of any length */
#define OP SUBOP_CASE
#include "version.def"
#undef OP
#undef version_build_id
#undef CALL_NONE
#undef CALL_STRUCT
	default:
		return -ENOSYS;
	}
}

/* The version is asked for often: Linux does it to have events delivered. */
long hc_xen_version(uint32_t cmd, guest_ptr_t arg)
{
	if (likely(cmd == XENVER_version))
		return version_version(current->domain);
	return version_op(cmd, arg);
}

long hc_console_io(uint32_t cmd, uint32_t count, guest_ptr_t buffer)
{
	struct domain *d = current->domain;

	switch (cmd) {
#define OP(nr, name, handler, type, copy, callers, doc)                        \
	case nr:                                                               \
		if (!SUBOP_ALLOWED_##callers)                                  \
			return -EPERM;                                         \
		return handler(d, buffer, count);
#include "console.def"
#undef OP
	default:
		return -ENOSYS;
	}
}
