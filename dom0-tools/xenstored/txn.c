// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions.
 *
 * A transaction sees the tree as it was when it began, plus its own changes,
 * because its root is a reference to the tree of that moment.  It keeps the
 * list of paths it touched; each of them is in conflict if the live node is
 * newer than the transaction, or has come or gone.  Two transactions that
 * create different children of one parent touch different paths, so they do
 * not meet; listing the children is a touch of its own.
 *
 * Commit: all touched paths are checked, then what was removed is removed and
 * what was written is written, in the order it happened, on the live tree.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "persist.h"
#include "store.h"
#include "txn.h"
#include "watch.h"

#define FIRST_BUCKETS 16u

struct txn *txn_find(const struct conn *c, uint32_t id)
{
	const struct list *l;

	for (l = c->txns.next; l != &c->txns; l = l->next) {
		struct txn *t = list_entry(l, struct txn, link);

		if (t->id == id)
			return t;
	}
	return NULL;
}

static struct txn *new (struct store *s, struct conn *c, uint32_t id)
{
	struct txn *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->bucket = calloc(FIRST_BUCKETS, sizeof(struct touched *));
	if (!t->bucket) {
		free(t);
		return NULL;
	}
	t->bucket_mask = FIRST_BUCKETS - 1;
	list_init(&t->touched);
	t->conn = c;
	t->id = id;
	t->base = node_get(s->root);
	t->root = node_get(s->root);
	t->start_gen = s->gen;
	list_add_tail(&c->txns, &t->link);
	c->account->transactions++;
	return t;
}

int txn_start(struct store *s, struct conn *c, struct txn **out)
{
	struct txn *t;

	if (account_exceeds(&s->accounts, c->account, QUOTA_TRANSACTIONS,
			    c->account->transactions + 1))
		return -ENOSPC;
	do
		s->last_txn_id++;
	while (!s->last_txn_id || txn_find(c, s->last_txn_id));
	t = new (s, c, s->last_txn_id);
	if (!t)
		return -ENOMEM;
	persist_txn(s, t);
	*out = t;
	return 0;
}

static void drop_view(struct txn *t)
{
	node_put(t->base);
	node_put(t->root);
	t->base = t->root = NULL;
}

void txn_abort(struct store *s, struct txn *t)
{
	struct list *l, *n;

	persist_txn_gone(s, t);
	list_for_each (l, n, &t->touched) {
		struct touched *e = list_entry(l, struct touched, link);

		body_put(e->body);
		free(e);
	}
	drop_view(t);
	t->conn->account->transactions--;
	t->conn->account->memory -= t->memory;
	list_del(&t->link);
	free(t->bucket);
	free(t);
}

void txn_abort_all(struct store *s, struct conn *c)
{
	struct list *l, *n;

	list_for_each (l, n, &c->txns)
		txn_abort(s, list_entry(l, struct txn, link));
}

static uint32_t hash(const char *p, size_t len)
{
	uint32_t h = (uint32_t)len;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 0x01000193u;
	return h ^ h >> 15;
}

static struct touched *find(const struct txn *t, const char *path, size_t len,
			    uint32_t h)
{
	struct touched *e;

	for (e = t->bucket[h & t->bucket_mask]; e; e = e->next_in_bucket)
		if (e->hash == h && e->path_len == len &&
		    !memcmp(e->path, path, len))
			return e;
	return NULL;
}

static void grow(struct txn *t)
{
	uint32_t mask = t->bucket_mask * 2 + 1;
	struct touched **b = calloc(mask + 1ul, sizeof(struct touched *));
	struct list *l;

	if (!b)
		return;
	for (l = t->touched.next; l != &t->touched; l = l->next) {
		struct touched *e = list_entry(l, struct touched, link);

		e->next_in_bucket = b[e->hash & mask];
		b[e->hash & mask] = e;
	}
	free(t->bucket);
	t->bucket = b;
	t->bucket_mask = mask;
}

static struct touched *add(struct txn *t, const char *path, size_t len,
			   uint32_t h)
{
	struct touched *e = malloc(sizeof(*e) + len);

	if (!e)
		return NULL;
	if (t->nr_touched > t->bucket_mask)
		grow(t);
	memset(e, 0, sizeof(*e));
	e->hash = h;
	e->seq = t->nr_touched++;
	e->path_len = (uint16_t)len;
	memcpy(e->path, path, len);
	e->next_in_bucket = t->bucket[e->hash & t->bucket_mask];
	t->bucket[e->hash & t->bucket_mask] = e;
	list_add_tail(&t->touched, &e->link);
	t->memory += sizeof(*e) + len;
	t->conn->account->memory += sizeof(*e) + len;
	return e;
}

/* What was written below @path is no longer to be. */
static void unset_below(struct store *s, const struct txn *t, const char *path,
			size_t len)
{
	struct list *l;

	for (l = t->touched.next; l != &t->touched; l = l->next) {
		struct touched *e = list_entry(l, struct touched, link);

		if (!(e->flags & TOUCH_SET) || e->path_len < len ||
		    memcmp(e->path, path, len) ||
		    (e->path_len > len && e->path[len] != '/'))
			continue;
		e->flags &= (uint8_t)~TOUCH_SET;
		body_put(e->body);
		e->body = NULL;
		persist_touched(s, t, e);
	}
}

int txn_find_or_touch(struct store *s, struct txn *t, const char *path,
		      size_t len, struct touched **out)
{
	uint32_t h = hash(path, len);
	struct touched *e = find(t, path, len, h);

	if (!e) {
		if (account_exceeds(&s->accounts, t->conn->account,
				    QUOTA_TRANSACTION_NODES, t->nr_touched + 1))
			return -ENOSPC;
		e = add(t, path, len, h);
		if (!e) {
			t->is_broken = true;
			return -ENOMEM;
		}
		if (tree_lookup(t->base, path, len))
			e->flags = TOUCH_EXISTED;
	}
	*out = e;
	return 0;
}

