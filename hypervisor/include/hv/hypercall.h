/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypercall in progress on this pcpu.  A handler that returns -ERESTART is
 * called again, with the same arguments or with what it made of them here.
 * (ERESTART is in abi/errno.h; no guest ever sees it.)
 */
#ifndef HV_HYPERCALL_H
#define HV_HYPERCALL_H

#include <hv/types.h>

struct hypercall_args {
	uint64_t a[5];
};

struct hypercall_args *hypercall_args(void);

#endif
