// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a domain under construction: allocation in large extents,
 * and windows onto it.
 */
#include <errno.h>
#include <string.h>

#include "guestmem.h"
#include "pagecopy.h"
#include "req.h"

#define PAGE_BYTES 4096ul
#define BIG_ORDER 9 /* 2 MiB */
#define BIG_PAGES ((uint64_t)1 << BIG_ORDER)
/* Extents per hypercall: Dom0's CPU does nothing else until it is done. */
#define BATCH 256
#define BIG_BATCH 32

static void extent_add(struct guestmem *g, uint64_t pfn, uint64_t mfn,
		       uint64_t nr)
{
	struct extent *e = g->extents + g->nr_extents;

	g->nr_pages = pfn + nr;
	if (g->nr_extents > 0 && e[-1].mfn + e[-1].nr == mfn) {
		e[-1].nr += nr;
		return;
	}
	if (g->nr_extents == g->max_extents) {
		size_t max = g->max_extents > 0 ? 2 * g->max_extents : 64;
		struct extent *more =
			ARENA_ARRAY(&g->r->mem, struct extent, max);

		if (g->nr_extents > 0)
			memcpy(more, g->extents, g->nr_extents * sizeof(*more));
		g->extents = more;
		g->max_extents = max;
		e = more + g->nr_extents;
	}
	*e = (struct extent){pfn, mfn, nr};
	g->nr_extents++;
}

/* Extents of one order from the first page missing up to @end; 0 or -errno. */
static int populate_order(struct guestmem *g, uint32_t order, uint64_t end)
{
	uint64_t size = (uint64_t)1 << order;
	uint32_t batch = order ? BIG_BATCH : BATCH;

	while (end - g->nr_pages >= size) {
		xen_pfn_t pfns[BATCH], mfns[BATCH];
		uint64_t left = (end - g->nr_pages) >> order;
		uint32_t nr = left < batch ? (uint32_t)left : batch;
		uint64_t first = g->nr_pages;
		long done;

		for (uint32_t i = 0; i < nr; i++)
			pfns[i] = first + i * size;
		done = g->ops->populate(g->ctx, pfns, nr, order, mfns);
		if (done < 0)
			return (int)done;
		for (long i = 0; i < done; i++)
			extent_add(g, pfns[i], mfns[i], size);
		if (done < (long)nr)
			return -ENOMEM;
	}
	return 0;
}

/*
 * Large extents while there are any: fewer frames to name, and the guest gets
 * contiguous memory. Then single pages.
 */
int guestmem_populate(struct guestmem *g, uint64_t nr_pages)
{
	int rc = populate_order(g, BIG_ORDER, nr_pages);

	if (rc == 0 || rc == -ENOMEM)
		rc = populate_order(g, 0, nr_pages);
	if (rc == 0)
		return 0;
	if (rc != -ENOMEM)
		return req_fail_rc(g->r, rc, "cannot give the domain memory");
	return req_fail(g->r, rc,
			"the hypervisor ran out of memory after %lu of %lu MiB",
			(unsigned long)(g->nr_pages >> 8),
			(unsigned long)(nr_pages >> 8));
}

static const struct extent *extent_of(struct guestmem *g, uint64_t pfn)
{
	size_t lo = 0, hi = g->nr_extents;
	const struct extent *e = &g->extents[g->at];

	if (pfn - e->pfn < e->nr)
		return e;
	while (hi - lo > 1) {
		size_t mid = (lo + hi) / 2;

		if (g->extents[mid].pfn <= pfn)
			lo = mid;
		else
			hi = mid;
	}
	g->at = lo;
	return &g->extents[lo];
}

xen_pfn_t guestmem_mfn(struct guestmem *g, uint64_t pfn)
{
	const struct extent *e = extent_of(g, pfn);

	return e->mfn + (pfn - e->pfn);
}

void guestmem_mfns(struct guestmem *g, uint64_t pfn, size_t nr, xen_pfn_t *mfns)
{
	while (nr > 0) {
		const struct extent *e = extent_of(g, pfn);
		uint64_t mfn = e->mfn + (pfn - e->pfn);
		uint64_t run = e->nr - (pfn - e->pfn);

		if (run > nr)
			run = nr;
		for (uint64_t i = 0; i < run; i++)
			*mfns++ = mfn + i;
		pfn += run;
		nr -= run;
	}
}

void *guestmem_map(struct guestmem *g, uint64_t pfn, size_t nr)
{
	xen_pfn_t mfns[GUESTMEM_WINDOW];
	void *va;
	int rc;

	guestmem_mfns(g, pfn, nr, mfns);
	va = g->ops->map(g->ctx, mfns, nr, &rc);
	if (va == NULL)
		req_fail_rc(g->r, rc, "cannot map the domain's pages");
	return va;
}

void guestmem_unmap(struct guestmem *g, void *va, size_t nr)
{
	g->ops->unmap(g->ctx, va, nr);
}

static size_t window(uint64_t nr)
{
	return nr < GUESTMEM_WINDOW ? (size_t)nr : GUESTMEM_WINDOW;
}

/* By mapping; the domain must not find its pages mapped when it runs. */
static int write_mapped(struct guestmem *g, uint64_t pfn, const char *src,
			size_t bytes)
{
	while (bytes > 0) {
		size_t whole = bytes / PAGE_BYTES, rest = bytes % PAGE_BYTES;
		size_t nr = window(whole > 0 ? whole : 1);
		char *to = guestmem_map(g, pfn, nr);

		if (to == NULL)
			return g->r->rc;
		if (whole > 0) {
			pages_copy(to, src, nr);
			rest = nr * PAGE_BYTES;
		} else {
			pages_clear(to, 1);
			memcpy(to, src, rest);
		}
		guestmem_unmap(g, to, nr);
		src += rest;
		bytes -= rest;
		pfn += nr;
	}
	return 0;
}

int guestmem_write(struct guestmem *g, uint64_t pfn, uint64_t va,
		   const void *src, size_t bytes)
{
	int rc;

	if (va != 0 && !g->no_write) {
		rc = g->ops->write(g->ctx, va, src, bytes);
		if (rc == 0)
			return 0;
		if (rc != -ENOSYS)
			return req_fail_rc(g->r, rc,
					   "cannot write to the domain at %#lx",
					   (unsigned long)va);
		g->no_write = true;
	}
	return write_mapped(g, pfn, src, bytes);
}

static int clear_mapped(struct guestmem *g, uint64_t pfn, size_t nr)
{
	void *to = guestmem_map(g, pfn, nr);

	if (to == NULL)
		return g->r->rc;
	pages_clear(to, nr);
	guestmem_unmap(g, to, nr);
	return 0;
}

int guestmem_clear(struct guestmem *g, uint64_t pfn, size_t nr)
{
	int rc = 0;

	while (nr > 0 && rc == 0) {
		xen_pfn_t mfns[GUESTMEM_WINDOW];
		size_t n = window(nr);

		guestmem_mfns(g, pfn, n, mfns);
		if (!g->no_clear) {
			rc = g->ops->clear(g->ctx, mfns, n);
			g->no_clear = rc == -ENOSYS;
		}
		if (g->no_clear)
			rc = clear_mapped(g, pfn, n);
		else if (rc < 0)
			req_fail_rc(g->r, rc,
				    "cannot clear the domain's "
				    "pages");
		pfn += n;
		nr -= n;
	}
	return rc;
}
