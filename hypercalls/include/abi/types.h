/* SPDX-License-Identifier: MIT */
/*
 * The scalar types and domain numbers every other ABI header speaks in.
 */
#ifndef ABI_TYPES_H
#define ABI_TYPES_H

#include <abi/layout.h>

/*
 * Domain numbers from DOMID_FIRST_RESERVED up name no real domain.
 * SELF: the caller.  IO: owner of device memory.  XEN: owner of pages the
 * hypervisor shares (M2P, its rings).  INVALID: "none", or "choose one" when
 * a domain is created.  IDLE: the hypervisor's own idle vcpus.
 */
#define DOMID_FIRST_RESERVED 0x7ff0
#define DOMID_SELF 0x7ff0
#define DOMID_IO 0x7ff1
#define DOMID_XEN 0x7ff2
#define DOMID_COW 0x7ff3
#define DOMID_INVALID 0x7ff4
#define DOMID_IDLE 0x7fff
#define DOMID_MASK 0x7fff

#ifndef __ASSEMBLER__
typedef uint16_t domid_t;
typedef uint64_t xen_pfn_t;		 /* a frame number: maddr >> 12 */
typedef uint64_t xen_ulong_t;		 /* "unsigned long" of a 64-bit guest */
typedef uint8_t xen_domain_handle_t[16]; /* UUID, bytes in printed order */

/* A bitmap in the caller's memory: nr_bits valid bits, bit 0 first. */
struct xenctl_bitmap {
	uint64_t bitmap; /* uint8_t *, guest virtual */
	uint32_t nr_bits;
	uint32_t _pad;
};
ABI_SIZE(struct xenctl_bitmap, 16);
#endif

#endif
