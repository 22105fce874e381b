/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handlers of sysctl, as its table names them.  @op: the member of our copy of
 * struct xen_sysctl.  0 or -errno.
 */
#ifndef HV_SYSCTL_H
#define HV_SYSCTL_H

#include <abi/sysctl.h>

#define OP(cmd, NAME, handler, type, copy, callers, doc) long handler(type *op);
#include <sysctl.def>
#undef OP

struct domain;

/*
 * control/cpu_policy_op.c: word @i of the CPU features as the ABI numbers
 * them, of the machine (@d NULL) or as @d sees them.
 */
uint32_t cpu_feature_word(const struct domain *d, unsigned int i);

#endif
