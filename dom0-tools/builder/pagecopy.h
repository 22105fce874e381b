/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copying and clearing of whole pages of a domain.
 */
#ifndef PAGECOPY_H
#define PAGECOPY_H

#include <stddef.h>

/* @nr pages; both sides page aligned. */
void pages_copy(void *dst, const void *src, size_t nr);
void pages_clear(void *dst, size_t nr);

#endif
