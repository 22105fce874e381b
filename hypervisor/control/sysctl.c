/* SPDX-License-Identifier: GPL-2.0-only */
/* sysctl: permission, copy in, the handler of sysctl.def, copy out. */
#include <hv/domain.h>
#include <hv/hypercalls.h>
#include <hv/sysctl.h>
#include <hv/trace.h>

#include <abi/errno.h>

static long call(struct xen_sysctl *op)
{
	switch (op->cmd) {
#define OP(nr, NAME, handler, type, copy, callers, doc)                        \
	case nr:                                                               \
		return handler((type *)(void *)&op->u);
#include <sysctl.def>
#undef OP
	default:
		return -ENOSYS;
	}
}

/* What a failed call wrote may tell how much room it needs. */
static bool has_answer(uint32_t cmd, long rc)
{
	switch (cmd) {
#define ANSWER_IN false
#define ANSWER_OUT (rc >= 0)
#define ANSWER_INOUT true
#define OP(nr, NAME, handler, type, copy, callers, doc)                        \
	case nr:                                                               \
		return ANSWER_##copy;
#include <sysctl.def>
#undef OP
	default:
		return false;
	}
}

long hc_sysctl(guest_ptr_t arg)
{
	struct xen_sysctl op;
	long rc;

	if (!current->domain->is_privileged)
		return -EPERM;
	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -EACCES;
	trace_subop(op.cmd);
	rc = call(&op);
	if (has_answer(op.cmd, rc) && copy_to_guest(arg, &op, sizeof(op)))
		return -EFAULT;
	return rc;
}
