/* SPDX-License-Identifier: MIT */
/*
 * mca: machine-check telemetry for Dom0: what the pcpus are, and which
 * hardware errors they have reported.
 */
#ifndef ABI_MCA_H
#define ABI_MCA_H

#include <abi/hypercall.h>
#include <abi/types.h>

#define __HYPERVISOR_mca __HYPERVISOR_arch_0
#define XEN_MCA_INTERFACE_VERSION 0x01ecc003

/* xen_mc.cmd */
#define XEN_MC_fetch 1
#define XEN_MC_notifydomain 2
#define XEN_MC_physcpuinfo 3
#define XEN_MC_msrinject 4
#define XEN_MC_mceinject 5
#define XEN_MC_inject_v2 6

#ifndef __ASSEMBLER__
/* xen_mc_fetch.flags, in */
#define XEN_MC_NONURGENT 0x0001
#define XEN_MC_URGENT 0x0002
#define XEN_MC_ACK 0x0004
/* and out */
#define XEN_MC_OK 0x0
#define XEN_MC_FETCHFAILED 0x1
#define XEN_MC_NODATA 0x2

struct xen_mc_fetch {
	uint32_t flags;
	uint32_t _pad0;
	uint64_t fetch_id; /* out; in: the one that is acknowledged */
	uint64_t data;	   /* struct mc_info *, guest virtual */
};
ABI_SIZE(struct xen_mc_fetch, 24);

struct mcinfo_msr {
	uint64_t reg;
	uint64_t value;
};

#define MC_NCAPS 7
#define MC_CAPS_STD_EDX 0 /* CPUID 1 */
#define MC_CAPS_AMD_EDX 1 /* CPUID 0x80000001 */
#define MC_CAPS_TM 2
#define MC_CAPS_LINUX 3
#define MC_CAPS_STD_ECX 4
#define MC_CAPS_VIA 5
#define MC_CAPS_AMD_ECX 6

/* One pcpu. */
struct mcinfo_logical_cpu {
	uint32_t mc_cpunr;
	uint32_t mc_chipid;
	uint16_t mc_coreid;
	uint16_t mc_threadid;
	uint32_t mc_apicid;
	uint32_t mc_clusterid;
	uint32_t mc_ncores;
	uint32_t mc_ncores_active;
	uint32_t mc_nthreads;
	int32_t mc_cpuid_level; /* highest leaf */
	uint32_t mc_family;
	uint32_t mc_vendor; /* 0: Intel, 2: AMD */
	uint32_t mc_model;
	uint32_t mc_step;
	char mc_vendorid[16];
	char mc_brandid[64];
	uint32_t mc_cpu_caps[MC_NCAPS];
	uint32_t mc_cache_size; /* KiB */
	uint32_t mc_cache_alignment;
	int32_t mc_nmsrvals; /* entries of mc_msrvalues */
	uint32_t _pad;
	struct mcinfo_msr mc_msrvalues[8];
};
ABI_SIZE(struct mcinfo_logical_cpu, 304);

/* What a fetch gives: mi_nentries of these, one behind the other. */
#define MC_TYPE_GLOBAL 0
#define MC_TYPE_BANK 1
struct mcinfo_common {
	uint16_t type;
	uint16_t size; /* of the entry, with this */
};

/* mcinfo_global.mc_flags */
#define MC_FLAG_CORRECTABLE (1 << 0)
#define MC_FLAG_UNCORRECTABLE (1 << 1)
#define MC_FLAG_POLLED (1 << 3)
#define MC_FLAG_MCE (1 << 6)

struct mcinfo_global {
	struct mcinfo_common common;
	uint16_t mc_domid; /* who ran */
	uint16_t mc_vcpuid;
	uint32_t mc_socketid;
	uint16_t mc_coreid;
	uint16_t mc_core_threadid;
	uint32_t mc_apicid;
	uint32_t mc_flags;
	uint64_t mc_gstatus; /* MCG_STATUS */
};
ABI_SIZE(struct mcinfo_global, 32);

struct mcinfo_bank {
	struct mcinfo_common common;
	uint16_t mc_bank;
	uint16_t mc_domid;
	uint64_t mc_status;
	uint64_t mc_addr;
	uint64_t mc_misc;
	uint64_t mc_ctrl2;
	uint64_t mc_tsc;
};
ABI_SIZE(struct mcinfo_bank, 48);

#define MCINFO_MAXSIZE 768
struct mc_info {
	uint32_t mi_nentries;
	uint32_t flags;
	uint64_t mi_data[(MCINFO_MAXSIZE - 1) / 8];
};
ABI_SIZE(struct mc_info, 768);

struct xen_mc_physcpuinfo {
	uint32_t ncpus; /* in: room at info, out */
	uint32_t _pad0;
	uint64_t info; /* struct mcinfo_logical_cpu[], guest virtual, or 0 */
};
ABI_SIZE(struct xen_mc_physcpuinfo, 16);

struct xen_mc {
	uint32_t cmd;		    /* XEN_MC_* */
	uint32_t interface_version; /* XEN_MCA_INTERFACE_VERSION */
	union {
		struct xen_mc_fetch mc_fetch;
		struct xen_mc_physcpuinfo mc_physcpuinfo;
		uint64_t _pad[18]; /* error injection, which we refuse */
	} u;
};
ABI_SIZE(struct xen_mc, 152);
#endif

#endif
