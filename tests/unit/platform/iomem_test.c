/* SPDX-License-Identifier: GPL-2.0-only */
/* Device memory: what is the hypervisor's is in no range that may be mapped. */
#include <hv/boot.h>
#include <hv/domain.h>
#include <hv/mmu.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/platform.h>

#include "../unit_test.h"
#include "machine.h"

#define LAST_MFN ((1ULL << 40) - 1)

static struct domain d;

static bool may(uint64_t first, uint64_t last)
{
	return iomem_access_permitted(&d, MFN(first), MFN(last));
}

UNIT_TEST(what_is_the_hypervisors_may_not_be_mapped)
{
	EXPECT_EQ(rangeset_add(&d.iomem, 0, LAST_MFN), 0);
	acpi.lapic_maddr = 0xfee00000;
	boot_info.e820[0] =
		(struct e820_entry){0x12345800, 0x1000, E820_UNUSABLE};
	boot_info.nr_e820 = 1;

	EXPECT(may(0xe0000, 0xe0fff));
	EXPECT(!may(0xfee00, 0xfee00)); /* the local APIC, and messages */
	EXPECT(!may(0xfeeff, 0xfeeff));
	EXPECT(may(0xfef00, 0xfef00));
	EXPECT(!may(IOAPIC_FRAME, IOAPIC_FRAME));
	EXPECT(may(IOAPIC_FRAME + 1, 0xfedff));
	EXPECT(!may(0x12345, 0x12345)); /* each page it touches */
	EXPECT(!may(0x12346, 0x12346));
	EXPECT(may(0x12347, 0x12347));
	EXPECT(may(0x12340, 0x12344));
	EXPECT(!may(0x12340, 0x12350));
	rangeset_free(&d.iomem);
	boot_info.nr_e820 = 0;
}

/* 2^40 frames take no longer than one. */
UNIT_TEST(large_ranges_of_device_memory)
{
	EXPECT_EQ(rangeset_add(&d.iomem, 0, LAST_MFN), 0);
	EXPECT(may(0x100000, LAST_MFN));
	EXPECT(!may(0, LAST_MFN));
	EXPECT(!may(0x100000, LAST_MFN + 1));
	cpu_features.is_amd = true; /* and HyperTransport's */
	EXPECT(!may(0x100000, LAST_MFN));
	EXPECT(may(0x10000000, LAST_MFN));
	cpu_features.is_amd = false;
	rangeset_free(&d.iomem);
}
