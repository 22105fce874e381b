/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Using a grant entry against its owner taking it away, in every interleaving:
 * what the owner has seen to be unused, nobody uses.
 */
#include <stdio.h>

#include "../../host/explore.h"
#include "../fixture.h"

static struct domain *m, *g;
static uint64_t frame;
static uint32_t is_revoked;
static bool is_good = true; /* the owner */

/* Entry 9, found beforehand: an owner writes it without asking anybody. */
static struct grant_entry_v1 *v1;
static union grant_entry_v2 *v2;
static grant_status_t *v2_use;

/* -------- users: mappings and copies -------- */

static void use(bool write)
{
	grant_handle_t h;
	uint32_t flags = GNTMAP_host_map | (write ? 0 : GNTMAP_readonly);
	unsigned int pte = explore_actor_id();

	if (map(1, 9, pte, flags, &h))
		return;
	/* It may be used until it is unmapped, and the owner can see it. */
	EXPECT(!is_revoked);
	explore_access(&h, 0);
	EXPECT(!is_revoked);
	if (is_good)
		EXPECT_EQ(~(v1 ? v1->flags : *v2_use) &
				  (write ? USE_BITS : GTF_reading),
			  0);
	EXPECT_EQ(unmap(h, pte), 0);
}

static void read_it(void)
{
	use(false);
}

static void write_it(void)
{
	use(true);
}

/* -------- the owner (Linux, drivers/xen/grant-table.c) -------- */

static void revoke_v1(void)
{
	uint16_t old = __atomic_load_n(&v1->flags, __ATOMIC_SEQ_CST);

	do {
		if (old & USE_BITS)
			return; /* it will try again later */
	} while (!__atomic_compare_exchange_n(&v1->flags, &old, 0, false,
					      __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	EXPECT_EQ(world_refs(frame), 0);
	is_revoked = 1;
}

static void revoke_v2(void)
{
	__atomic_store_n(&v2->hdr.flags, 0, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(v2_use, __ATOMIC_SEQ_CST) & USE_BITS)
		return;
	EXPECT_EQ(world_refs(frame), 0);
	is_revoked = 1;
}

/* A guest that is never content with what the entry says. */
static void scribble(void)
{
	for (int i = 0; i < 3; i++) {
		switch (explore_choose(3)) {
		case 0:
			v1->flags ^= GTF_readonly;
			break;
		case 1:
			v1->flags ^= GTF_reading;
			break;
		case 2:
			v1->flags ^= GTF_permit_access;
			break;
		}
		explore_access(v1, v1->flags);
	}
}

static void setup(uint32_t version)
{
	m = make(0);
	g = make(1);
	frame = world_frame(g);
	EXPECT_EQ(set_version(g, version), 0);
	if (version == 1) {
		grant(g, 9, 0, frame, 0);
		v1 = v1_entry(g, 9);
	} else {
		v2 = v2_entry(g, 9);
		v2_use = v2_status(g, 9);
		v2->full_page.frame = frame;
		v2->hdr.flags = GTF_permit_access;
	}
	/* so that all is allocated that will be */
	write_it();
	explore_watch(v1_entry(g, 0), PAGE_SIZE);
	if (version == 2)
		explore_watch(v2_status(g, 0), 64);
	explore_watch(active_at(g->grant, 9), sizeof(struct active));
	explore_watch(&g->grant->lock, sizeof(spinlock_t));
	explore_watch(m->grant->map_page[0][0], PAGE_SIZE);
	explore_watch(m->grant->shard, sizeof(m->grant->shard));
	explore_watch(world_pte, 8 * sizeof(world_pte[0]));
	explore_watch(&g->refs, sizeof(g->refs));
	explore_watch(&m->refs, sizeof(m->refs));
	explore_watch(&is_revoked, sizeof(is_revoked));
	world_watch_frame(frame, explore_watch);
}

static void all_is_given_back(void)
{
	const struct active *act = active_at(g->grant, 9);

	EXPECT(!is_pinned(act));
	EXPECT_EQ(world_refs(frame), 0);
	EXPECT_EQ(g->refs, 1);
	EXPECT_EQ(m->refs, 1);
}

static void none_in_use(void)
{
	all_is_given_back();
	EXPECT_EQ((v1 ? v1->flags : *v2_use) & USE_BITS, 0);
}

static void explore(const char *name, void (*check)(void),
		    unsigned long at_least)
{
	unsigned long nr = explore_all(check);

	fprintf(stderr, "%s: %lu runs\n", name, nr);
	EXPECT(nr >= at_least);
}

UNIT_TEST(revoking_v1_meets_a_writer)
{
	setup(1);
	explore_actor(write_it, false);
	explore_actor(revoke_v1, false);
	explore(__func__, none_in_use, 10);
}

UNIT_TEST(revoking_v1_meets_two_users)
{
	setup(1);
	explore_actor(write_it, false);
	explore_actor(read_it, false);
	explore_actor(revoke_v1, false);
	explore(__func__, none_in_use, 100);
}

UNIT_TEST(revoking_v2_meets_a_writer)
{
	setup(2);
	explore_actor(write_it, false);
	explore_actor(revoke_v2, false);
	explore(__func__, none_in_use, 10);
}

UNIT_TEST(revoking_v2_meets_two_users)
{
	setup(2);
	explore_actor(write_it, false);
	explore_actor(read_it, false);
	explore_actor(revoke_v2, false);
	explore(__func__, none_in_use, 100);
}

UNIT_TEST(a_scribbling_owner_confuses_nobody)
{
	setup(1);
	is_good = false;
	explore_actor(write_it, false);
	explore_actor(read_it, false);
	explore_actor(scribble, false);
	explore(__func__, all_is_given_back, 100);
}
