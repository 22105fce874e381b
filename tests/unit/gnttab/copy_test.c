/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies between granted and own frames. */
#include "fixture.h"

static const char text[] = "sixteen letters!";

static struct gnttab_copy_ptr own(uint64_t mfn, uint16_t offset)
{
	return (struct gnttab_copy_ptr){
		.u.gmfn = mfn, .domid = DOMID_SELF, .offset = offset};
}

static struct gnttab_copy_ptr granted(domid_t owner, uint32_t ref,
				      uint16_t offset)
{
	return (struct gnttab_copy_ptr){
		.u.ref = ref, .domid = owner, .offset = offset};
}

static int get(uint64_t to, domid_t owner, uint32_t ref, uint16_t from_offset,
	       uint16_t len)
{
	return copy((struct gnttab_copy){granted(owner, ref, from_offset),
					 own(to, 0), len, GNTCOPY_source_gref,
					 0, 0});
}

static int put(uint64_t from, domid_t owner, uint32_t ref, uint16_t to_offset,
	       uint16_t len)
{
	return copy((struct gnttab_copy){own(from, 0),
					 granted(owner, ref, to_offset), len,
					 GNTCOPY_dest_gref, 0, 0});
}

UNIT_TEST(copies_go_every_way)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t a = world_frame(m), b = world_frame(m);
	uint64_t c = world_frame(g), d = world_frame(g);
	struct gnttab_copy op = {own(a, 10), own(b, 20), 16, 0, 0, 0};

	grant(g, 9, 0, c, 0);
	grant(g, 10, 0, d, 0);
	memcpy((char *)world_va(a) + 10, text, 16);
	EXPECT_EQ(copy(op), 0);
	EXPECT(!memcmp((char *)world_va(b) + 20, text, 16));
	op = (struct gnttab_copy){
		own(b, 20), granted(1, 9, 30), 16, GNTCOPY_dest_gref, 0, 0};
	EXPECT_EQ(copy(op), 0);
	EXPECT(!memcmp((char *)world_va(c) + 30, text, 16));
	op = (struct gnttab_copy){granted(1, 9, 30),
				  granted(1, 10, 4080),
				  16,
				  GNTCOPY_dest_gref | GNTCOPY_source_gref,
				  0,
				  0};
	EXPECT_EQ(copy(op), 0);
	EXPECT(!memcmp((char *)world_va(d) + 4080, text, 16));
	op = (struct gnttab_copy){granted(1, 10, 4080), own(a, 0), 16,
				  GNTCOPY_source_gref,	0,	   0};
	EXPECT_EQ(copy(op), 0);
	EXPECT(!memcmp(world_va(a), text, 16));
	/* within one page, onto itself */
	op = (struct gnttab_copy){own(a, 0), own(a, 4), 12, 0, 0, 0};
	EXPECT_EQ(copy(op), 0);
	EXPECT(!memcmp((char *)world_va(a) + 4, text, 12));
	EXPECT_EQ(use_bits(g, 9) | use_bits(g, 10), 0);
	EXPECT_EQ(world_refs(a) + world_refs(b) + world_refs(c) + world_refs(d),
		  0);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(copies_stay_within_a_page)
{
	struct domain *m = make(0);
	uint64_t a = world_frame(m), b = world_frame(m);
	struct gnttab_copy op = {own(a, 0), own(b, 0), 4096, 0, 0, 0};

	EXPECT_EQ(copy(op), 0);
	op.source.offset = 1;
	EXPECT_EQ(copy(op), GNTST_bad_copy_arg);
	op.source.offset = 0;
	op.dest.offset = 4000;
	op.len = 97;
	EXPECT_EQ(copy(op), GNTST_bad_copy_arg);
	op.dest.offset = 0xffff;
	op.len = 0;
	EXPECT_EQ(copy(op), GNTST_bad_copy_arg);
	op.len = 0xffff;
	EXPECT_EQ(copy(op), GNTST_bad_copy_arg);
	op.dest.offset = 4096; /* nothing, at the end */
	op.len = 0;
	EXPECT_EQ(copy(op), 0);
	end(m);
	world_check_empty();
}

