// SPDX-License-Identifier: GPL-2.0-only
/*
 * The persistent tree.
 *
 * Children of a node form an AVL tree sorted by name, whose links live in the
 * nodes themselves, so one kind of object carries both the path hierarchy and
 * the search tree, and one operation, own(), unshares both:
 *
 * 1. A node reached through any node with refs > 1 is shared.  It is never
 *    written; own() replaces the link to it by a private copy.
 * 2. Therefore an editor owns every link from the root down to the place it
 *    changes, and when nothing is shared (no transaction is open) own() is a
 *    test of one counter and edits happen in place.
 * 3. Bodies are never written once linked.
 *
 * Names made of digits sort by value and before all others, so that listings
 * of domains and devices come out in their natural order.
 */
#include <stdlib.h>
#include <string.h>

#include "tree.h"

struct name {
	const char *s;
	size_t len;
	uint64_t key;
};

/*
 * The first bytes of a name as a number of which the order is the order of
 * names: numbers have their length in front, words the highest bit.
 */
static uint64_t make_key(uint64_t first8, size_t len, bool is_number)
{
	if (len < 8)
		first8 <<= 8 * (8 - len) & 63;
	if (is_number)
		return (uint64_t)(len < 127 ? len : 127) << 56 | first8 >> 8;
	return first8 | 1ull << 63;
}

/* How many characters of the name a key holds. */
static size_t key_chars(uint64_t key)
{
	return key >> 63 ? 8 : 7;
}

