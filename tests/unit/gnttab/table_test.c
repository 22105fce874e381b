/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables as a whole: frames, versions, and unused entries. */
#include "fixture.h"

static int setup(struct domain *d, domid_t domid, uint32_t nr, uint64_t *list)
{
	struct gnttab_setup_table op = {.dom = domid,
					.nr_frames = nr,
					.frame_list =
						(uint64_t)(uintptr_t)list};

	EXPECT_EQ(gnttab_setup_table(d, PTR(&op), 1), 0);
	return op.status;
}

static struct gnttab_query_size query(struct domain *d, domid_t domid)
{
	struct gnttab_query_size op = {.dom = domid};

	EXPECT_EQ(gnttab_query_size(d, PTR(&op), 1), 0);
	return op;
}

UNIT_TEST(limits_are_checked_at_creation)
{
	struct domain *d = world_domain(0, 1);

	d->max_grant_frames = 0;
	EXPECT_EQ(gnttab_init_domain(d), -EINVAL);
	d->max_grant_frames = 1U << 30;
	EXPECT_EQ(gnttab_init_domain(d), -EINVAL);
	d->max_grant_frames = 1;
	d->max_maptrack_frames = 1U << 30;
	EXPECT_EQ(gnttab_init_domain(d), -EINVAL);
	end(d);
	world_check_empty();
}

UNIT_TEST(a_table_grows_to_its_limit)
{
	struct domain *a = make(0), *b = make(1);
	uint64_t list[5] = {0};
	mfn_t m;

	EXPECT_EQ(query(a, DOMID_SELF).nr_frames, 1);
	EXPECT_EQ(query(a, DOMID_SELF).max_nr_frames, 4);
	EXPECT_EQ(setup(a, DOMID_SELF, 3, list), 0);
	EXPECT_EQ(query(a, 0).nr_frames, 3);
	EXPECT(list[0] != list[1] && list[1] != list[2] && list[2]);
	EXPECT_EQ(list[3], 0);
	EXPECT_EQ(setup(a, DOMID_SELF, 1, list), 0); /* never smaller */
	EXPECT_EQ(query(a, 0).nr_frames, 3);
	EXPECT_EQ(setup(a, DOMID_SELF, 5, list), GNTST_general_error);
	EXPECT_EQ(setup(a, DOMID_SELF, 2, NULL), GNTST_bad_virt_addr);
	EXPECT_EQ(setup(a, 1, 2, list), 0); /* Dom0 for another */
	EXPECT_EQ(query(a, 1).nr_frames, 2);
	EXPECT_EQ(query(a, 6).status, GNTST_bad_domain);
	EXPECT_EQ(setup(a, 6, 1, list), GNTST_bad_domain);
	world_fail_alloc = 1;
	EXPECT_EQ(setup(a, 1, 4, list), GNTST_no_space);
	world_run(b->vcpu[0]);
	EXPECT_EQ(query(b, 0).status, GNTST_permission_denied);
	EXPECT_EQ(setup(b, 0, 1, list), GNTST_permission_denied);
	EXPECT_EQ(gnttab_get_shared_frame(b, 3, false, &m), 0);
	EXPECT_EQ(query(b, 1).nr_frames, 4);
	EXPECT_EQ(gnttab_get_shared_frame(b, 4, false, &m), -EINVAL);
	EXPECT_EQ(gnttab_get_shared_frame(b, ~0U, false, &m), -EINVAL);
	EXPECT_EQ(gnttab_get_shared_frame(b, 0, true, &m), -EINVAL); /* v1 */
	EXPECT_EQ(gnttab_setup_table(b, PTR(list), 2), -EINVAL);
	EXPECT_EQ(gnttab_query_size(b, PTR(list), 0), -EINVAL);
	EXPECT_EQ(gnttab_setup_table(b, guest_ptr(0), 1), -EFAULT);
	EXPECT_EQ(gnttab_query_size(b, guest_ptr(0), 1), -EFAULT);
	end(b);
	world_run(a->vcpu[0]);
	end(a);
	world_check_empty();
}

