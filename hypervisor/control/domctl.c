/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domctl: permission, copy in, the handler of domctl.def, copy out.
 *
 * At most one such call is at work on a domain, also between the parts of a
 * long one that was preempted; another is told to try again, as if it had been
 * preempted before it began.
 */
#include <hv/domctl.h>
#include <hv/hypercalls.h>
#include <hv/trace.h>

#include <abi/errno.h>

static long call(struct domain *d, struct xen_domctl *op)
{
	switch (op->cmd) {
#define CALL_NONE(handler, type) return handler(d);
#define CALL_IN(handler, type) return handler(d, (type *)(void *)&op->u);
#define CALL_OUT CALL_IN
#define CALL_INOUT CALL_IN
#define OP(nr, NAME, handler, type, copy, callers, doc)                        \
	case nr:                                                               \
		CALL_##copy(handler, type)
#include <domctl.def>
#undef OP
	default:
		return -ENOSYS;
	}
}

/*
 * Is @op copied back after @rc?  What a failed call wrote may explain it (how
 * much room it needs, what it refused); a preempted one must find its
 * arguments as they were.
 */
static bool has_answer(uint32_t cmd, long rc)
{
	if (rc == -ERESTART)
		return false;
	switch (cmd) {
#define ANSWER_NONE false
#define ANSWER_IN false
#define ANSWER_OUT (rc >= 0)
#define ANSWER_INOUT true
#define OP(nr, NAME, handler, type, copy, callers, doc)                        \
	case nr:                                                               \
		return ANSWER_##copy;
#include <domctl.def>
#undef OP
	default:
		return false;
	}
}

static struct domain *target(const struct xen_domctl *op)
{
	/* Asks for the first of several, so the number may be nobody's. */
	if (op->cmd == XEN_DOMCTL_getdomaininfo)
		return domain_next(op->domain);
	return domain_get(op->domain);
}

static long call_for(struct xen_domctl *op)
{
	struct domain *d;
	long rc = -ERESTART;

	if (op->cmd == XEN_DOMCTL_createdomain)
		return call(NULL, op);
	d = target(op);
	if (!d)
		return -ESRCH;
	if (op->cmd == XEN_DOMCTL_getdomaininfo) {
		/* only looks: it can do so while the domain is being killed */
		rc = call(d, op);
	} else if (!__atomic_exchange_n(&d->domctl_busy, true,
					__ATOMIC_ACQUIRE)) {
		rc = call(d, op);
		__atomic_store_n(&d->domctl_busy, false, __ATOMIC_RELEASE);
	}
	domain_put(d);
	return rc;
}

long hc_domctl(guest_ptr_t arg)
{
	struct xen_domctl op;
	long rc;

	if (!current->domain->is_privileged)
		return -EPERM;
	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return -EACCES;
	trace_subop(op.cmd);
	rc = call_for(&op);
	if (has_answer(op.cmd, rc) && copy_to_guest(arg, &op, sizeof(op)))
		return -EFAULT;
	return rc;
}
