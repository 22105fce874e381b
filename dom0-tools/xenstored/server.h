/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon: a store and the connections to it, served in turns.
 *
 * A turn handles some requests of every connection that has any, commits the
 * journal once, and then lets replies and events out.  So nothing is ever
 * told to anyone that a crash could take back, and the journal costs a few
 * hundred instructions per turn.
 */
#ifndef XENSTORED_SERVER_H
#define XENSTORED_SERVER_H

#include <stdbool.h>
#include <stdio.h>

#include "conn.h"
#include "list.h"
#include "store.h"

/* A connection's share of a turn while others wait. */
#define TURN_REQUESTS 16

struct live_update {
	char *binary;  /* NULL: ourselves */
	char *options; /* to add, NUL-separated, or NULL */
	bool is_requested;
	bool is_resuming; /* we are the new daemon, with the old one's sockets
			   */
};

struct server {
	struct store store;
	struct list conns;
	struct list ready; /* have input to be handled */
	struct list dirty; /* have output, or progress to record */
	struct conn *ring_of[DOMID_LIMIT];
	struct conn **ring_at_port;
	size_t nr_ports;
	uint32_t last_socket_id;
	bool has_xen;
	int epoll_fd; /* -1: sockets are not served (tests) */
	int spare_fd; /* given up to refuse a connection */
	FILE *trace;  /* NULL: no tracing */
	char *trace_file;
	uint64_t nr_requests, nr_turns;
	struct live_update live_update;
};

int server_init(struct server *sv, bool has_xen);
void server_fini(struct server *sv);

/* Rebuild everything from sv->store.journal. */
int server_restore(struct server *sv);

static inline void server_mark_ready(struct server *sv, struct conn *c)
{
	if (list_empty(&c->in_ready))
		list_add_tail(&sv->ready, &c->in_ready);
}

static inline void server_mark_dirty(struct server *sv, struct conn *c)
{
	if (list_empty(&c->in_dirty))
		list_add_tail(&sv->dirty, &c->in_dirty);
}

/* One turn; the caller has collected input and marked connections ready. */
void server_turn(struct server *sv);

/* Messages for the administrator: stderr, or syslog once detached. */
void server_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void server_log_to_syslog(void);

#endif
