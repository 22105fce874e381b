/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection: who is at the other end, what has come in and not been
 * handled, what is to go out.  How the bytes travel is in socket.c (Unix
 * sockets) and ring.c (a page shared with a domain).
 */
#ifndef XENSTORED_CONN_H
#define XENSTORED_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "account.h"
#include "list.h"
#include "wire.h"

struct store;
struct watch;

#define DOMID_NONE 0xffffu

/* Sockets are numbered from here in the journal, domains by their domid. */
#define CONN_ID_SOCKET 0x10000u

/*
 * Above the first many bytes waiting to go out no more requests are taken;
 * above the second, events lose their exact path (see conn_event).
 */
#define CONN_OUT_MAX_REPLIES (64u << 10)
#define CONN_OUT_MAX_EVENTS (256u << 10)

enum conn_kind { CONN_SOCKET, CONN_RING };

/* Messages queued; a byte has the position it has in the whole stream. */
struct out_queue {
	char *buf;
	size_t start, end, size; /* in buf */
	uint32_t pos;		 /* in the stream, of buf[end] */
	uint32_t recorded;	 /* up to here it is in the journal */
};

/* The events waiting to go out, when many are: equal ones are not repeated. */
struct event_set {
	struct event_slot {
		uint64_t hash;
		uint32_t pos; /* of the event in the stream */
		uint32_t len;
	} * slot;
	size_t nr, mask;
};

struct conn {
	struct list link;     /* server->conns */
	struct list in_ready; /* server->ready */
	struct list in_dirty; /* *dirty: has output or progress to record */
	struct list *dirty;
	enum conn_kind kind;
	uint32_t id;
	uint16_t domid;
	uint16_t target; /* whose rights it also has, or DOMID_NONE */
	bool is_read_only;
	bool is_recorded; /* its watches and transactions go to the journal */
	bool is_dead;	  /* broken beyond use: to be closed or ignored */
	bool is_blocked;  /* has requests, but must take its replies first */
	struct account *account;
	struct list watches, txns;

	char *in; /* CONN_IN_SIZE bytes */
	size_t in_start, in_end;
	struct out_queue out;
	struct event_set events;
	uint32_t replies;  /* waiting to go out */
	uint64_t requests; /* handled so far */

	int fd;		       /* sockets */
	uint32_t epoll_events; /* asked for */
	bool may_read;	       /* the socket may have more for us */
	struct ring_link *ring;
};

#define CONN_IN_SIZE 8192u

/* @dirty: the list to be on while there is output. */
int conn_init(struct conn *c, enum conn_kind kind, unsigned int domid,
	      struct list *dirty);
/* Drop buffers, watches and transactions; not @c itself. */
void conn_fini(struct store *s, struct conn *c);
/* As fresh from conn_init: nothing in flight, no watches, no transactions. */
void conn_reset(struct store *s, struct conn *c);

static inline bool conn_is_privileged(const struct conn *c)
{
	return c->domid == 0;
}

/*
 * The next complete message in the input: 1, its header in *@h and its
 * payload at *@payload; 0 if there is none yet, -EPROTO if its length breaks
 * the protocol.
 */
int conn_next(const struct conn *c, struct xsd_sockmsg *h, char **payload);
void conn_consume(struct conn *c, const struct xsd_sockmsg *h);

/* May another request be handled now, or must its replies go first? */
bool conn_may_process(const struct store *s, const struct conn *c);

/* Queue a reply, or an error of its name for @err (an errno). */
void conn_reply(struct conn *c, const struct xsd_sockmsg *to, uint32_t type,
		const void *data, size_t len);
void conn_error(struct conn *c, const struct xsd_sockmsg *to, int err);

/*
 * Room to build a reply of at most @max bytes in place, to be finished by
 * conn_reply_end.  NULL: no memory, and the connection is dead.
 */
char *conn_reply_begin(struct conn *c, size_t max);
void conn_reply_end(struct conn *c, const struct xsd_sockmsg *to, uint32_t type,
		    size_t len);

/*
 * Queue an event for @w on @path, unless the same one is still waiting.  To a
 * connection that lets too many pile up, only the path of the watch is told.
 */
void conn_event(struct conn *c, const struct watch *w, const char *path,
		size_t path_len);

static inline size_t conn_pending(const struct conn *c)
{
	return c->out.end - c->out.start;
}

/* @n bytes have gone out. */
void conn_sent(struct conn *c, size_t n);

/* Append bytes as they are: output taken from the journal. */
int conn_restore_out(struct conn *c, const char *data, size_t len);

#endif
