/* SPDX-License-Identifier: GPL-2.0-only */
/* See dom0_check.h. */
#include <stdlib.h>
#include <string.h>

#include <abi/xen.h>
#include <hv/mmu.h>
#include <hv/x86/pte.h>

#include "../unit_test.h"
#include "dom0_check.h"
#include "machine.h"

/* The L1 entry for @va, or 0. */
static uint64_t walk(uint64_t va)
{
	const uint64_t *t =
		mfn_to_virt(MFN(xen_cr3_to_pfn(machine_context.ctrlreg[3])));
	uint64_t e;

	for (unsigned int shift = 39;; shift -= 9) {
		e = t[va >> shift & 511];
		if (!(e & PTE_P) || shift == 12)
			return e & PTE_P ? e : 0;
		EXPECT((e & (PTE_US | PTE_RW)) == (PTE_US | PTE_RW));
		EXPECT(!(e & PTE_PS));
		t = mfn_to_virt(pte_mfn(e));
	}
}

void *guest_virt(uint64_t va)
{
	uint64_t e = walk(va);

	EXPECT(e);
	return (char *)mfn_to_virt(pte_mfn(e)) + (va & ~PAGE_MASK);
}

const struct start_info *guest_start_info(void)
{
	return guest_virt(machine_context.user_regs.rsi);
}

uint64_t guest_p2m(uint64_t pfn)
{
	return *(uint64_t *)guest_virt(guest_start_info()->mfn_list + pfn * 8);
}

void *guest_pfn_virt(uint64_t pfn)
{
	return mfn_to_virt(MFN(guest_p2m(pfn)));
}

static void check_p2m(struct domain *d)
{
	uint64_t nr = guest_start_info()->nr_pages;

	EXPECT_EQ(d->tot_pages, nr);
	for (uint64_t pfn = 0; pfn < nr; pfn++) {
		uint64_t mfn = guest_p2m(pfn);

		EXPECT(mfn < max_page);
		/* So no frame is there twice. */
		EXPECT_EQ(machine_m2p[mfn], pfn);
		EXPECT(page_owned_by(&frame_table[mfn], d));
	}
	for (uint64_t mfn = 0; mfn < max_page; mfn++)
		EXPECT(machine_m2p[mfn] == INVALID_M2P_ENTRY ||
		       guest_p2m(machine_m2p[mfn]) == mfn);
}

/* pfn n at virt_base, 4 KiB each, tables read-only, up to 4 MiB. */
static uint64_t check_mapping(uint64_t virt_base)
{
	const struct start_info *si = guest_start_info();
	uint64_t pfn = 0, e;

	for (; pfn < 1 << 18 && (e = walk(virt_base + pfn * PAGE_SIZE));
	     pfn++) {
		uint64_t va = virt_base + pfn * PAGE_SIZE;
		bool is_table = va >= si->pt_base &&
				va < si->pt_base + si->nr_pt_frames * PAGE_SIZE;

		EXPECT_EQ(pte_mfn(e).v, guest_p2m(pfn));
		EXPECT_EQ(e & PTE_RW, is_table ? 0 : PTE_RW);
		EXPECT(e & PTE_US && e & PTE_A && !(e & PTE_NX));
	}
	EXPECT_EQ(pfn % 1024, 0);
	EXPECT(machine_context.user_regs.rsp + (512 << 10) <=
	       virt_base + pfn * PAGE_SIZE);
	return pfn;
}

static enum page_type type_of(uint64_t mfn)
{
	return page_type(mfn_to_page(MFN(mfn)));
}

