/* SPDX-License-Identifier: MIT */
/*
 * memory_op: a domain's reservation, memory maps, the M2P, and pages shared
 * with the tools.
 *
 * The low MEMOP_EXTENT_SHIFT bits of the command say which operation; the
 * rest count extents already done when a long call is continued.
 */
#ifndef ABI_MEMORY_H
#define ABI_MEMORY_H

#include <abi/physdev.h>
#include <abi/types.h>

#define MEMOP_EXTENT_SHIFT 6
#define MEMOP_CMD_MASK ((1 << MEMOP_EXTENT_SHIFT) - 1)

#define XENMEM_increase_reservation 0
#define XENMEM_decrease_reservation 1
#define XENMEM_maximum_ram_page 2
#define XENMEM_current_reservation 3
#define XENMEM_maximum_reservation 4
#define XENMEM_machphys_mfn_list 5
#define XENMEM_populate_physmap 6
#define XENMEM_add_to_physmap 7
#define XENMEM_memory_map 9
#define XENMEM_machine_memory_map 10
#define XENMEM_exchange 11
#define XENMEM_machphys_mapping 12
#define XENMEM_set_memory_map 13
#define XENMEM_maximum_gpfn 14
#define XENMEM_remove_from_physmap 15
#define XENMEM_set_pod_target 16
#define XENMEM_get_pod_target 17
#define XENMEM_get_sharing_freed_pages 18
#define XENMEM_get_sharing_shared_pages 19
#define XENMEM_paging_op 20
#define XENMEM_access_op 21
#define XENMEM_sharing_op 22
#define XENMEM_add_to_physmap_batch 23
#define XENMEM_claim_pages 24
#define XENMEM_machphys_compat_mfn_list 25
#define XENMEM_get_vnumainfo 26
#define XENMEM_reserved_device_memory_map 27
#define XENMEM_acquire_resource 28

/* xen_memory_reservation.mem_flags: address width wanted and NUMA node */
#define XENMEMF_address_bits(x) (x)
#define XENMEMF_get_address_bits(x) ((x)&0xffu)
#define XENMEMF_node(x) (((x) + 1) << 8)
#define XENMEMF_get_node(x) ((((x) >> 8) - 1) & 0xffu)
#define XENMEMF_populate_on_demand (1 << 16)
#define XENMEMF_exact_node_request (1 << 17)
#define XENMEMF_exact_node(n) (XENMEMF_node(n) | XENMEMF_exact_node_request)
#define XENMEMF_vnode (1 << 18)

/*
 * increase: extents out, mfns.  decrease: in, mfns.  populate_physmap: in,
 * pfns; out, mfns.  The result is the number of extents done.
 */
struct xen_memory_reservation {
	uint64_t extent_start; /* xen_pfn_t[nr_extents], guest virtual */
	xen_ulong_t nr_extents;
	uint32_t extent_order; /* an extent is 1 << order frames */
	uint32_t mem_flags;    /* XENMEMF_* */
	domid_t domid;
	uint16_t _pad[3];
};
ABI_SIZE(struct xen_memory_reservation, 32);

/* Give up @in, get @out in its place, all or nothing. */
struct xen_memory_exchange {
	struct xen_memory_reservation in;
	struct xen_memory_reservation out;
	xen_ulong_t nr_exchanged; /* in: 0, out: extents of @in taken */
};
ABI_SIZE(struct xen_memory_exchange, 72);

/* current_reservation, maximum_reservation, maximum_gpfn */
struct xen_memory_domain {
	domid_t domid;
};

/* The frames that hold the M2P, one per 2 MiB of it. */
struct xen_machphys_mfn_list {
	uint32_t max_extents;
	uint32_t _pad0;
	uint64_t extent_start; /* xen_pfn_t[max_extents], guest virtual */
	uint32_t nr_extents;   /* out */
	uint32_t _pad1;
};
ABI_SIZE(struct xen_machphys_mfn_list, 24);

struct xen_machphys_mapping {
	xen_ulong_t v_start, v_end;
	xen_ulong_t max_mfn; /* inclusive */
};
ABI_SIZE(struct xen_machphys_mapping, 24);

/* An entry of the map is an e820 entry: packed, 20 bytes. */
struct xen_memory_map {
	uint32_t nr_entries; /* in: room, out: used */
	uint32_t _pad;
	uint64_t buffer; /* guest virtual */
};
ABI_SIZE(struct xen_memory_map, 16);

struct xen_foreign_memory_map {
	domid_t domid;
	uint16_t _pad[3];
	struct xen_memory_map map;
};
ABI_SIZE(struct xen_foreign_memory_map, 24);

/* Resources of another domain that the tools map. */
#define XENMEM_resource_ioreq_server 0
#define XENMEM_resource_grant_table 1
#define XENMEM_resource_vmtrace_buf 2
/* xen_mem_acquire_resource.id of a grant table */
#define XENMEM_resource_grant_table_id_shared 0
#define XENMEM_resource_grant_table_id_status 1

struct xen_mem_acquire_resource {
	domid_t domid;
	uint16_t type; /* XENMEM_resource_* */
	uint32_t id;
	uint32_t nr_frames; /* 0 asks for the size */
	uint32_t pad;
	uint64_t frame;	     /* first frame wanted */
	uint64_t frame_list; /* xen_pfn_t[nr_frames], guest virtual; out mfns */
};
ABI_SIZE(struct xen_mem_acquire_resource, 32);

/* A range of guest memory that lies on one virtual NUMA node. */
struct xen_vmemrange {
	uint64_t start, end; /* bytes */
	uint32_t flags;
	uint32_t nid;
};
ABI_SIZE(struct xen_vmemrange, 24);

struct xen_vnuma_topology_info {
	domid_t domid;
	uint16_t pad;
	uint32_t nr_vnodes; /* in: room, out: used; so the next two */
	uint32_t nr_vcpus;
	uint32_t nr_vmemranges;
	union {
		uint64_t h; /* uint32_t[nr_vnodes * nr_vnodes] */
		uint64_t pad;
	} vdistance;
	union {
		uint64_t h; /* uint32_t[nr_vcpus] */
		uint64_t pad;
	} vcpu_to_vnode;
	union {
		uint64_t h; /* struct xen_vmemrange[nr_vmemranges] */
		uint64_t pad;
	} vmemrange;
};
ABI_SIZE(struct xen_vnuma_topology_info, 40);

#endif
