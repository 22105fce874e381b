/* SPDX-License-Identifier: MIT */
/*
 * The console ring page of a DomU.  Indexes run freely and wrap at 2^32; the
 * side that reads advances *_cons.
 */
#ifndef ABI_IO_CONSOLE_H
#define ABI_IO_CONSOLE_H

#include <abi/layout.h>

typedef uint32_t XENCONS_RING_IDX;

#define MASK_XENCONS_IDX(idx, ring) ((idx) & (sizeof(ring) - 1))

struct xencons_interface {
	char in[1024];	/* to the guest */
	char out[2048]; /* from the guest */
	XENCONS_RING_IDX in_cons, in_prod;
	XENCONS_RING_IDX out_cons, out_prod;
};
ABI_SIZE(struct xencons_interface, 3088);

#endif
