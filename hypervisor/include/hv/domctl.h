/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handlers of domctl, as its table names them.  @d: the domain it is about,
 * held by a reference and by domctl_busy; NULL for createdomain.  @op: the
 * member of our copy of struct xen_domctl.  0, -errno, or -ERESTART.
 */
#ifndef HV_DOMCTL_H
#define HV_DOMCTL_H

#include <hv/domain.h>

#include <abi/domctl.h>

#define OP(cmd, NAME, handler, type, copy, callers, doc)                       \
	DOMCTL_PROTO_##copy(handler, type)
#define DOMCTL_PROTO_NONE(handler, type) long handler(struct domain *d);
#define DOMCTL_PROTO_IN(handler, type) long handler(struct domain *d, type *op);
#define DOMCTL_PROTO_OUT DOMCTL_PROTO_IN
#define DOMCTL_PROTO_INOUT DOMCTL_PROTO_IN
#include <domctl.def>
#undef OP

/* The call a handler's @op is the member @m of. */
#define domctl_of(op, m) container_of(op, struct xen_domctl, u.m)

/* control/domctl_info.c: all that is told of @d at once. */
void domain_get_info(struct domain *d, struct xen_domctl_getdomaininfo *info);

/*
 * control/guest_bitmap.c: the tools' bitmaps are of any length; bits we have
 * no use for are ignored in what is read, and zero in what is written.
 */
int guest_bitmap_read(const struct xenctl_bitmap *b, uint64_t *mask);
int guest_bitmap_write(const struct xenctl_bitmap *b, uint64_t mask);

#endif
