/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI configuration space, through ports 0xcf8 and 0xcfc (segment 0). */
#ifndef HV_X86_PCI_H
#define HV_X86_PCI_H

#include <hv/types.h>

typedef struct {
	uint16_t seg;
	uint8_t bus, devfn;
} pci_sbdf_t;

#define PCI_VENDOR_ID 0x00
#define PCI_STATUS 0x06
#define PCI_STATUS_HAS_CAPS 0x10
#define PCI_BAR0 0x10
#define PCI_CAP_POINTER 0x34
#define PCI_CAP_MSI 0x05
#define PCI_CAP_MSIX 0x11

static inline bool pci_sbdf_eq(pci_sbdf_t a, pci_sbdf_t b)
{
	return a.seg == b.seg && a.bus == b.bus && a.devfn == b.devfn;
}

/* @bytes: 1, 2 or 4, aligned; all ones where nothing answers. */
uint32_t pci_cfg_read(pci_sbdf_t dev, unsigned int reg, unsigned int bytes);
void pci_cfg_write(pci_sbdf_t dev, unsigned int reg, unsigned int bytes,
		   uint32_t value);
bool pci_is_present(pci_sbdf_t dev);
/* Offset of capability @id, 0: has none. */
unsigned int pci_find_cap(pci_sbdf_t dev, uint8_t id);

/*
 * Dom0's accesses: the address it latched, and the data ports.  What belongs
 * to the hypervisor (message addresses) keeps its value.
 */
uint32_t pci_port_in(uint32_t cf8, uint16_t port, unsigned int bytes);
void pci_port_out(uint32_t cf8, uint16_t port, unsigned int bytes,
		  uint32_t value);

#endif
