/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler's policy, and cpupools, of which there is the one that has all
 * processors and domains.
 */
#include <hv/domctl.h>
#include <hv/sched.h>
#include <hv/sysctl.h>

#include <abi/errno.h>

long sysctl_sched_id(struct xen_sysctl_sched_id *op)
{
	op->sched_id = sched_policy_id();
	return 0;
}

static long set_ratelimit(uint32_t us)
{
	if (us && (us < XEN_SYSCTL_SCHED_RATELIMIT_MIN ||
		   us > XEN_SYSCTL_SCHED_RATELIMIT_MAX))
		return -EINVAL;
	WRITE_ONCE(sched_ratelimit_us, us);
	return 0;
}

long sysctl_scheduler_op(struct xen_sysctl_scheduler_op *op)
{
	if (op->cpupool_id)
		return -ESRCH;
	if (op->sched_id != sched_policy_id())
		return -EINVAL;
	if (op->sched_id == XEN_SCHEDULER_NULL) /* has no parameters */
		return op->cmd > XEN_SYSCTL_SCHEDOP_getinfo ? -EINVAL : 0;
	switch (op->cmd) {
	case XEN_SYSCTL_SCHEDOP_getinfo:
		op->u.sched_credit2.ratelimit_us = sched_ratelimit_us;
		return 0;
	case XEN_SYSCTL_SCHEDOP_putinfo:
		return set_ratelimit(op->u.sched_credit2.ratelimit_us);
	default:
		return -EINVAL;
	}
}

static uint32_t nr_domains(void)
{
	struct domain *d;
	uint32_t n = 0;

	for_each_domain (d)
		n++;
	return n;
}

/* Of the first pool whose number is at least the one asked for. */
static long pool_info(struct xen_sysctl_cpupool_op *op)
{
	if (op->cpupool_id != 0 && op->cpupool_id != XEN_SYSCTL_CPUPOOL_PAR_ANY)
		return -ENOENT;
	op->cpupool_id = 0;
	op->sched_id = sched_policy_id();
	op->n_dom = nr_domains();
	return guest_bitmap_write(&op->cpumap, cpu_online_map);
}

static long move_domain(const struct xen_sysctl_cpupool_op *op)
{
	struct domain *d = domain_get((domid_t)op->domid);

	if (!d)
		return -ESRCH;
	domain_put(d);
	return op->cpupool_id ? -ENOENT : 0;
}

long sysctl_cpupool_op(struct xen_sysctl_cpupool_op *op)
{
	switch (op->op) {
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		return pool_info(op);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		return guest_bitmap_write(&op->cpumap, 0);
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return move_domain(op);
	case XEN_SYSCTL_CPUPOOL_OP_CREATE:
	case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
	case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
	case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
		return -EOPNOTSUPP;
	default:
		return -ENOSYS;
	}
}
