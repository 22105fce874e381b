/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only way to guest memory by virtual address.  Copy a request in once,
 * check the copy, use the copy.
 */
#ifndef HV_GUEST_ACCESS_H
#define HV_GUEST_ACCESS_H

#include <hv/types.h>

typedef struct {
	uint64_t va;
} guest_ptr_t; /* a virtual address in the current vcpu's kernel tables */

static inline guest_ptr_t guest_ptr(uint64_t va)
{
	return (guest_ptr_t){va};
}

static inline guest_ptr_t guest_ptr_add(guest_ptr_t p, uint64_t bytes)
{
	return (guest_ptr_t){p.va + bytes};
}

static inline bool guest_ptr_is_null(guest_ptr_t p)
{
	return p.va == 0;
}

/*
 * Copy @n bytes; 0 or -EFAULT (unmapped, read-only, not canonical, or in the
 * hypervisor's range).  On -EFAULT a part may have been copied.
 */
int __must_check copy_from_guest(void *dst, guest_ptr_t src, size_t n);
int __must_check copy_to_guest(guest_ptr_t dst, const void *src, size_t n);
int __must_check clear_guest(guest_ptr_t dst, size_t n);

#endif
