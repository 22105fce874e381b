/* SPDX-License-Identifier: MIT */
/*
 * Grant tables: pages of one domain that another may map or copy.
 *
 * The owner writes entries; the hypervisor only sets and clears the reading
 * and writing bits (in v2, in the status array).  Operations report per entry
 * in `status` (GNTST_*); the hypercall's own result is about the batch.
 */
#ifndef ABI_GRANT_TABLE_H
#define ABI_GRANT_TABLE_H

#include <abi/types.h>

typedef uint32_t grant_ref_t;
typedef uint32_t grant_handle_t;

/* References 0 to 7 are set up by the domain builder. */
#define GNTTAB_NR_RESERVED_ENTRIES 8
#define GNTTAB_RESERVED_CONSOLE 0
#define GNTTAB_RESERVED_XENSTORE 1

/* Entry flags: type in the low two bits. */
#define GTF_invalid 0u
#define GTF_permit_access 1u
#define GTF_accept_transfer 2u
#define GTF_transitive 3u
#define GTF_type_mask 3u
/* permit_access */
#define GTF_readonly (1u << 2)
#define GTF_reading (1u << 3) /* by the hypervisor: mapped or being read */
#define GTF_writing (1u << 4) /* by the hypervisor: mapped writable */
#define GTF_PWT (1u << 5)
#define GTF_PCD (1u << 6)
#define GTF_PAT (1u << 7)
#define GTF_sub_page (1u << 8) /* v2: only part of the page, only copies */
/* accept_transfer */
#define GTF_transfer_committed (1u << 2)
#define GTF_transfer_completed (1u << 3)

struct grant_entry_v1 {
	uint16_t flags;
	domid_t domid; /* who may use it */
	uint32_t frame;
};
ABI_SIZE(struct grant_entry_v1, 8);

struct grant_entry_header {
	uint16_t flags;
	domid_t domid;
};

union grant_entry_v2 {
	struct grant_entry_header hdr;
	struct {
		struct grant_entry_header hdr;
		uint32_t pad0;
		uint64_t frame;
	} full_page;
	struct {
		struct grant_entry_header hdr;
		uint16_t page_off;
		uint16_t length;
		uint64_t frame;
	} sub_page;
	struct {
		struct grant_entry_header hdr;
		domid_t trans_domid;
		uint16_t pad0;
		grant_ref_t gref;
	} transitive;
	uint32_t __spacer[4];
};
ABI_SIZE(union grant_entry_v2, 16);

typedef uint16_t grant_status_t; /* v2: GTF_reading and GTF_writing */

#define GNTTABOP_map_grant_ref 0
#define GNTTABOP_unmap_grant_ref 1
#define GNTTABOP_setup_table 2
#define GNTTABOP_dump_table 3
#define GNTTABOP_transfer 4
#define GNTTABOP_copy 5
#define GNTTABOP_query_size 6
#define GNTTABOP_unmap_and_replace 7
#define GNTTABOP_set_version 8
#define GNTTABOP_get_status_frames 9
#define GNTTABOP_get_version 10
#define GNTTABOP_swap_grant_ref 11
#define GNTTABOP_cache_flush 12

/* gnttab_map_grant_ref.flags */
#define GNTMAP_device_map (1 << 0) /* dev_bus_addr is wanted */
#define GNTMAP_host_map (1 << 1)   /* map at host_addr */
#define GNTMAP_readonly (1 << 2)
#define GNTMAP_application_map (1 << 3) /* for guest user mode */
#define GNTMAP_contains_pte (1 << 4)	/* host_addr is a PTE's maddr */
#define _GNTMAP_guest_avail0 16		/* first bit of the PTE's AVL bits */
#define GNTMAP_guest_avail_mask ((uint32_t)~0 << _GNTMAP_guest_avail0)

struct gnttab_map_grant_ref {
	uint64_t host_addr; /* virtual address, or a PTE's machine address */
	uint32_t flags;
	grant_ref_t ref;
	domid_t dom;	       /* owner of the page */
	int16_t status;	       /* out */
	grant_handle_t handle; /* out */
	uint64_t dev_bus_addr; /* out */
};
ABI_SIZE(struct gnttab_map_grant_ref, 32);

struct gnttab_unmap_grant_ref {
	uint64_t host_addr;
	uint64_t dev_bus_addr;
	grant_handle_t handle;
	int16_t status; /* out */
	uint16_t _pad;
};
ABI_SIZE(struct gnttab_unmap_grant_ref, 24);

