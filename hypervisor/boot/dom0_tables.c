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

static void map(struct builder *b, uint64_t va, uint64_t pfn, uint64_t flags)
{
	uint64_t *l3 = table_of(b, &b->l4[l4_index(va)]);
	uint64_t *l2 = table_of(b, &l3[l3_index(va)]);
	uint64_t *l1 = table_of(b, &l2[l2_index(va)]);

	l1[l1_index(va)] = dom0_mfn(b->m, pfn).v << PAGE_SHIFT | flags;
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
	for (uint64_t pfn = 0; pfn < l->nr_mapped; pfn++) {
		bool is_table = pfn >= l->tables_pfn && pfn < b.end_pfn;

		map(&b, k->virt_base + (pfn << PAGE_SHIFT), pfn,
		    is_table ? L1_FLAGS & ~PTE_RW : L1_FLAGS);
	}
	ASSERT(b.next_pfn == b.end_pfn);
	if (!l->nr_p2m_tables)
		return;

	b.next_pfn = l->p2m_pfn + l->nr_p2m;
	b.end_pfn = b.next_pfn + l->nr_p2m_tables;
	for (uint64_t i = 0; i < l->nr_p2m; i++)
		map(&b, l->p2m_va + (i << PAGE_SHIFT), l->p2m_pfn + i,
		    L1_FLAGS);
	ASSERT(b.next_pfn == b.end_pfn);
}
