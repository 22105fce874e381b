/* SPDX-License-Identifier: MIT */
/*
 * platform_op: what Dom0 tells the hypervisor about the machine, and asks.
 *
 * XENPF_* also number power-management uploads and hot-plug, which Pavo
 * refuses; they are here so that traces read well.
 */
#ifndef ABI_PLATFORM_H
#define ABI_PLATFORM_H

#include <abi/types.h>

#define XENPF_INTERFACE_VERSION 0x03000001

#define XENPF_settime32 17
#define XENPF_add_memtype 31
#define XENPF_del_memtype 32
#define XENPF_read_memtype 33
#define XENPF_microcode_update 35
#define XENPF_platform_quirk 39
#define XENPF_get_cpu_version 48
#define XENPF_efi_runtime_call 49
#define XENPF_firmware_info 50
#define XENPF_enter_acpi_sleep 51
#define XENPF_change_freq 52
#define XENPF_getidletime 53
#define XENPF_set_processor_pminfo 54
#define XENPF_get_cpuinfo 55
#define XENPF_cpu_online 56
#define XENPF_cpu_offline 57
#define XENPF_cpu_hotadd 58
#define XENPF_mem_hotadd 59
#define XENPF_core_parking 60
#define XENPF_resource_op 61
#define XENPF_settime64 62
#define XENPF_get_symbol 63

/* At system_time the wall clock showed secs.nsecs since 1970. */
struct xenpf_settime32 {
	uint32_t secs;
	uint32_t nsecs;
	uint64_t system_time; /* ns */
};

struct xenpf_settime64 {
	uint64_t secs;
	uint32_t nsecs;
	uint32_t mbz;
	uint64_t system_time; /* ns */
};
ABI_SIZE(struct xenpf_settime64, 24);

/* MTRR number reg; -EINVAL past the last. */
struct xenpf_read_memtype {
	uint32_t reg;
	uint32_t _pad0;
	xen_pfn_t mfn;	  /* out */
	uint64_t nr_mfns; /* out */
	uint32_t type;	  /* out */
	uint32_t _pad1;
};
ABI_SIZE(struct xenpf_read_memtype, 32);

/* xenpf_efi_runtime_call.function */
#define XEN_EFI_get_time 1
#define XEN_EFI_set_time 2
#define XEN_EFI_get_wakeup_time 3
#define XEN_EFI_set_wakeup_time 4
#define XEN_EFI_get_next_high_monotonic_count 5
#define XEN_EFI_get_variable 6
#define XEN_EFI_set_variable 7
#define XEN_EFI_get_next_variable_name 8
#define XEN_EFI_query_variable_info 9
#define XEN_EFI_query_capsule_capabilities 10
#define XEN_EFI_update_capsule 11

/* xenpf_efi_runtime_call.misc, in or out by function */
#define XEN_EFI_GET_TIME_SET_CLEARS_NS 0x00000001
#define XEN_EFI_GET_WAKEUP_TIME_ENABLED 0x00000001
#define XEN_EFI_GET_WAKEUP_TIME_PENDING 0x00000002
#define XEN_EFI_SET_WAKEUP_TIME_ENABLE 0x00000001
#define XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY 0x00000002
#define XEN_EFI_VARIABLE_NON_VOLATILE 0x00000001
#define XEN_EFI_VARIABLE_BOOTSERVICE_ACCESS 0x00000002
#define XEN_EFI_VARIABLE_RUNTIME_ACCESS 0x00000004
#define XEN_EFI_VARINFO_BOOT_SNAPSHOT 0x00000001

struct xenpf_efi_time {
	uint16_t year;
	uint8_t month;
	uint8_t day;
	uint8_t hour;
	uint8_t min;
	uint8_t sec;
	uint8_t _pad0;
	uint32_t ns;
	int16_t tz; /* minutes from UTC */
	uint8_t daylight;
	uint8_t _pad1;
};
ABI_SIZE(struct xenpf_efi_time, 16);

