// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watch table: a hash of watched paths, each with its watches.
 *
 * The hash of a path is built byte by byte, so walking along a changed path
 * yields the hashes of all its ancestors on the way.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "persist.h"
#include "store.h"
#include "watch.h"

#define HASH_START 0x811c9dc5u

static uint32_t hash_step(uint32_t h, char c)
{
	return (h ^ (unsigned char)c) * 0x01000193u;
}

static size_t bucket_of(const struct store *s, uint32_t hash)
{
	return (hash ^ hash >> 15) & s->watch_mask;
}

static struct watch_path *find(const struct store *s, const char *path,
			       size_t len, uint32_t hash)
{
	struct watch_path *wp;

	if (!s->watch_bucket)
		return NULL;
	for (wp = s->watch_bucket[bucket_of(s, hash)]; wp;
	     wp = wp->next_in_bucket)
		if (wp->hash == hash && wp->len == len &&
		    !memcmp(wp->path, path, len))
			return wp;
	return NULL;
}

static uint32_t hash_path(const char *path, size_t len)
{
	uint32_t h = HASH_START;

	for (size_t i = 0; i < len; i++)
		h = hash_step(h, path[i]);
	return h;
}

/* Keep the table at most full; -ENOMEM only if there is none at all. */
static int grow(struct store *s)
{
	size_t old_mask = s->watch_mask,
	       mask = old_mask ? old_mask * 2 + 1 : 63;
	struct watch_path **old = s->watch_bucket, **b, *wp, *next;

	if (old && s->nr_watch_paths <= old_mask)
		return 0;
	b = calloc(mask + 1, sizeof(struct watch_path *));
	if (!b)
		return old ? 0 : -ENOMEM;
	s->watch_bucket = b;
	s->watch_mask = mask;
	for (size_t i = 0; old && i <= old_mask; i++) {
		for (wp = old[i]; wp; wp = next) {
			size_t k = bucket_of(s, wp->hash);

			next = wp->next_in_bucket;
			wp->next_in_bucket = b[k];
			b[k] = wp;
		}
	}
	free(old);
	return 0;
}

static struct watch_path *find_or_add(struct store *s, const char *path,
				      size_t len)
{
	uint32_t hash = hash_path(path, len);
	struct watch_path *wp;
	size_t k;

	if (grow(s))
		return NULL;
	wp = find(s, path, len, hash);
	if (wp)
		return wp;
	wp = malloc(sizeof(*wp) + len);
	if (!wp)
		return NULL;
	list_init(&wp->watches);
	wp->hash = hash;
	wp->len = (uint16_t)len;
	memcpy(wp->path, path, len);
	k = bucket_of(s, hash);
	wp->next_in_bucket = s->watch_bucket[k];
	s->watch_bucket[k] = wp;
	s->nr_watch_paths++;
	return wp;
}

static void drop_if_unused(struct store *s, struct watch_path *wp)
{
	struct watch_path **link;

	if (!list_empty(&wp->watches))
		return;
	link = &s->watch_bucket[bucket_of(s, wp->hash)];
	while (*link != wp)
		link = &(*link)->next_in_bucket;
	*link = wp->next_in_bucket;
	s->nr_watch_paths--;
	free(wp);
}

static size_t watch_size(const struct watch *w)
{
	return sizeof(*w) + w->token_len + sizeof(*w->at) + w->at->len;
}

static struct watch *find_watch(const struct watch_path *wp,
				const struct conn *c, const char *token)
{
	struct list *l, *n;

	list_for_each (l, n, &wp->watches) {
		struct watch *w = list_entry(l, struct watch, at_path);

		if (w->conn == c && !strcmp(w->token, token))
			return w;
	}
	return NULL;
}

int watch_add(struct store *s, struct conn *c, const char *path, size_t len,
	      size_t strip, const char *token, int depth)
{
	size_t token_len = strlen(token);
	struct watch_path *wp;
	struct watch *w;
	int rc;

	wp = find(s, path, len, hash_path(path, len));
	if (wp && find_watch(wp, c, token))
		return -EEXIST;
	if (account_exceeds(&s->accounts, c->account, QUOTA_WATCHES,
			    c->account->watches + 1))
		return -E2BIG;
	if (account_exceeds(&s->accounts, c->account, QUOTA_MEMORY,
			    c->account->memory + sizeof(*w) + token_len +
				    sizeof(*wp) + len))
		return -ENOSPC;
	wp = find_or_add(s, path, len);
	if (!wp)
		return -ENOMEM;
	w = malloc(sizeof(*w) + token_len + 1);
	rc = -ENOMEM;
	if (!w)
		goto drop_path;
	w->conn = c;
	w->at = wp;
	w->seq = ++s->last_watch_seq;
	w->depth = depth;
	w->strip = (uint16_t)strip;
	w->token_len = (uint16_t)token_len;
	memcpy(w->token, token, token_len + 1);
	list_add_tail(&wp->watches, &w->at_path);
	list_add_tail(&c->watches, &w->of_conn);
	c->account->watches++;
	c->account->memory += watch_size(w);
	persist_watch(s, w);
	return 0;

drop_path:
	drop_if_unused(s, wp);
	return rc;
}

