/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store's tree: nodes shared between the live tree and the snapshots of
 * open transactions.
 *
 * A snapshot is one more reference on the root.  Whoever wants to change a
 * tree first makes its own copy of what it shares, along the one path it is
 * about to change (tree_own); an unshared tree is edited in place.  The rules
 * are in tree.c.
 */
#ifndef XENSTORED_TREE_H
#define XENSTORED_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PERM_NONE = 0, PERM_READ = 1, PERM_WRITE = 2 };

struct perm {
	uint16_t domid;
	uint8_t bits; /* PERM_READ | PERM_WRITE */
	uint8_t zero;
};

/*
 * What a node says: immutable once it is in a tree.  perms[0] names the owner
 * and, in its bits, what everyone not listed may do.
 */
struct body {
	uint32_t refs;
	uint16_t nr_perms;
	uint16_t name_len;
	uint32_t value_len;
	uint64_t gen;	   /* when value or permissions last changed */
	uint64_t perm_gen; /* when the permissions were set */
	struct perm perms[];
	/* then name, then value */
};

/* One node; left and right are its siblings in its parent's AVL tree. */
struct node {
	uint32_t refs;
	uint8_t height;
	uint64_t key; /* sorts as the beginning of the name does */
	struct node *left, *right;
	struct node *kids; /* AVL root of the children, sorted by name */
	struct body *body;
	uint32_t nr_kids;
	uint32_t kids_bytes; /* names of the children with their NULs */
	uint64_t kids_gen;   /* when a child was last added or removed */
};

static inline const char *body_name(const struct body *b)
{
	return (const char *)(b->perms + b->nr_perms);
}

static inline const char *body_value(const struct body *b)
{
	return body_name(b) + b->name_len;
}

/* Bytes a body occupies, as accounted to its owner. */
static inline size_t body_size(const struct body *b)
{
	return sizeof(*b) + b->nr_perms * sizeof(struct perm) + b->name_len +
	       b->value_len;
}

/*
 * A new body with one reference.  @value may be NULL when @value_len is 0.
 * NULL: no memory.
 */
struct body *body_new(const char *name, size_t name_len,
		      const struct perm *perms, size_t nr_perms,
		      const void *value, size_t value_len);
void body_put(struct body *b);

/*
 * An empty tree: the root is the nameless parent of "" (the node "/") and of
 * the special nodes "@...", which lie beside it and not below it.
 */
struct node *tree_new(void);
struct node *node_get(struct node *n);
void node_put(struct node *n);

/*
 * Paths are canonical: "/", "/a/b" or "@name[/...]", with no trailing slash.
 * The parent of "/a" is "/"; "/" and "@name" have none.
 */
size_t path_parent_len(const char *path, size_t len);

const struct node *node_child(const struct node *dir, const char *name,
			      size_t len);
const struct node *tree_lookup(const struct node *root, const char *path,
			       size_t len);

/*
 * The node at @path, made safe to edit in *@root: no snapshot sees it.
 * NULL: there is none, or no memory.
 */
struct node *tree_own(struct node **root, const char *path, size_t len);

/*
 * Put @body at @path, consuming the caller's reference.  *@old is what stood
 * there, for the caller to put, or NULL if the node is new; a new child sets
 * its parent's kids_gen to @gen.  NULL: the parent does not exist or there is
 * no memory, and @body is gone.
 */
struct node *tree_set(struct node **root, const char *path, size_t len,
		      struct body *body, uint64_t gen, struct body **old);

/*
 * Unlink the node at @path and hand it to the caller, with everything below;
 * the parent's kids_gen becomes @gen.  NULL: not there, or no memory.
 */
struct node *tree_unlink(struct node **root, const char *path, size_t len,
			 uint64_t gen);

/* The children of @dir in order; return non-zero from @fn to stop. */
int node_each_child(const struct node *dir,
		    int (*fn)(const struct node *child, void *arg), void *arg);

/* Is anything at or below @n newer than @gen? */
bool node_newer_than(const struct node *n, uint64_t gen);

/* Verify order, balance and counts everywhere below @root. */
bool tree_check(const struct node *root);

#endif