struct xenpf_efi_guid {
	uint32_t data1;
	uint16_t data2;
	uint16_t data3;
	uint8_t data4[8];
};
ABI_SIZE(struct xenpf_efi_guid, 16);

struct xenpf_efi_runtime_call {
	uint32_t function; /* XEN_EFI_* */
	uint32_t misc;
	xen_ulong_t status; /* out, EFI_STATUS */
	union {
		struct {
			struct xenpf_efi_time time;
			uint32_t resolution;
			uint32_t accuracy;
		} get_time;
		struct xenpf_efi_time set_time;
		struct xenpf_efi_time get_wakeup_time;
		struct xenpf_efi_time set_wakeup_time;
		struct {
			uint64_t name; /* UTF-16, guest virtual */
			xen_ulong_t size;
			uint64_t data; /* guest virtual */
			struct xenpf_efi_guid vendor_guid;
		} get_variable, set_variable;
		struct {
			xen_ulong_t size;
			uint64_t name; /* guest virtual */
			struct xenpf_efi_guid vendor_guid;
		} get_next_variable_name;
		struct {
			uint32_t attr;
			uint32_t _pad;
			uint64_t max_store_size;
			uint64_t remain_store_size;
			uint64_t max_size;
		} query_variable_info;
		struct {
			uint64_t capsule_header_array; /* guest virtual */
			xen_ulong_t capsule_count;
			uint64_t max_capsule_size;
			uint32_t reset_type;
			uint32_t _pad;
		} query_capsule_capabilities;
		struct {
			uint64_t capsule_header_array; /* guest virtual */
			xen_ulong_t capsule_count;
			uint64_t sg_list; /* machine address */
		} update_capsule;
	} u;
};
ABI_SIZE(struct xenpf_efi_runtime_call, 56);

/* xenpf_firmware_info.type */
#define XEN_FW_DISK_INFO 1 /* BIOS int 13h, fn 41h and 08h */
#define XEN_FW_DISK_MBR_SIGNATURE 2
#define XEN_FW_VBEDDC_INFO 3 /* BIOS int 10h, fn 4f15h */
#define XEN_FW_EFI_INFO 4
#define XEN_FW_KBD_SHIFT_FLAGS 5 /* BIOS int 16h, fn 02h */
/* xenpf_firmware_info.index, for XEN_FW_EFI_INFO */
#define XEN_FW_EFI_VERSION 0
#define XEN_FW_EFI_CONFIG_TABLE 1
#define XEN_FW_EFI_VENDOR 2
#define XEN_FW_EFI_MEM_INFO 3
#define XEN_FW_EFI_RT_VERSION 4
#define XEN_FW_EFI_PCI_ROM 5
#define XEN_FW_EFI_APPLE_PROPERTIES 6

union xenpf_efi_info {
	uint32_t version;
	struct {
		uint64_t addr;
		uint32_t nent;
		uint32_t _pad;
	} cfg;
	struct {
		uint32_t revision;
		uint32_t bufsz; /* in: bytes at name, out: used */
		uint64_t name;	/* UTF-16, guest virtual */
	} vendor;
	struct {
		uint64_t addr; /* in */
		uint64_t size; /* in: range asked, out: range told */
		uint64_t attr;
		uint32_t type;
		uint32_t _pad;
	} mem;
	struct {
		uint16_t segment;
		uint8_t bus;
		uint8_t devfn;
		uint16_t vendor;
		uint16_t devid;
		uint64_t address; /* out */
		xen_ulong_t size; /* out */
	} pci_rom;
	struct {
		uint64_t address;
		xen_ulong_t size;
	} apple_properties;
};
ABI_SIZE(union xenpf_efi_info, 32);