UNIT_TEST(a_copy_needs_rights_to_both_sides)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t mine = world_frame(m), theirs = world_frame(g);
	uint64_t table = world_frame(m), granted_table = world_frame(g);
	struct gnttab_copy op = {own(mine, 0), own(mine, 64), 8, 0, 0, 0};

	world_make_table(table);
	world_make_table(granted_table);
	grant(g, 9, 0, theirs, GTF_readonly);
	grant(g, 10, 0, granted_table, 0);
	grant(g, 11, 2, theirs, 0);
	/* frames by number: only one's own */
	op.source.domid = 1;
	EXPECT_EQ(copy(op), GNTST_permission_denied);
	op.source.domid = 0; /* SELF by name only, as on Xen */
	EXPECT_EQ(copy(op), GNTST_permission_denied);
	op.source = own(theirs, 0);
	EXPECT_EQ(copy(op), GNTST_bad_page);
	op.source = own(~0ULL, 0);
	EXPECT_EQ(copy(op), GNTST_bad_page);
	op.source = own(table, 0); /* may be read ... */
	EXPECT_EQ(copy(op), 0);
	op.dest = own(table, 0); /* ... and not written */
	EXPECT_EQ(copy(op), GNTST_bad_page);
	EXPECT_EQ(get(mine, 1, 9, 0, 8), 0);
	EXPECT_EQ(put(mine, 1, 9, 0, 8), GNTST_general_error);
	EXPECT_EQ(put(mine, 1, 10, 0, 8), GNTST_bad_page);
	EXPECT_EQ(get(mine, 1, 11, 0, 8), GNTST_general_error);
	EXPECT_EQ(get(mine, 1, 512, 0, 8), GNTST_bad_gntref);
	EXPECT_EQ(get(mine, 6, 9, 0, 8), GNTST_bad_domain);
	EXPECT_EQ(use_bits(g, 9) | use_bits(g, 10) | use_bits(g, 11), 0);
	EXPECT_EQ(world_refs(mine) + world_refs(theirs), 0);
	EXPECT_EQ(g->refs, 1);
	EXPECT_EQ(m->refs, 1);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(copies_of_own_grants_hold_no_reference)
{
	struct domain *m = make(0);
	uint64_t a = world_frame(m), b = world_frame(m);

	grant(m, 9, 0, a, 0);
	EXPECT_EQ(get(b, DOMID_SELF, 9, 0, 8), 0);
	EXPECT_EQ(get(b, 0, 9, 0, 8), 0);
	EXPECT_EQ(m->refs, 1);
	end(m);
	world_check_empty();
}

UNIT_TEST(copy_batches_stop_for_other_work_and_bad_pointers)
{
	struct domain *m = make(0);
	struct gnttab_copy op[40];
	uint64_t a = world_frame(m);

	for (int i = 0; i < 40; i++)
		op[i] = (struct gnttab_copy){own(a, 0), own(a, 64), 8,
					     0,		99,	    0};
	world_preempt_every = 1;
	EXPECT_EQ(gnttab_copy(m, PTR(op), 40), 24);
	EXPECT_EQ(op[15].status, 0);
	EXPECT_EQ(op[16].status, 99);
	EXPECT_EQ(gnttab_copy(m, PTR(op), 0), 0);
	EXPECT_EQ(gnttab_copy(m, guest_ptr(0), 1), -EFAULT);
	end(m);
	world_check_empty();
}

/* -------- v2: parts of pages, and grants of grants -------- */

static void grant_part(struct domain *d, uint32_t ref, domid_t to, uint64_t mfn,
		       uint16_t offset, uint16_t length)
{
	union grant_entry_v2 *e = v2_entry(d, ref);

	e->sub_page.page_off = offset;
	e->sub_page.length = length;
	e->sub_page.frame = mfn;
	e->hdr.domid = to;
	e->hdr.flags = GTF_permit_access | GTF_sub_page;
}

static void grant_on(struct domain *d, uint32_t ref, domid_t to,
		     domid_t from_dom, uint32_t from_ref, uint16_t flags)
{
	union grant_entry_v2 *e = v2_entry(d, ref);

	e->transitive.trans_domid = from_dom;
	e->transitive.gref = from_ref;
	e->hdr.domid = to;
	e->hdr.flags = GTF_transitive | flags;
}