static void del(struct store *s, struct watch *w)
{
	struct watch_path *wp = w->at;

	persist_watch_gone(s, w);
	w->conn->account->watches--;
	w->conn->account->memory -= watch_size(w);
	list_del(&w->at_path);
	list_del(&w->of_conn);
	free(w);
	drop_if_unused(s, wp);
}

int watch_del(struct store *s, struct conn *c, const char *path, size_t len,
	      const char *token)
{
	struct watch_path *wp = find(s, path, len, hash_path(path, len));
	struct watch *w = wp ? find_watch(wp, c, token) : NULL;

	if (!w)
		return -ENOENT;
	del(s, w);
	return 0;
}

void watch_del_all(struct store *s, struct conn *c)
{
	struct list *l, *n;

	list_for_each (l, n, &c->watches)
		del(s, list_entry(l, struct watch, of_conn));
}

/* One changed path, and who may know of it. */
struct event {
	const char *path;
	size_t len;
	const struct body *now, *old, *parent;
	bool has_parent; /* looked up already */
	/* many watches in a row belong to one connection */
	const struct conn *last;
	bool last_may_know;
};

static bool find_out(const struct store *s, const struct conn *c,
		     struct event *e)
{
	const struct node *n;

	if (conn_is_privileged(c) ||
	    (e->now && store_access(s, c, e->now) & PERM_READ) ||
	    (e->old && store_access(s, c, e->old) & PERM_READ))
		return true;
	if (!e->has_parent) {
		size_t plen = path_parent_len(e->path, e->len);

		n = plen ? tree_lookup(s->root, e->path, plen) : NULL;
		e->parent = n ? n->body : NULL;
		e->has_parent = true;
	}
	return e->parent && store_access(s, c, e->parent) & PERM_READ;
}

static bool may_know(const struct store *s, const struct conn *c,
		     struct event *e)
{
	if (c != e->last) {
		e->last_may_know = find_out(s, c, e);
		e->last = c;
	}
	return e->last_may_know;
}

static void fire_at(const struct store *s, size_t len, uint32_t hash,
		    int levels, struct event *e)
{
	struct watch_path *wp = find(s, e->path, len, hash);
	struct list *l, *n;

	if (!wp)
		return;
	list_for_each (l, n, &wp->watches) {
		struct watch *w = list_entry(l, struct watch, at_path);

		if (w->depth != WATCH_ANY_DEPTH && levels > w->depth)
			continue;
		if (may_know(s, w->conn, e))
			conn_event(w->conn, w, e->path, e->len);
	}
}

void watch_fire(struct store *s, const char *path, size_t len, bool exact,
		const struct body *now, const struct body *old)
{
	struct event e = {.path = path, .len = len, .now = now, .old = old};
	uint32_t h = HASH_START;
	int levels = 0;

	if (!s->nr_watch_paths)
		return;
	if (exact) {
		fire_at(s, len, hash_path(path, len), 0, &e);
		return;
	}
	for (size_t i = 1; i < len; i++)
		levels += path[i] == '/';
	if (len > 1 && path[0] == '/')
		levels++;
	for (size_t i = 0; i < len; i++) {
		if (path[i] == '/' && i)
			fire_at(s, i, h, levels--, &e);
		h = hash_step(h, path[i]);
		if (i == 0 && path[0] == '/' && len > 1)
			fire_at(s, 1, h, levels--, &e);
	}
	fire_at(s, len, h, 0, &e);
}

void watch_fire_special(struct store *s, const char *name, unsigned int domid)
{
	size_t len = strlen(name), full_len;
	const struct node *n = tree_lookup(s->root, name, len);
	char full[64];
	struct event e = {
		.path = full, .now = n ? n->body : NULL, .has_parent = true};
	struct watch_path *wp = find(s, name, len, hash_path(name, len));
	struct list *l, *next;

	full_len = (size_t)snprintf(full, sizeof(full), "%s/%u", name, domid);
	e.len = full_len;
	if (wp) {
		list_for_each (l, next, &wp->watches) {
			struct watch *w = list_entry(l, struct watch, at_path);

			/* with a depth of 1, the domain is named */
			if (may_know(s, w->conn, &e))
				conn_event(w->conn, w, full,
					   w->depth == 1 ? full_len : len);
		}
	}
	fire_at(s, full_len, hash_path(full, full_len), 0, &e);
}
