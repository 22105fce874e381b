/* SPDX-License-Identifier: GPL-2.0-only */
/* Small objects of the hypervisor, cleared; NULL when there is no memory. */
#ifndef HV_XALLOC_H
#define HV_XALLOC_H

#include <hv/types.h>

void *xzalloc_bytes(size_t size);
void xfree(const void *p); /* NULL is fine */
#define xzalloc(type) ((type *)xzalloc_bytes(sizeof(type)))
#define xzalloc_array(type, n)                                                 \
	((type *)((uint64_t)(n) > (1UL << 30) / sizeof(type)                   \
			  ? NULL                                               \
			  : xzalloc_bytes(sizeof(type) * (n))))

#endif
