/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of our own functions, for backtraces. */
#ifndef HV_SYMBOLS_H
#define HV_SYMBOLS_H

#include <hv/types.h>

/* The function that holds @addr and the offset into it; NULL: none does. */
const char *symbol_lookup(uint64_t addr, uint64_t *offset);
/* Entry @i in address order, for XENPF_get_symbol; NULL after the last. */
const char *symbol_nth(uint32_t i, uint64_t *addr);

#endif
