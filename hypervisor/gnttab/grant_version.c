/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two formats of entries.  A change keeps the reserved entries, which the
 * domain's builder made, and clears all others, none of which may be in use.
 */
#include <hv/gnttab.h>
#include <hv/string.h>

#include "op_array.h"
#include "table.h"

#define NR_RESERVED GNTTAB_NR_RESERVED_ENTRIES

struct reserved {
	union grant_entry_v2 entry[NR_RESERVED];
	grant_status_t status[NR_RESERVED];
};

static bool others_are_pinned(const struct grant_table *gt)
{
	for (grant_ref_t ref = 0; ref < nr_entries(gt); ref++) {
		const struct active *act = active_at(gt, ref);

		if (!act)
			ref |= ACTIVE_PER_PAGE - 1; /* the whole page is new */
		else if (ref >= NR_RESERVED && is_pinned(act))
			return true;
	}
	return false;
}

/* Take down the reserved entries as v2 has them; each word is read once. */
static void save_reserved(const struct grant_table *gt, struct reserved *r)
{
	memset(r, 0, sizeof(*r));
	for (grant_ref_t ref = 0; ref < NR_RESERVED; ref++) {
		union grant_entry_v2 *e = &r->entry[ref];
		struct grant_entry_v1 v1;

		if (gt->version == 2) {
			memcpy(e, entry_v2(gt, ref), sizeof(*e));
			r->status[ref] = READ_ONCE(*entry_status(gt, ref));
			continue;
		}
		memcpy(&v1, entry_v1(gt, ref), sizeof(v1));
		r->status[ref] = v1.flags & (GTF_reading | GTF_writing);
		e->hdr.flags = v1.flags & (GTF_type_mask | GTF_readonly);
		e->hdr.domid = v1.domid;
		e->full_page.frame = v1.frame;
	}
}

static bool fits_v1(const union grant_entry_v2 *e)
{
	switch (e->hdr.flags & GTF_type_mask) {
	case GTF_permit_access:
		return !(e->hdr.flags & GTF_sub_page) &&
		       e->full_page.frame <= UINT32_MAX;
	case GTF_transitive:
		return false;
	default:
		return true;
	}
}

static void restore_reserved(const struct grant_table *gt,
			     const struct reserved *r)
{
	for (grant_ref_t ref = 0; ref < NR_RESERVED; ref++) {
		const union grant_entry_v2 *e = &r->entry[ref];
		uint16_t use = r->status[ref] & (GTF_reading | GTF_writing);
		uint32_t type = e->hdr.flags & GTF_type_mask;
		struct grant_entry_v1 v1 = {0};

		if (gt->version == 2) {
			memcpy(entry_v2(gt, ref), e, sizeof(*e));
			*entry_status(gt, ref) = use;
			continue;
		}
		if (type == GTF_permit_access) {
			v1.flags = (e->hdr.flags &
				    (GTF_type_mask | GTF_readonly)) |
				   use;
			v1.domid = e->hdr.domid;
			v1.frame = (uint32_t)e->full_page.frame;
		}
		memcpy(entry_v1(gt, ref), &v1, sizeof(v1));
	}
}

static int change_version(struct domain *d, uint32_t version)
{
	struct grant_table *gt = d->grant;
	struct reserved r;
	int rc = 0;

	if (others_are_pinned(gt))
		return -EBUSY;
	save_reserved(gt, &r);
	if (version == 2)
		rc = grant_table_add_status(d);
	for (unsigned int i = 0; version == 1 && i < NR_RESERVED; i++)
		if (!fits_v1(&r.entry[i]))
			rc = -ERANGE;
	if (rc) {
		if (version == 2)
			grant_table_drop_status(d);
		return rc;
	}
	gt->version = version;
	for (uint32_t i = 0; i < gt->nr_frames; i++)
		memset(gt->shared[i], 0, PAGE_SIZE);
	restore_reserved(gt, &r);
	if (version == 1)
		grant_table_drop_status(d);
	return 0;
}

static int set_version(struct domain *d, uint32_t *version)
{
	struct grant_table *gt = d->grant;
	int rc = 0;

	if (*version != 1 && *version != 2)
		return -EINVAL;
	if (*version == 2 && d->max_grant_version < 2)
		return -ENOSYS;
	spin_lock(&gt->lock);
	if (gt->is_closed)
		rc = -EINVAL;
	else if (gt->version != *version)
		rc = change_version(d, *version);
	*version = gt->version;
	spin_unlock(&gt->lock);
	return rc;
}

long gnttab_set_version(struct domain *d, guest_ptr_t ops, uint32_t count)
{
	struct gnttab_set_version op;
	int rc;

	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, ops, sizeof(op)))
		return -EFAULT;
	rc = set_version(d, &op.version);
	if (copy_to_guest(ops, &op, sizeof(op)))
		return -EFAULT;
	return rc;
}

long gnttab_get_version(struct domain *d, guest_ptr_t ops, uint32_t count)
{
	struct gnttab_get_version op;
	struct domain *owner;
	int rc;

	(void)d;
	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, ops, sizeof(op)))
		return -EFAULT;
	rc = domain_get_remote(op.dom, &owner);
	if (rc)
		return rc;
	rc = -EINVAL;
	if (owner->grant) {
		op.version = READ_ONCE(owner->grant->version);
		rc = copy_to_guest(ops, &op, sizeof(op));
	}
	domain_put(owner);
	return rc;
}
