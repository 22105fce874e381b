/* SPDX-License-Identifier: GPL-2.0-only */
/* The instructions behind hv/guest_access.h; they return bytes not done. */
#ifndef HV_X86_GUEST_COPY_H
#define HV_X86_GUEST_COPY_H

#include <hv/types.h>

/*
 * Not in our range, not across it; what is not mapped faults and is caught.
 * The two below leave this to the caller.
 */
bool guest_range_ok(uint64_t va, size_t n);

size_t guest_copy_asm(void *dst, const void *src, size_t n);
size_t guest_clear_asm(void *dst, size_t n);
/* One word; 0 or -EFAULT. */
int guest_put_word(uint64_t *dst, uint64_t word);

/* For instruction bytes: as much as is there; returns what is missing. */
size_t guest_copy_in(void *dst, uint64_t va, size_t n);

#endif
