// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store's requests: each first decides whether it is allowed, changing
 * nothing, and then acts on the live tree or on a transaction's snapshot.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "persist.h"
#include "store.h"
#include "txn.h"
#include "watch.h"

/* Memory one node costs its owner. */
static size_t node_cost(const struct body *b)
{
	return sizeof(struct node) + body_size(b);
}

static struct node **view(struct store *s, struct txn *t)
{
	return t ? &t->root : &s->root;
}

/* Was the entry for @domid made for the domain that has the number now? */
static bool is_current(const struct store *s, const struct body *b,
		       unsigned int domid)
{
	const struct account *a;

	if (domid == 0)
		return true;
	a = account_find(&s->accounts, domid);
	return a && b->perm_gen > a->birth;
}

static unsigned int access_of(const struct store *s, const struct body *b,
			      unsigned int domid)
{
	if (b->perms[0].domid == domid && is_current(s, b, domid))
		return PERM_READ | PERM_WRITE | PERM_OWNER;
	for (size_t i = 1; i < b->nr_perms; i++)
		if (b->perms[i].domid == domid && is_current(s, b, domid))
			return b->perms[i].bits;
	return b->perms[0].bits;
}

unsigned int store_access(const struct store *s, const struct conn *c,
			  const struct body *b)
{
	unsigned int access;

	if (conn_is_privileged(c))
		return PERM_READ | PERM_WRITE | PERM_OWNER;
	access = access_of(s, b, c->domid);
	if (c->target != DOMID_NONE)
		access |= access_of(s, b, c->target);
	return access;
}

struct account *store_account(struct store *s, unsigned int domid)
{
	struct account *a = account_find(&s->accounts, domid);

	if (a || (s->domain_exists && !s->domain_exists(domid)))
		return a;
	a = account_get(&s->accounts, domid, s->gen);
	if (a)
		persist_account(s, a);
	return a;
}

/* The deepest node above @path that exists, and the length of its path. */
static const struct node *nearest(const struct node *root, const char *path,
				  size_t len, size_t *at)
{
	const struct node *n;

	while ((len = path_parent_len(path, len)) > 0) {
		n = tree_lookup(root, path, len);
		if (n) {
			*at = len;
			return n;
		}
	}
	*at = 1;
	return tree_lookup(root, "/", 1);
}

/*
 * The node at @path if @c has the access @need to it.  Who may not look
 * where it would be is not told whether it is there.
 */
static int get(struct store *s, struct conn *c, struct txn *t, const char *path,
	       size_t len, unsigned int need, unsigned int touch,
	       const struct node **out)
{
	const struct node *root = *view(s, t), *n;
	size_t at;
	int rc;

	n = tree_lookup(root, path, len);
	if (t) {
		rc = txn_touch(s, t, path, len, touch);
		if (rc)
			return rc;
	}
	if (!n) {
		n = nearest(root, path, len, &at);
		return store_access(s, c, n->body) & need ? -ENOENT : -EACCES;
	}
	if ((store_access(s, c, n->body) & need) != need)
		return -EACCES;
	*out = n;
	return 0;
}

int store_read(struct store *s, struct conn *c, struct txn *t, const char *path,
	       size_t len, const struct body **out)
{
	const struct node *n;
	int rc = get(s, c, t, path, len, PERM_READ, TOUCH_READ, &n);

	if (!rc)
		*out = n->body;
	return rc;
}

int store_list(struct store *s, struct conn *c, struct txn *t, const char *path,
	       size_t len, const struct node **out)
{
	return get(s, c, t, path, len, PERM_READ, TOUCH_READ | TOUCH_KIDS, out);
}

/* Nodes left by an earlier domain of the same number are on no account. */
static void charge(struct store *s, const struct body *b)
{
	struct account *a = account_find(&s->accounts, b->perms[0].domid);

	if (a && is_current(s, b, a->domid)) {
		a->nodes++;
		a->memory += node_cost(b);
	}
}

