/* SPDX-License-Identifier: MIT */
/*
 * physdev_op: physical interrupts, PCI devices and I/O privileges.
 */
#ifndef ABI_PHYSDEV_H
#define ABI_PHYSDEV_H

#include <abi/types.h>

#define PHYSDEVOP_irq_status_query 5
#define PHYSDEVOP_set_iopl 6
#define PHYSDEVOP_set_iobitmap 7
#define PHYSDEVOP_apic_read 8
#define PHYSDEVOP_apic_write 9
#define PHYSDEVOP_alloc_irq_vector 10
#define PHYSDEVOP_free_irq_vector 11
#define PHYSDEVOP_eoi 12
#define PHYSDEVOP_map_pirq 13
#define PHYSDEVOP_unmap_pirq 14
#define PHYSDEVOP_manage_pci_add 15
#define PHYSDEVOP_manage_pci_remove 16
#define PHYSDEVOP_pirq_eoi_gmfn_v1 17
#define PHYSDEVOP_restore_msi 19
#define PHYSDEVOP_manage_pci_add_ext 20
#define PHYSDEVOP_setup_gsi 21
#define PHYSDEVOP_get_free_pirq 23
#define PHYSDEVOP_pci_mmcfg_reserved 24
#define PHYSDEVOP_pci_device_add 25
#define PHYSDEVOP_pci_device_remove 26
#define PHYSDEVOP_restore_msi_ext 27
#define PHYSDEVOP_pirq_eoi_gmfn_v2 28
#define PHYSDEVOP_dbgp_op 29
#define PHYSDEVOP_prepare_msix 30
#define PHYSDEVOP_release_msix 31

struct physdev_eoi {
	uint32_t irq; /* pirq */
};

/* A page with a bit per pirq: it needs an EOI call. */
struct physdev_pirq_eoi_gmfn {
	xen_pfn_t gmfn;
};

#define XENIRQSTAT_needs_eoi (1u << 0)
#define XENIRQSTAT_shared (1u << 1)
struct physdev_irq_status_query {
	uint32_t irq;
	uint32_t flags; /* out, XENIRQSTAT_* */
};

struct physdev_set_iopl {
	uint32_t iopl;
};

/* A clear bit allows the port, as in a TSS. */
struct physdev_set_iobitmap {
	uint64_t bitmap;   /* uint8_t *, guest virtual; stays in use */
	uint32_t nr_ports; /* 0: none allowed */
	uint32_t _pad;
};
ABI_SIZE(struct physdev_set_iobitmap, 16);

struct physdev_apic {
	uint64_t apic_physbase; /* which IO-APIC */
	uint32_t reg;
	uint32_t value;
};
ABI_SIZE(struct physdev_apic, 16);

struct physdev_irq {
	uint32_t irq;
	uint32_t vector; /* out */
};

/* physdev_map_pirq.type */
#define MAP_PIRQ_TYPE_MSI 0x0
#define MAP_PIRQ_TYPE_GSI 0x1
#define MAP_PIRQ_TYPE_UNKNOWN 0x2
#define MAP_PIRQ_TYPE_MSI_SEG 0x3   /* bus holds the segment << 16 too */
#define MAP_PIRQ_TYPE_MULTI_MSI 0x4 /* entry_nr consecutive vectors */

struct physdev_map_pirq {
	domid_t domid;
	uint16_t _pad0;
	int32_t type;
	int32_t index; /* GSI; -1 for MSI */
	int32_t pirq;  /* in: wanted or -1, out */
	int32_t bus;
	int32_t devfn;
	int32_t entry_nr; /* MSI-X table entry; MULTI_MSI count */
	uint32_t _pad1;
	uint64_t table_base; /* MSI-X: the BAR's address; 0: MSI */
};
ABI_SIZE(struct physdev_map_pirq, 40);

struct physdev_unmap_pirq {
	domid_t domid;
	uint16_t _pad;
	int32_t pirq;
};
ABI_SIZE(struct physdev_unmap_pirq, 8);

struct physdev_manage_pci {
	uint8_t bus;
	uint8_t devfn;
};

struct physdev_restore_msi {
	uint8_t bus;
	uint8_t devfn;
};

struct physdev_manage_pci_ext {
	uint8_t bus;
	uint8_t devfn;
	uint16_t _pad0;
	uint32_t is_extfn;
	uint32_t is_virtfn;
	struct {
		uint8_t bus;
		uint8_t devfn;
	} physfn;
	uint16_t _pad1;
};
ABI_SIZE(struct physdev_manage_pci_ext, 16);

struct physdev_setup_gsi {
	int32_t gsi;
	uint8_t triggering; /* 1: level */
	uint8_t polarity;   /* 1: active low */
	uint16_t _pad;
};
ABI_SIZE(struct physdev_setup_gsi, 8);

struct physdev_get_free_pirq {
	int32_t type;  /* MAP_PIRQ_TYPE_* */
	uint32_t pirq; /* out */
};

#define XEN_PCI_MMCFG_RESERVED 0x1
struct physdev_pci_mmcfg_reserved {
	uint64_t address;
	uint16_t segment;
	uint8_t start_bus;
	uint8_t end_bus;
	uint32_t flags; /* XEN_PCI_MMCFG_* */
};
ABI_SIZE(struct physdev_pci_mmcfg_reserved, 16);

/* physdev_pci_device_add.flags */
#define XEN_PCI_DEV_EXTFN 0x1
#define XEN_PCI_DEV_VIRTFN 0x2 /* physfn is valid */
#define XEN_PCI_DEV_PXM 0x4    /* optarr[0] is the proximity domain */
struct physdev_pci_device_add {
	uint16_t seg;
	uint8_t bus;
	uint8_t devfn;
	uint32_t flags;
	struct {
		uint8_t bus;
		uint8_t devfn;
	} physfn;
	uint16_t _pad;
	uint32_t optarr[];
};
ABI_SIZE(struct physdev_pci_device_add, 12);

struct physdev_pci_device {
	uint16_t seg;
	uint8_t bus;
	uint8_t devfn;
};
ABI_SIZE(struct physdev_pci_device, 4);

#define PHYSDEVOP_DBGP_RESET_PREPARE 1
#define PHYSDEVOP_DBGP_RESET_DONE 2
#define PHYSDEVOP_DBGP_BUS_UNKNOWN 0
#define PHYSDEVOP_DBGP_BUS_PCI 1
struct physdev_dbgp_op {
	uint8_t op;
	uint8_t bus;
	union {
		struct physdev_pci_device pci;
	} u;
};
ABI_SIZE(struct physdev_dbgp_op, 6);

#endif
