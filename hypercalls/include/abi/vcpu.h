/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op: bring vcpus up and down, their timers and their accounting.
 */
#ifndef ABI_VCPU_H
#define ABI_VCPU_H

#include <abi/types.h>

#define VCPUOP_initialise 0 /* takes struct vcpu_guest_context */
#define VCPUOP_up 1
#define VCPUOP_down 2
#define VCPUOP_is_up 3
#define VCPUOP_get_runstate_info 4
#define VCPUOP_register_runstate_memory_area 5
#define VCPUOP_set_periodic_timer 6
#define VCPUOP_stop_periodic_timer 7
#define VCPUOP_set_singleshot_timer 8
#define VCPUOP_stop_singleshot_timer 9
#define VCPUOP_register_vcpu_info 10
#define VCPUOP_send_nmi 11
#define VCPUOP_get_physid 12
#define VCPUOP_register_vcpu_time_memory_area 13

#define RUNSTATE_running 0
#define RUNSTATE_runnable 1
#define RUNSTATE_blocked 2
#define RUNSTATE_offline 3

/* Set in state_entry_time while a registered copy is being written. */
#define XEN_RUNSTATE_UPDATE (1ull << 63)

struct vcpu_runstate_info {
	int32_t state; /* RUNSTATE_* */
	uint32_t _pad;
	uint64_t state_entry_time; /* system time, ns */
	uint64_t time[4];	   /* ns spent in each state */
};
ABI_SIZE(struct vcpu_runstate_info, 48);

struct vcpu_register_runstate_memory_area {
	union {
		uint64_t v; /* struct vcpu_runstate_info *, guest virtual */
		uint64_t p;
	} addr;
};

struct vcpu_set_periodic_timer {
	uint64_t period_ns;
};

#define VCPU_SSHOTTMR_future (1u << 0) /* -ETIME if already past */
struct vcpu_set_singleshot_timer {
	uint64_t timeout_abs_ns; /* system time */
	uint32_t flags;		 /* VCPU_SSHOTTMR_* */
	uint32_t _pad;
};
ABI_SIZE(struct vcpu_set_singleshot_timer, 16);

/* Once per vcpu; must not cross a page. */
struct vcpu_register_vcpu_info {
	uint64_t mfn;
	uint32_t offset; /* in that frame */
	uint32_t rsvd;
};
ABI_SIZE(struct vcpu_register_vcpu_info, 16);

struct vcpu_get_physid {
	uint64_t phys_id; /* ACPI id in the high half, APIC id in the low */
};
#define xen_vcpu_physid_to_x86_apicid(physid) ((uint32_t)(physid))
#define xen_vcpu_physid_to_x86_acpiid(physid) ((uint32_t)((physid) >> 32))

struct vcpu_register_time_memory_area {
	union {
		uint64_t v; /* struct vcpu_time_info *, guest virtual */
		uint64_t p;
	} addr;
};

#endif
