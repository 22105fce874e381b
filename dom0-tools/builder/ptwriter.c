// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first page tables of a domain, written as plain memory before the
 * hypervisor takes them as tables (PIN).
 *
 * Entries of L1 tables carry no USER bit: the hypervisor adds it, and notes
 * that the page is the guest kernel's (abi: mmu.h).
 */
#include <errno.h>

#include "pagecopy.h"
#include "ptwriter.h"
#include "req.h"

#define PTE_P 0x001ull
#define PTE_RW 0x002ull
#define PTE_US 0x004ull
#define PTE_A 0x020ull
#define PTE_D 0x040ull

#define L1_FLAGS (PTE_P | PTE_RW | PTE_A)
#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

#define NR_ENTRIES 512

/*
 * The tables of one mapping. Those of a level cover neighbouring addresses
 * and lie next to each other, from the top level down, as Linux expects of the
 * block at pt_base: L4, L3, L2s, L1s. So a table is found by counting.
 */
struct region {
	struct pfn_range range;
	uint64_t *va; /* the range, mapped here */
	struct {
		uint64_t first; /* address >> shift of the first table */
		uint64_t nr, index;
	} level[4]; /* [1] to [3] */
};

struct ptwriter {
	struct guestmem *g;
	struct region main, p2m; /* the L4 is main's first */
};

static unsigned int shift_of(unsigned int level)
{
	return 12 + 9 * level; /* what a table of the level covers */
}

static int does_cover(const struct region *m, unsigned int level, uint64_t va)
{
	uint64_t covers = va >> shift_of(level);

	return covers - m->level[level].first < m->level[level].nr;
}

/* Tables of the second mapping that the first does not have already. */
static void region_init(struct region *m, struct pfn_range range,
			struct va_range v, const struct region *have,
			uint64_t index)
{
	m->range = range;
	for (unsigned int level = 3; level >= 1; level--) {
		unsigned int shift = shift_of(level);
		uint64_t first = v.first >> shift, last = v.last >> shift;

		/* the mappings do not overlap, so they share an edge at most */
		if (have != NULL && does_cover(have, level, v.first))
			first++;
		if (have != NULL && last >= first &&
		    does_cover(have, level, v.last))
			last--;
		m->level[level].first = first;
		m->level[level].nr = last + 1 - first;
		m->level[level].index = index;
		index += m->level[level].nr;
	}
}

static int region_map(struct guestmem *g, struct region *m)
{
	if (m->range.nr == 0)
		return 0;
	if (m->range.nr > GUESTMEM_WINDOW)
		return req_fail(g->r, -E2BIG,
				"the domain is too large: it would need %lu "
				"page tables, of which %u can be written",
				(unsigned long)m->range.nr, GUESTMEM_WINDOW);
	m->va = guestmem_map(g, m->range.pfn, m->range.nr);
	if (m->va == NULL)
		return g->r->rc;
	pages_clear(m->va, m->range.nr);
	return 0;
}

static uint64_t *table_at(const struct region *m, uint64_t index)
{
	return m->va + index * NR_ENTRIES;
}

static uint64_t *table_for(const struct ptwriter *w, unsigned int level,
			   uint64_t va)
{
	const struct region *m = &w->main;

	if (level == 4)
		return table_at(m, 0);
	if (!does_cover(m, level, va))
		m = &w->p2m;
	return table_at(m, m->level[level].index + (va >> shift_of(level)) -
				   m->level[level].first);
}

static uint64_t slot(unsigned int level, uint64_t va)
{
	return va >> shift_of(level - 1) & (NR_ENTRIES - 1);
}

/* Enter each of a mapping's tables in the one above. */
static void link_tables(struct ptwriter *w, const struct region *m)
{
	for (unsigned int level = 3; level >= 1; level--) {
		for (uint64_t i = 0; i < m->level[level].nr; i++) {
			uint64_t va = (m->level[level].first + i)
				      << shift_of(level);
			uint64_t pfn = m->range.pfn + m->level[level].index + i;

			table_for(w, level + 1, va)[slot(level + 1, va)] =
				guestmem_mfn(w->g, pfn) << 12 | TABLE_FLAGS;
		}
	}
}

static void map_range(struct ptwriter *w, struct va_range v, uint64_t pfn)
{
	uint64_t nr = ((v.last - v.first) >> 12) + 1;

	for (uint64_t va = v.first; nr > 0;) {
		uint64_t *l1 = table_for(w, 1, va) + slot(1, va);
		uint64_t room = NR_ENTRIES - slot(1, va);
		uint64_t n = room < nr ? room : nr;

		guestmem_mfns(w->g, pfn, n, l1);
		for (uint64_t i = 0; i < n; i++)
			l1[i] = l1[i] << 12 | L1_FLAGS;
		va += n << 12;
		pfn += n;
		nr -= n;
	}
}

/* Page tables may only be mapped read-only. */
static void protect_tables(struct ptwriter *w, const struct layout *l)
{
	for (uint64_t i = 0; i < l->tables.nr; i++) {
		uint64_t va = layout_va(l, l->tables.pfn + i);

		table_for(w, 1, va)[slot(1, va)] &= ~PTE_RW;
	}
}

int ptwriter_run(struct guestmem *g, const struct layout *l)
{
	struct ptwriter w = {.g = g};
	int rc;

	region_init(&w.main, l->tables, l->main_va, NULL, 1);
	if (l->p2m_is_apart)
		region_init(&w.p2m, l->p2m_tables, l->p2m_va, &w.main, 0);
	rc = region_map(g, &w.main);
	if (rc == 0)
		rc = region_map(g, &w.p2m);
	if (rc == 0) {
		link_tables(&w, &w.main);
		map_range(&w, l->main_va, 0);
		protect_tables(&w, l);
		if (l->p2m_is_apart) {
			link_tables(&w, &w.p2m);
			map_range(&w, l->p2m_va, l->p2m.pfn);
		}
	}
	/* a page that is mapped writable cannot become a page table */
	if (w.p2m.va != NULL)
		guestmem_unmap(g, w.p2m.va, w.p2m.range.nr);
	if (w.main.va != NULL)
		guestmem_unmap(g, w.main.va, w.main.range.nr);
	return rc;
}
