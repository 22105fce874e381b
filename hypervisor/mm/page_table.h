/* SPDX-License-Identifier: GPL-2.0-only */
/* What page-table entries may say, and the references each of them holds. */
#ifndef MM_PAGE_TABLE_H
#define MM_PAGE_TABLE_H

#include <hv/domain.h>
#include <hv/page.h>

/*
 * Check every entry of @pg (level @t), adjust it to what the MMU may see, and
 * take its reference.  pg->nr_validated counts the entries done, so that a
 * preempted (-ERESTART) call goes on there.  On error the entries done stay
 * done: table_devalidate undoes them.
 */
int table_validate(struct page *pg, enum page_type t, bool preemptible);
/* Drop the references of the first pg->nr_validated entries. */
int table_devalidate(struct page *pg, enum page_type t, bool preemptible);
/* A frame of descriptors for the GDT or an LDT. */
int segdesc_validate(struct page *pg);
/* The rest of @pg's devalidation is done before this vcpu's next MMU work. */
void table_put_later(struct page *pg);
/* Do that rest: 0 or -ERESTART. */
int table_put_pending(struct vcpu *v);

/*
 * Write @val into entry *@slot of table @pg (level @t; the caller holds type
 * and general references to @pg), exchanging references.  @frame_owner: whose
 * frames an L1 entry may map (NULL where @val is 0).  @preserve_ad: keep
 * accessed and dirty bits. -EINVAL, -EPERM: not allowed.  -ERESTART: again,
 * nothing was written. -EAGAIN: the entry was not @expect any more (when
 * @expect is given).
 */
int table_write_entry(struct page *pg, enum page_type t, uint64_t *slot,
		      uint64_t val, struct domain *frame_owner,
		      bool preserve_ad, const uint64_t *expect);

#endif
