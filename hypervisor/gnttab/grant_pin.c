/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Using a grant entry: the protocol with the guest that owns it, and the count
 * of uses.  Rules 1 and 2 of struct active are kept here.
 *
 * The owner revokes a grant by changing the entry's flags only while neither
 * GTF_reading nor GTF_writing is set.  In v1 those bits are in the same word
 * as the permission, so one compare-and-swap decides.  In v2 they are in a
 * word of their own: we set them, then look at the permission again, while the
 * owner clears the permission, then looks at them.
 */
#include <hv/page_alloc.h>

#include "table.h"

/* The header of an entry as one word: flags, and the grantee above. */
typedef uint32_t __attribute__((may_alias)) header_t;

#define HEADER_DOMID(h) ((domid_t)((h) >> 16))

/* Tries against a guest that keeps changing an entry. */
#define MAX_TRIES 5

static bool permits(header_t h, domid_t grantee, bool write, bool transitive)
{
	uint32_t type = h & GTF_type_mask;

	return HEADER_DOMID(h) == grantee &&
	       (type == GTF_permit_access ||
		(transitive && type == GTF_transitive)) &&
	       !(write && (h & GTF_readonly));
}

static bool claim_v1(struct grant_entry_v1 *e, domid_t grantee, bool write)
{
	header_t *word = (header_t *)e;
	header_t old = __atomic_load_n(word, __ATOMIC_RELAXED);
	header_t bits = GTF_reading | (write ? GTF_writing : 0);

	for (int i = 0; i < MAX_TRIES; i++) {
		if (!permits(old, grantee, write, false))
			return false;
		if (__atomic_compare_exchange_n(word, &old, old | bits, false,
						__ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return true;
	}
	return false;
}

/* On false the caller settles the status.  @header: as it was read. */
static bool claim_v2(union grant_entry_v2 *e, grant_status_t *status,
		     domid_t grantee, bool write, header_t *header)
{
	header_t *word = (header_t *)e;
	grant_status_t bits =
		(grant_status_t)(GTF_reading | (write ? GTF_writing : 0));

	if (!permits(__atomic_load_n(word, __ATOMIC_RELAXED), grantee, write,
		     true))
		return false;
	/* Full barrier; partner of the one in the owner's revocation. */
	__atomic_fetch_or(status, bits, __ATOMIC_SEQ_CST);
	*header = __atomic_load_n(word, __ATOMIC_SEQ_CST);
	return permits(*header, grantee, write, true);
}

/* Rule 1, after a pin has gone or could not be made. */
static void settle(const struct grant_table *gt, grant_ref_t ref,
		   const struct active *act)
{
	uint16_t bits = 0, *word;

	if (gt->is_closed)
		return;
	if (!act->nr_write)
		bits |= GTF_writing;
	if (!is_pinned(act))
		bits |= GTF_reading;
	word = gt->version == 1 ? &entry_v1(gt, ref)->flags
				: entry_status(gt, ref);
	if (bits)
		__atomic_fetch_and(word, (uint16_t)~bits, __ATOMIC_SEQ_CST);
}

/* What a v2 entry with @header grants; each field is read once. */
static bool read_v2(const union grant_entry_v2 *e, header_t header,
		    struct active *act)
{
	act->offset = 0;
	act->length = PAGE_SIZE;
	if ((header & GTF_type_mask) == GTF_transitive) {
		act->kind = GRANT_TRANSITIVE;
		act->trans_domid = READ_ONCE(e->transitive.trans_domid);
		act->trans_ref = READ_ONCE(e->transitive.gref);
		return true;
	}
	if (!(header & GTF_sub_page)) {
		act->kind = GRANT_PAGE;
		act->frame = MFN(READ_ONCE(e->full_page.frame));
		return true;
	}
	act->kind = GRANT_PART;
	act->frame = MFN(READ_ONCE(e->sub_page.frame));
	act->offset = READ_ONCE(e->sub_page.page_off);
	act->length = READ_ONCE(e->sub_page.length);
	return act->offset + act->length <= PAGE_SIZE;
}

/*
 * Make the entry say that we use it, and if that is the first use take down
 * what it grants.
 */
static bool claim(const struct grant_table *gt, grant_ref_t ref,
		  domid_t grantee, bool write, struct active *act)
{
	header_t header;

	if (gt->version == 1) {
		if (!claim_v1(entry_v1(gt, ref), grantee, write))
			return false;
		if (!is_pinned(act)) {
			act->kind = GRANT_PAGE;
			act->offset = 0;
			act->length = PAGE_SIZE;
			act->frame = MFN(READ_ONCE(entry_v1(gt, ref)->frame));
		}
		return true;
	}
	if (claim_v2(entry_v2(gt, ref), entry_status(gt, ref), grantee, write,
		     &header) &&
	    (is_pinned(act) || read_v2(entry_v2(gt, ref), header, act)))
		return true;
	settle(gt, ref, act);
	return false;
}

static struct active *make_active(const struct grant_table *gt, grant_ref_t ref)
{
	struct active **page = &gt->active[ref / ACTIVE_PER_PAGE];

	if (!*page)
		*page = hv_pages_alloc(0);
	return active_at(gt, ref);
}

static int pin_locked(const struct grant_table *gt, grant_ref_t ref,
		      domid_t grantee, bool write, bool copies,
		      struct active *what)
{
	struct active *act;

	if (ref >= nr_entries(gt))
		return GNTST_bad_gntref;
	ref = (grant_ref_t)index_nospec(ref, nr_entries(gt));
	act = make_active(gt, ref);
	if (!act)
		return GNTST_no_space;
	if (is_pinned(act) && act->grantee != grantee)
		return GNTST_general_error;
	/* A pin that permits as much is there: the entry has been asked. */
	if (!(write ? act->nr_write != 0 : is_pinned(act)) &&
	    !claim(gt, ref, grantee, write, act))
		return GNTST_general_error;
	if (!copies && act->kind != GRANT_PAGE) {
		settle(gt, ref, act);
		return GNTST_general_error;
	}
	act->grantee = grantee;
	if (write)
		act->nr_write++;
	else
		act->nr_read++;
	*what = *act;
	return GNTST_okay;
}

int grant_pin(struct domain *owner, grant_ref_t ref, domid_t grantee,
	      bool write, bool copies, struct active *what)
{
	struct grant_table *gt = owner->grant;
	int status;

	if (!gt || READ_ONCE(owner->is_dying))
		return GNTST_bad_domain;
	spin_lock(&gt->lock);
	status = pin_locked(gt, ref, grantee, write, copies, what);
	spin_unlock(&gt->lock);
	return status;
}

void grant_unpin(struct domain *owner, grant_ref_t ref, bool write)
{
	struct grant_table *gt = owner->grant;
	struct active *act;

	spin_lock(&gt->lock);
	act = active_at(gt, ref);
	BUG_ON((write ? act->nr_write : act->nr_read) == 0);
	if (write)
		act->nr_write--;
	else
		act->nr_read--;
	settle(gt, ref, act);
	spin_unlock(&gt->lock);
}
