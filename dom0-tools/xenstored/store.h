/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store: the live tree with its permissions, quotas, transactions and
 * watches, and the record of all that in the journal.
 *
 * Everything here is deterministic and knows nothing of sockets, rings or
 * the hypervisor.  Functions return 0 or -errno with the values the protocol
 * names.  Paths are canonical (see tree.h).
 */
#ifndef XENSTORED_STORE_H
#define XENSTORED_STORE_H

#include "account.h"
#include "arena.h"
#include "list.h"
#include "tree.h"

struct conn;
struct journal;
struct txn;
struct watch_path;

struct store {
	struct node *root;
	uint64_t gen; /* last one given out */
	struct accounts accounts;
	struct journal *journal; /* NULL: nothing is kept */
	uint32_t last_txn_id;
	uint64_t last_watch_seq;
	struct watch_path **watch_bucket;
	size_t nr_watch_paths, watch_mask;

	struct arena arena; /* of the request being handled */

	/* Does the hypervisor know this domain?  NULL: any may exist. */
	bool (*domain_exists)(unsigned int domid);
};

/* -ENOMEM.  The new store holds "/" and the special nodes. */
int store_init(struct store *s);
void store_free(struct store *s);

/* Requests of @c, in transaction @t or, if NULL, on the live tree. */
int store_read(struct store *s, struct conn *c, struct txn *t, const char *path,
	       size_t len, const struct body **out);
int store_list(struct store *s, struct conn *c, struct txn *t, const char *path,
	       size_t len, const struct node **out);
int store_write(struct store *s, struct conn *c, struct txn *t,
		const char *path, size_t len, const void *value,
		size_t value_len);
int store_mkdir(struct store *s, struct conn *c, struct txn *t,
		const char *path, size_t len);
int store_rm(struct store *s, struct conn *c, struct txn *t, const char *path,
	     size_t len);
int store_set_perms(struct store *s, struct conn *c, struct txn *t,
		    const char *path, size_t len, const struct perm *perms,
		    size_t nr_perms);

/* PERM_* of @c on @b, and PERM_OWNER. */
enum { PERM_OWNER = 4 };
unsigned int store_access(const struct store *s, const struct conn *c,
			  const struct body *b);

/* The account of a domain that exists, made on first use; or NULL. */
struct account *store_account(struct store *s, unsigned int domid);

/*
 * The domain is gone: its nodes go, its number loses its rights.  Its
 * connection must have been closed.
 */
void store_forget_domain(struct store *s, unsigned int domid);

/*
 * The two ways the live tree changes; for transactions and restoring.  Both
 * keep the accounts and the journal.  store_apply_set consumes @body.
 */
int store_apply_set(struct store *s, const char *path, size_t len,
		    struct body *body, uint64_t gen);
int store_apply_rm(struct store *s, const char *path, size_t len, uint64_t gen);

/* For restoring: a node as the journal describes it, consuming @body. */
int store_restore_node(struct store *s, const char *path, size_t len,
		       struct body *body, uint64_t kids_gen);

/* Verify every invariant there is; 0 or -EIO with *@why set. */
int store_check(const struct store *s, const char **why);

#endif
