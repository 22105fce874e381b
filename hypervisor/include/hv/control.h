/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What hypervisor/control offers the dispatchers: handlers of xen_version,
 * console_io and nmi_op.  @d: the calling domain; @op: our copy of the
 * argument.  0 or a result, or -errno.
 */
#ifndef HV_CONTROL_H
#define HV_CONTROL_H

#include <hv/guest_access.h>
#include <hv/types.h>

#include <abi/nmi.h>
#include <abi/version.h>

struct domain;

long version_version(struct domain *d);
long version_extraversion(struct domain *d, xen_extraversion_t *op);
long version_compile_info(struct domain *d, struct xen_compile_info *op);
long version_capabilities(struct domain *d, xen_capabilities_info_t *op);
long version_changeset(struct domain *d, xen_changeset_info_t *op);
long version_platform_parameters(struct domain *d,
				 struct xen_platform_parameters *op);
long version_get_features(struct domain *d, struct xen_feature_info *op);
long version_pagesize(struct domain *d);
long version_guest_handle(struct domain *d, xen_domain_handle_t *op);
long version_commandline(struct domain *d, xen_commandline_t *op);
long version_build_id(struct domain *d, guest_ptr_t arg);

/* write: preempted, it leaves what is to do in hypercall_args(). */
long console_write(struct domain *d, guest_ptr_t buffer, uint32_t count);
long console_read(struct domain *d, guest_ptr_t buffer, uint32_t count);
/* @d is freed: what it has not finished printing is printed. */
void console_io_free(struct domain *d);

long nmi_register_callback(struct domain *d, struct xennmi_callback *op);
long nmi_unregister_callback(struct domain *d);

#endif
