// SPDX-License-Identifier: GPL-2.0-only
/*
 * Journal records.  A key is one letter for the kind and then
 *
 *   N path              node: generations, permissions, value
 *   A domid             account
 *   Q                   global quotas
 *   C conn              connection
 *   P conn              progress of its streams, and input not handled yet
 *   O conn pos          output queued, not known to have been delivered
 *   W conn path 0 token watch
 *   T conn txn          transaction
 *   t conn txn path     what it touched, and the body if it wrote one
 *
 * Numbers are in the machine's byte order: a journal does not travel.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "journal.h"
#include "persist.h"
#include "store.h"
#include "txn.h"
#include "watch.h"

struct node_record {
	uint64_t gen, kids_gen, perm_gen;
	uint32_t nr_perms;
	uint32_t reserved;
	/* then permissions, then value */
};

struct account_record {
	uint64_t birth;
	uint8_t handle[16];
	uint32_t has_shut_down;
	uint32_t quota[NR_QUOTAS];
};

struct watch_record {
	uint64_t seq;
	int32_t depth;
	uint32_t strip;
};

struct txn_record {
	uint64_t start_gen;
};

struct touched_record {
	uint32_t seq;
	uint32_t flags;
	/* then, if TOUCH_SET, a node_record with what follows it */
};

static char *put(char *p, const void *data, size_t len)
{
	if (len)
		memcpy(p, data, len);
	return p + len;
}

static size_t node_value_len(const struct body *b)
{
	return sizeof(struct node_record) + b->nr_perms * sizeof(struct perm) +
	       b->value_len;
}

static void put_node(char *p, const struct body *b, uint64_t kids_gen)
{
	struct node_record r = {b->gen, kids_gen, b->perm_gen, b->nr_perms, 0};

	p = put(p, &r, sizeof(r));
	p = put(p, b->perms, b->nr_perms * sizeof(struct perm));
	put(p, body_value(b), b->value_len);
}

void persist_node(struct store *s, const char *path, size_t len,
		  const struct node *n)
{
	char *p;

	if (!s->journal)
		return;
	p = journal_put(s->journal, 1 + len, node_value_len(n->body));
	if (!p)
		return;
	*p = 'N';
	put_node(put(p + 1, path, len), n->body, n->kids_gen);
}

/* A key of a letter, numbers and bytes; long enough for any path. */
struct key {
	size_t len;
	char s[16 + 2 * XENSTORE_PAYLOAD_MAX];
};

static void key_begin(struct key *k, char kind)
{
	k->s[0] = kind;
	k->len = 1;
}

static void key_add(struct key *k, const void *p, size_t len)
{
	put(k->s + k->len, p, len);
	k->len += len;
}

static void key_u32(struct key *k, uint32_t v)
{
	key_add(k, &v, sizeof(v));
}

static void put_record(struct store *s, const struct key *k, const void *value,
		       size_t len, const void *more, size_t more_len)
{
	char *p = journal_put(s->journal, k->len, len + more_len);

	if (p)
		put(put(put(p, k->s, k->len), value, len), more, more_len);
}

void persist_node_gone(struct store *s, const char *path, size_t len)
{
	struct key k;

	if (!s->journal)
		return;
	key_begin(&k, 'N');
	key_add(&k, path, len);
	journal_del(s->journal, k.s, k.len);
}

void persist_account(struct store *s, const struct account *a)
{
	struct account_record r = {.birth = a->birth,
				   .has_shut_down = a->has_shut_down};
	struct key k;

	if (!s->journal)
		return;
	memcpy(r.handle, a->handle, sizeof(r.handle));
	memcpy(r.quota, a->quota, sizeof(r.quota));
	key_begin(&k, 'A');
	key_u32(&k, a->domid);
	put_record(s, &k, &r, sizeof(r), NULL, 0);
}

void persist_account_gone(struct store *s, const struct account *a)
{
	struct key k;

	if (!s->journal)
		return;
	key_begin(&k, 'A');
	key_u32(&k, a->domid);
	journal_del(s->journal, k.s, k.len);
}

void persist_quotas(struct store *s)
{
	struct key k;

	if (!s->journal)
		return;
	key_begin(&k, 'Q');
	put_record(s, &k, s->accounts.quota, sizeof(s->accounts.quota), NULL,
		   0);
}

static void watch_key(struct key *k, const struct watch *w)
{
	key_begin(k, 'W');
	key_u32(k, w->conn->id);
	key_add(k, w->at->path, w->at->len);
	key_add(k, "", 1);
	key_add(k, w->token, w->token_len);
}

void persist_watch(struct store *s, const struct watch *w)
{
	struct watch_record r = {w->seq, w->depth, w->strip};
	struct key k;

	if (!s->journal || !w->conn->is_recorded)
		return;
	watch_key(&k, w);
	put_record(s, &k, &r, sizeof(r), NULL, 0);
}