static void discharge(struct store *s, const struct body *b)
{
	struct account *a = account_find(&s->accounts, b->perms[0].domid);

	if (a && is_current(s, b, a->domid)) {
		a->nodes--;
		a->memory -= node_cost(b);
	}
}

int store_apply_set(struct store *s, const char *path, size_t len,
		    struct body *body, uint64_t gen)
{
	struct body *old;
	struct node *n;

	body->gen = gen;
	n = tree_set(&s->root, path, len, body, gen, &old);
	if (!n)
		return -ENOMEM;
	charge(s, body);
	persist_node(s, path, len, n);
	if (old) {
		discharge(s, old);
		body_put(old);
	} else {
		size_t plen = path_parent_len(path, len);

		if (plen)
			persist_node(s, path, plen,
				     tree_lookup(s->root, path, plen));
	}
	return 0;
}

struct below {
	struct store *s;
	char path[XENSTORE_ABS_PATH_MAX + 2];
	size_t len;
	size_t nr;
};

/* A node of a removed subtree: off the books, and its watchers are told. */
static int removed(const struct node *n, void *arg)
{
	struct below *b = arg;
	size_t len = b->len, name_len = n->body->name_len;

	b->path[len] = '/';
	memcpy(b->path + len + 1, body_name(n->body), name_len);
	b->len += 1 + name_len;
	discharge(b->s, n->body);
	persist_node_gone(b->s, b->path, b->len);
	watch_fire(b->s, b->path, b->len, true, NULL, n->body);
	node_each_child(n, removed, b);
	b->len = len;
	return 0;
}

int store_apply_rm(struct store *s, const char *path, size_t len, uint64_t gen)
{
	struct node *n = tree_unlink(&s->root, path, len, gen);
	size_t plen = path_parent_len(path, len);
	struct below below = {.s = s, .len = len};

	if (!n)
		return -ENOMEM;
	discharge(s, n->body);
	persist_node_gone(s, path, len);
	if (plen)
		persist_node(s, path, plen, tree_lookup(s->root, path, plen));
	watch_fire(s, path, len, false, NULL, n->body);
	memcpy(below.path, path, len);
	node_each_child(n, removed, &below);
	node_put(n);
	return 0;
}

/* Change what is at @path in the view of the request. */
static int set(struct store *s, struct txn *t, const char *path, size_t len,
	       struct body *body, unsigned int fire)
{
	struct touched *e;
	struct body *old;
	size_t cost;
	int rc;

	if (!t)
		return store_apply_set(s, path, len, body, s->gen);
	rc = txn_find_or_touch(s, t, path, len, &e);
	if (rc) {
		body_put(body);
		return rc;
	}
	cost = node_cost(body);
	body->gen = s->gen;
	if (!tree_set(&t->root, path, len, body, s->gen, &old)) {
		t->is_broken = true;
		return -ENOMEM;
	}
	t->nodes += !old;
	body_put(old);
	t->memory += cost;
	t->conn->account->memory += cost;
	e->flags |= (uint8_t)(TOUCH_READ | TOUCH_SET | fire);
	body_put(e->body);
	e->body = body;
	body->refs++;
	persist_touched(s, t, e);
	return 0;
}

/* Room in the accounts of @c for @nr more nodes of @bytes in all? */
static int may_grow(struct store *s, const struct conn *c, const struct txn *t,
		    size_t nr, size_t bytes)
{
	struct account *a = c->account;
	int64_t nodes = (int64_t)a->nodes + (t ? t->nodes : 0) + (int64_t)nr;

	if (nr && nodes > 0 &&
	    account_exceeds(&s->accounts, a, QUOTA_NODES, (size_t)nodes))
		return -ENOSPC;
	if (account_exceeds(&s->accounts, a, QUOTA_MEMORY, a->memory + bytes))
		return -ENOSPC;
	/* what is about to be touched: the new nodes or the old one, a parent
	 */
	if (t && account_exceeds(&s->accounts, a, QUOTA_TRANSACTION_NODES,
				 t->nr_touched + nr + 2))
		return -ENOSPC;
	return 0;
}