UNIT_TEST(a_frame_still_mapped_outlives_the_table)
{
	struct domain *d = make(1), *tools = make(0);
	struct page *pg;
	mfn_t m;

	EXPECT_EQ(gnttab_get_shared_frame(d, 0, false, &m), 0);
	EXPECT_EQ(page_get_for_access(m, d, true, &pg), 0);
	end(d);
	EXPECT(world_is_gone(1));
	EXPECT_EQ(((unsigned char *)world_va(m.v))[9], 0);
	page_put_for_access(pg, true);
	EXPECT_EQ(((unsigned char *)world_va(m.v))[9], 0xdf);
	world_run(tools->vcpu[0]);
	end(tools);
	world_check_empty();
}

UNIT_TEST(versions_change_while_nothing_is_in_use)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t frame = world_frame(g), list[2];
	struct gnttab_get_version ver = {.dom = 1};
	struct gnttab_get_status_frames st = {
		.nr_frames = 1,
		.dom = 1,
		.frame_list = (uint64_t)(uintptr_t)list};
	grant_handle_t h;

	EXPECT_EQ(set_version(g, 0), -EINVAL);
	EXPECT_EQ(set_version(g, 3), -EINVAL);
	EXPECT_EQ(set_version(g, 1), 0);
	EXPECT_EQ(gnttab_get_status_frames(m, PTR(&st), 1), 0);
	EXPECT_EQ(st.status, GNTST_general_error);
	g->max_grant_version = 1;
	EXPECT_EQ(set_version(g, 2), -ENOSYS);
	g->max_grant_version = 2;
	grant(g, 9, 0, frame, 0);
	EXPECT_EQ(map(1, 9, 0, GNTMAP_host_map, &h), 0);
	EXPECT_EQ(set_version(g, 2), -EBUSY);
	EXPECT_EQ(unmap(h, 0), 0);
	grant(g, 300, 0, frame, 0); /* others before it were never used */
	EXPECT_EQ(map(1, 300, 0, GNTMAP_host_map, &h), 0);
	EXPECT_EQ(set_version(g, 2), -EBUSY);
	EXPECT_EQ(unmap(h, 0), 0);
	EXPECT_EQ(set_version(g, 2), 0);
	EXPECT_EQ(v2_entry(g, 9)->hdr.flags, 0); /* all others are cleared */
	EXPECT_EQ(gnttab_get_version(m, PTR(&ver), 1), 0);
	EXPECT_EQ(ver.version, 2);
	EXPECT_EQ(gnttab_get_status_frames(m, PTR(&st), 1), 0);
	EXPECT_EQ(st.status, 0);
	EXPECT(world_va(list[0]) == (void *)v2_status(g, 0));
	st.nr_frames = 2;
	EXPECT_EQ(gnttab_get_status_frames(m, PTR(&st), 1), 0);
	EXPECT_EQ(st.status, GNTST_general_error);
	st.nr_frames = 1;
	st.frame_list = 0;
	EXPECT_EQ(gnttab_get_status_frames(m, PTR(&st), 1), 0);
	EXPECT_EQ(st.status, GNTST_bad_virt_addr);
	EXPECT_EQ(set_version(g, 1), 0);
	EXPECT_EQ(set_version(g, 2), 0);
	ver.dom = 6;
	EXPECT_EQ(gnttab_get_version(m, PTR(&ver), 1), -ESRCH);
	world_run(g->vcpu[0]);
	ver.dom = 0;
	EXPECT_EQ(gnttab_get_version(g, PTR(&ver), 1), -EPERM);
	EXPECT_EQ(gnttab_get_version(g, PTR(&ver), 2), -EINVAL);
	EXPECT_EQ(gnttab_set_version(g, PTR(&ver), 2), -EINVAL);
	EXPECT_EQ(gnttab_set_version(g, guest_ptr(0), 1), -EFAULT);
	end(g);
	world_run(m->vcpu[0]);
	end(m);
	world_check_empty();
}