void persist_watch_gone(struct store *s, const struct watch *w)
{
	struct key k;

	if (!s->journal || !w->conn->is_recorded)
		return;
	watch_key(&k, w);
	journal_del(s->journal, k.s, k.len);
}

static void txn_key(struct key *k, char kind, const struct txn *t)
{
	key_begin(k, kind);
	key_u32(k, t->conn->id);
	key_u32(k, t->id);
}

void persist_txn(struct store *s, const struct txn *t)
{
	struct txn_record r = {t->start_gen};
	struct key k;

	if (!s->journal || !t->conn->is_recorded)
		return;
	txn_key(&k, 'T', t);
	put_record(s, &k, &r, sizeof(r), NULL, 0);
}

void persist_touched(struct store *s, const struct txn *t,
		     const struct touched *e)
{
	struct touched_record r = {e->seq, e->flags};
	const struct body *b = e->body;
	struct key k;
	char *p;

	if (!s->journal || !t->conn->is_recorded)
		return;
	txn_key(&k, 't', t);
	key_add(&k, e->path, e->path_len);
	p = journal_put(s->journal, k.len,
			sizeof(r) + (b ? node_value_len(b) : 0));
	if (!p)
		return;
	p = put(put(p, k.s, k.len), &r, sizeof(r));
	if (b)
		put_node(p, b, 0);
}

void persist_txn_gone(struct store *s, const struct txn *t)
{
	const struct list *l;
	struct key k;

	if (!s->journal || !t->conn->is_recorded)
		return;
	txn_key(&k, 'T', t);
	journal_del(s->journal, k.s, k.len);
	for (l = t->touched.next; l != &t->touched; l = l->next) {
		const struct touched *e = list_entry(l, struct touched, link);

		txn_key(&k, 't', t);
		key_add(&k, e->path, e->path_len);
		journal_del(s->journal, k.s, k.len);
	}
}

static void conn_key(struct key *k, char kind, const struct conn *c)
{
	key_begin(k, kind);
	key_u32(k, c->id);
}

void persist_conn(struct store *s, const struct conn *c,
		  const struct conn_record *r)
{
	struct key k;

	if (!s->journal)
		return;
	conn_key(&k, 'C', c);
	put_record(s, &k, r, sizeof(*r), NULL, 0);
}

void persist_conn_gone(struct store *s, const struct conn *c)
{
	struct key k;

	if (!s->journal || !c->is_recorded)
		return;
	conn_key(&k, 'C', c);
	journal_del(s->journal, k.s, k.len);
	conn_key(&k, 'P', c);
	journal_del(s->journal, k.s, k.len);
}

void persist_progress(struct store *s, const struct conn *c,
		      const struct progress_record *r)
{
	struct key k;

	if (!s->journal)
		return;
	conn_key(&k, 'P', c);
	put_record(s, &k, r, sizeof(*r), c->in + c->in_start,
		   c->in_end - c->in_start);
}

void persist_out(struct store *s, const struct conn *c, uint32_t pos,
		 const char *data, size_t len)
{
	struct key k;

	if (!s->journal)
		return;
	conn_key(&k, 'O', c);
	key_u32(&k, pos);
	put_record(s, &k, data, len, NULL, 0);
}

void persist_out_gone(struct store *s, const struct conn *c, uint32_t pos)
{
	struct key k;

	if (!s->journal)
		return;
	conn_key(&k, 'O', c);
	key_u32(&k, pos);
	journal_del(s->journal, k.s, k.len);
}

/* ------------------------------ restoring ------------------------------ */

struct rec {
	char *key, *value;
	size_t key_len, value_len;
	uint64_t order;
	struct conn *conn; /* it belongs to; NULL: to be dropped */
};

struct recs {
	struct rec *r;
	size_t nr, size;
};

static int collect(const char *key, size_t key_len, const char *value,
		   size_t value_len, void *arg)
{
	struct recs *rs = arg;
	struct rec *r;

	if (rs->nr == rs->size) {
		size_t size = rs->size ? rs->size * 2 : 1024;

		r = realloc(rs->r, size * sizeof(*r));
		if (!r)
			return -ENOMEM;
		rs->r = r;
		rs->size = size;
	}
	r = &rs->r[rs->nr];
	memset(r, 0, sizeof(*r));
	/* one block, with a NUL after the key for those that end in a string */
	r->key = malloc(key_len + 1 + value_len);
	if (!r->key)
		return -ENOMEM;
	memcpy(r->key, key, key_len);
	r->key[key_len] = '\0';
	r->key_len = key_len;
	r->value = r->key + key_len + 1;
	if (value_len)
		memcpy(r->value, value, value_len);
	r->value_len = value_len;
	rs->nr++;
	return 0;
}

