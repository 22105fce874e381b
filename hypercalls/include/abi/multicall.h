/* SPDX-License-Identifier: MIT */
/*
 * multicall: several hypercalls for the price of one entry.
 */
#ifndef ABI_MULTICALL_H
#define ABI_MULTICALL_H

#include <abi/types.h>

/* The hypervisor runs entries in order and writes each one's result. */
struct multicall_entry {
	uint64_t op;	 /* __HYPERVISOR_* */
	uint64_t result; /* out, what RAX would have been */
	uint64_t args[6];
};
ABI_SIZE(struct multicall_entry, 64);

#endif