/* The permissions of a node made below @b: those of @b that still mean it. */
static size_t inherit(const struct store *s, const struct conn *c,
		      const struct body *b, struct perm *perms)
{
	size_t nr = 1;

	perms[0] = b->perms[0];
	if (!conn_is_privileged(c))
		perms[0].domid = c->domid;
	else if (!is_current(s, b, perms[0].domid))
		perms[0].domid = 0;
	for (size_t i = 1; i < b->nr_perms; i++)
		if (is_current(s, b, b->perms[i].domid))
			perms[nr++] = b->perms[i];
	return nr;
}

/* How many nodes it takes to make @path when its first @from_len bytes are. */
static size_t count_missing(const char *path, size_t len, size_t from_len)
{
	size_t nr = 0;

	while (len > from_len) {
		nr++;
		len = path_parent_len(path, len);
	}
	return nr;
}

/* Make @path, which does not exist, and any missing parents. */
static int create(struct store *s, struct conn *c, struct txn *t,
		  const char *path, size_t len, const void *value,
		  size_t value_len)
{
	size_t nr_perms, missing, end, from_len;
	const struct node *from = nearest(*view(s, t), path, len, &from_len);
	struct perm *perms;
	int rc;

	if (!(store_access(s, c, from->body) & PERM_WRITE))
		return -EACCES;
	if (account_exceeds(&s->accounts, c->account, QUOTA_NODE_SIZE,
			    value_len + from->body->nr_perms * sizeof(*perms)))
		return -ENOSPC;
	missing = count_missing(path, len, from_len);
	rc = may_grow(s, c, t, missing,
		      missing * (sizeof(struct node) + sizeof(struct body) +
				 from->body->nr_perms * sizeof(*perms)) +
			      len + value_len);
	if (rc)
		return rc;
	if (t) {
		/* the permissions inherited are something it has seen */
		rc = txn_touch(s, t, path, from_len, TOUCH_READ);
		if (rc)
			return rc;
	}
	perms = arena_alloc(&s->arena, from->body->nr_perms * sizeof(*perms));
	if (!perms)
		return -ENOMEM;
	nr_perms = inherit(s, c, from->body, perms);
	s->gen++;
	for (end = from_len + 1; end <= len; end++) {
		const char *name;
		struct body *b;

		if (end < len && path[end] != '/')
			continue;
		name = path + end;
		while (name[-1] != '/')
			name--;
		b = body_new(name, (size_t)(path + end - name), perms, nr_perms,
			     end == len ? value : NULL,
			     end == len ? value_len : 0);
		rc = -ENOMEM;
		if (!b)
			break;
		b->perm_gen = s->gen;
		rc = set(s, t, path, end, b, end == len ? TOUCH_FIRE : 0);
		if (rc)
			break;
	}
	if (!rc && !t)
		watch_fire(s, path, len, false,
			   tree_lookup(s->root, path, len)->body, NULL);
	return rc;
}

int store_write(struct store *s, struct conn *c, struct txn *t,
		const char *path, size_t len, const void *value,
		size_t value_len)
{
	const struct node *n = tree_lookup(*view(s, t), path, len);
	const struct body *old;
	struct body *b;
	int rc;

	if (!n)
		return create(s, c, t, path, len, value, value_len);
	old = n->body;
	if (!(store_access(s, c, old) & PERM_WRITE))
		return -EACCES;
	if (account_exceeds(&s->accounts, c->account, QUOTA_NODE_SIZE,
			    value_len + old->nr_perms * sizeof(struct perm)))
		return -ENOSPC;
	if (value_len > old->value_len || t) {
		rc = may_grow(s, c, t, 0, value_len);
		if (rc)
			return rc;
	}
	b = body_new(body_name(old), old->name_len, old->perms, old->nr_perms,
		     value, value_len);
	if (!b)
		return -ENOMEM;
	b->perm_gen = old->perm_gen;
	s->gen++;
	rc = set(s, t, path, len, b, TOUCH_FIRE);
	if (!rc && !t)
		watch_fire(s, path, len, false, b, NULL);
	return rc;
}

