/* SPDX-License-Identifier: GPL-2.0-only */
/* The instructions behind hv/guest_access.h; they return bytes not done. */
#ifndef HV_X86_GUEST_COPY_H
#define HV_X86_GUEST_COPY_H

#include <hv/types.h>

size_t guest_copy_asm(void *dst, const void *src, size_t n);
size_t guest_clear_asm(void *dst, size_t n);

/* For instruction bytes: as much as is there; returns what is missing. */
size_t guest_copy_in(void *dst, uint64_t va, size_t n);

#endif