static uint32_t rec_u32(const struct rec *r, size_t off)
{
	uint32_t v = 0;

	if (r->key_len >= off + sizeof(v))
		memcpy(&v, r->key + off, sizeof(v));
	return v;
}

/* Copy the fixed part of a value; false if it is shorter. */
static bool rec_value(const struct rec *r, void *to, size_t len)
{
	if (r->value_len < len)
		return false;
	memcpy(to, r->value, len);
	return true;
}

/* The kinds in the order in which they can be rebuilt. */
static int kind_order(char kind)
{
	static const char order[] = "AQNCWTtOP";
	const char *p = strchr(order, kind);

	return p && kind ? (int)(p - order) : (int)sizeof(order);
}

/* By kind; then nodes by path, parents first; the rest in order of time. */
static int rec_cmp(const void *a, const void *b)
{
	const struct rec *x = a, *y = b;
	int kx = kind_order(x->key[0]), ky = kind_order(y->key[0]);
	size_t len = x->key_len < y->key_len ? x->key_len : y->key_len;
	int rc;

	if (kx != ky)
		return kx < ky ? -1 : 1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	rc = memcmp(x->key, y->key, len);
	if (rc || x->key_len == y->key_len)
		return rc;
	return x->key_len < y->key_len ? -1 : 1;
}

static void set_order(struct rec *r)
{
	struct watch_record w;
	struct touched_record t;

	if (r->key[0] == 'W' && rec_value(r, &w, sizeof(w)))
		r->order = w.seq;
	else if (r->key[0] == 't' && rec_value(r, &t, sizeof(t)))
		r->order = t.seq;
}

static struct body *get_node(const char *path, size_t len, const char *value,
			     size_t value_len, uint64_t *kids_gen)
{
	struct node_record r;
	const char *name = path + len;
	struct body *b;
	struct perm *perms;
	size_t perms_len;

	if (value_len < sizeof(r))
		return NULL;
	memcpy(&r, value, sizeof(r));
	perms_len = r.nr_perms * sizeof(*perms);
	if (!r.nr_perms || r.nr_perms > XENSTORE_PAYLOAD_MAX ||
	    value_len < sizeof(r) + perms_len)
		return NULL;
	while (name > path && name[-1] != '/')
		name--;
	perms = malloc(perms_len);
	if (!perms)
		return NULL;
	memcpy(perms, value + sizeof(r), perms_len);
	b = body_new(name, (size_t)(path + len - name), perms, r.nr_perms,
		     value + sizeof(r) + perms_len,
		     value_len - sizeof(r) - perms_len);
	free(perms);
	if (!b)
		return NULL;
	b->gen = r.gen;
	b->perm_gen = r.perm_gen;
	*kids_gen = r.kids_gen;
	return b;
}

static int restore_account(struct store *s, const struct rec *r)
{
	struct account_record ar;
	struct account *a;

	if (!rec_value(r, &ar, sizeof(ar)))
		return -EINVAL;
	a = account_get(&s->accounts, rec_u32(r, 1), ar.birth);
	if (!a)
		return -ENOMEM;
	a->birth = ar.birth;
	a->has_shut_down = ar.has_shut_down;
	memcpy(a->handle, ar.handle, sizeof(a->handle));
	memcpy(a->quota, ar.quota, sizeof(a->quota));
	return 0;
}

static int restore_node(struct store *s, const struct rec *r)
{
	uint64_t kids_gen;
	struct body *b = get_node(r->key + 1, r->key_len - 1, r->value,
				  r->value_len, &kids_gen);

	return b ? store_restore_node(s, r->key + 1, r->key_len - 1, b,
				      kids_gen)
		 : -EINVAL;
}

static int restore_watch(struct store *s, const struct rec *r)
{
	const char *path = r->key + 5, *token;
	struct watch_record wr;

	if (!rec_value(r, &wr, sizeof(wr)) || r->key_len < 6)
		return -EINVAL;
	token = path + strlen(path) + 1;
	if (token > r->key + r->key_len)
		return -EINVAL;
	if (s->last_watch_seq < wr.seq - 1)
		s->last_watch_seq = wr.seq - 1;
	return watch_add(s, r->conn, path, strlen(path), wr.strip, token,
			 wr.depth);
}

static int restore_touched(struct store *s, const struct rec *r)
{
	struct txn *t = txn_find(r->conn, rec_u32(r, 5));
	struct touched_record tr;
	const char *path = r->key + 9;
	size_t len = r->key_len - 9;
	struct body *b = NULL;
	uint64_t kids_gen;

	if (!t || r->key_len < 10 || !rec_value(r, &tr, sizeof(tr)))
		return -EINVAL;
	if (tr.flags & TOUCH_SET) {
		b = get_node(path, len, r->value + sizeof(tr),
			     r->value_len - sizeof(tr), &kids_gen);
		if (!b)
			return -EINVAL;
	}
	return txn_restore_touched(s, t, path, len, tr.flags, b);
}

