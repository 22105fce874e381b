/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handlers of platform_op, as its table names them.  @d: the calling domain;
 * @op: our copy of the union's member.
 */
#ifndef HV_PLATFORM_OP_H
#define HV_PLATFORM_OP_H

#include <abi/platform.h>

struct domain;

#define OP(cmd, NAME, handler, type, copy, callers, doc)                       \
	int handler(struct domain *d, type *op);
#include <platform.def>
#undef OP

#endif
