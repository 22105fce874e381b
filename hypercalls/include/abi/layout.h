/* SPDX-License-Identifier: MIT */
/*
 * What the other ABI headers are written with: fixed-width types and the
 * assertions that pin a structure to the layout guests were compiled for.
 *
 * A pointer into guest memory is always a uint64_t in these headers, so that
 * neither side can follow it by accident.  Holes are named fields.
 */
#ifndef ABI_LAYOUT_H
#define ABI_LAYOUT_H

#ifdef __ASSEMBLER__
#define ABI_UL(x) x
#else
#define ABI_UL(x) x##UL

#include <stdint.h>

#define ABI_SIZE(type, size)                                                   \
	_Static_assert(sizeof(type) == (size), "size of " #type)
#define ABI_OFFSET(type, field, offset)                                        \
	_Static_assert(__builtin_offsetof(type, field) == (offset),            \
		       "offset of " #field " in " #type)
#endif

#endif
