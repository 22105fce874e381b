/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each domain uses of the store and how much it may.
 *
 * An account exists from the first time a living domain is named (introduced,
 * or given a permission) until it is destroyed.  The generation at its birth
 * tells permissions meant for it from those left by an earlier domain with
 * the same number.
 */
#ifndef XENSTORED_ACCOUNT_H
#define XENSTORED_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list.h"

#define DOMID_LIMIT 0x7ff0u /* Xen ABI: DOMID_FIRST_RESERVED */

enum quota {
#define QUOTA(id, name, value, doc) QUOTA_##id,
#include "quota.def"
#undef QUOTA
	NR_QUOTAS
};

#define QUOTA_INHERIT UINT32_MAX

struct account {
	struct list link; /* accounts->all */
	uint16_t domid;
	bool has_shut_down; /* @releaseDomain was sent for its shutdown */
	uint64_t birth;	    /* store generation */
	uint8_t handle[16]; /* the hypervisor's name for this very domain */
	uint32_t quota[NR_QUOTAS]; /* QUOTA_INHERIT: the global one */
	uint32_t nodes, watches, transactions, outstanding;
	size_t memory;
	uint16_t quotas_hit; /* a bit each, for good */
	uint8_t nr_failures; /* of its connection, as far as they are logged */
};
_Static_assert(NR_QUOTAS <= 16, "quotas_hit is too small");

struct accounts {
	struct account *of[DOMID_LIMIT];
	struct list all;
	uint32_t quota[NR_QUOTAS];
	/* an account that has hit a quota for the first time, and which */
	struct account *hit;
	enum quota hit_quota;
};

void accounts_init(struct accounts *as);
void accounts_free(struct accounts *as);

struct account *account_find(const struct accounts *as, unsigned int domid);
/* Find or make.  NULL: no memory, or @domid is none. */
struct account *account_get(struct accounts *as, unsigned int domid,
			    uint64_t birth);
void account_drop(struct accounts *as, unsigned int domid);

/* The limit that applies; Dom0 has none. */
uint32_t account_limit(const struct accounts *as, const struct account *a,
		       enum quota q);
/* Is @value more than the limit?  Then it is noted in @as->hit, once. */
bool account_exceeds(struct accounts *as, struct account *a, enum quota q,
		     size_t value);

/* -1: no such quota. */
int quota_by_name(const char *name);
const char *quota_name(enum quota q);
const char *quota_meaning(enum quota q);
uint32_t account_usage(const struct account *a, enum quota q);

#endif
