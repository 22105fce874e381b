/* SPDX-License-Identifier: GPL-2.0-only */
/* Mapping granted frames and unmapping them, v1. */
#include "fixture.h"

UNIT_TEST(a_mapping_is_an_entry_a_pin_and_references)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t frame = world_frame(g);
	struct gnttab_map_grant_ref op = map_op(1, 9, 3, GNTMAP_host_map);

	grant(g, 9, 0, frame, 0);
	EXPECT_EQ(gnttab_map_grant_ref(m, PTR(&op), 1), 0);
	EXPECT_EQ(op.status, GNTST_okay);
	EXPECT_EQ(op.dev_bus_addr, frame << 12);
	EXPECT_EQ(world_pte[3], frame << 12 | PTE_P | PTE_RW | PTE_US | PTE_A |
					PTE_D | PTE_NX | PTE_GUEST_KERNEL |
					PTE_GRANT);
	EXPECT_EQ(world_refs(frame), 1);
	EXPECT_EQ(world_writers(frame), 1);
	EXPECT_EQ(use_bits(g, 9), USE_BITS);
	EXPECT_EQ(g->refs, 2);
	EXPECT_EQ(unmap(op.handle, 3), GNTST_okay);
	EXPECT_EQ(world_pte[3], 0);
	EXPECT_EQ(world_refs(frame), 0);
	EXPECT_EQ(use_bits(g, 9), 0);
	EXPECT_EQ(v1_entry(g, 9)->flags, GTF_permit_access);
	EXPECT_EQ(g->refs, 1);
	EXPECT_EQ(world_flushes, 1);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(a_readonly_mapping_only_reads)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t frame = world_frame(g);
	grant_handle_t h;

	grant(g, 9, 0, frame, GTF_readonly);
	EXPECT_EQ(map(1, 9, 0, GNTMAP_host_map, &h), GNTST_general_error);
	EXPECT_EQ(use_bits(g, 9), 0);
	world_make_table(frame); /* a page table may be read */
	EXPECT_EQ(map(1, 9, 0, GNTMAP_host_map | GNTMAP_readonly, &h), 0);
	EXPECT_EQ(world_pte[0] & PTE_RW, 0);
	EXPECT_EQ(world_writers(frame), 0);
	EXPECT_EQ(use_bits(g, 9), GTF_reading);
	EXPECT_EQ(unmap(h, 0), 0);
	EXPECT_EQ(use_bits(g, 9), 0);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(user_mappings_are_named_by_their_entry)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t frame = world_frame(g);
	struct gnttab_map_grant_ref op = map_op(
		1, 9, 0,
		GNTMAP_host_map | GNTMAP_application_map | GNTMAP_contains_pte |
			GNTMAP_readonly | 5U << 16);
	struct gnttab_unmap_grant_ref un = {0};

	grant(g, 9, 0, frame, 0);
	op.host_addr = PTE_MADDR(7);
	EXPECT_EQ(gnttab_map_grant_ref(m, PTR(&op), 1), 0);
	EXPECT_EQ(op.status, 0);
	EXPECT_EQ(world_pte[7], frame << 12 | PTE_P | PTE_US | PTE_A | PTE_D |
					PTE_NX | PTE_GRANT | 5ULL << 9);
	un.handle = op.handle;
	un.host_addr = PTE_VA(7); /* as an entry's address that is elsewhere */
	EXPECT_EQ(gnttab_unmap_grant_ref(m, PTR(&un), 1), 0);
	EXPECT_EQ(un.status, GNTST_general_error);
	un.host_addr = PTE_MADDR(7);
	EXPECT_EQ(gnttab_unmap_grant_ref(m, PTR(&un), 1), 0);
	EXPECT_EQ(un.status, 0);
	EXPECT_EQ(world_pte[7], 0);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(what_is_not_granted_is_refused_and_leaves_nothing)
{
	struct domain *m = make(0), *g = make(1), *other = make(2);
	uint64_t frame = world_frame(g), table = world_frame(g);
	uint64_t foreign = world_frame(other);
	const uint32_t host = GNTMAP_host_map;
	grant_handle_t h;

	world_make_table(table);
	grant(g, 9, 0, frame, 0);
	EXPECT_EQ(map(1, 9, 0, 0, &h), GNTST_bad_gntref);
	EXPECT_EQ(map(1, 9, 0, GNTMAP_readonly, &h), GNTST_bad_gntref);
	EXPECT_EQ(map(5, 9, 0, host, &h), GNTST_bad_domain);
	EXPECT_EQ(map(DOMID_SELF, 9, 0, host, &h), GNTST_bad_domain);
	EXPECT_EQ(map(DOMID_XEN, 9, 0, host, &h), GNTST_bad_domain);
	EXPECT_EQ(map(1, 512, 0, host, &h), GNTST_bad_gntref);
	EXPECT_EQ(map(1, ~0U, 0, host, &h), GNTST_bad_gntref);
	EXPECT_EQ(map(1, 10, 0, host, &h), GNTST_general_error);
	EXPECT_EQ(map(1, 9, WORLD_PTES, host, &h), GNTST_bad_virt_addr);
	EXPECT_EQ(use_bits(g, 9), 0);
	grant(g, 9, 2, frame, 0);
	EXPECT_EQ(map(1, 9, 0, host, &h), GNTST_general_error);
	grant(g, 9, 0, foreign, 0);
	EXPECT_EQ(map(1, 9, 0, host, &h), GNTST_bad_page);
	grant(g, 9, 0, WORLD_FRAMES, 0);
	EXPECT_EQ(map(1, 9, 0, host, &h), GNTST_bad_page);
	grant(g, 9, 0, table, 0);
	EXPECT_EQ(map(1, 9, 0, host, &h), GNTST_bad_page);
	EXPECT_EQ(map(1, 9, 0, host | GNTMAP_device_map, &h), GNTST_bad_page);
	world_fail_hold = 2; /* of the two references */
	grant(g, 9, 0, frame, 0);
	EXPECT_EQ(map(1, 9, 0, host | GNTMAP_device_map, &h), GNTST_bad_page);
	EXPECT_EQ(use_bits(g, 9), 0);
	/* the bits of a transfer are not ours to touch */
	*v1_entry(g, 9) = (struct grant_entry_v1){
		GTF_accept_transfer | GTF_transfer_completed, 0, 5};
	EXPECT_EQ(map(1, 9, 0, host, &h), GNTST_general_error);
	EXPECT_EQ(v1_entry(g, 9)->flags,
		  GTF_accept_transfer | GTF_transfer_completed);
	grant(g, 9, 0, frame, 0);
	g->is_dying = true;
	EXPECT_EQ(map(1, 9, 0, host, &h), GNTST_bad_domain);
	EXPECT_EQ(world_refs(frame) + world_refs(table) + world_refs(foreign),
		  0);
	EXPECT_EQ(g->refs, 1);
	end(other);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(device_parts_are_counted_on_their_own)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t frame = world_frame(g);
	struct gnttab_map_grant_ref op =
		map_op(1, 9, 0, GNTMAP_host_map | GNTMAP_device_map);
	struct gnttab_unmap_grant_ref un = {0};

	grant(g, 9, 0, frame, 0);
	EXPECT_EQ(gnttab_map_grant_ref(m, PTR(&op), 1), 0);
	EXPECT_EQ(op.status, 0);
	EXPECT_EQ(world_refs(frame), 2);
	un.handle = op.handle;
	un.dev_bus_addr = (frame + 1) << 12;
	un.host_addr = PTE_VA(0);
	EXPECT_EQ(gnttab_unmap_grant_ref(m, PTR(&un), 1), 0);
	EXPECT_EQ(un.status, GNTST_bad_dev_addr);
	EXPECT_EQ(world_refs(frame), 2);
	EXPECT(world_pte[0]);
	un.dev_bus_addr = 0; /* the host part alone */
	EXPECT_EQ(gnttab_unmap_grant_ref(m, PTR(&un), 1), 0);
	EXPECT_EQ(un.status, 0);
	EXPECT_EQ(world_refs(frame), 1);
	EXPECT_EQ(use_bits(g, 9), USE_BITS);
	un.dev_bus_addr = frame << 12;
	EXPECT_EQ(gnttab_unmap_grant_ref(m, PTR(&un), 1), 0);
	EXPECT_EQ(un.status, 0);
	EXPECT_EQ(world_refs(frame), 0);
	EXPECT_EQ(use_bits(g, 9), 0);
	EXPECT_EQ(gnttab_unmap_grant_ref(m, PTR(&un), 1), 0);
	EXPECT_EQ(un.status, GNTST_bad_handle);
	/* device only: no entry is written */
	op.flags = GNTMAP_device_map | GNTMAP_readonly;
	op.host_addr = ~0ULL;
	EXPECT_EQ(gnttab_map_grant_ref(m, PTR(&op), 1), 0);
	EXPECT_EQ(op.status, 0);
	EXPECT_EQ(use_bits(g, 9), GTF_reading);
	un.handle = op.handle;
	EXPECT_EQ(gnttab_unmap_grant_ref(m, PTR(&un), 1), 0);
	EXPECT_EQ(un.status, 0);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(the_first_pin_says_what_is_granted)
{
	struct domain *m = make(0), *g = make(1), *other = make(2);
	uint64_t first = world_frame(g), second = world_frame(g);
	grant_handle_t a, b;

	grant(g, 9, 0, first, 0);
	EXPECT_EQ(map(1, 9, 0, GNTMAP_host_map, &a), 0);
	v1_entry(g, 9)->frame = (uint32_t)second;
	EXPECT_EQ(map(1, 9, 1, GNTMAP_host_map, &b), 0);
	EXPECT_EQ(pte_mfn(world_pte[1]).v, first);
	EXPECT_EQ(world_refs(second), 0);
	/* nobody else while it is used, whatever the entry says */
	v1_entry(g, 9)->domid = 2;
	world_run(other->vcpu[0]);
	EXPECT_EQ(map(1, 9, 2, GNTMAP_host_map, &b), GNTST_general_error);
	world_run(m->vcpu[0]);
	EXPECT_EQ(unmap(a, 0), 0);
	EXPECT_EQ(unmap(b, 1), 0);
	world_run(other->vcpu[0]);
	EXPECT_EQ(map(1, 9, 2, GNTMAP_host_map, &b), 0);
	EXPECT_EQ(pte_mfn(world_pte[2]).v, second);
	EXPECT_EQ(unmap(b, 2), 0);
	end(other);
	world_run(m->vcpu[0]);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(a_reader_does_not_make_a_writer)
{
	struct domain *m = make(0), *g = make(1);
	grant_handle_t ro, rw;

	grant(g, 9, 0, world_frame(g), 0);
	EXPECT_EQ(map(1, 9, 0, GNTMAP_host_map | GNTMAP_readonly, &ro), 0);
	v1_entry(g, 9)->flags |= GTF_readonly;
	EXPECT_EQ(map(1, 9, 1, GNTMAP_host_map, &rw), GNTST_general_error);
	EXPECT_EQ(use_bits(g, 9), GTF_reading);
	v1_entry(g, 9)->flags &= (uint16_t)~GTF_readonly;
	EXPECT_EQ(map(1, 9, 1, GNTMAP_host_map, &rw), 0);
	EXPECT_EQ(use_bits(g, 9), USE_BITS);
	EXPECT_EQ(unmap(rw, 1), 0);
	EXPECT_EQ(use_bits(g, 9), GTF_reading);
	EXPECT_EQ(unmap(ro, 0), 0);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(handles_are_limited_and_shared_between_vcpus)
{
	struct domain *m = make(0), *g = make(1);
	const uint32_t limit = 2 * 256;
	grant_handle_t h[512], none;

	grant(g, 9, 0, world_frame(g), 0);
	for (uint32_t i = 0; i < limit; i++) {
		world_run(m->vcpu[i % 2]);
		EXPECT_EQ(map(1, 9, i, GNTMAP_host_map, &h[i]), 0);
	}
	EXPECT_EQ(map(1, 9, 0, GNTMAP_host_map, &none), GNTST_no_space);
	world_run(m->vcpu[0]);
	EXPECT_EQ(unmap(h[77], 77), 0); /* freed on vcpu 0, used on 1 */
	world_run(m->vcpu[1]);
	EXPECT_EQ(map(1, 9, 77, GNTMAP_host_map, &h[77]), 0);
	world_run(m->vcpu[0]);
	for (uint32_t i = 0; i < limit; i++) {
		EXPECT(h[i] < limit);
		EXPECT_EQ(unmap(h[i], i), 0);
	}
	EXPECT_EQ(use_bits(g, 9), 0);
	EXPECT_EQ(unmap(limit, 0), GNTST_bad_handle);
	EXPECT_EQ(unmap(~0U, 0), GNTST_bad_handle);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(one_flush_serves_a_batch)
{
	struct domain *m = make(0), *g = make(1);
	struct gnttab_map_grant_ref op[70];
	struct gnttab_unmap_grant_ref un[70];

	grant(g, 9, 0, world_frame(g), 0);
	for (unsigned int i = 0; i < 70; i++)
		op[i] = map_op(1, 9, i, GNTMAP_host_map);
	op[20].ref = 600; /* one failure does not stop the rest */
	EXPECT_EQ(gnttab_map_grant_ref(m, PTR(op), 70), 0);
	EXPECT_EQ(op[20].status, GNTST_bad_gntref);
	for (unsigned int i = 0; i < 70; i++)
		un[i] = (struct gnttab_unmap_grant_ref){.host_addr = PTE_VA(i),
							.handle = op[i].handle};
	un[20].handle = ~0U;
	un[3] = un[2]; /* the same handle twice */
	EXPECT_EQ(gnttab_unmap_grant_ref(m, PTR(un), 70), 0);
	EXPECT_EQ(world_flushes, 3); /* 32, 32, 6 */
	for (unsigned int i = 0; i < 70; i++)
		EXPECT_EQ(un[i].status,
			  i == 20 || i == 3 ? GNTST_bad_handle : GNTST_okay);
	EXPECT_EQ(unmap(op[3].handle, 3), 0);
	EXPECT_EQ(use_bits(g, 9), 0);
	/* nothing unmapped, nothing flushed */
	world_flushes = 0;
	EXPECT_EQ(gnttab_unmap_grant_ref(m, PTR(un), 70), 0);
	EXPECT_EQ(world_flushes, 0);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(batches_stop_for_other_work)
{
	struct domain *m = make(0), *g = make(1);
	struct gnttab_map_grant_ref op[100];
	struct gnttab_unmap_grant_ref un[100];
	long left = 100;
	int rounds = 0;

	grant(g, 9, 0, world_frame(g), 0);
	world_preempt_every = 1;
	for (unsigned int i = 0; i < 100; i++)
		op[i] = map_op(1, 9, i, GNTMAP_host_map);
	for (; left; rounds++) {
		left = gnttab_map_grant_ref(m, PTR(&op[100 - left]),
					    (uint32_t)left);
		EXPECT(left >= 0 && left < 100);
	}
	EXPECT_EQ(rounds, 7);
	for (unsigned int i = 0; i < 100; i++)
		un[i] = (struct gnttab_unmap_grant_ref){.host_addr = PTE_VA(i),
							.handle = op[i].handle};
	left = 100;
	for (rounds = 0; left; rounds++)
		left = gnttab_unmap_grant_ref(m, PTR(&un[100 - left]),
					      (uint32_t)left);
	EXPECT_EQ(rounds, 4);
	EXPECT_EQ(use_bits(g, 9), 0);
	end(g);
	end(m);
	world_check_empty();
}

UNIT_TEST(an_entry_the_guest_wrote_itself_is_not_unmapped)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t frame = world_frame(g);
	grant_handle_t h;

	grant(g, 9, 0, frame, 0);
	EXPECT_EQ(map(1, 9, 0, GNTMAP_host_map, &h), 0);
	world_zap_pte(0);
	EXPECT_EQ(unmap(h, 0), GNTST_general_error);
	EXPECT_EQ(unmap(h, 1), GNTST_general_error);
	/* the owner still sees it in use, and so it is, to the end */
	EXPECT_EQ(use_bits(g, 9), USE_BITS);
	EXPECT_EQ(world_refs(frame), 1);
	end(m);
	world_run(g->vcpu[0]);
	EXPECT_EQ(world_refs(frame), 0);
	EXPECT_EQ(use_bits(g, 9), 0);
	end(g);
	world_check_empty();
}

UNIT_TEST(a_dying_mapper_lets_go_of_everything)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t frame = world_frame(g);
	unsigned int restarts = 0;
	grant_handle_t h;
	int rc;

	grant(g, 9, 0, frame, 0);
	for (unsigned int i = 0; i < 300; i++)
		EXPECT_EQ(map(1, 9, i,
			      GNTMAP_host_map | GNTMAP_device_map |
				      (i % 2 ? GNTMAP_readonly : 0),
			      &h),
			  0);
	EXPECT_EQ(unmap(5, 5), 0); /* the host part: the other remains */
	EXPECT_EQ(world_refs(frame), 599);
	EXPECT_EQ(g->refs, 301);
	m->is_dying = true;
	world_preempt_every = 1;
	while ((rc = gnttab_release_mappings(m)) == -ERESTART)
		restarts++;
	EXPECT_EQ(rc, 0);
	EXPECT(restarts >= 4 && restarts <= 6);
	EXPECT_EQ(world_refs(frame), 0);
	EXPECT_EQ(use_bits(g, 9), 0);
	EXPECT_EQ(g->refs, 1);
	end(m);
	world_run(g->vcpu[0]);
	end(g);
	world_check_empty();
}

UNIT_TEST(frames_outlive_their_owner_while_mapped)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t frame = world_frame(g);
	grant_handle_t h;

	grant(g, 9, 0, frame, 0);
	EXPECT_EQ(map(1, 9, 0, GNTMAP_host_map, &h), 0);
	world_kill(g);
	world_free_frame(g, frame);
	world_put(g);
	EXPECT(!world_is_gone(1)); /* our mapping holds it */
	EXPECT_EQ(((unsigned char *)world_va(frame))[0], 0);
	EXPECT_EQ(unmap(h, 0), 0);
	EXPECT(world_is_gone(1));
	EXPECT_EQ(((unsigned char *)world_va(frame))[0], 0xdf);
	end(m);
	world_check_empty();
}

UNIT_TEST(both_may_die_in_any_order)
{
	for (int order = 0; order < 2; order++) {
		struct domain *m = make(0), *g = make(1);
		grant_handle_t h;

		grant(g, 9, 0, world_frame(g), 0);
		EXPECT_EQ(map(1, 9, 0, GNTMAP_host_map, &h), 0);
		end(order ? m : g);
		end(order ? g : m);
		world_check_empty();
		memset(world_pte, 0, sizeof(world_pte));
	}
}

UNIT_TEST(a_domain_may_map_its_own_grant)
{
	struct domain *d = make(0);
	grant_handle_t h;

	grant(d, 9, 0, world_frame(d), 0);
	EXPECT_EQ(map(0, 9, 0, GNTMAP_host_map, &h), 0);
	EXPECT_EQ(unmap(h, 0), 0);
	EXPECT_EQ(map(0, 9, 0, GNTMAP_host_map, &h), 0);
	end(d);
	world_check_empty();
}

UNIT_TEST(bad_pointers_stop_a_batch)
{
	for (unsigned int n = 1; n <= 7; n++) {
		struct domain *m = make(0), *g = make(1);
		struct gnttab_map_grant_ref op[3];
		struct gnttab_unmap_grant_ref un[3];
		long rc;

		memset(world_pte, 0, sizeof(world_pte));
		grant(g, 9, 0, world_frame(g), 0);
		for (unsigned int i = 0; i < 3; i++) {
			op[i] = map_op(1, 9, i, GNTMAP_host_map);
			un[i] = (struct gnttab_unmap_grant_ref){
				.host_addr = PTE_VA(i), .handle = i};
		}
		world_fail_copy = n;
		rc = gnttab_map_grant_ref(m, PTR(op), 3);
		EXPECT_EQ(rc, n <= 6 ? -EFAULT : 0);
		world_fail_copy = n;
		rc = gnttab_unmap_grant_ref(m, PTR(un), 3);
		EXPECT_EQ(rc, n <= 6 ? -EFAULT : 0);
		world_fail_copy = 0;
		end(m);
		world_run(g->vcpu[0]);
		EXPECT_EQ(use_bits(g, 9), 0);
		end(g);
		world_check_empty();
	}
}

UNIT_TEST(any_allocation_may_fail)
{
	unsigned int failures = 0;

	for (unsigned int n = 1;; n++) {
		struct domain *m = world_domain(0, 1), *g = world_domain(1, 1);
		grant_handle_t h;
		mfn_t frame;
		int rc;

		world_fail_alloc = n;
		rc = gnttab_init_domain(m);
		if (!rc)
			rc = gnttab_init_domain(g);
		if (!rc)
			rc = gnttab_get_shared_frame(g, 2, false, &frame);
		if (!rc) {
			grant(g, 9, 0, world_frame(g), 0);
			rc = map(1, 9, 0, GNTMAP_host_map, &h);
			EXPECT(!rc || rc == GNTST_no_space);
		}
		if (!rc)
			rc = (int)set_version(m, 2);
		failures += rc != 0;
		end(m);
		end(g);
		world_check_empty();
		memset(world_pte, 0, sizeof(world_pte));
		if (world_fail_alloc)
			break;
	}
	/* tables 2 * 5; two more frames; active, handles 2; status */
	EXPECT_EQ(failures, 10 + 2 + 3 + 1);
}

UNIT_TEST(replaced_mappings_come_from_another_address)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t frame = world_frame(g), own = world_frame(m);
	struct gnttab_unmap_and_replace op = {.host_addr = PTE_VA(0),
					      .new_addr = PTE_VA(1)};
	grant_handle_t h;

	grant(g, 9, 0, frame, 0);
	EXPECT_EQ(map(1, 9, 0, GNTMAP_host_map, &h), 0);
	op.handle = h;
	EXPECT_EQ(gnttab_unmap_and_replace(m, PTR(&op), 1), 0);
	EXPECT_EQ(op.status, GNTST_bad_virt_addr); /* nothing is there */
	EXPECT_EQ(
		hc_update_va_mapping(PTE_VA(1), own << 12 | PTE_P | PTE_RW, 0),
		0);
	op.handle = h + 1;
	EXPECT_EQ(gnttab_unmap_and_replace(m, PTR(&op), 1), 0);
	EXPECT_EQ(op.status, GNTST_bad_handle);
	op.handle = h;
	EXPECT_EQ(gnttab_unmap_and_replace(m, PTR(&op), 1), 0);
	EXPECT_EQ(op.status, GNTST_okay);
	EXPECT_EQ(world_pte[0], own << 12 | PTE_P | PTE_RW);
	EXPECT_EQ(world_pte[1], 0);
	EXPECT_EQ(world_refs(own), 1);
	EXPECT_EQ(world_refs(frame), 0);
	EXPECT_EQ(use_bits(g, 9), 0);
	/* the other must not be a grant itself */
	EXPECT_EQ(map(1, 9, 1, GNTMAP_host_map, &h), 0);
	op.handle = h;
	op.new_addr = PTE_VA(1);
	EXPECT_EQ(gnttab_unmap_and_replace(m, PTR(&op), 1), 0);
	EXPECT_EQ(op.status, GNTST_bad_virt_addr);
	world_zap_pte(0);
	EXPECT_EQ(unmap(h, 1), 0);
	end(g);
	end(m);
	world_check_empty();
}

/* -------- every short sequence against a count kept here -------- */

#define NR_STEPS 5
#define NR_KINDS 7

struct model {
	grant_handle_t handle[8];
	bool writes[8], exists[8];
	unsigned int nr;
	bool permitted, readonly;
};

static unsigned int count(const struct model *k, bool writes)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < k->nr; i++)
		n += k->exists[i] && k->writes[i] == writes;
	return n;
}

