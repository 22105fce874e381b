/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transactions: a snapshot to work on, a list of what was touched, a commit
 * that applies what was written if nothing touched has changed meanwhile.
 */
#ifndef XENSTORED_TXN_H
#define XENSTORED_TXN_H

#include "list.h"
#include "tree.h"

struct conn;
struct store;

enum {
	TOUCH_READ = 1,	    /* value or permissions, or absence, were seen */
	TOUCH_KIDS = 2,	    /* the list of children was seen */
	TOUCH_SET = 4,	    /* written: the snapshot has the new body */
	TOUCH_RM = 8,	    /* removed with all below, before any TOUCH_SET */
	TOUCH_FIRE = 16,    /* named in a request that changed it */
	TOUCH_EXISTED = 32, /* was there when the transaction began */
};

struct touched {
	struct list link; /* in order of first touch */
	struct touched *next_in_bucket;
	uint32_t hash;
	uint32_t seq;
	uint16_t path_len;
	uint8_t flags;
	bool is_applied;
	struct body *body; /* if TOUCH_SET: what is to be there */
	char path[];
};

struct txn {
	struct list link; /* conn->txns */
	struct conn *conn;
	uint32_t id;
	uint64_t start_gen; /* of the store */
	struct node *base;  /* the live tree then */
	struct node *root;  /* what the transaction sees */
	struct list touched;
	struct touched **bucket;
	uint32_t nr_touched, bucket_mask;
	int32_t nodes; /* created less removed, of the owner's */
	size_t memory; /* accounted to the owner */
	bool has_removed;
	bool is_broken; /* memory ran out half way through a request */
};

/* -ENOSPC: quota; -ENOMEM. */
int txn_start(struct store *s, struct conn *c, struct txn **out);
struct txn *txn_find(const struct conn *c, uint32_t id);

/* -EAGAIN: something touched has changed; -ENOSPC, -ENOMEM.  @t is gone. */
int txn_commit(struct store *s, struct txn *t);
void txn_abort(struct store *s, struct txn *t);
void txn_abort_all(struct store *s, struct conn *c);

/* Remember that @path was used.  -ENOSPC: quota; -ENOMEM. */
int txn_touch(struct store *s, struct txn *t, const char *path, size_t len,
	      unsigned int flags);
/* The same, for a caller that sets the flags and records them. */
int txn_find_or_touch(struct store *s, struct txn *t, const char *path,
		      size_t len, struct touched **out);

/*
 * Restoring: a transaction, what it touched in its order (consuming @body,
 * NULL unless TOUCH_SET), and last its view of the tree made from that.
 */
struct txn *txn_restore(struct store *s, struct conn *c, uint32_t id,
			uint64_t start_gen);
int txn_restore_touched(struct store *s, struct txn *t, const char *path,
			size_t len, unsigned int flags, struct body *body);
int txn_restore_view(struct store *s, struct txn *t);

#endif
