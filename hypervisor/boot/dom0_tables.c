/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dom0's first page tables (Xen ABI, public/xen.h, "Start of day structure
 * passed to PVH/PV guests"): the kernel's mapping, in which the tables that
 * make it are read-only, and the p2m's.  Entries are plain data here; the
 * page-type machine checks them afterwards as it does any guest's.
 */
#include <hv/assert.h>
#include <hv/string.h>
#include <hv/x86/pte.h>

#include "dom0_memory.h"

#define L1_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A)
#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

struct builder {
	const struct dom0_memory *m;
	uint64_t *l4;
	uint64_t next_pfn, end_pfn; /* frames for the tables to come */
};

/* The table that entry @e points to, made if there is none. */
static uint64_t *table_of(struct builder *b, uint64_t *e)
{
	uint64_t *table;

	if (*e & PTE_P)
		return mfn_to_virt(pte_mfn(*e));
	BUG_ON(b->next_pfn == b->end_pfn);
	table = dom0_virt(b->m, b->next_pfn);
	memset(table, 0, PAGE_SIZE);
	*e = dom0_mfn(b->m, b->next_pfn++).v << PAGE_SHIFT | TABLE_FLAGS;
	return table;
}

static uint64_t *l1_slot(struct builder *b, uint64_t va)
{
	uint64_t *l3 = table_of(b, &b->l4[l4_index(va)]);
	uint64_t *l2 = table_of(b, &l3[l3_index(va)]);
	uint64_t *l1 = table_of(b, &l2[l2_index(va)]);

	return &l1[l1_index(va)];
}

/* Pages from @va on: @pfn up to @end. */
static void map(struct builder *b, uint64_t va, uint64_t pfn, uint64_t end,
		uint64_t flags)
{
	uint64_t n;

	for (; pfn < end; pfn += n, va += n << PAGE_SHIFT) {
		uint64_t e = dom0_run(b->m, pfn, &n).v << PAGE_SHIFT | flags;
		uint64_t *slot = l1_slot(b, va);

		n = min(min(n, end - pfn), PTES_PER_TABLE - l1_index(va));
		for (uint64_t i = 0; i < n; i++)
			slot[i] = e + (i << PAGE_SHIFT);
	}
}

void dom0_write_tables(const struct dom0_memory *m,
		       const struct kernel_image *k,
		       const struct dom0_layout *l)
{
	struct builder b = {
		.m = m,
		.l4 = dom0_virt(m, l->tables_pfn),
		.next_pfn = l->tables_pfn + 1,
		.end_pfn = l->tables_pfn + l->nr_tables,
	};

	memset(b.l4, 0, PAGE_SIZE);
	map(&b, k->virt_base, 0, l->tables_pfn, L1_FLAGS);
	map(&b, k->virt_base + (l->tables_pfn << PAGE_SHIFT), l->tables_pfn,
	    b.end_pfn, L1_FLAGS & ~PTE_RW);
	map(&b, k->virt_base + (b.end_pfn << PAGE_SHIFT), b.end_pfn,
	    l->nr_mapped, L1_FLAGS);
	ASSERT(b.next_pfn == b.end_pfn);
	if (!l->nr_p2m_tables)
		return;

	b.next_pfn = l->p2m_pfn + l->nr_p2m;
	b.end_pfn = b.next_pfn + l->nr_p2m_tables;
	map(&b, l->p2m_va, l->p2m_pfn, l->p2m_pfn + l->nr_p2m, L1_FLAGS);
	ASSERT(b.next_pfn == b.end_pfn);
}
