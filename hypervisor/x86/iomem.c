/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may map device memory.  Some is the hypervisor's: interrupt controllers,
 * where messages go, tables of messages.  All else is the hardware domain's,
 * to use or to give.
 */
#include <hv/boot.h>
#include <hv/domain.h>
#include <hv/mmu.h>
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

static bool overlap(mfn_t first, mfn_t last, uint64_t a, uint64_t b)
{
	return first.v <= b && a <= last.v;
}

static bool any_unusable(mfn_t first, mfn_t last)
{
	for (unsigned int i = 0; i < boot_info.nr_e820; i++) {
		const struct e820_entry *e = &boot_info.e820[i];

		if (e->type == E820_UNUSABLE && e->size &&
		    overlap(first, last, e->addr >> PAGE_SHIFT,
			    (e->addr + e->size - 1) >> PAGE_SHIFT))
			return true;
	}
	return cpu_features.is_amd &&
	       overlap(first, last, HT_FIRST_MFN, HT_LAST_MFN);
}

/* A range may be a whole address space: its frames are not looked at. */
static bool any_is_ours(mfn_t first, mfn_t last)
{
	uint64_t lapic = acpi.lapic_maddr >> PAGE_SHIFT;

	return overlap(first, last, MSI_FIRST_MFN, MSI_LAST_MFN) ||
	       overlap(first, last, lapic, lapic) ||
	       ioapic_any_in(first, last) || any_unusable(first, last);
}

bool iomem_access_permitted(const struct domain *d, mfn_t first, mfn_t last)
{
	return rangeset_contains(&d->iomem, first.v, last.v) &&
	       !any_is_ours(first, last);
}

bool iomem_is_readonly(mfn_t m)
{
	return hpet_owns_mfn(m) || msix_owns_mfn(m);
}
