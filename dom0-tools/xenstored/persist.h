/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of the state goes into the journal, under which keys, and how it comes
 * back.  All of this does nothing for a store without a journal, and nothing
 * for connections that are not recorded.
 */
#ifndef XENSTORED_PERSIST_H
#define XENSTORED_PERSIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tree.h"

struct account;
struct conn;
struct store;
struct touched;
struct txn;
struct watch;

void persist_node(struct store *s, const char *path, size_t len,
		  const struct node *n);
void persist_node_gone(struct store *s, const char *path, size_t len);
void persist_account(struct store *s, const struct account *a);
void persist_account_gone(struct store *s, const struct account *a);
void persist_quotas(struct store *s);
void persist_watch(struct store *s, const struct watch *w);
void persist_watch_gone(struct store *s, const struct watch *w);
void persist_txn(struct store *s, const struct txn *t);
void persist_touched(struct store *s, const struct txn *t,
		     const struct touched *e);
void persist_txn_gone(struct store *s, const struct txn *t);

/* A connection as it is recorded; sockets only across a live update. */
struct conn_record {
	uint64_t mfn;  /* rings */
	uint32_t port; /* rings: the domain's event channel port */
	int32_t fd;    /* sockets */
	uint16_t kind, target, is_read_only, reserved;
};

void persist_conn(struct store *s, const struct conn *c,
		  const struct conn_record *r);
void persist_conn_gone(struct store *s, const struct conn *c);

/* What has come in and was not handled, and where in the streams it is. */
struct progress_record {
	uint32_t in_pos;  /* rings: req_cons after the bytes recorded here */
	uint32_t out_pos; /* after everything queued */
};

void persist_progress(struct store *s, const struct conn *c,
		      const struct progress_record *r);
/* Bytes queued, by their position in the stream. */
void persist_out(struct store *s, const struct conn *c, uint32_t pos,
		 const char *data, size_t len);
void persist_out_gone(struct store *s, const struct conn *c, uint32_t pos);

/*
 * Rebuild an empty store from its journal.  Connections are made by the
 * callbacks, before their watches and transactions are restored.
 */
struct restore_ops {
	/* NULL: this connection does not come back */
	struct conn *(*conn)(uint32_t id, const struct conn_record *r,
			     void *arg);
	/* @pending: the recorded output, up to r->out_pos */
	void (*progress)(struct conn *c, const struct progress_record *r,
			 const char *in, size_t in_len, const char *pending,
			 size_t pending_len, void *arg);
	void *arg;
};

int persist_restore(struct store *s, const struct restore_ops *ops);

#endif