/* Join the output records of a connection that end at @end. */
static char *join_out(const struct recs *rs, const struct conn *c, uint32_t end,
		      size_t *len)
{
	char *buf = NULL;
	size_t total = 0;

	/* two passes: how far back they go, and then copy */
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < rs->nr; i++) {
			const struct rec *r = &rs->r[i];
			uint32_t back;

			if (r->key[0] != 'O' || r->conn != c)
				continue;
			back = end - rec_u32(r, 5);
			if (back > INT32_MAX || back < r->value_len)
				continue;
			if (!pass && back > total)
				total = back;
			else if (pass)
				memcpy(buf + total - back, r->value,
				       r->value_len);
		}
		if (!pass) {
			buf = calloc(1, total + 1);
			if (!buf)
				break;
		}
	}
	*len = buf ? total : 0;
	return buf;
}

static int restore_progress(const struct recs *rs, const struct rec *r,
			    const struct restore_ops *ops)
{
	struct progress_record pr;
	size_t len;
	char *pending;

	if (!rec_value(r, &pr, sizeof(pr)))
		return -EINVAL;
	pending = join_out(rs, r->conn, pr.out_pos, &len);
	if (!pending)
		return -ENOMEM;
	ops->progress(r->conn, &pr, r->value + sizeof(pr),
		      r->value_len - sizeof(pr), pending, len, ops->arg);
	free(pending);
	return 0;
}

/* Which connection does a record belong to?  @conns are sorted by id. */
static struct conn *owner_of(const struct recs *conns, uint32_t id)
{
	size_t lo = 0, hi = conns->nr;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (conns->r[mid].order == id)
			return conns->r[mid].conn;
		if (conns->r[mid].order < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static int restore_one(struct store *s, struct recs *rs, struct rec *r,
		       const struct restore_ops *ops)
{
	struct conn_record cr;
	struct txn_record tr;

	switch (r->key[0]) {
	case 'A':
		return restore_account(s, r);
	case 'Q':
		return rec_value(r, s->accounts.quota,
				 sizeof(s->accounts.quota))
			       ? 0
			       : -EINVAL;
	case 'N':
		return restore_node(s, r);
	case 'C':
		if (!rec_value(r, &cr, sizeof(cr)))
			return -EINVAL;
		r->conn = ops->conn(rec_u32(r, 1), &cr, ops->arg);
		return r->conn ? 0 : -ENOENT;
	case 'W':
		return restore_watch(s, r);
	case 'T':
		return rec_value(r, &tr, sizeof(tr)) &&
				       txn_restore(s, r->conn, rec_u32(r, 5),
						   tr.start_gen)
			       ? 0
			       : -EINVAL;
	case 't':
		return restore_touched(s, r);
	case 'P':
		return restore_progress(rs, r, ops);
	case 'O':
		/* joined under 'P'; recorded anew at its next position */
	default:
		return -EINVAL;
	}
}

static void restore_views(struct store *s, const struct recs *rs)
{
	for (size_t i = 0; i < rs->nr; i++) {
		const struct rec *r = &rs->r[i];
		struct txn *t;

		if (r->key[0] != 'T' || !r->conn)
			continue;
		t = txn_find(r->conn, rec_u32(r, 5));
		if (t && txn_restore_view(s, t))
			t->is_broken = true;
	}
}

int persist_restore(struct store *s, const struct restore_ops *ops)
{
	struct recs rs = {0}, conns = {0};
	bool views_done = false;
	int rc = journal_each(s->journal, collect, &rs);

	for (size_t i = 0; i < rs.nr; i++) {
		set_order(&rs.r[i]);
		if (rs.r[i].key[0] == 'C')
			rs.r[i].order = rec_u32(&rs.r[i], 1);
	}
	if (rs.nr)
		qsort(rs.r, rs.nr, sizeof(*rs.r), rec_cmp);
	for (size_t i = 0; !rc && i < rs.nr; i++) {
		struct rec *r = &rs.r[i];
		int order = kind_order(r->key[0]);

		if (r->key[0] == 'C') {
			if (!conns.nr)
				conns.r = r;
			conns.nr++;
		}
		if (order > kind_order('t') && !views_done) {
			restore_views(s, &rs);
			views_done = true;
		}
		if (order > kind_order('C'))
			r->conn = owner_of(&conns, rec_u32(r, 1));
		/* what can not come back is not to come back later either */
		if ((order > kind_order('C') && !r->conn) ||
		    restore_one(s, &rs, r, ops))
			journal_del(s->journal, r->key, r->key_len);
	}
	if (!views_done)
		restore_views(s, &rs);
	for (size_t i = 0; i < rs.nr; i++)
		free(rs.r[i].key);
	free(rs.r);
	return rc;
}
