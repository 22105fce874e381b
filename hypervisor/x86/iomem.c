/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device memory that is the hypervisor's: interrupt controllers, where
 * messages go, tables of messages.  All else belongs to the hardware domain.
 */
#include <hv/x86/clock.h>
#include <hv/x86/msi.h>
#include <hv/x86/platform.h>

/* Writes to this range are interrupts, whoever makes them. */
#define MSI_FIRST_MFN 0xfee00
#define MSI_LAST_MFN 0xfeeff

enum iomem_policy iomem_policy(mfn_t m)
{
	if (m.v >= MSI_FIRST_MFN && m.v <= MSI_LAST_MFN)
		return IOMEM_NONE;
	if (m.v == acpi.lapic_maddr >> PAGE_SHIFT || ioapic_owns_mfn(m))
		return IOMEM_NONE;
	if (hpet_owns_mfn(m) || msix_owns_mfn(m))
		return IOMEM_RO;
	return IOMEM_RW;
}