/* Grow @dom's table to at least nr_frames; their numbers go to frame_list. */
struct gnttab_setup_table {
	domid_t dom;
	uint16_t _pad0;
	uint32_t nr_frames;
	int16_t status; /* out */
	uint16_t _pad1[3];
	uint64_t frame_list; /* xen_pfn_t[nr_frames], guest virtual */
};
ABI_SIZE(struct gnttab_setup_table, 24);

struct gnttab_dump_table {
	domid_t dom;
	int16_t status; /* out */
};

struct gnttab_transfer {
	xen_pfn_t mfn;
	domid_t domid;
	uint16_t _pad0;
	grant_ref_t ref;
	int16_t status; /* out */
	uint16_t _pad1[3];
};
ABI_SIZE(struct gnttab_transfer, 24);

/* gnttab_copy.flags: that side is a grant reference, else a frame */
#define GNTCOPY_source_gref (1 << 0)
#define GNTCOPY_dest_gref (1 << 1)

struct gnttab_copy_ptr {
	union {
		grant_ref_t ref;
		xen_pfn_t gmfn;
	} u;
	domid_t domid;
	uint16_t offset; /* in the page */
	uint32_t _pad;
};
ABI_SIZE(struct gnttab_copy_ptr, 16);

struct gnttab_copy {
	struct gnttab_copy_ptr source, dest;
	uint16_t len; /* bytes; must not cross a page on either side */
	uint16_t flags;
	int16_t status; /* out */
	uint16_t _pad;
};
ABI_SIZE(struct gnttab_copy, 40);

struct gnttab_query_size {
	domid_t dom;
	uint16_t _pad0;
	uint32_t nr_frames;	/* out */
	uint32_t max_nr_frames; /* out */
	int16_t status;		/* out */
	uint16_t _pad1;
};
ABI_SIZE(struct gnttab_query_size, 16);

/* Unmap, and in the same step move new_addr's mapping to host_addr. */
struct gnttab_unmap_and_replace {
	uint64_t host_addr;
	uint64_t new_addr;
	grant_handle_t handle;
	int16_t status; /* out */
	uint16_t _pad;
};
ABI_SIZE(struct gnttab_unmap_and_replace, 24);

struct gnttab_set_version {
	uint32_t version; /* in: wanted, out: now in use */
};

struct gnttab_get_status_frames {
	uint32_t nr_frames;
	domid_t dom;
	int16_t status;	     /* out */
	uint64_t frame_list; /* uint64_t[nr_frames], guest virtual */
};
ABI_SIZE(struct gnttab_get_status_frames, 16);

struct gnttab_get_version {
	domid_t dom;
	uint16_t pad;
	uint32_t version; /* out */
};

struct gnttab_swap_grant_ref {
	grant_ref_t ref_a;
	grant_ref_t ref_b;
	int16_t status; /* out */
	uint16_t _pad;
};
ABI_SIZE(struct gnttab_swap_grant_ref, 12);

/* gnttab_cache_flush.op */
#define GNTTAB_CACHE_CLEAN (1u << 0)
#define GNTTAB_CACHE_INVAL (1u << 1)
#define GNTTAB_CACHE_SOURCE_GREF (1u << 31) /* a.ref, not a.dev_bus_addr */

struct gnttab_cache_flush {
	union {
		uint64_t dev_bus_addr;
		grant_ref_t ref;
	} a;
	uint16_t offset; /* in the page */
	uint16_t length; /* bytes */
	uint32_t op;	 /* GNTTAB_CACHE_* */
};
ABI_SIZE(struct gnttab_cache_flush, 16);

/* status */
#define GNTST_okay 0
#define GNTST_general_error (-1)
#define GNTST_bad_domain (-2)
#define GNTST_bad_gntref (-3)
#define GNTST_bad_handle (-4)
#define GNTST_bad_virt_addr (-5)
#define GNTST_bad_dev_addr (-6)
#define GNTST_no_device_space (-7)
#define GNTST_permission_denied (-8)
#define GNTST_bad_page (-9)
#define GNTST_bad_copy_arg (-10)
#define GNTST_address_too_big (-11)
#define GNTST_eagain (-12)
#define GNTST_no_space (-13)

#endif
