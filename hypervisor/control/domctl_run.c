/* SPDX-License-Identifier: GPL-2.0-only */
/* Stopping domains, letting them go on, and being told when they stop. */
#include <hv/domctl.h>
#include <hv/evtchn.h>
#include <hv/sched.h>

#include <abi/errno.h>

long domctl_pausedomain(struct domain *d)
{
	return d == current->domain ? -EINVAL : domain_pause_by_control(d);
}

long domctl_unpausedomain(struct domain *d)
{
	return domain_unpause_by_control(d);
}

long domctl_resumedomain(struct domain *d)
{
	if (d == current->domain)
		return -EINVAL;
	domain_resume(d);
	return 0;
}

long domctl_sendtrigger(struct domain *d, struct xen_domctl_sendtrigger *op)
{
	struct vcpu *v = domain_vcpu(d, op->vcpu);

	if (!v)
		return op->vcpu < d->max_vcpus ? -ESRCH : -EINVAL;
	if (op->trigger == XEN_DOMCTL_SENDTRIGGER_POWER ||
	    op->trigger == XEN_DOMCTL_SENDTRIGGER_SLEEP)
		return -EINVAL; /* buttons of a PC, which it has not; as Xen */
	if (op->trigger != XEN_DOMCTL_SENDTRIGGER_NMI)
		return -ENOSYS; /* lines of a PC */
	WRITE_ONCE(v->nmi_pending, true);
	vcpu_kick(v);
	return 0;
}

long domctl_subscribe(struct domain *d, struct xen_domctl_subscribe *op)
{
	WRITE_ONCE(d->suspend_port, op->port);
	return 0;
}

long domctl_setdebugging(struct domain *d, struct xen_domctl_setdebugging *op)
{
	if (d == current->domain)
		return -EINVAL;
	d->is_debugged = op->enable;
	return 0;
}

long domctl_set_virq_handler(struct domain *d,
			     struct xen_domctl_set_virq_handler *op)
{
	return evtchn_set_virq_handler(d, op->virq);
}
