/* SPDX-License-Identifier: MIT */
/*
 * domctl: the control domain creates, inspects and destroys domains.
 *
 * Versioned with the tools: a call with another interface_version is refused
 * with -EACCES.  Commands that only fully emulated guests need have a number
 * here but no structure.
 */
#ifndef ABI_DOMCTL_H
#define ABI_DOMCTL_H

#include <abi/arch.h>
#include <abi/event_channel.h>
#include <abi/memory.h>
#include <abi/types.h>

#define XEN_DOMCTL_INTERFACE_VERSION 0x00000015

#define XEN_DOMCTL_createdomain 1
#define XEN_DOMCTL_destroydomain 2
#define XEN_DOMCTL_pausedomain 3
#define XEN_DOMCTL_unpausedomain 4
#define XEN_DOMCTL_getdomaininfo 5
#define XEN_DOMCTL_setvcpuaffinity 9
#define XEN_DOMCTL_shadow_op 10
#define XEN_DOMCTL_max_mem 11
#define XEN_DOMCTL_setvcpucontext 12
#define XEN_DOMCTL_getvcpucontext 13
#define XEN_DOMCTL_getvcpuinfo 14
#define XEN_DOMCTL_max_vcpus 15
#define XEN_DOMCTL_scheduler_op 16
#define XEN_DOMCTL_setdomainhandle 17
#define XEN_DOMCTL_setdebugging 18
#define XEN_DOMCTL_irq_permission 19
#define XEN_DOMCTL_iomem_permission 20
#define XEN_DOMCTL_ioport_permission 21
#define XEN_DOMCTL_hypercall_init 22
#define XEN_DOMCTL_settimeoffset 24
#define XEN_DOMCTL_getvcpuaffinity 25
#define XEN_DOMCTL_real_mode_area 26
#define XEN_DOMCTL_resumedomain 27
#define XEN_DOMCTL_sendtrigger 28
#define XEN_DOMCTL_subscribe 29
#define XEN_DOMCTL_gethvmcontext 33
#define XEN_DOMCTL_sethvmcontext 34
#define XEN_DOMCTL_set_address_size 35
#define XEN_DOMCTL_get_address_size 36
#define XEN_DOMCTL_assign_device 37
#define XEN_DOMCTL_bind_pt_irq 38
#define XEN_DOMCTL_memory_mapping 39
#define XEN_DOMCTL_ioport_mapping 40
#define XEN_DOMCTL_set_ext_vcpucontext 42
#define XEN_DOMCTL_get_ext_vcpucontext 43
#define XEN_DOMCTL_set_opt_feature 44
#define XEN_DOMCTL_test_assign_device 45
#define XEN_DOMCTL_set_target 46
#define XEN_DOMCTL_deassign_device 47
#define XEN_DOMCTL_unbind_pt_irq 48
#define XEN_DOMCTL_get_device_group 50
#define XEN_DOMCTL_debug_op 54
#define XEN_DOMCTL_gethvmcontext_partial 55
#define XEN_DOMCTL_vm_event_op 56
#define XEN_DOMCTL_mem_sharing_op 57
#define XEN_DOMCTL_gettscinfo 59
#define XEN_DOMCTL_settscinfo 60
#define XEN_DOMCTL_getpageframeinfo3 61
#define XEN_DOMCTL_setvcpuextstate 62
#define XEN_DOMCTL_getvcpuextstate 63
#define XEN_DOMCTL_set_access_required 64
#define XEN_DOMCTL_audit_p2m 65
#define XEN_DOMCTL_set_virq_handler 66
#define XEN_DOMCTL_set_broken_page_p2m 67
#define XEN_DOMCTL_setnodeaffinity 68
#define XEN_DOMCTL_getnodeaffinity 69
#define XEN_DOMCTL_cacheflush 71
#define XEN_DOMCTL_get_vcpu_msrs 72
#define XEN_DOMCTL_set_vcpu_msrs 73
#define XEN_DOMCTL_setvnumainfo 74
#define XEN_DOMCTL_psr_cmt_op 75
#define XEN_DOMCTL_monitor_op 77
#define XEN_DOMCTL_psr_alloc 78
#define XEN_DOMCTL_soft_reset 79
#define XEN_DOMCTL_vuart_op 81
#define XEN_DOMCTL_get_cpu_policy 82
#define XEN_DOMCTL_set_cpu_policy 83
#define XEN_DOMCTL_vmtrace_op 84
#define XEN_DOMCTL_get_paging_mempool_size 85
#define XEN_DOMCTL_set_paging_mempool_size 86
#define XEN_DOMCTL_gdbsx_guestmemio 1000
#define XEN_DOMCTL_gdbsx_pausevcpu 1001
#define XEN_DOMCTL_gdbsx_unpausevcpu 1002
#define XEN_DOMCTL_gdbsx_domstatus 1003

