/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Client of the xenstore, over the daemon's socket, or over the kernel's
 * device where there is no socket. A daemon that ends and is started again is
 * waited for, and no request is lost by that.
 *
 * Requests may be queued and sent together: the daemon answers in order, and
 * a batch costs one round trip of context switches.
 */
#ifndef XS_H
#define XS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/io/xs_wire.h>

struct req;

struct xs_event {
	struct xs_event *next;
	const char *path;
	const char *token;
};

struct xs_reply {
	int rc;		  /* 0 or -errno */
	const char *body; /* NUL behind it; in the request's arena */
	size_t len;
};

struct xs {
	struct req *r; /* where replies live and failures are recorded */
	int fd;
	bool is_device; /* takes one message per write */
	uint32_t next_id;
	char *out; /* queued requests */
	size_t out_len, out_size;
	struct xs_watched *watches; /* to be set again */
	/* so often connected; each time @fd is a new one */
	unsigned int nr_connections;
	char *in; /* received, from in_pos to in_len */
	size_t in_pos, in_len;
	struct xs_event *events, **events_end;
};

/* How long to wait for a daemon that is to come. */
extern unsigned int xs_patience_ms;

int xs_open(struct xs *xs, struct req *r);
void xs_close(struct xs *xs);

/*
 * Queue a request: @path with its NUL, then @len bytes of @data. The batch is
 * sent by xs_flush, which stores up to @max replies (NULL: none) and returns
 * 0 or the first failure's -errno. Nothing is recorded.
 */
void xs_queue(struct xs *xs, enum xsd_sockmsg_type type, uint32_t tx,
	      const char *path, const void *data, size_t len);
int xs_flush(struct xs *xs, struct xs_reply *replies, unsigned int max);

/* Single requests. All return 0 or -errno and record nothing. */
int xs_call(struct xs *xs, enum xsd_sockmsg_type type, uint32_t tx,
	    const char *path, const void *data, size_t len,
	    struct xs_reply *reply);
/* The value, in the arena; NULL if it cannot be read (*@rc says why). */
const char *xs_read(struct xs *xs, uint32_t tx, const char *path, int *rc);
int xs_write(struct xs *xs, uint32_t tx, const char *path, const char *value);
int xs_rm(struct xs *xs, uint32_t tx, const char *path);
/* The children's names, each with its NUL; long lists come in parts. */
int xs_directory(struct xs *xs, uint32_t tx, const char *path,
		 const char **names, size_t *len);
int xs_tx_begin(struct xs *xs, uint32_t *tx);
/*
 * -EAGAIN, also from what comes before: another client changed what was read,
 * or the daemon was started again; do it all again. A commit of which the
 * answer was lost may be done, so the second time must bear the first.
 */
int xs_tx_end(struct xs *xs, uint32_t tx, bool commit);
int xs_watch(struct xs *xs, const char *path, const char *token);
/* Events that were on their way may still come. */
int xs_unwatch(struct xs *xs, const char *path, const char *token);

/* Queue a write of a string, formatted or not; and permissions. */
void xs_queue_write(struct xs *xs, uint32_t tx, const char *path,
		    const char *value);
void xs_queue_writef(struct xs *xs, uint32_t tx, const char *path,
		     const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* @perms: as the wire has them, e.g. "n0", "r5", NULL at the end. */
void xs_queue_perms(struct xs *xs, uint32_t tx, const char *path,
		    const char *first, ...) __attribute__((sentinel));

/*
 * The next watch event; waits up to @timeout_ms (-1: for ever). NULL with
 * *@rc 0: time is up; with -errno: the connection is lost.
 */
struct xs_event *xs_next_event(struct xs *xs, int timeout_ms, int *rc);

#endif
