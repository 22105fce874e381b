/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tools are told of domains and vcpus. */
#include <hv/domctl.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <hv/sysctl.h>

#include <abi/errno.h>

/* Xen ABI: "running" if any vcpu is, "blocked" if all that are up wait. */
static uint32_t vcpu_flags(struct domain *d,
			   struct xen_domctl_getdomaininfo *info)
{
	bool running = false, blocked = true;
	struct vcpu *v;

	for_each_vcpu (d, v) {
		info->cpu_time += vcpu_cpu_time(v);
		info->max_vcpu_id = v->id;
		if (v->is_down)
			continue;
		info->nr_online_vcpus++;
		running |= v->sched.is_running;
		blocked &= v->sched.is_blocked;
	}
	if (!info->nr_online_vcpus)
		return 0;
	return (running ? XEN_DOMINF_running : 0) |
	       (blocked ? XEN_DOMINF_blocked : 0);
}

void domain_get_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	memset(info, 0, sizeof(*info));
	info->domain = d->domid;
	info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
	info->flags = vcpu_flags(d, info) |
		      (domain_is_dead(d) ? XEN_DOMINF_dying : 0) |
		      (d->is_shut_down ? XEN_DOMINF_shutdown : 0) |
		      (d->control_pause_count ? XEN_DOMINF_paused : 0) |
		      (d->is_debugged ? XEN_DOMINF_debugged : 0) |
		      (d->is_xs_domain ? XEN_DOMINF_xs_domain : 0) |
		      (d->shutdown_code & XEN_DOMINF_shutdownmask)
			      << XEN_DOMINF_shutdownshift;
	info->tot_pages = d->tot_pages;
	info->max_pages = d->max_pages;
	info->outstanding_pages = d->claimed_pages;
	info->shared_info_frame = virt_to_mfn(d->shared_info).v;
	info->ssidref = d->ssidref;
	memcpy(info->handle, d->handle, sizeof(info->handle));
	info->arch_config.misc_flags = d->misc_flags;
}

long domctl_getdomaininfo(struct domain *d, struct xen_domctl_getdomaininfo *op)
{
	domain_get_info(d, op);
	domctl_of(op, getdomaininfo)->domain = d->domid;
	return 0;
}

long sysctl_getdomaininfolist(struct xen_sysctl_getdomaininfolist *op)
{
	struct xen_domctl_getdomaininfo info;
	struct domain *d = domain_next(op->first_domain);
	uint32_t n = 0;
	int rc = 0;

	for (; d && n < op->max_domains && !rc; d = domain_next_put(d)) {
		domain_get_info(d, &info);
		rc = copy_to_guest(
			guest_ptr_add(guest_ptr(op->buffer), n * sizeof(info)),
			&info, sizeof(info));
		n++;
	}
	if (d)
		domain_put(d);
	op->num_domains = n;
	return rc;
}

long domctl_getvcpuinfo(struct domain *d, struct xen_domctl_getvcpuinfo *op)
{
	struct vcpu *v = domain_vcpu(d, op->vcpu);

	if (!v)
		return op->vcpu < d->max_vcpus ? -ESRCH : -EINVAL;
	op->online = !v->is_down;
	op->blocked = v->sched.is_blocked;
	op->running = v->sched.is_running;
	op->cpu_time = vcpu_cpu_time(v);
	op->cpu = v->sched.processor;
	return 0;
}