/* xen_domctl_createdomain.flags */
#define XEN_DOMCTL_CDF_hvm (1u << 0)
#define XEN_DOMCTL_CDF_hap (1u << 1)
#define XEN_DOMCTL_CDF_s3_integrity (1u << 2)
#define XEN_DOMCTL_CDF_oos_off (1u << 3)
#define XEN_DOMCTL_CDF_xs_domain (1u << 4) /* runs xenstore */
#define XEN_DOMCTL_CDF_iommu (1u << 5)
#define XEN_DOMCTL_CDF_nested_virt (1u << 6)
#define XEN_DOMCTL_CDF_vpmu (1u << 7)
#define XEN_DOMCTL_CDF_MAX XEN_DOMCTL_CDF_vpmu

/* xen_domctl_createdomain.iommu_opts */
#define XEN_DOMCTL_IOMMU_no_sharept (1u << 0)
#define XEN_DOMCTL_IOMMU_MAX XEN_DOMCTL_IOMMU_no_sharept

/* xen_domctl_createdomain.grant_opts: highest version allowed */
#define XEN_DOMCTL_GRANT_version_mask 0xf
#define XEN_DOMCTL_GRANT_version(v) ((v)&XEN_DOMCTL_GRANT_version_mask)

/* xen_domctl.domain: 0 or DOMID_INVALID lets us choose; out, the number. */
struct xen_domctl_createdomain {
	uint32_t ssidref;
	xen_domain_handle_t handle;
	uint32_t flags;	     /* XEN_DOMCTL_CDF_* */
	uint32_t iommu_opts; /* XEN_DOMCTL_IOMMU_* */
	uint32_t max_vcpus;
	uint32_t max_evtchn_port;    /* highest port number allowed */
	int32_t max_grant_frames;    /* negative: our default */
	int32_t max_maptrack_frames; /* negative: our default */
	uint32_t grant_opts;
	uint32_t vmtrace_size;
	uint32_t cpupool_id;
	struct xen_arch_domainconfig arch;
};
ABI_SIZE(struct xen_domctl_createdomain, 64);

/* xen_domctl_getdomaininfo.flags */
#define XEN_DOMINF_dying (1u << 0)
#define XEN_DOMINF_hvm_guest (1u << 1)
#define XEN_DOMINF_shutdown (1u << 2) /* code: see shutdownmask */
#define XEN_DOMINF_paused (1u << 3)   /* by the tools */
#define XEN_DOMINF_blocked (1u << 4)  /* all vcpus wait for an event */
#define XEN_DOMINF_running (1u << 5)  /* a vcpu is on a pcpu */
#define XEN_DOMINF_debugged (1u << 6)
#define XEN_DOMINF_xs_domain (1u << 7)
#define XEN_DOMINF_hap (1u << 8)
#define XEN_DOMINF_shutdownmask 255
#define XEN_DOMINF_shutdownshift 16

#define XEN_INVALID_MAX_VCPU_ID (~0U)

