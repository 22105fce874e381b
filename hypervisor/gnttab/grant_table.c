/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of a grant table: its frames, made as they are asked for and shared
 * with the domain, and what is left of it while the domain dies.
 */
#include <hv/gnttab.h>
#include <hv/page.h>
#include <hv/page_alloc.h>
#include <hv/xalloc.h>

#include <abi/errno.h>

#include "table.h"

/* Both limits keep the arrays of page pointers small. */
#define MAX_GRANT_FRAMES 4096
#define MAX_MAPTRACK_FRAMES 32768

static uint32_t max_status(const struct grant_table *gt)
{
	return div_round_up(gt->max_frames, (uint32_t)FRAMES_PER_STATUS);
}

static void *new_shared_page(struct domain *d)
{
	void *va = hv_pages_alloc(0);

	if (va)
		page_share(mfn_to_page(virt_to_mfn(va)), d, true);
	return va;
}

static void drop_shared_page(void *va)
{
	/* If a guest still maps it, it goes with the last mapping. */
	if (page_unshare(mfn_to_page(virt_to_mfn(va))) == 0)
		hv_pages_free(va, 0);
}

int grant_table_add_status(struct domain *d)
{
	struct grant_table *gt = d->grant;
	uint32_t want =
		div_round_up(gt->nr_frames, (uint32_t)FRAMES_PER_STATUS);

	for (; gt->nr_status < want; gt->nr_status++) {
		void *va = new_shared_page(d);

		if (!va)
			return -ENOMEM;
		gt->status[gt->nr_status] = va;
	}
	return 0;
}

void grant_table_drop_status(struct domain *d)
{
	struct grant_table *gt = d->grant;

	while (gt->nr_status)
		drop_shared_page(gt->status[--gt->nr_status]);
}

int grant_table_grow(struct domain *d, uint32_t nr_frames)
{
	struct grant_table *gt = d->grant;
	int rc = 0;

	ASSERT(spin_is_held(&gt->lock));
	if (nr_frames > gt->max_frames || gt->is_closed)
		return -EINVAL;
	while (gt->nr_frames < nr_frames) {
		void *va = new_shared_page(d);

		if (!va)
			return -ENOMEM;
		gt->shared[gt->nr_frames++] = va;
		if (gt->version == 2)
			rc = grant_table_add_status(d);
		if (rc) { /* an entry without a status word must not be */
			drop_shared_page(gt->shared[--gt->nr_frames]);
			return rc;
		}
	}
	return 0;
}

int gnttab_get_shared_frame(struct domain *d, uint32_t idx, bool status,
			    mfn_t *out)
{
	struct grant_table *gt = d->grant;
	uint64_t nr = idx + 1ULL;
	int rc = -EINVAL;
	void *va;

	if (!gt)
		return -EINVAL;
	spin_lock(&gt->lock);
	if (status) /* the first frame of entries that needs it */
		nr = (uint64_t)idx * FRAMES_PER_STATUS + 1;
	if (nr <= gt->max_frames && (!status || gt->version == 2))
		rc = grant_table_grow(d, (uint32_t)nr);
	if (!rc) {
		va = status ? gt->status[index_nospec(idx, gt->nr_status)]
			    : gt->shared[index_nospec(idx, gt->nr_frames)];
		*out = virt_to_mfn(va);
	}
	spin_unlock(&gt->lock);
	return rc;
}

int gnttab_init_domain(struct domain *d)
{
	struct grant_table *gt;
	int rc;

	if (d->max_grant_frames == 0 ||
	    d->max_grant_frames > MAX_GRANT_FRAMES ||
	    d->max_maptrack_frames > MAX_MAPTRACK_FRAMES)
		return -EINVAL;
	gt = xzalloc(struct grant_table);
	if (!gt)
		return -ENOMEM;
	d->grant = gt;
	spin_lock_init(&gt->lock, RANK_GRANT);
	gt->version = 1;
	gt->max_frames = d->max_grant_frames;
	gt->shared = xzalloc_array(void *, gt->max_frames);
	gt->status = xzalloc_array(void *, max_status(gt));
	gt->active =
		xzalloc_array(struct active *,
			      gt->max_frames * V1_PER_PAGE / ACTIVE_PER_PAGE);
	rc = gt->shared && gt->status && gt->active ? 0 : -ENOMEM;
	if (!rc)
		rc = maptrack_init(gt);
	if (!rc) {
		spin_lock(&gt->lock);
		rc = grant_table_grow(d, 1);
		spin_unlock(&gt->lock);
	}
	if (rc) {
		gnttab_destroy_domain(d);
		gnttab_free_domain(d);
	}
	return rc;
}

void gnttab_destroy_domain(struct domain *d)
{
	struct grant_table *gt = d->grant;

	if (!gt)
		return;
	/*
	 * Others may still map or copy our frames: their pins stay counted,
	 * in active entries that nobody can see any more.
	 */
	spin_lock(&gt->lock);
	gt->is_closed = true;
	grant_table_drop_status(d);
	while (gt->nr_frames)
		drop_shared_page(gt->shared[--gt->nr_frames]);
	spin_unlock(&gt->lock);
}

void gnttab_free_domain(struct domain *d)
{
	struct grant_table *gt = d->grant;

	if (!gt)
		return;
	ASSERT(gt->nr_frames == 0 && gt->nr_status == 0);
	for (uint32_t i = 0;
	     gt->active && i < gt->max_frames * V1_PER_PAGE / ACTIVE_PER_PAGE;
	     i++)
		if (gt->active[i])
			hv_pages_free(gt->active[i], 0);
	maptrack_free_all(gt);
	xfree(gt->shared);
	xfree(gt->status);
	xfree(gt->active);
	xfree(gt);
	d->grant = NULL;
}
