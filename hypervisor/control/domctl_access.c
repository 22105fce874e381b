/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which interrupts, ports and device memory a domain may use.  Only what the
 * caller may use itself can be given; Dom0's own rights are fixed at boot.
 */
#include <hv/domctl.h>
#include <hv/irq.h>
#include <hv/mmu.h>
#include <hv/sched.h>
#include <hv/x86/cpu_setup.h>

#include <abi/errno.h>

#define NR_PORTS 0x10000

/*
 * @d is paused meanwhile: its own vcpus look at its rights without a lock
 * where that is often.
 */
static long change(struct domain *d, struct rangeset *rs, bool give,
		   uint64_t first, uint64_t last)
{
	long rc;

	if (d == current->domain)
		return -EINVAL;
	domain_pause(d);
	spin_lock(&d->lock);
	rc = give ? rangeset_add(rs, first, last)
		  : rangeset_remove(rs, first, last);
	spin_unlock(&d->lock);
	domain_unpause(d);
	return rc;
}

static bool caller_has(const struct rangeset *rs, uint64_t first, uint64_t last)
{
	struct domain *d = current->domain;
	bool ok;

	spin_lock(&d->lock);
	ok = rangeset_contains(rs, first, last);
	spin_unlock(&d->lock);
	return ok;
}

long domctl_irq_permission(struct domain *d,
			   struct xen_domctl_irq_permission *op)
{
	if (op->pirq >= nr_pirqs(current->domain))
		return -EINVAL;
	if (!caller_has(&current->domain->irqs, op->pirq, op->pirq))
		return -EPERM;
	return change(d, &d->irqs, op->allow_access, op->pirq, op->pirq);
}

long domctl_ioport_permission(struct domain *d,
			      struct xen_domctl_ioport_permission *op)
{
	uint64_t first = op->first_port, last = first + op->nr_ports - 1;

	if (!op->nr_ports || last >= NR_PORTS)
		return -EINVAL;
	if (!caller_has(&current->domain->ioport, first, last))
		return -EPERM;
	return change(d, &d->ioport, op->allow_access, first, last);
}

long domctl_iomem_permission(struct domain *d,
			     struct xen_domctl_iomem_permission *op)
{
	uint64_t first = op->first_mfn, last = first + op->nr_mfns - 1;

	if (!op->nr_mfns || last < first ||
	    last >> (cpu_features.phys_bits - PAGE_SHIFT))
		return -EINVAL;
	if (!iomem_access_permitted(current->domain, MFN(first), MFN(last)))
		return -EPERM;
	return change(d, &d->iomem, op->allow_access, first, last);
}
