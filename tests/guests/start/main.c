/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a PV kernel finds when it starts: registers, start_info, the initial
 * mapping, p2m and M2P, the shared page.
 */
#include "../lib/guest.h"

#include <abi/features.h>
#include <abi/memory.h>
#include <abi/version.h>

extern uint64_t entry_rsp, entry_rflags, entry_cs;
extern char _end[];

static void registers(void)
{
	EXPECT_EQ(entry_cs & 0xffff, 0xe033);
	EXPECT_EQ(entry_rsp % 16, 0);
	EXPECT(entry_rsp > (uint64_t)_end);
	EXPECT_EQ(entry_rflags & 0x400, 0);
	EXPECT_EQ(entry_rflags & 0x200, 0x200);
	EXPECT_EQ(entry_rflags & 0x3000, 0);
}

static void info(void)
{
	static const char magic[] = "xen-3.0-x86_64";

	for (unsigned int i = 0; i < sizeof(magic) - 1; i++)
		EXPECT_EQ(start_info->magic[i], magic[i]);
	EXPECT_EQ(start_info->flags & 3, SIF_PRIVILEGED | SIF_INITDOMAIN);
	EXPECT(start_info->nr_pages > 1024);
	EXPECT_EQ(start_info->shared_info % PAGE_SIZE, 0);
	EXPECT_EQ(start_info->pt_base % PAGE_SIZE, 0);
	EXPECT(start_info->pt_base >= (uint64_t)_end);
	EXPECT(start_info->nr_pt_frames >= 4);
	EXPECT_EQ(shared->vcpu_info[0].evtchn_upcall_mask, 1);
}

static void mappings(void)
{
	char *pt = (char *)start_info->pt_base;

	for (uint64_t i = 0; i < start_info->nr_pt_frames; i++)
		EXPECT_EQ(l1e_of(pt + i * PAGE_SIZE) & PTE_RW, 0);
	for (char *va = (char *)VIRT_BASE; va < _end; va += 16 * PAGE_SIZE)
		if (va != (char *)shared)
			EXPECT_EQ(l1e_of(va) & (PTE_P | PTE_RW | PTE_US),
				  PTE_P | PTE_RW | PTE_US);
	/* room to work in behind the stack: at least 512 KiB */
	EXPECT_EQ(l1e_of((char *)entry_rsp + 0x7f000) & PTE_P, PTE_P);
}

static void numbers(void)
{
	const uint64_t *m2p = (const uint64_t *)MACH2PHYS_VIRT_START;
	const uint64_t *p2m = (const uint64_t *)start_info->mfn_list;
	struct xen_machphys_mapping map;
	unsigned int wrong = 0;

	for (uint64_t pfn = 0; pfn < start_info->nr_pages; pfn++)
		wrong += m2p[p2m[pfn]] != pfn;
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_machphys_mapping, &map), 0);
	EXPECT_EQ(map.v_start, MACH2PHYS_VIRT_START);
	EXPECT(map.max_mfn > start_info->nr_pages);
}

static void features(void)
{
	struct xen_feature_info fi = {.submap_idx = 0};

	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_version, NULL), 4 << 16 | 17);
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_get_features, &fi), 0);
	EXPECT(fi.submap & 1 << XENFEAT_mmu_pt_update_preserve_ad);
	EXPECT(fi.submap & 1 << XENFEAT_gnttab_map_avail_bits);
	EXPECT(fi.submap & 1 << XENFEAT_dom0);
	EXPECT(!(fi.submap & 1 << XENFEAT_writable_page_tables));
	EXPECT(!(fi.submap & 1 << XENFEAT_auto_translated_physmap));
}

void guest_main(void)
{
	registers();
	info();
	mappings();
	numbers();
	features();
}
