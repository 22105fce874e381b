/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain's clocks. */
#include <hv/domctl.h>
#include <hv/printk.h>
#include <hv/time.h>

#include <abi/errno.h>

/* Xen ABI: tsc_mode. */
#define TSC_ALWAYS_EMULATE 1
#define TSC_NEVER_EMULATE 2

long domctl_settimeoffset(struct domain *d, struct xen_domctl_settimeoffset *op)
{
	d->time_offset_s = op->time_offset_seconds;
	time_update_wallclock(d);
	return 0;
}

long domctl_gettscinfo(struct domain *d, struct xen_domctl_tsc_info *op)
{
	op->tsc_mode = d->tsc_mode;
	op->incarnation = d->tsc_incarnation;
	op->gtsc_khz = d->tsc_mode == TSC_NEVER_EMULATE ? 0 : tsc_khz;
	op->elapsed_nsec = d->tsc_mode == TSC_NEVER_EMULATE ? 0 : now_ns();
	return 0;
}

/*
 * The TSC is never emulated; a domain that comes from a machine with another
 * frequency reads the new one in its vcpu_time_info.
 */
long domctl_settscinfo(struct domain *d, struct xen_domctl_tsc_info *op)
{
	if (d == current->domain)
		return -EINVAL;
	if (op->tsc_mode == TSC_ALWAYS_EMULATE) {
		log_warn("d%u: tsc_mode \"always_emulate\" is not offered\n",
			 d->domid);
		return -EOPNOTSUPP;
	}
	if (op->tsc_mode > TSC_NEVER_EMULATE)
		return -EINVAL;
	d->tsc_mode = op->tsc_mode;
	d->tsc_incarnation = op->incarnation + 1;
	return 0;
}