UNIT_TEST(part_of_a_page_bounds_the_copy)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t mine = world_frame(m), theirs = world_frame(g);
	grant_handle_t h;

	EXPECT_EQ(set_version(g, 2), 0);
	grant_part(g, 9, 0, theirs, 100, 50);
	EXPECT_EQ(get(mine, 1, 9, 100, 50), 0);
	EXPECT_EQ(put(mine, 1, 9, 149, 1), 0);
	EXPECT_EQ(get(mine, 1, 9, 99, 2), GNTST_general_error);
	EXPECT_EQ(get(mine, 1, 9, 149, 2), GNTST_general_error);
	EXPECT_EQ(get(mine, 1, 9, 0, 0), GNTST_general_error);
	EXPECT_EQ(map(1, 9, 0, GNTMAP_host_map, &h), GNTST_general_error);
	grant_part(g, 9, 0, theirs, 4000, 97); /* over the end */
	EXPECT_EQ(get(mine, 1, 9, 4000, 8), GNTST_general_error);
	grant_part(g, 9, 0, theirs, 0xffff, 0xffff);
	EXPECT_EQ(get(mine, 1, 9, 0, 0), GNTST_general_error);
	EXPECT_EQ(*v2_status(g, 9), 0);
	EXPECT_EQ(world_refs(theirs), 0);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(a_transitive_grant_leads_to_its_source)
{
	struct domain *m = make(0), *g = make(1), *src = make(2);
	uint64_t mine = world_frame(m), frame = world_frame(src);
	grant_handle_t h;

	EXPECT_EQ(set_version(g, 2), 0);
	memcpy(world_va(frame), text, 16);
	grant(src, 20, 1, frame, 0);
	grant_on(g, 9, 0, 2, 20, 0);
	EXPECT_EQ(get(mine, 1, 9, 0, 16), 0);
	EXPECT(!memcmp(world_va(mine), text, 16));
	EXPECT_EQ(put(mine, 1, 9, 64, 16), 0);
	EXPECT(!memcmp((char *)world_va(frame) + 64, text, 16));
	EXPECT_EQ(map(1, 9, 0, GNTMAP_host_map, &h), GNTST_general_error);
	grant_on(g, 9, 0, 2, 20, GTF_readonly);
	EXPECT_EQ(put(mine, 1, 9, 64, 16), GNTST_general_error);
	/* the source must have granted it to the one between */
	grant_on(g, 9, 0, 2, 20, 0);
	grant(src, 20, 0, frame, 0);
	EXPECT_EQ(get(mine, 1, 9, 0, 16), GNTST_general_error);
	grant(src, 20, 1, frame, GTF_readonly);
	EXPECT_EQ(get(mine, 1, 9, 0, 16), 0);
	EXPECT_EQ(put(mine, 1, 9, 0, 16), GNTST_general_error);
	grant_on(g, 9, 0, 2, 600, 0);
	EXPECT_EQ(get(mine, 1, 9, 0, 16), GNTST_bad_gntref);
	grant_on(g, 9, 0, 7, 20, 0);
	EXPECT_EQ(get(mine, 1, 9, 0, 16), GNTST_bad_domain);
	grant_on(g, 9, 0, DOMID_SELF, 20, 0);
	EXPECT_EQ(get(mine, 1, 9, 0, 16), GNTST_bad_domain);
	EXPECT_EQ(use_bits(src, 20), 0);
	EXPECT_EQ(*v2_status(g, 9), 0);
	EXPECT_EQ(world_refs(frame), 0);
	EXPECT_EQ(src->refs + g->refs + m->refs, 3);
	end(src);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(a_transitive_grant_has_one_step)
{
	struct domain *m = make(0), *g = make(1), *src = make(2);
	uint64_t mine = world_frame(m), frame = world_frame(g);

	EXPECT_EQ(set_version(g, 2), 0);
	EXPECT_EQ(set_version(src, 2), 0);
	grant_part(g, 10, 2, frame, 0, 4096);
	grant_on(src, 20, 1, 1, 10, 0);
	grant_on(g, 9, 0, 2, 20, 0);
	EXPECT_EQ(get(mine, 1, 9, 0, 16), GNTST_general_error);
	grant_on(g, 9, 0, 1, 9, 0); /* to itself */
	EXPECT_EQ(get(mine, 1, 9, 0, 16), GNTST_general_error);
	grant_part(src, 20, 1, world_frame(src), 0, 8); /* part of a page */
	grant_on(g, 9, 0, 2, 20, 0);
	EXPECT_EQ(get(mine, 1, 9, 0, 8), 0);
	EXPECT_EQ(get(mine, 1, 9, 0, 9), GNTST_general_error);
	EXPECT_EQ(*v2_status(g, 9) | *v2_status(src, 20) | *v2_status(g, 10),
		  0);
	end(src);
	end(g);
	end(m);
	world_check_empty();
}
