/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which domains there are: the table by number, references, and the end of a
 * domain's life when its last reference goes.
 */
#include <hv/assert.h>
#include <hv/bitmap.h>
#include <hv/domain.h>
#include <hv/softirq.h>

#include <abi/errno.h>

#include "life.h"

static spinlock_t lock = SPINLOCK_INIT(RANK_DOMLIST); /* the two below */
static struct domain *table[DOMID_FIRST_RESERVED];
static uint64_t used[BITMAP_LONGS(DOMID_FIRST_RESERVED)];
static domid_t last_chosen;

static struct domain *dead; /* stack of domains without references, atomic */

/* Under the lock: @d's reference, unless it has none left to share. */
static bool try_get(struct domain *d)
{
	uint32_t refs = __atomic_load_n(&d->refs, __ATOMIC_RELAXED);

	do {
		if (!refs)
			return false;
	} while (!__atomic_compare_exchange_n(&d->refs, &refs, refs + 1, true,
					      __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return true;
}

struct domain *domain_get(domid_t domid)
{
	struct domain *d;

	if (domid == DOMID_SELF) {
		d = current->domain;
		domain_get_again(d);
		return d;
	}
	if (domid >= DOMID_FIRST_RESERVED)
		return NULL;
	domid = (domid_t)index_nospec(domid, DOMID_FIRST_RESERVED);
	spin_lock(&lock);
	d = table[domid];
	if (d && !try_get(d))
		d = NULL;
	spin_unlock(&lock);
	return d;
}

int domain_get_remote(domid_t domid, struct domain **out)
{
	const struct domain *self = current->domain;

	if (domid != DOMID_SELF && domid != self->domid && !self->is_privileged)
		return -EPERM;
	*out = domain_get(domid);
	return *out ? 0 : -ESRCH;
}

struct domain *domain_next(domid_t domid)
{
	unsigned int i = domid;
	struct domain *d = NULL;

	spin_lock(&lock);
	while (i < DOMID_FIRST_RESERVED) {
		i = bitmap_next_set(used, DOMID_FIRST_RESERVED, i);
		if (i == DOMID_FIRST_RESERVED)
			break;
		d = table[i];
		if (try_get(d))
			break;
		d = NULL;
		i++;
	}
	spin_unlock(&lock);
	return d;
}

struct domain *domain_next_put(struct domain *d)
{
	struct domain *next = domain_next((domid_t)(d->domid + 1));

	domain_put(d);
	return next;
}

/*
 * The last reference may go anywhere, with locks held and even in an
 * interrupt, so the rest is left to a softirq.
 */
void domain_put(struct domain *d)
{
	uint32_t old = __atomic_fetch_sub(&d->refs, 1, __ATOMIC_ACQ_REL);

	BUG_ON(old == 0);
	if (old > 1)
		return;
	d->next_dead = __atomic_load_n(&dead, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&dead, &d->next_dead, d, true,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	softirq_raise(SOFTIRQ_CONTINUE);
}

void domain_reap(void)
{
	struct domain *d = __atomic_exchange_n(&dead, NULL, __ATOMIC_ACQUIRE);

	while (d) {
		struct domain *next = d->next_dead;

		domain_end(d);
		d = next;
	}
}

/* Numbers rise as long as there are higher ones, so old ones stay unused. */
static unsigned int choose_domid(void)
{
	unsigned int i =
		bitmap_next_clear(used, DOMID_FIRST_RESERVED, last_chosen + 1u);

	if (i == DOMID_FIRST_RESERVED)
		i = bitmap_next_clear(used, DOMID_FIRST_RESERVED, 1);
	return i;
}

int domain_table_add(struct domain *d, domid_t domid)
{
	unsigned int i = domid;
	int rc = 0;

	spin_lock(&lock);
	if (domid == DOMID_INVALID) {
		i = choose_domid();
		if (i == DOMID_FIRST_RESERVED)
			rc = -ENOMEM;
		else
			last_chosen = (domid_t)i;
	} else if (i >= DOMID_FIRST_RESERVED) {
		rc = -EINVAL;
	} else if (table[i]) {
		rc = -EEXIST;
	}
	if (!rc) {
		d->domid = (domid_t)i;
		table[i] = d;
		bit_set(i, used);
	}
	spin_unlock(&lock);
	return rc;
}

void domain_table_remove(struct domain *d)
{
	spin_lock(&lock);
	ASSERT(table[d->domid] == d);
	table[d->domid] = NULL;
	bit_clear(d->domid, used);
	spin_unlock(&lock);
}