/* Of the first domain whose number is at least the one asked for. */
struct xen_domctl_getdomaininfo {
	domid_t domain;
	uint16_t pad1;
	uint32_t flags; /* XEN_DOMINF_* */
	uint64_t tot_pages;
	uint64_t max_pages;
	uint64_t outstanding_pages; /* claimed, not yet allocated */
	uint64_t shr_pages;
	uint64_t paged_pages;
	uint64_t shared_info_frame; /* mfn */
	uint64_t cpu_time;	    /* ns */
	uint32_t nr_online_vcpus;
	uint32_t max_vcpu_id;
	uint32_t ssidref;
	xen_domain_handle_t handle;
	uint32_t cpupool;
	uint8_t gpaddr_bits;
	uint8_t pad2[7];
	struct xen_arch_domainconfig arch_config;
};
ABI_SIZE(struct xen_domctl_getdomaininfo, 112);

/* The high nibble of each answer of getpageframeinfo3. */
#define XEN_DOMCTL_PFINFO_LTAB_SHIFT 28
#define XEN_DOMCTL_PFINFO_NOTAB (0x0u << 28)
#define XEN_DOMCTL_PFINFO_L1TAB (0x1u << 28)
#define XEN_DOMCTL_PFINFO_L2TAB (0x2u << 28)
#define XEN_DOMCTL_PFINFO_L3TAB (0x3u << 28)
#define XEN_DOMCTL_PFINFO_L4TAB (0x4u << 28)
#define XEN_DOMCTL_PFINFO_LTABTYPE_MASK (0x7u << 28)
#define XEN_DOMCTL_PFINFO_LPINTAB (0x1u << 31) /* and pinned */
#define XEN_DOMCTL_PFINFO_XTAB (0xfu << 28)    /* not the domain's */
#define XEN_DOMCTL_PFINFO_XALLOC (0xeu << 28)
#define XEN_DOMCTL_PFINFO_BROKEN (0xdu << 28)
#define XEN_DOMCTL_PFINFO_LTAB_MASK (0xfu << 28)

/* In: mfns.  Out: their types, in place. */
struct xen_domctl_getpageframeinfo3 {
	uint64_t num;
	uint64_t array; /* xen_pfn_t[num], guest virtual */
};
ABI_SIZE(struct xen_domctl_getpageframeinfo3, 16);

/* xen_domctl_shadow_op.op */
#define XEN_DOMCTL_SHADOW_OP_OFF 0
#define XEN_DOMCTL_SHADOW_OP_ENABLE_TEST 1
#define XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY 2
#define XEN_DOMCTL_SHADOW_OP_CLEAN 11 /* read the dirty bitmap, clear it */
#define XEN_DOMCTL_SHADOW_OP_PEEK 12  /* read it */
#define XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION 30
#define XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION 31
#define XEN_DOMCTL_SHADOW_OP_ENABLE 32
/* xen_domctl_shadow_op.mode of ENABLE */
#define XEN_DOMCTL_SHADOW_ENABLE_REFCOUNT (1 << 1)
#define XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY (1 << 2)
#define XEN_DOMCTL_SHADOW_ENABLE_TRANSLATE (1 << 3)
#define XEN_DOMCTL_SHADOW_ENABLE_EXTERNAL (1 << 4)
/* xen_domctl_shadow_op.mode of CLEAN and PEEK */
#define XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL (1 << 0)

struct xen_domctl_shadow_op_stats {
	uint32_t fault_count;
	uint32_t dirty_count;
};

struct xen_domctl_shadow_op {
	uint32_t op;   /* XEN_DOMCTL_SHADOW_OP_* */
	uint32_t mode; /* in */
	uint32_t mb;   /* allocation, MiB */
	uint32_t _pad;
	uint64_t dirty_bitmap; /* guest virtual, bit per pfn */
	uint64_t pages;	       /* in: bits at it, out: bits written */
	struct xen_domctl_shadow_op_stats stats;
};
ABI_SIZE(struct xen_domctl_shadow_op, 40);

struct xen_domctl_max_mem {
	uint64_t max_memkb;
};

struct xen_domctl_vcpucontext {
	uint32_t vcpu;
	uint32_t _pad;
	uint64_t ctxt; /* struct vcpu_guest_context, guest virtual */
};
ABI_SIZE(struct xen_domctl_vcpucontext, 16);