int store_mkdir(struct store *s, struct conn *c, struct txn *t,
		const char *path, size_t len)
{
	const struct node *n;
	int rc = get(s, c, t, path, len, PERM_WRITE, TOUCH_READ, &n);

	if (rc == -ENOENT)
		return create(s, c, t, path, len, NULL, 0);
	return rc;
}

static int count_owned(const struct node *n, void *arg)
{
	struct below *b = arg;

	b->nr++;
	return node_each_child(n, count_owned, b);
}

int store_rm(struct store *s, struct conn *c, struct txn *t, const char *path,
	     size_t len)
{
	size_t plen = path_parent_len(path, len);
	const struct node *n;
	struct below below = {.s = s};
	struct node *gone;
	int rc;

	if (!plen)
		return -EINVAL;
	rc = get(s, c, t, path, len, PERM_WRITE, TOUCH_READ, &n);
	if (rc == -ENOENT)
		return tree_lookup(*view(s, t), path, plen) ? 0 : rc;
	if (rc)
		return rc;
	s->gen++;
	if (!t)
		return store_apply_rm(s, path, len, s->gen);
	count_owned(n, &below);
	gone = tree_unlink(&t->root, path, len, s->gen);
	if (!gone)
		return -ENOMEM;
	node_put(gone);
	t->nodes -= (int32_t)below.nr;
	return txn_touch(s, t, path, len, TOUCH_RM | TOUCH_FIRE);
}

int store_set_perms(struct store *s, struct conn *c, struct txn *t,
		    const char *path, size_t len, const struct perm *perms,
		    size_t nr_perms)
{
	const struct node *n;
	struct body *b, *old;
	int rc;

	rc = get(s, c, t, path, len, PERM_WRITE | PERM_OWNER, TOUCH_READ, &n);
	if (rc)
		return rc;
	old = n->body;
	if (account_exceeds(&s->accounts, c->account, QUOTA_NODE_PERMISSIONS,
			    nr_perms))
		return -ENOSPC;
	if (!conn_is_privileged(c) && perms[0].domid != old->perms[0].domid)
		return -EPERM;
	rc = may_grow(s, c, t, 0, nr_perms * sizeof(*perms));
	if (rc)
		return rc;
	b = body_new(body_name(old), old->name_len, perms, nr_perms,
		     body_value(old), old->value_len);
	if (!b)
		return -ENOMEM;
	/* whoever is named here and lives is meant */
	for (size_t i = 0; i < nr_perms; i++)
		store_account(s, perms[i].domid);
	b->perm_gen = ++s->gen;
	old->refs++;
	rc = set(s, t, path, len, b, TOUCH_FIRE);
	if (!rc && !t && path[0] == '/')
		watch_fire(s, path, len, false, b, old);
	body_put(old);
	return rc;
}

/* The paths of the topmost nodes a domain owns, one after the other. */
struct owned {
	const struct store *s;
	unsigned int domid;
	char path[XENSTORE_ABS_PATH_MAX + 2];
	size_t len;
	char *list;
	size_t used, size;
};

static int owned_add(struct owned *o)
{
	if (o->size - o->used <= o->len) {
		size_t size = o->size * 2 + sizeof(o->path);
		char *list = realloc(o->list, size);

		if (!list)
			return -ENOMEM;
		o->list = list;
		o->size = size;
	}
	memcpy(o->list + o->used, o->path, o->len);
	o->list[o->used + o->len] = '\0';
	o->used += o->len + 1;
	return 0;
}

