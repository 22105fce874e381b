/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copying between granted frames and the caller's own: each side is pinned
 * and held for the time of one copy, and nothing is mapped.
 */
#include <hv/gnttab.h>
#include <hv/mmu.h>
#include <hv/page.h>
#include <hv/string.h>

#include "op_array.h"
#include "table.h"

/* One side of a copy, with what is held for it. */
struct side {
	struct domain *owner; /* of the frame, with a reference, if granted */
	struct page *page;
	uint32_t first, end; /* bytes of the page that may be used */
	bool write;
	bool is_pinned;
	grant_ref_t ref; /* in owner's table, if pinned */
	/* A transitive grant leads from here to owner; else via is NULL. */
	struct domain *via;
	grant_ref_t via_ref;
};

static void side_put(struct side *s)
{
	if (s->page)
		page_put_for_access(s->page, s->write);
	if (s->is_pinned)
		grant_unpin(s->owner, s->ref, s->write);
	if (s->via) {
		grant_unpin(s->via, s->via_ref, s->write);
		domain_put(s->via);
	}
	if (s->owner)
		domain_put(s->owner);
}

/*
 * @s->owner granted us what @what names: a grant that another domain made to
 * it.  Go there; a second such step is not allowed.
 */
static int follow_transitive(struct side *s, struct active *what)
{
	struct domain *owner = NULL;
	int status;

	/* SELF would be whoever asks, not who granted. */
	if (what->trans_domid < DOMID_FIRST_RESERVED)
		owner = domain_get(what->trans_domid);
	if (!owner)
		return GNTST_bad_domain;
	s->via = s->owner;
	s->via_ref = s->ref;
	s->owner = owner;
	s->ref = what->trans_ref;
	s->is_pinned = false;
	status = grant_pin(owner, s->ref, s->via->domid, s->write, true, what);
	if (status)
		return status;
	s->is_pinned = true;
	return what->kind == GRANT_TRANSITIVE ? GNTST_general_error
					      : GNTST_okay;
}

static int side_get_granted(struct domain *d, struct side *s,
			    const struct gnttab_copy_ptr *ptr)
{
	struct active what;
	int status;

	s->owner = domain_get(ptr->domid);
	if (!s->owner)
		return GNTST_bad_domain;
	s->ref = ptr->u.ref;
	status = grant_pin(s->owner, s->ref, d->domid, s->write, true, &what);
	if (status)
		return status;
	s->is_pinned = true;
	if (what.kind == GRANT_TRANSITIVE) {
		status = follow_transitive(s, &what);
		if (status)
			return status;
	}
	s->first = what.offset;
	s->end = what.offset + what.length;
	if (page_get_for_access(what.frame, s->owner, s->write, &s->page)) {
		s->page = NULL;
		return GNTST_bad_page;
	}
	return GNTST_okay;
}

/* What was got is in @s even on failure; side_put() gives it back. */
static int side_get(struct domain *d, struct side *s,
		    const struct gnttab_copy_ptr *ptr, bool is_granted,
		    bool write)
{
	*s = (struct side){.write = write, .end = PAGE_SIZE};
	if (is_granted)
		return side_get_granted(d, s, ptr);
	if (ptr->domid != DOMID_SELF)
		return GNTST_permission_denied;
	if (page_get_for_access(MFN(ptr->u.gmfn), d, write, &s->page)) {
		s->page = NULL;
		return GNTST_bad_page;
	}
	return GNTST_okay;
}

static bool side_allows(const struct side *s, uint32_t offset, uint32_t len)
{
	return offset >= s->first && offset + len <= s->end;
}

static int copy_between(const struct side *src, const struct side *dst,
			const struct gnttab_copy *op)
{
	uint64_t from = index_nospec(op->source.offset, PAGE_SIZE);
	uint64_t to = index_nospec(op->dest.offset, PAGE_SIZE);

	if (!side_allows(src, op->source.offset, op->len) ||
	    !side_allows(dst, op->dest.offset, op->len))
		return GNTST_general_error;
	/* Both may be one page. */
	memmove((char *)page_to_virt(dst->page) + to,
		(char *)page_to_virt(src->page) + from, op->len);
	return GNTST_okay;
}

static void copy_one(struct domain *d, void *arg)
{
	struct gnttab_copy *op = arg;
	struct side src, dst;
	int status;

	if (op->source.offset + op->len > PAGE_SIZE ||
	    op->dest.offset + op->len > PAGE_SIZE) {
		op->status = GNTST_bad_copy_arg;
		return;
	}
	status = side_get(d, &src, &op->source, op->flags & GNTCOPY_source_gref,
			  false);
	if (!status) {
		status = side_get(d, &dst, &op->dest,
				  op->flags & GNTCOPY_dest_gref, true);
		if (!status)
			status = copy_between(&src, &dst, op);
		side_put(&dst);
	}
	side_put(&src);
	op->status = (int16_t)status;
}

long gnttab_copy(struct domain *d, guest_ptr_t ops, uint32_t count)
{
	struct gnttab_copy op;

	return op_array_run(d, ops, count, sizeof(op), &op, copy_one);
}