struct xenpf_firmware_info {
	uint32_t type;
	uint32_t index;
	union {
		struct {
			uint8_t device;
			uint8_t version;
			uint16_t interface_support;
			uint16_t legacy_max_cylinder;
			uint8_t legacy_max_head;
			uint8_t legacy_sectors_per_track;
			uint64_t edd_params; /* guest virtual */
		} disk_info;
		struct {
			uint8_t device;
			uint8_t _pad[3];
			uint32_t mbr_signature;
		} disk_mbr_signature;
		struct {
			uint8_t capabilities;
			uint8_t edid_transfer_time;
			uint16_t _pad[3];
			uint64_t edid; /* 128 bytes, guest virtual */
		} vbeddc_info;
		union xenpf_efi_info efi_info;
		uint8_t kbd_shift_flags;
	} u;
};
ABI_SIZE(struct xenpf_firmware_info, 40);

#define XENPF_ACPI_SLEEP_EXTENDED 0x00000001
struct xenpf_enter_acpi_sleep {
	uint16_t val_a;	      /* for PM1a_CNT, or the sleep control register */
	uint16_t val_b;	      /* for PM1b_CNT */
	uint32_t sleep_state; /* 1 to 5 */
	uint32_t flags;
};
ABI_SIZE(struct xenpf_enter_acpi_sleep, 12);

struct xenpf_getidletime {
	uint64_t cpumap_bitmap; /* in: whose, out: whose are valid */
	uint32_t cpumap_nr_cpus;
	uint32_t _pad;
	uint64_t idletime; /* uint64_t[nr_cpus], ns; guest virtual */
	uint64_t now;	   /* out, ns */
};
ABI_SIZE(struct xenpf_getidletime, 32);

/* Also in start_info.flags, shifted left by 8. */
#define XEN_PROCESSOR_PM_CX 1
#define XEN_PROCESSOR_PM_PX 2
#define XEN_PROCESSOR_PM_TX 4

/* xenpf_set_processor_pminfo.type */
#define XEN_PM_CX 0
#define XEN_PM_PX 1
#define XEN_PM_TX 2
#define XEN_PM_PDC 3

#define XEN_PX_PCT 1
#define XEN_PX_PSS 2
#define XEN_PX_PPC 4
#define XEN_PX_PSD 8

struct xen_power_register {
	uint32_t space_id;
	uint32_t bit_width;
	uint32_t bit_offset;
	uint32_t access_size;
	uint64_t address;
};

struct xen_processor_csd {
	uint32_t domain;
	uint32_t coord_type;
	uint32_t num;
};

struct xen_processor_cx {
	struct xen_power_register reg;
	uint8_t type;
	uint8_t _pad[3];
	uint32_t latency; /* us */
	uint32_t power;
	uint32_t dpcnt;
	uint64_t dp; /* struct xen_processor_csd[dpcnt], guest virtual */
};
ABI_SIZE(struct xen_processor_cx, 48);

struct xen_processor_flags {
	uint32_t bm_control : 1;
	uint32_t bm_check : 1;
	uint32_t has_cst : 1;
	uint32_t power_setup_done : 1;
	uint32_t bm_rld_set : 1;
	uint32_t _pad : 27;
};

struct xen_processor_power {
	uint32_t count;
	struct xen_processor_flags flags;
	uint64_t states; /* struct xen_processor_cx[count], guest virtual */
};
ABI_SIZE(struct xen_processor_power, 16);

struct xen_pct_register {
	uint8_t descriptor;
	uint8_t _pad0;
	uint16_t length;
	uint8_t space_id;
	uint8_t bit_width;
	uint8_t bit_offset;
	uint8_t reserved;
	uint64_t address;
};
ABI_SIZE(struct xen_pct_register, 16);

struct xen_processor_px {
	uint64_t core_frequency; /* MHz */
	uint64_t power;		 /* mW */
	uint64_t transition_latency;
	uint64_t bus_master_latency;
	uint64_t control;
	uint64_t status;
};

