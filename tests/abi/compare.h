/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ABI as numbers: each side's headers, in a translation unit of their
 * own, turn the same list into the same sequence of named values.
 */
#ifndef TESTS_ABI_COMPARE_H
#define TESTS_ABI_COMPARE_H

#include <stdint.h>

/* Receives one value; @text is set instead for string constants. */
typedef void abi_value_fn(const char *name, uint64_t value, const char *text);

void abi_ours(abi_value_fn *put);   /* hypercalls/include/abi */
void abi_theirs(abi_value_fn *put); /* /usr/include/xen */

#endif