struct xen_domctl_getvcpuinfo {
	uint32_t vcpu; /* in */
	uint8_t online;
	uint8_t blocked;
	uint8_t running;
	uint8_t _pad0;
	uint64_t cpu_time; /* ns */
	uint32_t cpu;	   /* where it runs or last ran */
	uint32_t _pad1;
};
ABI_SIZE(struct xen_domctl_getvcpuinfo, 24);

struct xen_domctl_nodeaffinity {
	struct xenctl_bitmap nodemap;
};

#define XEN_VCPUAFFINITY_HARD (1u << 0)
#define XEN_VCPUAFFINITY_SOFT (1u << 1)
#define XEN_VCPUAFFINITY_FORCE (1u << 2) /* break a pin_override */
/* set: bitmaps in as asked, out as they take effect */
struct xen_domctl_vcpuaffinity {
	uint32_t vcpu;
	uint32_t flags; /* XEN_VCPUAFFINITY_* */
	struct xenctl_bitmap cpumap_hard;
	struct xenctl_bitmap cpumap_soft;
};
ABI_SIZE(struct xen_domctl_vcpuaffinity, 40);

struct xen_domctl_max_vcpus {
	uint32_t max;
};

#define XEN_SCHEDULER_CREDIT 5
#define XEN_SCHEDULER_CREDIT2 6
#define XEN_SCHEDULER_ARINC653 7
#define XEN_SCHEDULER_RTDS 8
#define XEN_SCHEDULER_NULL 9

struct xen_domctl_sched_credit {
	uint16_t weight;
	uint16_t cap; /* percent of one pcpu; 0: none */
};

struct xen_domctl_sched_credit2 {
	uint16_t weight;
	uint16_t cap; /* percent of one pcpu; 0: none */
};

#define XEN_DOMCTL_SCHEDRT_extra (1u << 0)
struct xen_domctl_sched_rtds {
	uint32_t period; /* us */
	uint32_t budget; /* us */
	uint32_t flags;
};

struct xen_domctl_schedparam_vcpu {
	union {
		struct xen_domctl_sched_credit credit;
		struct xen_domctl_sched_credit2 credit2;
		struct xen_domctl_sched_rtds rtds;
	} u;
	uint32_t vcpuid;
};
ABI_SIZE(struct xen_domctl_schedparam_vcpu, 16);

#define XEN_DOMCTL_SCHEDOP_putinfo 0
#define XEN_DOMCTL_SCHEDOP_getinfo 1
#define XEN_DOMCTL_SCHEDOP_putvcpuinfo 2
#define XEN_DOMCTL_SCHEDOP_getvcpuinfo 3
struct xen_domctl_scheduler_op {
	uint32_t sched_id; /* XEN_SCHEDULER_* */
	uint32_t cmd;	   /* XEN_DOMCTL_SCHEDOP_* */
	union {
		struct xen_domctl_sched_credit credit;
		struct xen_domctl_sched_credit2 credit2;
		struct xen_domctl_sched_rtds rtds;
		struct {
			uint64_t vcpus; /* schedparam_vcpu[], guest virtual */
			uint32_t nr_vcpus;
			uint32_t padding;
		} v;
	} u;
};
ABI_SIZE(struct xen_domctl_scheduler_op, 24);

struct xen_domctl_setdomainhandle {
	xen_domain_handle_t handle;
};

struct xen_domctl_setdebugging {
	uint8_t enable;
};

struct xen_domctl_irq_permission {
	uint32_t pirq;
	uint8_t allow_access;
	uint8_t pad[3];
};

struct xen_domctl_iomem_permission {
	uint64_t first_mfn;
	uint64_t nr_mfns;
	uint8_t allow_access;
	uint8_t _pad[7];
};
ABI_SIZE(struct xen_domctl_iomem_permission, 24);

struct xen_domctl_ioport_permission {
	uint32_t first_port;
	uint32_t nr_ports;
	uint8_t allow_access;
	uint8_t _pad[3];
};
ABI_SIZE(struct xen_domctl_ioport_permission, 12);