static int find_owned(const struct node *n, void *arg)
{
	struct owned *o = arg;
	size_t len = o->len;
	int rc;

	o->path[o->len++] = '/';
	memcpy(o->path + o->len, body_name(n->body), n->body->name_len);
	o->len += n->body->name_len;
	if (n->body->perms[0].domid == o->domid &&
	    is_current(o->s, n->body, o->domid))
		rc = owned_add(o);
	else
		rc = node_each_child(n, find_owned, o);
	o->len = len;
	return rc;
}

void store_forget_domain(struct store *s, unsigned int domid)
{
	struct account *a = account_find(&s->accounts, domid);
	struct owned o = {.s = s, .domid = domid};

	if (!a || domid == 0)
		return;
	/* normally the toolstack has removed them and there is no search */
	if (a->nodes)
		node_each_child(tree_lookup(s->root, "/", 1), find_owned, &o);
	for (size_t at = 0; at < o.used; at += strlen(o.list + at) + 1)
		store_apply_rm(s, o.list + at, strlen(o.list + at), ++s->gen);
	free(o.list);
	persist_account_gone(s, a);
	account_drop(&s->accounts, domid);
}

int store_init(struct store *s)
{
	static const char *const names[] = {"/", "@introduceDomain",
					    "@releaseDomain"};
	static const struct perm dom0_only = {.domid = 0};
	int rc = -ENOMEM;

	memset(s, 0, offsetof(struct store, accounts));
	accounts_init(&s->accounts);
	memset((char *)s + offsetof(struct store, journal), 0,
	       offsetof(struct store, arena.space) -
		       offsetof(struct store, journal));
	s->gen = 1;
	s->root = tree_new();
	if (!s->root || !account_get(&s->accounts, 0, 0))
		goto fail;
	for (size_t i = 0; i < 3; i++) {
		struct perm p = dom0_only;
		size_t len = strlen(names[i]);
		struct body *b, *old;

		if (i == 0)
			p.bits = PERM_READ;
		b = body_new(names[i], i ? len : 0, &p, 1, NULL, 0);
		if (!b)
			goto fail;
		b->gen = b->perm_gen = s->gen;
		if (!tree_set(&s->root, names[i], len, b, s->gen, &old))
			goto fail;
		charge(s, b);
	}
	return 0;

fail:
	store_free(s);
	return rc;
}

void store_free(struct store *s)
{
	node_put(s->root);
	accounts_free(&s->accounts);
	free(s->watch_bucket);
}

int store_restore_node(struct store *s, const char *path, size_t len,
		       struct body *body, uint64_t kids_gen)
{
	uint64_t gen = body->gen;
	struct body *old;
	struct node *n;

	n = tree_set(&s->root, path, len, body, gen, &old);
	if (!n)
		return -ENOENT;
	charge(s, body);
	if (old)
		discharge(s, old);
	body_put(old);
	n->kids_gen = kids_gen;
	if (s->gen < gen)
		s->gen = gen;
	if (s->gen < kids_gen)
		s->gen = kids_gen;
	return 0;
}

struct usage {
	uint32_t nodes[DOMID_LIMIT];
	const struct store *s;
};

static int count_usage(const struct node *n, void *arg)
{
	struct usage *u = arg;
	unsigned int domid = n->body->perms[0].domid;

	if (domid < DOMID_LIMIT && is_current(u->s, n->body, domid))
		u->nodes[domid]++;
	return node_each_child(n, count_usage, u);
}

int store_check(const struct store *s, const char **why)
{
	struct usage *u;
	int rc = -EIO;

	*why = "the tree is out of order";
	if (!tree_check(s->root))
		return -EIO;
	u = calloc(1, sizeof(*u));
	if (!u)
		return -ENOMEM;
	u->s = s;
	node_each_child(s->root, count_usage, u);
	*why = "a domain's nodes are not those in its account";
	for (unsigned int i = 1; i < DOMID_LIMIT; i++) {
		const struct account *a = s->accounts.of[i];

		if (a && a->nodes != u->nodes[i])
			goto out;
	}
	*why = NULL;
	rc = 0;
out:
	free(u);
	return rc;
}
