/* SPDX-License-Identifier: MIT */
/*
 * The page shared between a domain and the hypervisor, and the per-vcpu part
 * of it, which guests move elsewhere with VCPUOP_register_vcpu_info.
 */
#ifndef ABI_SHARED_INFO_H
#define ABI_SHARED_INFO_H

#include <abi/types.h>

#define XEN_LEGACY_MAX_VCPUS 32 /* vcpu_info slots in the shared page */

/* vcpu_time_info.flags */
#define XEN_PVCLOCK_TSC_STABLE_BIT (1 << 0) /* monotonic across vcpus */
#define XEN_PVCLOCK_GUEST_STOPPED (1 << 1)

/*
 * now_ns = system_time
 *        + (((rdtsc - tsc_timestamp) << tsc_shift) * tsc_to_system_mul >> 32)
 * A negative tsc_shift shifts right.  The reader retries while version is odd
 * or has changed.
 */
struct vcpu_time_info {
	uint32_t version;
	uint32_t pad0;
	uint64_t tsc_timestamp; /* TSC when system_time was taken */
	uint64_t system_time;	/* ns since the hypervisor's clock began */
	uint32_t tsc_to_system_mul;
	int8_t tsc_shift;
	uint8_t flags;
	uint8_t pad1[2];
};
ABI_SIZE(struct vcpu_time_info, 32);

struct arch_vcpu_info {
	uint64_t cr2; /* written before a #PF is delivered */
	uint64_t pad;
};

/*
 * The hypervisor sets evtchn_upcall_pending; the guest clears it before it
 * scans evtchn_pending_sel.  evtchn_upcall_mask is the guest's interrupt
 * flag, inverted: an upcall happens while pending && !mask.
 */
struct vcpu_info {
	uint8_t evtchn_upcall_pending;
	uint8_t evtchn_upcall_mask;
	uint8_t _pad[6];
	uint64_t evtchn_pending_sel; /* 2-level: words of evtchn_pending */
	struct arch_vcpu_info arch;
	struct vcpu_time_info time;
};
ABI_SIZE(struct vcpu_info, 64);
ABI_OFFSET(struct vcpu_info, arch.cr2, 16);
ABI_OFFSET(struct vcpu_info, time, 32);

/* Written by the guest, read by the toolstack when it saves the domain. */
struct arch_shared_info {
	uint64_t max_pfn;		      /* entries in the p2m */
	xen_pfn_t pfn_to_mfn_frame_list_list; /* top of the 3-level p2m tree */
	uint64_t nmi_reason;		      /* XEN_NMIREASON_*, by us */
	uint64_t p2m_cr3;	 /* tables that map p2m_vaddr, or 0 */
	uint64_t p2m_vaddr;	 /* the linear p2m */
	uint64_t p2m_generation; /* odd while the p2m is being moved */
};

/*
 * Wall clock = wc_* + system time, valid while wc_version is even and
 * unchanged.
 */
struct shared_info {
	struct vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
	uint64_t evtchn_pending[64];
	uint64_t evtchn_mask[64];
	uint32_t wc_version;
	uint32_t wc_sec;
	uint32_t wc_nsec;
	uint32_t wc_sec_hi;
	struct arch_shared_info arch;
};
ABI_SIZE(struct shared_info, 3136);
ABI_OFFSET(struct shared_info, evtchn_pending, 2048);
ABI_OFFSET(struct shared_info, evtchn_mask, 2560);
ABI_OFFSET(struct shared_info, wc_version, 3072);
ABI_OFFSET(struct shared_info, arch, 3088);

#endif