UNIT_TEST(reserved_entries_survive_a_change_even_in_use)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t frame = world_frame(g);
	grant_handle_t h;

	grant(g, 1, 0, frame, 0);
	EXPECT_EQ(map(1, 1, 0, GNTMAP_host_map, &h), 0);
	EXPECT_EQ(set_version(g, 2), 0);
	EXPECT_EQ(v2_entry(g, 1)->hdr.flags, GTF_permit_access);
	EXPECT_EQ(v2_entry(g, 1)->hdr.domid, 0);
	EXPECT_EQ(v2_entry(g, 1)->full_page.frame, frame);
	EXPECT_EQ(*v2_status(g, 1), USE_BITS);
	EXPECT_EQ(set_version(g, 1), 0);
	EXPECT_EQ(v1_entry(g, 1)->flags, GTF_permit_access | USE_BITS);
	EXPECT_EQ(v1_entry(g, 1)->frame, frame);
	EXPECT_EQ(unmap(h, 0), 0);
	EXPECT_EQ(use_bits(g, 1), 0);
	/* what v1 can not say */
	EXPECT_EQ(set_version(g, 2), 0);
	v2_entry(g, 1)->full_page.frame = 1ULL << 32;
	EXPECT_EQ(set_version(g, 1), -ERANGE);
	v2_entry(g, 1)->full_page.frame = frame;
	v2_entry(g, 1)->hdr.flags |= GTF_sub_page;
	EXPECT_EQ(set_version(g, 1), -ERANGE);
	v2_entry(g, 1)->hdr.flags = GTF_transitive;
	EXPECT_EQ(set_version(g, 1), -ERANGE);
	v2_entry(g, 1)->hdr.flags = GTF_accept_transfer;
	EXPECT_EQ(set_version(g, 1), 0);
	EXPECT_EQ(v1_entry(g, 1)->flags, 0);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(v2_uses_are_in_the_status_words)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t frame = world_frame(g);
	grant_handle_t h;
	mfn_t status;

	EXPECT_EQ(set_version(g, 2), 0);
	/* the last entry of all frames; its status is in the first frame */
	v2_entry(g, 1023)->full_page.frame = frame;
	v2_entry(g, 1023)->hdr.flags = GTF_permit_access;
	EXPECT_EQ(map(1, 1023, 0, GNTMAP_host_map, &h), 0);
	EXPECT_EQ(*v2_status(g, 1023), USE_BITS);
	EXPECT_EQ(v2_entry(g, 1023)->hdr.flags, GTF_permit_access);
	EXPECT_EQ(unmap(h, 0), 0);
	EXPECT_EQ(*v2_status(g, 1023), 0);
	EXPECT_EQ(map(1, 1024, 0, GNTMAP_host_map, &h), GNTST_bad_gntref);
	v2_entry(g, 1023)->hdr.flags |= GTF_readonly;
	EXPECT_EQ(map(1, 1023, 0, GNTMAP_host_map, &h), GNTST_general_error);
	EXPECT_EQ(map(1, 1023, 0, GNTMAP_host_map | GNTMAP_readonly, &h), 0);
	EXPECT_EQ(*v2_status(g, 1023), GTF_reading);
	EXPECT_EQ(unmap(h, 0), 0);
	v2_entry(g, 1023)->full_page.frame = ~0ULL;
	EXPECT_EQ(map(1, 1023, 0, GNTMAP_host_map | GNTMAP_readonly, &h),
		  GNTST_bad_page);
	EXPECT_EQ(*v2_status(g, 1023), 0);
	EXPECT_EQ(gnttab_get_shared_frame(g, 1, true, &status), -EINVAL);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(every_v2_entry_has_a_status_word)
{
	struct domain *d = world_domain(0, 1);
	mfn_t m;

	d->max_grant_frames = 16;
	EXPECT_EQ(gnttab_init_domain(d), 0);
	EXPECT_EQ(set_version(d, 2), 0);
	EXPECT_EQ(gnttab_get_shared_frame(d, 7, false, &m), 0);
	world_fail_alloc = 2; /* the ninth frame is there, its status is not */
	EXPECT_EQ(gnttab_get_shared_frame(d, 8, false, &m), -ENOMEM);
	EXPECT_EQ(query(d, 0).nr_frames, 8);
	EXPECT_EQ(gnttab_get_shared_frame(d, 1, true, &m), 0);
	EXPECT_EQ(query(d, 0).nr_frames, 9);
	EXPECT_EQ(gnttab_get_shared_frame(d, 2, true, &m), -EINVAL);
	end(d);
	world_check_empty();
}