/* The block of tables: the L4 first, each typed, none mapped writable. */
static void check_tables(uint64_t virt_base)
{
	const struct start_info *si = guest_start_info();
	uint64_t pfn = (si->pt_base - virt_base) >> PAGE_SHIFT;
	unsigned int levels[5] = {0};
	struct page *l4 = mfn_to_page(MFN(guest_p2m(pfn)));

	EXPECT_EQ(machine_context.ctrlreg[3] >> PAGE_SHIFT, guest_p2m(pfn));
	EXPECT(page_is_pinned(l4) && page_is_validated(l4));
	for (uint64_t i = 0; i < si->nr_pt_frames; i++) {
		enum page_type t = type_of(guest_p2m(pfn + i));

		EXPECT(t >= PT_L1 && t <= PT_L4);
		levels[t]++;
	}
	EXPECT_EQ(levels[PT_L4], 1);
	EXPECT_EQ(levels[PT_L3], 1);
	EXPECT_EQ(levels[PT_L2], 1); /* Linux copies just one */
	if (!si->first_p2m_pfn)
		return;
	/* The p2m's tables are in the range that Linux is told of. */
	for (unsigned int t = 0; t < 5; t++)
		levels[t] = 0;
	for (uint64_t i = 0; i < si->nr_p2m_frames; i++)
		levels[type_of(guest_p2m(si->first_p2m_pfn + i)) <= PT_L4
			       ? type_of(guest_p2m(si->first_p2m_pfn + i))
			       : 0]++;
	EXPECT_EQ(levels[PT_L3], 1);
	EXPECT(levels[PT_L2] >= 1 && levels[PT_L1] >= 1);
	EXPECT_EQ(levels[PT_L1] + levels[PT_L2] + levels[PT_L3] +
			  (si->nr_pages * 8 + PAGE_SIZE - 1) / PAGE_SIZE,
		  si->nr_p2m_frames);
	for (unsigned int i = 0; i < 512; i++) {
		const uint64_t *t = page_to_virt(l4);

		EXPECT(t[i] == 0 || i == l4_index(virt_base) ||
		       i == l4_index(si->mfn_list));
	}
}

static void check_context(struct domain *d)
{
	const struct vcpu_guest_context *c = &machine_context;

	EXPECT(d->vcpu[0]->is_initialised && !d->vcpu[0]->is_down);
	EXPECT_EQ(d->pause_count, 1);
	EXPECT(walk(c->user_regs.rip));
	EXPECT(walk(c->user_regs.rsp - 8) & PTE_RW);
	EXPECT_EQ(c->user_regs.rsp % PAGE_SIZE, 0);
	EXPECT_EQ(c->user_regs.cs, 0xe033);
	EXPECT_EQ(c->user_regs.ss, 0xe02b);
	EXPECT(c->flags & VGCF_IN_KERNEL);
	EXPECT_EQ(c->debugreg[7], 0x400);
}

static void check_start_info(struct domain *d)
{
	const struct start_info *si = guest_start_info();

	EXPECT_EQ(strcmp(si->magic, "xen-3.0-x86_64"), 0);
	EXPECT((si->flags & (SIF_PRIVILEGED | SIF_INITDOMAIN)) == 3);
	EXPECT_EQ(si->shared_info, virt_to_mfn(d->shared_info).v << PAGE_SHIFT);
	EXPECT_EQ(si->store_mfn, 0);
	EXPECT_EQ(si->store_evtchn, 0);
}

static void check_permissions(struct domain *d)
{
	EXPECT(rangeset_contains(&d->iomem, 0, 0xfffff));
	EXPECT(rangeset_contains(&d->ioport, 0x22, 0xffff));
	EXPECT(!rangeset_contains(&d->ioport, 0x20, 0x20));
	EXPECT(rangeset_contains(&d->irqs, 0, 279));
}

/* What it holds of itself goes when the L4 goes: all counts were right. */
static void check_release(struct domain *d)
{
	struct page *l4 =
		mfn_to_page(MFN(xen_cr3_to_pfn(machine_context.ctrlreg[3])));
	uint64_t nr = d->tot_pages, seen = 0;

	EXPECT(page_clear_pin(l4));
	EXPECT_EQ(page_put_and_type_preemptible(l4, false), 0);
	for (struct page *pg = domain_first_page(d); pg;
	     pg = domain_next_page(d, pg)) {
		EXPECT_EQ(page_refs(pg), 1);
		EXPECT_EQ(page_type_refs(pg), 0);
		seen++;
	}
	EXPECT_EQ(seen, nr);
	/* Back, for the tests that look on. */
	EXPECT_EQ(page_pin(l4, d, PT_L4, false), 0);
}

void dom0_check(struct domain *d, uint64_t virt_base)
{
	EXPECT(d == dom0);
	check_start_info(d);
	check_p2m(d);
	EXPECT(check_mapping(virt_base) >= 4 * MIB / PAGE_SIZE);
	check_tables(virt_base);
	check_context(d);
	check_permissions(d);
	check_release(d);
}

void read_piece(void *data, uint64_t paddr, const void *src, size_t n)
{
	static volatile uint8_t sum;

	(void)data;
	(void)paddr;
	for (size_t i = 0; src && i < n; i++)
		sum = (uint8_t)(sum + ((const uint8_t *)src)[i]);
}
