/* SPDX-License-Identifier: GPL-2.0-only */
/* Message-signalled interrupts: PCI's MSI and MSI-X capabilities. */
#ifndef HV_X86_MSI_H
#define HV_X86_MSI_H

#include <hv/x86/pci.h>

struct msi_desc;

/*
 * An interrupt of @dev: entry @entry of its MSI-X table, or its MSI when
 * @is_msix is not set.  Programs it, masked; the new irq number.  @bar_hint:
 * where the table's BAR is if the device does not say (virtual functions).
 * -ENODEV: no such capability.  -EEXIST: in use.  -ENXIO: the table can not
 * be reached.  -ENOSPC, -ENOMEM.
 */
int msi_enable(pci_sbdf_t dev, bool is_msix, unsigned int entry,
	       uint64_t bar_hint);
void msi_disable(uint32_t irq);
/* Write the messages of all of @dev's again (it was reset). */
int msi_restore(pci_sbdf_t dev);
/* Keep guests from writing the table before an entry is enabled; let go. */
int msix_prepare(pci_sbdf_t dev);
int msix_release(pci_sbdf_t dev);

/* For irq.c; the descriptor's lock is held. */
void msi_mask(const struct msi_desc *m, bool masked);
void msi_write_message(struct msi_desc *m, unsigned int vector,
		       uint32_t apic_id);

/* Whether a write to @reg would touch a message of @dev that is ours. */
bool msi_owns_register(pci_sbdf_t dev, unsigned int reg, unsigned int bytes);
/* A page of a table in use: guests may only read it. */
bool msix_owns_mfn(mfn_t m);

#endif
