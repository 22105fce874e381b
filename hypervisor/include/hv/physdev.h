/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handlers of physdev_op, as its table names them.  @d: the calling domain;
 * @op: our copy of the argument.
 */
#ifndef HV_PHYSDEV_H
#define HV_PHYSDEV_H

#include <abi/physdev.h>

struct domain;

#define OP(cmd, NAME, handler, type, copy, callers, doc)                       \
	int handler(struct domain *d, type *op);
#include <physdev.def>
#undef OP

#endif
