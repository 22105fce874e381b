/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dom0's memory while it is built: allocation in large blocks, and access by
 * pfn.  A list of contiguous pieces stands for the p2m until that is written.
 */
#include <abi/errno.h>
#include <hv/assert.h>
#include <hv/domain.h>
#include <hv/mmu.h>
#include <hv/page_alloc.h>
#include <hv/string.h>

#include "dom0_memory.h"

#define EXTENTS_ORDER 6
#define MAX_EXTENTS ((PAGE_SIZE << EXTENTS_ORDER) / sizeof(struct extent))

int dom0_memory_init(struct dom0_memory *m, struct domain *d)
{
	*m = (struct dom0_memory){.d = d};
	m->extents = hv_pages_alloc(EXTENTS_ORDER);
	return m->extents ? 0 : -ENOMEM;
}

void dom0_memory_done(struct dom0_memory *m)
{
	if (m->extents)
		hv_pages_free(m->extents, EXTENTS_ORDER);
	m->extents = NULL;
}

static int add_block(struct dom0_memory *m, mfn_t mfn, uint64_t nr)
{
	struct extent *last =
		m->nr_extents ? &m->extents[m->nr_extents - 1] : NULL;

	ASSERT(m->extents);
	if (last && last->mfn + last->nr == mfn.v) {
		last->nr += nr;
	} else {
		if (m->nr_extents == MAX_EXTENTS)
			return -ENOMEM;
		m->extents[m->nr_extents++] =
			(struct extent){m->nr_pages, mfn.v, nr};
	}
	m->nr_pages += nr;
	return 0;
}

/* The largest block that may start at @pfn and does not go beyond @end. */
static unsigned int block_order(uint64_t pfn, uint64_t end)
{
	unsigned int order = 0;

	while (order < MAX_ORDER && !(pfn & (1UL << order)) &&
	       pfn + (2UL << order) <= end)
		order++;
	return order;
}

int dom0_memory_grow(struct dom0_memory *m, uint64_t end)
{
	while (m->nr_pages < end) {
		unsigned int order = block_order(m->nr_pages, end);
		struct page *pg;
		int rc;

		while (!(pg = domain_alloc_as_is(m->d, order)))
			if (order-- == 0)
				return -ENOMEM;
		rc = add_block(m, page_to_mfn(pg), 1UL << order);
		if (rc)
			return rc;
	}
	return 0;
}

/* The piece that @pfn lies in. */
static const struct extent *find(const struct dom0_memory *m, uint64_t pfn)
{
	unsigned int lo = 0, hi = m->nr_extents;

	BUG_ON(pfn >= m->nr_pages);
	while (hi - lo > 1) {
		unsigned int mid = (lo + hi) / 2;

		if (m->extents[mid].pfn <= pfn)
			lo = mid;
		else
			hi = mid;
	}
	return &m->extents[lo];
}

mfn_t dom0_run(const struct dom0_memory *m, uint64_t pfn, uint64_t *nr)
{
	const struct extent *e = find(m, pfn);

	*nr = e->nr - (pfn - e->pfn);
	return MFN(e->mfn + (pfn - e->pfn));
}

mfn_t dom0_mfn(const struct dom0_memory *m, uint64_t pfn)
{
	uint64_t nr;

	return dom0_run(m, pfn, &nr);
}

void *dom0_virt(const struct dom0_memory *m, uint64_t pfn)
{
	return mfn_to_virt(dom0_mfn(m, pfn));
}

void dom0_write(const struct dom0_memory *m, uint64_t paddr, const void *src,
		size_t n)
{
	while (n) {
		const struct extent *e = find(m, paddr >> PAGE_SHIFT);
		uint64_t offset = paddr - (e->pfn << PAGE_SHIFT);
		size_t part = min(n, (e->nr << PAGE_SHIFT) - offset);

		char *dst = (char *)mfn_to_virt(MFN(e->mfn)) + offset;

		if (src) {
			memcpy(dst, src, part);
			src = (const char *)src + part;
		} else {
			memset(dst, 0, part);
		}
		paddr += part;
		n -= part;
	}
}

void dom0_write_p2m(const struct dom0_memory *m, const struct dom0_layout *l)
{
	uint64_t n;

	/* the last page is not filled */
	memset(dom0_virt(m, l->p2m_pfn + (m->nr_pages - 1) / 512), 0,
	       PAGE_SIZE);
	for (uint64_t pfn = 0; pfn < m->nr_pages; pfn += n) {
		uint64_t *to = dom0_virt(m, l->p2m_pfn + pfn / 512);
		mfn_t mfn = dom0_run(m, pfn, &n);

		to += pfn % 512;
		n = min(n, 512 - pfn % 512);
		m2p_set_range(mfn, pfn, n);
#pragma GCC unroll 8
		for (uint64_t i = 0; i < n; i++)
			to[i] = mfn.v + i;
	}
}