struct xen_domctl_hypercall_init {
	uint64_t gmfn; /* page to fill with hypercall stubs */
};

struct xen_domctl_settimeoffset {
	int64_t time_offset_seconds;
};

struct xen_domctl_address_size {
	uint32_t size; /* 64 */
};

#define XEN_DOMCTL_SENDTRIGGER_NMI 0
#define XEN_DOMCTL_SENDTRIGGER_RESET 1
#define XEN_DOMCTL_SENDTRIGGER_INIT 2
#define XEN_DOMCTL_SENDTRIGGER_POWER 3
#define XEN_DOMCTL_SENDTRIGGER_SLEEP 4
struct xen_domctl_sendtrigger {
	uint32_t trigger;
	uint32_t vcpu;
};

#define XEN_DOMCTL_DEV_PCI 0
#define XEN_DOMCTL_DEV_DT 1
#define XEN_DOMCTL_DEV_RDM_RELAXED 1
struct xen_domctl_assign_device {
	uint32_t dev;	/* XEN_DOMCTL_DEV_* */
	uint32_t flags; /* XEN_DOMCTL_DEV_RDM_RELAXED */
	union {
		struct {
			uint32_t machine_sbdf; /* seg << 16 | bus << 8 | fn */
		} pci;
		struct {
			uint32_t size;
			uint32_t _pad;
			uint64_t path; /* guest virtual */
		} dt;
	} u;
};
ABI_SIZE(struct xen_domctl_assign_device, 24);

struct hvm_vmce_vcpu {
	uint64_t caps;
	uint64_t mci_ctl2_bank0;
	uint64_t mci_ctl2_bank1;
	uint64_t mcg_ext_ctl;
};

/* What struct vcpu_guest_context has no room for. */
struct xen_domctl_ext_vcpucontext {
	uint32_t vcpu;
	uint32_t size; /* in (set), out (get): bytes of this that are valid */
	uint64_t syscall32_callback_eip;
	uint64_t sysenter_callback_eip;
	uint16_t syscall32_callback_cs;
	uint16_t sysenter_callback_cs;
	uint8_t syscall32_disables_events;
	uint8_t sysenter_disables_events;
	uint16_t _pad;
	union {
		uint64_t mcg_cap;
		struct hvm_vmce_vcpu vmce;
	};
};
ABI_SIZE(struct xen_domctl_ext_vcpucontext, 64);
ABI_OFFSET(struct xen_domctl_ext_vcpucontext, mcg_cap, 32);

#define XEN_CPUID_INPUT_UNUSED 0xffffffff
/* get: counts in room, out used; a NULL array asks for the count. */
struct xen_domctl_cpu_policy {
	uint32_t nr_leaves;
	uint32_t nr_msrs;
	uint64_t leaves; /* struct xen_cpuid_leaf[], guest virtual */
	uint64_t msrs;	 /* struct xen_msr_entry[], guest virtual */
	uint32_t err_leaf, err_subleaf, err_msr; /* out: what was refused */
	uint32_t _pad;
};
ABI_SIZE(struct xen_domctl_cpu_policy, 40);

/* Signal @port when the domain suspends; 0: no more. */
struct xen_domctl_subscribe {
	uint32_t port;
};

/* xen_domctl_tsc_info.tsc_mode: 0 default, 1 always emulate, 2 native */
struct xen_domctl_tsc_info {
	uint32_t tsc_mode;
	uint32_t gtsc_khz;
	uint32_t incarnation;
	uint32_t pad;
	uint64_t elapsed_nsec;
};
ABI_SIZE(struct xen_domctl_tsc_info, 24);

struct xen_domctl_set_virq_handler {
	uint32_t virq;
};

struct xen_domctl_vcpuextstate {
	uint32_t vcpu;
	uint32_t _pad;
	uint64_t xfeature_mask;
	uint64_t size;	 /* bytes at buffer; 0 asks */
	uint64_t buffer; /* guest virtual */
};
ABI_SIZE(struct xen_domctl_vcpuextstate, 32);

