/* SPDX-License-Identifier: MIT */
/*
 * xen_version: who the hypervisor is and what it can do.
 */
#ifndef ABI_VERSION_H
#define ABI_VERSION_H

#include <abi/types.h>

#define XENVER_version 0 /* returns major << 16 | minor */
#define XENVER_extraversion 1
#define XENVER_compile_info 2
#define XENVER_capabilities 3
#define XENVER_changeset 4
#define XENVER_platform_parameters 5
#define XENVER_get_features 6
#define XENVER_pagesize 7 /* returns 4096 */
#define XENVER_guest_handle 8
#define XENVER_commandline 9
#define XENVER_build_id 10

typedef char xen_extraversion_t[16];
typedef char xen_capabilities_info_t[1024]; /* words, each with a space */
typedef char xen_changeset_info_t[64];
typedef char xen_commandline_t[1024];
#define XEN_EXTRAVERSION_LEN (sizeof(xen_extraversion_t))
#define XEN_CAPABILITIES_INFO_LEN (sizeof(xen_capabilities_info_t))
#define XEN_CHANGESET_INFO_LEN (sizeof(xen_changeset_info_t))

struct xen_compile_info {
	char compiler[64];
	char compile_by[16];
	char compile_domain[32];
	char compile_date[32];
};
ABI_SIZE(struct xen_compile_info, 144);

struct xen_platform_parameters {
	xen_ulong_t virt_start; /* HYPERVISOR_VIRT_START */
};

struct xen_feature_info {
	uint32_t submap_idx; /* in */
	uint32_t submap;     /* out: bit n is feature 32 * idx + n */
};

/* len: in, room in buf; out, bytes used.  NULL argument: returns the size. */
struct xen_build_id {
	uint32_t len;
	unsigned char buf[];
};

#endif
