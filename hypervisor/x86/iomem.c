/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device memory that is the hypervisor's: interrupt controllers, where
 * messages go, tables of messages.  All else belongs to the hardware domain.
 */
#include <hv/boot.h>
#include <hv/x86/clock.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/msi.h>
#include <hv/x86/platform.h>

/* Writes to this range are interrupts, whoever makes them. */
#define MSI_FIRST_MFN 0xfee00
#define MSI_LAST_MFN 0xfeeff

/* AMD: HyperTransport's own, no memory ("BIOS and Kernel Developer's Guide") */
#define HT_FIRST_MFN 0xfd00000
#define HT_LAST_MFN 0xfffffff

static bool is_unusable(mfn_t m)
{
	uint64_t maddr = m.v << PAGE_SHIFT;

	if (cpu_features.is_amd && m.v >= HT_FIRST_MFN && m.v <= HT_LAST_MFN)
		return true;
	for (unsigned int i = 0; i < boot_info.nr_e820; i++) {
		const struct e820_entry *e = &boot_info.e820[i];

		if (e->type == E820_UNUSABLE && maddr < e->addr + e->size &&
		    maddr + PAGE_SIZE > e->addr)
			return true;
	}
	return false;
}

enum iomem_policy iomem_policy(mfn_t m)
{
	if (m.v >= MSI_FIRST_MFN && m.v <= MSI_LAST_MFN)
		return IOMEM_NONE;
	if (m.v == acpi.lapic_maddr >> PAGE_SHIFT || ioapic_owns_mfn(m) ||
	    is_unusable(m))
		return IOMEM_NONE;
	if (hpet_owns_mfn(m) || msix_owns_mfn(m))
		return IOMEM_RO;
	return IOMEM_RW;
}