struct xen_domctl_vcpu_msr {
	uint32_t index;
	uint32_t reserved;
	uint64_t value;
};

struct xen_domctl_vcpu_msrs {
	uint32_t vcpu;
	uint32_t msr_count;
	uint64_t msrs; /* struct xen_domctl_vcpu_msr[], guest virtual */
};
ABI_SIZE(struct xen_domctl_vcpu_msrs, 16);

struct xen_domctl_vnuma {
	uint32_t nr_vnodes;
	uint32_t nr_vmemranges;
	uint32_t nr_vcpus;
	uint32_t pad;
	uint64_t vdistance;	 /* uint32_t[nr_vnodes * nr_vnodes] */
	uint64_t vcpu_to_vnode;	 /* uint32_t[nr_vcpus] */
	uint64_t vnode_to_pnode; /* uint32_t[nr_vnodes] */
	uint64_t vmemrange;	 /* struct xen_vmemrange[nr_vmemranges] */
};
ABI_SIZE(struct xen_domctl_vnuma, 48);

struct xen_domctl_paging_mempool {
	uint64_t size; /* bytes */
};

struct xen_domctl_gdbsx_memio {
	uint64_t pgd3val; /* 0: the first vcpu's CR3 */
	uint64_t gva;
	uint64_t uva; /* the buffer in the caller */
	uint32_t len;
	uint8_t gwr; /* 1: write to gva */
	uint8_t _pad0[3];
	uint32_t remain; /* out: bytes not transferred */
	uint32_t _pad1;
};
ABI_SIZE(struct xen_domctl_gdbsx_memio, 40);

struct xen_domctl {
	uint32_t cmd;		    /* XEN_DOMCTL_* */
	uint32_t interface_version; /* XEN_DOMCTL_INTERFACE_VERSION */
	domid_t domain;
	uint16_t _pad[3];
	union {
		struct xen_domctl_createdomain createdomain;
		struct xen_domctl_getdomaininfo getdomaininfo;
		struct xen_domctl_getpageframeinfo3 getpageframeinfo3;
		struct xen_domctl_nodeaffinity nodeaffinity;
		struct xen_domctl_vcpuaffinity vcpuaffinity;
		struct xen_domctl_shadow_op shadow_op;
		struct xen_domctl_max_mem max_mem;
		struct xen_domctl_vcpucontext vcpucontext;
		struct xen_domctl_getvcpuinfo getvcpuinfo;
		struct xen_domctl_max_vcpus max_vcpus;
		struct xen_domctl_scheduler_op scheduler_op;
		struct xen_domctl_setdomainhandle setdomainhandle;
		struct xen_domctl_setdebugging setdebugging;
		struct xen_domctl_irq_permission irq_permission;
		struct xen_domctl_iomem_permission iomem_permission;
		struct xen_domctl_ioport_permission ioport_permission;
		struct xen_domctl_hypercall_init hypercall_init;
		struct xen_domctl_settimeoffset settimeoffset;
		struct xen_domctl_tsc_info tsc_info;
		struct xen_domctl_address_size address_size;
		struct xen_domctl_sendtrigger sendtrigger;
		struct xen_domctl_assign_device assign_device;
		struct xen_domctl_ext_vcpucontext ext_vcpucontext;
		struct xen_domctl_subscribe subscribe;
		struct xen_domctl_cpu_policy cpu_policy;
		struct xen_domctl_vcpuextstate vcpuextstate;
		struct xen_domctl_vcpu_msrs vcpu_msrs;
		struct xen_domctl_set_virq_handler set_virq_handler;
		struct xen_domctl_vnuma vnuma;
		struct xen_domctl_paging_mempool paging_mempool;
		struct xen_domctl_gdbsx_memio gdbsx_guest_memio;
		uint8_t pad[128];
	} u;
};
ABI_SIZE(struct xen_domctl, 144);
ABI_OFFSET(struct xen_domctl, u, 16);

#endif
