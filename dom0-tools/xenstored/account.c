// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounts and quotas: the table by domid, limits with a global default and
 * an exception per domain.
 */
#include <stdlib.h>
#include <string.h>

#include "account.h"

static const struct {
	const char *name, *meaning;
	uint32_t value;
} quotas[NR_QUOTAS] = {
#define QUOTA(id, name, value, doc) [QUOTA_##id] = {name, doc, value},
#include "quota.def"
#undef QUOTA
};

void accounts_init(struct accounts *as)
{
	memset(as->of, 0, sizeof(as->of));
	list_init(&as->all);
	as->hit = NULL;
	for (int q = 0; q < NR_QUOTAS; q++)
		as->quota[q] = quotas[q].value;
}

void accounts_free(struct accounts *as)
{
	struct list *l, *n;

	list_for_each (l, n, &as->all)
		account_drop(as, list_entry(l, struct account, link)->domid);
}

struct account *account_find(const struct accounts *as, unsigned int domid)
{
	return domid < DOMID_LIMIT ? as->of[domid] : NULL;
}

struct account *account_get(struct accounts *as, unsigned int domid,
			    uint64_t birth)
{
	struct account *a = account_find(as, domid);

	if (a || domid >= DOMID_LIMIT)
		return a;
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->domid = (uint16_t)domid;
	a->birth = birth;
	for (int q = 0; q < NR_QUOTAS; q++)
		a->quota[q] = QUOTA_INHERIT;
	as->of[domid] = a;
	list_add_tail(&as->all, &a->link);
	return a;
}

void account_drop(struct accounts *as, unsigned int domid)
{
	struct account *a = account_find(as, domid);

	if (!a)
		return;
	list_del(&a->link);
	as->of[domid] = NULL;
	if (as->hit == a)
		as->hit = NULL;
	free(a);
}

uint32_t account_limit(const struct accounts *as, const struct account *a,
		       enum quota q)
{
	if (!a || a->domid == 0)
		return UINT32_MAX;
	return a->quota[q] != QUOTA_INHERIT ? a->quota[q] : as->quota[q];
}

bool account_exceeds(struct accounts *as, struct account *a, enum quota q,
		     size_t value)
{
	if (value <= account_limit(as, a, q))
		return false;
	if (!(a->quotas_hit & 1u << q)) {
		a->quotas_hit |= (uint16_t)(1u << q);
		as->hit = a;
		as->hit_quota = q;
	}
	return true;
}

int quota_by_name(const char *name)
{
	for (int q = 0; q < NR_QUOTAS; q++)
		if (!strcmp(name, quotas[q].name))
			return q;
	return -1;
}

const char *quota_name(enum quota q)
{
	return quotas[q].name;
}

const char *quota_meaning(enum quota q)
{
	return quotas[q].meaning;
}

uint32_t account_usage(const struct account *a, enum quota q)
{
	switch (q) {
	case QUOTA_NODES:
		return a->nodes;
	case QUOTA_WATCHES:
		return a->watches;
	case QUOTA_TRANSACTIONS:
		return a->transactions;
	case QUOTA_OUTSTANDING:
		return a->outstanding;
	case QUOTA_MEMORY:
		return (uint32_t)a->memory;
	default:
		return 0;
	}
}