int txn_touch(struct store *s, struct txn *t, const char *path, size_t len,
	      unsigned int flags)
{
	struct touched *e;
	int rc = txn_find_or_touch(s, t, path, len, &e);

	if (rc)
		return rc;
	if (flags & TOUCH_RM) {
		unset_below(s, t, path, len);
		t->has_removed = true;
	} else if ((e->flags & flags) == flags) {
		return 0;
	}
	e->flags |= (uint8_t)flags;
	persist_touched(s, t, e);
	return 0;
}

static bool is_in_conflict(const struct store *s, const struct txn *t,
			   const struct touched *e)
{
	const struct node *n = tree_lookup(s->root, e->path, e->path_len);

	if (!n || !(e->flags & TOUCH_EXISTED))
		return n || e->flags & TOUCH_EXISTED;
	if (e->flags & TOUCH_RM)
		return node_newer_than(n, t->start_gen);
	return n->body->gen > t->start_gen ||
	       (e->flags & TOUCH_KIDS && n->kids_gen > t->start_gen);
}

static bool has_conflict(const struct store *s, const struct txn *t)
{
	const struct list *l;

	for (l = t->touched.next; l != &t->touched; l = l->next)
		if (is_in_conflict(s, t, list_entry(l, struct touched, link)))
			return true;
	return false;
}

/* Where changes go: to the live tree, or to @t's own view of it. */
struct target {
	struct store *s;
	struct txn *t;
	struct node **root;
	bool is_live;
};

static int apply_set(const struct target *to, struct touched *e);

/* Nodes that the transaction made are put in place before what is in them. */
static int apply_parent(const struct target *to, const struct touched *e)
{
	size_t plen = path_parent_len(e->path, e->path_len);
	struct touched *parent;

	/* what was there before has its parents, if they were not removed */
	if (!plen || (e->flags & TOUCH_EXISTED && !to->t->has_removed) ||
	    tree_lookup(*to->root, e->path, plen))
		return 0;
	parent = find(to->t, e->path, plen, hash(e->path, plen));
	return parent ? apply_set(to, parent) : -ENOENT;
}

static int apply_set(const struct target *to, struct touched *e)
{
	struct body *old;
	int rc;

	if (!(e->flags & TOUCH_SET) || e->is_applied)
		return 0;
	rc = apply_parent(to, e);
	if (rc)
		return rc;
	e->is_applied = true;
	e->body->refs++;
	if (to->is_live)
		return store_apply_set(to->s, e->path, e->path_len, e->body,
				       to->s->gen);
	if (!tree_set(to->root, e->path, e->path_len, e->body, e->body->gen,
		      &old))
		return -ENOMEM;
	body_put(old);
	return 0;
}

static int apply(const struct target *to)
{
	struct list *l, *n;
	int rc = 0;

	list_for_each (l, n, &to->t->touched) {
		struct touched *e = list_entry(l, struct touched, link);

		e->is_applied = false;
		if (!(e->flags & TOUCH_RM) ||
		    !tree_lookup(*to->root, e->path, e->path_len))
			continue;
		if (to->is_live)
			rc = store_apply_rm(to->s, e->path, e->path_len,
					    to->s->gen);
		else
			node_put(tree_unlink(to->root, e->path, e->path_len,
					     to->s->gen));
	}
	for (l = to->t->touched.next; !rc && l != &to->t->touched; l = l->next)
		rc = apply_set(to, list_entry(l, struct touched, link));
	return rc;
}

/* Removals were announced when they were applied. */
static void fire(struct store *s, const struct txn *t)
{
	const struct list *l;

	for (l = t->touched.next; l != &t->touched; l = l->next) {
		const struct touched *e = list_entry(l, struct touched, link);

		if (e->flags & TOUCH_SET && e->flags & TOUCH_FIRE &&
		    e->path[0] == '/')
			watch_fire(s, e->path, e->path_len, false, e->body,
				   NULL);
	}
}

int txn_commit(struct store *s, struct txn *t)
{
	struct account *a = t->conn->account;
	struct target live = {s, t, &s->root, true};
	int rc = 0;

	if (t->is_broken)
		rc = -ENOMEM;
	else if (has_conflict(s, t))
		rc = -EAGAIN;
	else if (t->nodes > 0 && account_exceeds(&s->accounts, a, QUOTA_NODES,
						 a->nodes + (uint32_t)t->nodes))
		rc = -ENOSPC;
	if (!rc) {
		/* so that the live tree is not shared, and not copied */
		drop_view(t);
		s->gen++;
		rc = apply(&live);
		fire(s, t);
	}
	txn_abort(s, t);
	return rc;
}

struct txn *txn_restore(struct store *s, struct conn *c, uint32_t id,
			uint64_t start_gen)
{
	struct txn *t = new (s, c, id);

	if (!t)
		return NULL;
	t->start_gen = start_gen;
	if (s->last_txn_id < id)
		s->last_txn_id = id;
	persist_txn(s, t);
	return t;
}

int txn_restore_touched(struct store *s, struct txn *t, const char *path,
			size_t len, unsigned int flags, struct body *body)
{
	struct touched *e = add(t, path, len, hash(path, len));

	(void)s;
	if (!e) {
		body_put(body);
		return -ENOMEM;
	}
	e->flags = (uint8_t)flags;
	e->body = body;
	t->has_removed |= (flags & TOUCH_RM) != 0;
	return 0;
}

int txn_restore_view(struct store *s, struct txn *t)
{
	struct target own = {s, t, &t->root, false};

	return apply(&own);
}
