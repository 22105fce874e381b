/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain's share of the processors, and where its vcpus run. */
#include <hv/domctl.h>
#include <hv/sched.h>

#include <abi/errno.h>

static struct vcpu *affinity_vcpu(struct domain *d,
				  const struct xen_domctl_vcpuaffinity *op,
				  long *rc)
{
	bool hard = op->flags & XEN_VCPUAFFINITY_HARD;
	bool soft = op->flags & XEN_VCPUAFFINITY_SOFT;
	struct vcpu *v = domain_vcpu(d, op->vcpu);

	*rc = 0;
	if (!v)
		*rc = op->vcpu < d->max_vcpus ? -ESRCH : -EINVAL;
	else if ((!hard && !soft) || (hard && !op->cpumap_hard.bitmap) ||
		 (soft && !op->cpumap_soft.bitmap))
		*rc = -EINVAL;
	return v;
}

long domctl_getvcpuaffinity(struct domain *d,
			    struct xen_domctl_vcpuaffinity *op)
{
	long rc;
	struct vcpu *v = affinity_vcpu(d, op, &rc);

	if (!rc && op->flags & XEN_VCPUAFFINITY_HARD)
		rc = guest_bitmap_write(&op->cpumap_hard,
					v->sched.hard_affinity);
	if (!rc && op->flags & XEN_VCPUAFFINITY_SOFT)
		rc = guest_bitmap_write(&op->cpumap_soft,
					v->sched.soft_affinity);
	return rc;
}

/* What was asked for is written back as it takes effect (Xen ABI). */
long domctl_setvcpuaffinity(struct domain *d,
			    struct xen_domctl_vcpuaffinity *op)
{
	bool set_hard = op->flags & XEN_VCPUAFFINITY_HARD;
	bool set_soft = op->flags & XEN_VCPUAFFINITY_SOFT;
	cpumask_t hard, soft;
	long rc;
	struct vcpu *v = affinity_vcpu(d, op, &rc);

	if (rc)
		return rc;
	hard = v->sched.hard_affinity;
	soft = v->sched.soft_affinity;
	if (set_hard && v->sched.is_pinned) {
		if (!(op->flags & XEN_VCPUAFFINITY_FORCE))
			return -EBUSY;
		v->sched.is_pinned = false;
	}
	if (set_hard)
		rc = guest_bitmap_read(&op->cpumap_hard, &hard);
	if (!rc && set_soft)
		rc = guest_bitmap_read(&op->cpumap_soft, &soft);
	if (!rc)
		rc = vcpu_set_affinity(v, hard, soft);
	if (!rc && set_hard)
		rc = guest_bitmap_write(&op->cpumap_hard,
					hard & cpu_online_map);
	if (!rc && set_soft)
		rc = guest_bitmap_write(&op->cpumap_soft,
					soft & hard & cpu_online_map);
	return rc;
}

long domctl_scheduler_op(struct domain *d, struct xen_domctl_scheduler_op *op)
{
	struct xen_domctl_sched_credit2 *p = &op->u.credit2;

	if (op->sched_id != sched_policy_id())
		return -EINVAL;
	if (op->sched_id == XEN_SCHEDULER_NULL) /* has no parameters */
		return op->cmd > XEN_DOMCTL_SCHEDOP_getinfo ? -EINVAL : 0;
	switch (op->cmd) {
	case XEN_DOMCTL_SCHEDOP_getinfo:
		p->weight = (uint16_t)d->sched.weight;
		p->cap = (uint16_t)d->sched.cap;
		return 0;
	case XEN_DOMCTL_SCHEDOP_putinfo:
		/* weight 0: as it is */
		return sched_set_params(
			d, p->weight ? p->weight : d->sched.weight, p->cap);
	default:
		return -EINVAL;
	}
}