/* Up to eight characters, the first in the highest byte. */
static uint64_t first_chars(const char *s, size_t len, const char *end)
{
	uint64_t v = 0;

	if (end - s >= 8) {
		memcpy(&v, s, 8);
		return __builtin_bswap64(v) >> (len < 8 ? 64 - 8 * len : 0);
	}
	for (size_t i = 0; i < len; i++)
		v = v << 8 | (unsigned char)s[i];
	return v;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The name at @p, which ends at a slash or at @end. */
static struct name name_at(const char *p, const char *end)
{
	struct name n = {.s = p};
	bool is_number = false;

	while (p < end && *p != '/')
		p++;
	n.len = (size_t)(p - n.s);
	if (!n.len) {
		n.key = make_key(0, 0, false);
		return n;
	}
	if (is_digit(*n.s)) {
		while (p > n.s && is_digit(p[-1]))
			p--;
		is_number = p == n.s;
	}
	n.key = make_key(first_chars(n.s, n.len, end), n.len, is_number);
	return n;
}

static int name_cmp(const struct name *a, const struct node *n)
{
	const struct body *b;
	size_t skip, shorter;
	int rc;

	if (a->key != n->key)
		return a->key < n->key ? -1 : 1;
	skip = key_chars(a->key);
	if (a->len < skip)
		return 0; /* a name that fills its key may go on in the other */
	b = n->body;
	if (!(a->key >> 63) && a->len != b->name_len)
		return a->len < b->name_len ? -1 : 1;
	shorter = a->len < b->name_len ? a->len : b->name_len;
	rc = memcmp(a->s + skip, body_name(b) + skip, shorter - skip);
	if (rc || a->len == b->name_len)
		return rc;
	return a->len < b->name_len ? -1 : 1;
}

struct body *body_new(const char *name, size_t name_len,
		      const struct perm *perms, size_t nr_perms,
		      const void *value, size_t value_len)
{
	struct body *b;
	char *p;

	b = malloc(sizeof(*b) + nr_perms * sizeof(*perms) + name_len +
		   value_len);
	if (!b)
		return NULL;
	b->refs = 1;
	b->nr_perms = (uint16_t)nr_perms;
	b->name_len = (uint16_t)name_len;
	b->value_len = (uint32_t)value_len;
	b->gen = b->perm_gen = 0;
	memcpy(b->perms, perms, nr_perms * sizeof(*perms));
	p = (char *)(b->perms + nr_perms);
	memcpy(p, name, name_len);
	if (value_len)
		memcpy(p + name_len, value, value_len);
	return b;
}

void body_put(struct body *b)
{
	if (b && --b->refs == 0)
		free(b);
}

struct node *node_get(struct node *n)
{
	if (n)
		n->refs++;
	return n;
}

void node_put(struct node *n)
{
	if (!n || --n->refs)
		return;
	node_put(n->left);
	node_put(n->right);
	node_put(n->kids);
	body_put(n->body);
	free(n);
}

struct node *tree_new(void)
{
	struct node *n = calloc(1, sizeof(*n));

	if (n)
		n->refs = n->height = 1;
	return n;
}

/* Make the node in *@slot private.  NULL: no memory, *@slot unchanged. */
static struct node *own(struct node **slot)
{
	struct node *old = *slot, *n;

	if (old->refs == 1)
		return old;
	n = malloc(sizeof(*n));
	if (!n)
		return NULL;
	*n = *old;
	n->refs = 1;
	node_get(n->left);
	node_get(n->right);
	node_get(n->kids);
	if (n->body)
		n->body->refs++;
	old->refs--;
	*slot = n;
	return n;
}

static int height(const struct node *n)
{
	return n ? n->height : 0;
}

static void set_height(struct node *n)
{
	int l = height(n->left), r = height(n->right);

	n->height = (uint8_t)((l > r ? l : r) + 1);
}

/* Rotations: the caller owns *slot and the child that moves up. */
static void rotate_right(struct node **slot)
{
	struct node *n = *slot, *l = n->left;

	n->left = l->right;
	l->right = n;
	set_height(n);
	set_height(l);
	*slot = l;
}

static void rotate_left(struct node **slot)
{
	struct node *n = *slot, *r = n->right;

	n->right = r->left;
	r->left = n;
	set_height(n);
	set_height(r);
	*slot = r;
}

/*
 * Restore balance at *slot (owned).  A copy that can not be made leaves the
 * tree unbalanced by one more level, which is slower but not wrong.
 */
static void rebalance(struct node **slot)
{
	struct node *n = *slot, *c;
	int diff = height(n->left) - height(n->right);

	if (diff > 1) {
		c = own(&n->left);
		if (c && height(c->left) < height(c->right) && own(&c->right))
			rotate_left(&n->left);
		if (c)
			rotate_right(slot);
	} else if (diff < -1) {
		c = own(&n->right);
		if (c && height(c->right) < height(c->left) && own(&c->left))
			rotate_right(&n->right);
		if (c)
			rotate_left(slot);
	}
	set_height(*slot);
}

size_t path_parent_len(const char *path, size_t len)
{
	size_t i = len;

	while (i > 0 && path[i - 1] != '/')
		i--;
	if (i == 0 || len == 1)
		return 0;
	return i == 1 ? 1 : i - 1;
}

/* The next component of a path, starting at *@p; "/" is the component "". */
static struct name next_component(const char **p, const char *end)
{
	struct name n = name_at(*p, end);

	*p += n.len + 1;
	return n;
}

static const char *path_end(const char *path, size_t len)
{
	return len == 1 && path[0] == '/' ? path : path + len;
}

static const struct node *find(const struct node *n, const struct name *name)
{
	while (n) {
		int rc = name_cmp(name, n);

		if (rc == 0)
			return n;
		n = rc < 0 ? n->left : n->right;
	}
	return NULL;
}

const struct node *node_child(const struct node *dir, const char *name,
			      size_t len)
{
	struct name n = name_at(name, name + len);

	return find(dir->kids, &n);
}

const struct node *tree_lookup(const struct node *root, const char *path,
			       size_t len)
{
	const char *p = path, *end = path_end(path, len);
	const struct node *n = root;

	do {
		struct name name = next_component(&p, end);

		n = find(n->kids, &name);
	} while (n && p <= end);
	return n;
}

/* Own the links from *@slot to the sibling called @name. */
static struct node *own_sibling(struct node **slot, const struct name *name)
{
	while (*slot) {
		struct node *n = own(slot);
		int rc;

		if (!n)
			return NULL;
		rc = name_cmp(name, n);
		if (rc == 0)
			return n;
		slot = rc < 0 ? &n->left : &n->right;
	}
	return NULL;
}

struct node *tree_own(struct node **root, const char *path, size_t len)
{
	const char *p = path, *end = path_end(path, len);
	struct node *n;

	n = own(root);
	while (n && p <= end) {
		struct name name = next_component(&p, end);

		n = own_sibling(&n->kids, &name);
	}
	return n;
}

/* The owned directory that holds @path, and the last name in @path. */
static struct node *own_parent(struct node **root, const char *path, size_t len,
			       struct name *last)
{
	size_t plen = path_parent_len(path, len);

	if (plen == 0) {
		*last = name_at(path, path_end(path, len));
		return own(root);
	}
	*last = name_at(path + plen + (plen > 1), path + len);
	return tree_own(root, path, plen);
}

static bool insert(struct node **slot, const struct name *name,
		   struct node *new)
{
	struct node *n = *slot;

	if (!n) {
		*slot = new;
		return true;
	}
	n = own(slot);
	if (!n)
		return false;
	if (!insert(name_cmp(name, n) < 0 ? &n->left : &n->right, name, new))
		return false;
	rebalance(slot);
	return true;
}

struct node *tree_set(struct node **root, const char *path, size_t len,
		      struct body *body, uint64_t gen, struct body **old)
{
	struct name name;
	struct node *dir, *n;

	*old = NULL;
	dir = own_parent(root, path, len, &name);
	if (!dir)
		goto put_body;
	n = own_sibling(&dir->kids, &name);
	if (n) {
		*old = n->body;
		n->body = body;
		return n;
	}
	n = calloc(1, sizeof(*n));
	if (!n)
		goto put_body;
	n->refs = n->height = 1;
	n->key = name.key;
	n->body = body;
	if (!insert(&dir->kids, &name, n)) {
		free(n);
		goto put_body;
	}
	dir->kids_gen = gen;
	dir->nr_kids++;
	dir->kids_bytes += (uint32_t)name.len + 1;
	return n;

put_body:
	body_put(body);
	return NULL;
}

/* Take the leftmost node out of *@slot (not empty). */
static struct node *take_first(struct node **slot)
{
	struct node *n = own(slot), *first;

	if (!n)
		return NULL;
	if (!n->left) {
		*slot = n->right;
		n->right = NULL;
		return n;
	}
	first = take_first(&n->left);
	rebalance(slot);
	return first;
}

static struct node *take(struct node **slot, const struct name *name)
{
	struct node *n = *slot ? own(slot) : NULL, *heir;
	int rc;

	if (!n)
		return NULL;
	rc = name_cmp(name, n);
	if (rc) {
		struct node *hit = take(rc < 0 ? &n->left : &n->right, name);

		rebalance(slot);
		return hit;
	}
	if (!n->left || !n->right) {
		*slot = n->left ? n->left : n->right;
	} else {
		heir = take_first(&n->right);
		if (!heir)
			return NULL;
		heir->left = n->left;
		heir->right = n->right;
		*slot = heir;
		rebalance(slot);
	}
	n->left = n->right = NULL;
	n->height = 1;
	return n;
}

struct node *tree_unlink(struct node **root, const char *path, size_t len,
			 uint64_t gen)
{
	struct name name;
	struct node *dir, *n;

	dir = own_parent(root, path, len, &name);
	if (!dir || !find(dir->kids, &name))
		return NULL;
	n = take(&dir->kids, &name);
	if (n) {
		dir->kids_gen = gen;
		dir->nr_kids--;
		dir->kids_bytes -= (uint32_t)name.len + 1;
	}
	return n;
}

static int each(const struct node *n,
		int (*fn)(const struct node *child, void *arg), void *arg)
{
	int rc;

	if (!n)
		return 0;
	rc = each(n->left, fn, arg);
	if (!rc)
		rc = fn(n, arg);
	return rc ? rc : each(n->right, fn, arg);
}

int node_each_child(const struct node *dir,
		    int (*fn)(const struct node *child, void *arg), void *arg)
{
	return each(dir->kids, fn, arg);
}

static bool any_newer(const struct node *n, uint64_t gen)
{
	return n && (node_newer_than(n, gen) || any_newer(n->left, gen) ||
		     any_newer(n->right, gen));
}

bool node_newer_than(const struct node *n, uint64_t gen)
{
	return n->body->gen > gen || n->kids_gen > gen ||
	       any_newer(n->kids, gen);
}

struct check {
	const struct node *prev;
	uint32_t nr, bytes;
	bool ok;
};

static void check_kids(const struct node *n, struct check *c)
{
	struct check below = {.ok = true};
	struct name name;

	if (!n)
		return;
	check_kids(n->left, c);
	name = name_at(body_name(n->body),
		       body_name(n->body) + n->body->name_len);
	if (name.key != n->key || n->refs == 0 || n->body->refs == 0 ||
	    (c->prev && name_cmp(&name, c->prev) <= 0) ||
	    n->height != 1 + (height(n->left) > height(n->right)
				      ? height(n->left)
				      : height(n->right)) ||
	    abs(height(n->left) - height(n->right)) > 1)
		c->ok = false;
	c->prev = n;
	c->nr++;
	c->bytes += n->body->name_len + 1u;
	check_kids(n->kids, &below);
	if (!below.ok || below.nr != n->nr_kids || below.bytes != n->kids_bytes)
		c->ok = false;
	check_kids(n->right, c);
}

bool tree_check(const struct node *root)
{
	struct check c = {.ok = true};

	check_kids(root->kids, &c);
	return c.ok && c.nr == root->nr_kids && c.bytes == root->kids_bytes;
}