struct xen_psd_package {
	uint64_t num_entries;
	uint64_t revision;
	uint64_t domain;
	uint64_t coord_type;
	uint64_t num_processors;
};

#define XEN_CPUPERF_SHARED_TYPE_HW 1
#define XEN_CPUPERF_SHARED_TYPE_ALL 2
#define XEN_CPUPERF_SHARED_TYPE_ANY 3
struct xen_processor_performance {
	uint32_t flags; /* XEN_PX_*: which parts are valid */
	uint32_t platform_limit;
	struct xen_pct_register control_register;
	struct xen_pct_register status_register;
	uint32_t state_count;
	uint32_t _pad0;
	uint64_t states; /* struct xen_processor_px[], guest virtual */
	struct xen_psd_package domain_info;
	uint32_t shared_type; /* XEN_CPUPERF_SHARED_TYPE_* */
	uint32_t _pad1;
};
ABI_SIZE(struct xen_processor_performance, 104);

struct xenpf_set_processor_pminfo {
	uint32_t id;   /* ACPI id */
	uint32_t type; /* XEN_PM_* */
	union {
		struct xen_processor_power power;
		struct xen_processor_performance perf;
		uint64_t pdc; /* uint32_t[3], guest virtual */
	} u;
};
ABI_SIZE(struct xenpf_set_processor_pminfo, 112);

#define XEN_PCPU_FLAGS_ONLINE 1
#define XEN_PCPU_FLAGS_INVALID 2 /* no such cpu */
struct xenpf_pcpuinfo {
	uint32_t xen_cpuid;   /* in */
	uint32_t max_present; /* out, highest present number */
	uint32_t flags;	      /* out, XEN_PCPU_FLAGS_* */
	uint32_t apic_id;
	uint32_t acpi_id;
};
ABI_SIZE(struct xenpf_pcpuinfo, 20);

struct xenpf_pcpu_version {
	uint32_t xen_cpuid;   /* in */
	uint32_t max_present; /* out */
	char vendor_id[12];   /* no NUL */
	uint32_t family;
	uint32_t model;
	uint32_t stepping;
};
ABI_SIZE(struct xenpf_pcpu_version, 32);

struct xenpf_cpu_ol {
	uint32_t cpuid;
};

#define XEN_CORE_PARKING_SET 1
#define XEN_CORE_PARKING_GET 2
struct xenpf_core_parking {
	uint32_t type;
	uint32_t idle_nums;
};

/* Walk the hypervisor's symbols: symnum goes up by one each call. */
struct xenpf_symdata {
	uint32_t namelen; /* in: room at name, out: length with NUL */
	uint32_t symnum;  /* in and out; unchanged at the end */
	uint64_t name;	  /* guest virtual */
	uint64_t address; /* out */
	char type;	  /* out, as nm prints it */
	uint8_t _pad[7];
};
ABI_SIZE(struct xenpf_symdata, 32);

struct xen_platform_op {
	uint32_t cmd;		    /* XENPF_* */
	uint32_t interface_version; /* XENPF_INTERFACE_VERSION */
	union {
		struct xenpf_settime32 settime32;
		struct xenpf_settime64 settime64;
		struct xenpf_read_memtype read_memtype;
		struct xenpf_efi_runtime_call efi_runtime_call;
		struct xenpf_firmware_info firmware_info;
		struct xenpf_enter_acpi_sleep enter_acpi_sleep;
		struct xenpf_getidletime getidletime;
		struct xenpf_set_processor_pminfo set_pminfo;
		struct xenpf_pcpuinfo pcpu_info;
		struct xenpf_pcpu_version pcpu_version;
		struct xenpf_cpu_ol cpu_ol;
		struct xenpf_core_parking core_parking;
		struct xenpf_symdata symdata;
		uint8_t pad[128];
	} u;
};
ABI_SIZE(struct xen_platform_op, 136);
ABI_OFFSET(struct xen_platform_op, u, 8);

#endif
