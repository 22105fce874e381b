/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains come and go. */
#include <hv/domctl.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/string.h>

#include <abi/errno.h>

#define FLAGS_KNOWN XEN_DOMCTL_CDF_xs_domain

static long refuse(const char *what, uint32_t value)
{
	log_warn("createdomain: %s (%#x) is not offered\n", what, value);
	return -EINVAL;
}

static long check(const struct xen_domctl_createdomain *op)
{
	uint32_t version = XEN_DOMCTL_GRANT_version(op->grant_opts);

	if (op->flags & XEN_DOMCTL_CDF_hvm)
		return refuse("a fully virtualized domain, flags", op->flags);
	if (op->flags & ~FLAGS_KNOWN)
		return refuse("flags", op->flags & ~FLAGS_KNOWN);
	if (op->iommu_opts)
		return refuse("iommu_opts", op->iommu_opts);
	if (op->max_vcpus == 0 || op->max_vcpus > MAX_VCPUS)
		return refuse("max_vcpus", op->max_vcpus);
	if (op->max_grant_frames == 0)
		return refuse("max_grant_frames", 0);
	if (version < 1 || version > 2 ||
	    op->grant_opts & ~XEN_DOMCTL_GRANT_version_mask)
		return refuse("grant_opts", op->grant_opts);
	if (op->vmtrace_size)
		return refuse("vmtrace_size", op->vmtrace_size);
	if (op->arch.emulation_flags)
		return refuse("emulation_flags", op->arch.emulation_flags);
	if (op->arch.misc_flags & ~XEN_X86_MISC_FLAGS_MAX)
		return refuse("misc_flags", op->arch.misc_flags);
	return op->cpupool_id ? -ENOENT : 0;
}

static domid_t wanted(domid_t domid)
{
	return domid == 0 || domid >= DOMID_FIRST_RESERVED ? DOMID_INVALID
							   : domid;
}

long domctl_createdomain(struct domain *d, struct xen_domctl_createdomain *op)
{
	struct domain_config c = {
		.ssidref = op->ssidref,
		.max_vcpus = op->max_vcpus,
		.max_evtchn_port = op->max_evtchn_port,
		.max_grant_frames = op->max_grant_frames,
		.max_maptrack_frames = op->max_maptrack_frames,
		.max_grant_version = XEN_DOMCTL_GRANT_version(op->grant_opts),
		.misc_flags = op->arch.misc_flags,
		.is_xs_domain = op->flags & XEN_DOMCTL_CDF_xs_domain,
	};
	long rc = check(op);

	if (rc)
		return rc;
	memcpy(c.handle, op->handle, sizeof(c.handle));
	rc = domain_create(wanted(domctl_of(op, createdomain)->domain), &c, &d);
	if (!rc)
		domctl_of(op, createdomain)->domain = d->domid;
	return rc;
}

long domctl_destroydomain(struct domain *d)
{
	return d == current->domain ? -EINVAL : domain_kill(d);
}

long domctl_max_vcpus(struct domain *d, struct xen_domctl_max_vcpus *op)
{
	if (d == current->domain || op->max != d->max_vcpus || d->is_dying)
		return -EINVAL;
	for (uint32_t i = 0; i < op->max; i++)
		if (!d->vcpu[i] && !vcpu_create(d, i))
			return -ENOMEM;
	return 0;
}

long domctl_setdomainhandle(struct domain *d,
			    struct xen_domctl_setdomainhandle *op)
{
	spin_lock(&d->lock);
	memcpy(d->handle, op->handle, sizeof(d->handle));
	spin_unlock(&d->lock);
	return 0;
}