static void step_map(struct model *k, bool write)
{
	bool as_much = write ? count(k, true) != 0
			     : count(k, true) + count(k, false) != 0;
	bool ok = as_much || (k->permitted && !(write && k->readonly));
	int status = map(1, 9, k->nr,
			 GNTMAP_host_map | (write ? 0 : GNTMAP_readonly),
			 &k->handle[k->nr]);

	EXPECT_EQ(status, ok ? GNTST_okay : GNTST_general_error);
	if (!ok)
		return;
	k->writes[k->nr] = write;
	k->exists[k->nr++] = true;
}

static void step_unmap(struct model *k, unsigned int i)
{
	bool exists = i < k->nr && k->exists[i];

	EXPECT_EQ(unmap(exists ? k->handle[i] : ~0U, i),
		  exists ? GNTST_okay : GNTST_bad_handle);
	if (exists)
		k->exists[i] = false;
}

static void step(struct model *k, struct domain *g, unsigned int kind)
{
	uint16_t *flags = &v1_entry(g, 9)->flags;

	switch (kind) {
	case 0:
	case 1:
		step_map(k, kind);
		break;
	case 2:
		step_unmap(k, 0);
		break;
	case 3:
		step_unmap(k, k->nr - 1);
		break;
	case 4:
		k->readonly = !k->readonly;
		*flags ^= GTF_readonly;
		break;
	case 5:
		k->permitted = !k->permitted;
		*flags ^= GTF_permit_access;
		break;
	case 6: { /* a copy comes and goes */
		struct gnttab_copy op = {.len = 8,
					 .flags = GNTCOPY_source_gref |
						  GNTCOPY_dest_gref};

		op.source.u.ref = op.dest.u.ref = 9;
		op.source.domid = op.dest.domid = 1;
		op.dest.offset = 64;
		/* its reading pin is there when it asks to write */
		EXPECT_EQ(copy(op),
			  count(k, true) || (k->permitted && !k->readonly)
				  ? GNTST_okay
				  : GNTST_general_error);
		break;
	}
	}
}