static int swap(struct domain *d, uint32_t a, uint32_t b)
{
	struct gnttab_swap_grant_ref op = {a, b, 99, 0};

	EXPECT_EQ(gnttab_swap_grant_ref(d, PTR(&op), 1), 0);
	return op.status;
}

UNIT_TEST(unused_entries_may_be_swapped)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t frame = world_frame(g);
	grant_handle_t h;

	grant(g, 9, 0, frame, 0);
	grant(g, 500, 3, 77, GTF_readonly);
	EXPECT_EQ(swap(g, 9, 500), 0);
	EXPECT_EQ(v1_entry(g, 500)->frame, frame);
	EXPECT_EQ(v1_entry(g, 9)->domid, 3);
	EXPECT_EQ(swap(g, 9, 9), 0);
	EXPECT_EQ(swap(g, 9, 512), GNTST_bad_gntref);
	EXPECT_EQ(swap(g, ~0U, 9), GNTST_bad_gntref);
	EXPECT_EQ(map(1, 500, 0, GNTMAP_host_map, &h), 0);
	EXPECT_EQ(swap(g, 9, 500), GNTST_eagain);
	EXPECT_EQ(swap(g, 500, 9), GNTST_eagain);
	EXPECT_EQ(unmap(h, 0), 0);
	EXPECT_EQ(set_version(g, 2), 0);
	v2_entry(g, 20)->full_page.frame = 5;
	*v2_status(g, 20) = GTF_reading;
	v2_entry(g, 21)->full_page.frame = 6;
	EXPECT_EQ(swap(g, 20, 21), 0);
	EXPECT_EQ(v2_entry(g, 20)->full_page.frame, 6);
	EXPECT_EQ(v2_entry(g, 21)->full_page.frame, 5);
	EXPECT_EQ(*v2_status(g, 20), 0);
	EXPECT_EQ(*v2_status(g, 21), GTF_reading);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(what_is_not_offered_says_so)
{
	struct domain *a = make(0), *b = make(1);
	struct gnttab_transfer transfer[2] = {{.status = 99}, {.status = 99}};
	struct gnttab_cache_flush flush = {0};
	struct gnttab_dump_table dump = {.dom = 1, .status = 99};

	EXPECT_EQ(gnttab_transfer(a, PTR(transfer), 2), 0);
	EXPECT_EQ(transfer[0].status, GNTST_general_error);
	EXPECT_EQ(transfer[1].status, GNTST_general_error);
	EXPECT_EQ(gnttab_cache_flush(a, PTR(&flush), 1), -EOPNOTSUPP);
	EXPECT_EQ(gnttab_cache_flush(a, PTR(&flush), 0), 0);
	EXPECT_EQ(gnttab_dump_table(a, PTR(&dump), 1), 0);
	EXPECT_EQ(dump.status, 0);
	dump.dom = 7;
	EXPECT_EQ(gnttab_dump_table(a, PTR(&dump), 1), 0);
	EXPECT_EQ(dump.status, GNTST_bad_domain);
	EXPECT_EQ(gnttab_dump_table(a, PTR(&dump), 2), -EINVAL);
	EXPECT_EQ(gnttab_dump_table(a, guest_ptr(0), 1), -EFAULT);
	EXPECT_EQ(gnttab_dump_table(b, PTR(&dump), 1), -EPERM);
	end(b);
	end(a);
	world_check_empty();
}
