/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which domains there are: the table by number, references, and the end of a
 * domain's life when its last reference goes.
 */
#include <hv/assert.h>
#include <hv/bitmap.h>
#include <hv/domain.h>
#include <hv/page_alloc.h>
#include <hv/softirq.h>

#include <abi/errno.h>

#include "life.h"

static spinlock_t lock = SPINLOCK_INIT(RANK_DOMLIST); /* changes of all below */
static struct domain *last_part[DOMAIN_TABLE_PART];   /* has the system's */
struct domain **domain_table[0x8000 / DOMAIN_TABLE_PART] = {
	[ARRAY_SIZE(domain_table) - 1] = last_part};
static uint16_t nr_in_part[ARRAY_SIZE(domain_table)];
static uint64_t used[BITMAP_LONGS(DOMID_FIRST_RESERVED)];
static domid_t last_chosen;

static struct domain **slot_of(unsigned int owner_id)
{
	struct domain **part = domain_table[owner_id / DOMAIN_TABLE_PART];

	return part ? &part[owner_id % DOMAIN_TABLE_PART] : NULL;
}

static struct domain *find(unsigned int domid)
{
	struct domain **slot = slot_of(OWNER_OF(domid));

	return slot ? *slot : NULL;
}

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
	d = find(domid);
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
		d = find(i);
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

/* Under the lock: @d gets the number @domid, which is free. */
static int fill_slot(struct domain *d, unsigned int domid)
{
	unsigned int id = OWNER_OF(domid), part = id / DOMAIN_TABLE_PART;

	if (!domain_table[part])
		domain_table[part] = hv_pages_alloc(0);
	if (!domain_table[part])
		return -ENOMEM;
	nr_in_part[part]++;
	d->domid = (domid_t)domid;
	d->owner_id = (uint16_t)id;
	*slot_of(id) = d;
	return 0;
}

static int choose_and_fill(struct domain *d, domid_t domid)
{
	unsigned int i = domid == DOMID_INVALID ? choose_domid() : domid;
	int rc;

	if (i >= DOMID_FIRST_RESERVED)
		return domid == DOMID_INVALID ? -ENOMEM : -EINVAL;
	if (find(i))
		return -EEXIST;
	rc = fill_slot(d, i);
	if (rc)
		return rc;
	if (domid == DOMID_INVALID)
		last_chosen = (domid_t)i;
	bit_set(i, used);
	return 0;
}

int domain_table_add(struct domain *d, domid_t domid)
{
	int rc;

	spin_lock(&lock);
	rc = choose_and_fill(d, domid);
	spin_unlock(&lock);
	return rc;
}

void domain_table_add_system(struct domain *d, domid_t domid)
{
	(void)fill_slot(d, domid); /* its part is there */
}

void domain_table_remove(struct domain *d)
{
	unsigned int part = d->owner_id / DOMAIN_TABLE_PART;

	spin_lock(&lock);
	ASSERT(find(d->domid) == d);
	*slot_of(d->owner_id) = NULL;
	bit_clear(d->domid, used);
	if (!--nr_in_part[part]) {
		hv_pages_free(domain_table[part], 0);
		domain_table[part] = NULL;
	}
	spin_unlock(&lock);
}