static void check(const struct model *k, struct domain *g, uint64_t frame)
{
	unsigned int w = count(k, true), r = count(k, false);
	uint16_t bits = 0;

	if (w + r)
		bits |= GTF_reading;
	if (w)
		bits |= GTF_writing;
	EXPECT_EQ(use_bits(g, 9), bits);
	EXPECT_EQ(world_refs(frame), w + r);
	EXPECT_EQ(world_writers(frame), w);
	EXPECT_EQ(g->refs, 1 + w + r);
}

UNIT_TEST(pins_are_right_after_every_sequence)
{
	struct domain *m = make(0), *g = make(1);
	uint64_t frame = world_frame(g);
	unsigned int nr = 1;

	for (int i = 0; i < NR_STEPS; i++)
		nr *= NR_KINDS;
	for (unsigned int seq = 0; seq < nr; seq++) {
		struct model k = {.permitted = true};
		unsigned int rest = seq;

		grant(g, 9, 0, frame, 0);
		for (int i = 0; i < NR_STEPS; i++, rest /= NR_KINDS) {
			step(&k, g, rest % NR_KINDS);
			check(&k, g, frame);
		}
		for (unsigned int i = 0; i < k.nr; i++)
			step_unmap(&k, i);
		check(&k, g, frame);
	}
	end(g);
	end(m);
	world_check_empty();
}
