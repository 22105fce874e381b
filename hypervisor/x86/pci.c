/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration cycles by mechanism #1: an address to port 0xcf8, data at
 * 0xcfc ("PCI Local Bus Specification 3.0", 3.2.2.3.2).  Reaches the first
 * 256 bytes of the devices of segment 0, which is all that MSI needs.
 */
#include <hv/spinlock.h>
#include <hv/x86/io.h>
#include <hv/x86/msi.h>
#include <hv/x86/pci.h>
#include <abi/errno.h>

#define ADDRESS 0xcf8
#define DATA 0xcfc
#define ENABLE 0x80000000u

static spinlock_t lock = SPINLOCK_INIT(RANK_CHIPSET); /* both ports */

static uint32_t address(pci_sbdf_t dev, unsigned int reg)
{
	return ENABLE | (uint32_t)dev.bus << 16 | (uint32_t)dev.devfn << 8 |
	       (reg & 0xfc);
}

uint32_t pci_cfg_read(pci_sbdf_t dev, unsigned int reg, unsigned int bytes)
{
	uint16_t port = (uint16_t)(DATA + (reg & 3));
	uint32_t v;

	if (dev.seg || reg + bytes > 256)
		return ~0u;
	spin_lock(&lock);
	outl(ADDRESS, address(dev, reg));
	v = bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
	spin_unlock(&lock);
	return v;
}

void pci_cfg_write(pci_sbdf_t dev, unsigned int reg, unsigned int bytes,
		   uint32_t value)
{
	uint16_t port = (uint16_t)(DATA + (reg & 3));

	if (dev.seg || reg + bytes > 256)
		return;
	spin_lock(&lock);
	outl(ADDRESS, address(dev, reg));
	if (bytes == 1)
		outb(port, (uint8_t)value);
	else if (bytes == 2)
		outw(port, (uint16_t)value);
	else
		outl(port, value);
	spin_unlock(&lock);
}

bool pci_is_present(pci_sbdf_t dev)
{
	return (pci_cfg_read(dev, PCI_VENDOR_ID, 2) & 0xffff) != 0xffff;
}

/* A list that ends: there is room for 48 capabilities. */
unsigned int pci_find_cap(pci_sbdf_t dev, uint8_t id)
{
	unsigned int reg;

	if (!pci_is_present(dev) ||
	    !(pci_cfg_read(dev, PCI_STATUS, 2) & PCI_STATUS_HAS_CAPS))
		return 0;
	reg = pci_cfg_read(dev, PCI_CAP_POINTER, 1) & 0xfc;
	for (unsigned int i = 0; i < 48 && reg >= 0x40; i++) {
		if ((pci_cfg_read(dev, reg, 1) & 0xff) == id)
			return reg;
		reg = pci_cfg_read(dev, reg + 1, 1) & 0xfc;
	}
	return 0;
}

/* --- Dom0's ports --- */

static bool decode(uint32_t cf8, uint16_t port, unsigned int bytes,
		   pci_sbdf_t *dev, unsigned int *reg)
{
	if (!(cf8 & ENABLE) || (port & 3) + bytes > 4)
		return false;
	*dev = (pci_sbdf_t){.bus = (uint8_t)(cf8 >> 16),
			    .devfn = (uint8_t)(cf8 >> 8)};
	*reg = (cf8 & 0xfc) | (port & 3u);
	return true;
}

uint32_t pci_port_in(uint32_t cf8, uint16_t port, unsigned int bytes)
{
	pci_sbdf_t dev;
	unsigned int reg;

	if (!decode(cf8, port, bytes, &dev, &reg))
		return ~0u;
	return pci_cfg_read(dev, reg, bytes);
}

void pci_port_out(uint32_t cf8, uint16_t port, unsigned int bytes,
		  uint32_t value)
{
	pci_sbdf_t dev;
	unsigned int reg;

	if (decode(cf8, port, bytes, &dev, &reg) &&
	    !msi_owns_register(dev, reg, bytes))
		pci_cfg_write(dev, reg, bytes, value);
}
