/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A whole xenstored in the test's process: the real server over a hypervisor
 * that is a table in memory, with clients on socket pairs and domains on
 * shared pages.
 *
 * The table and the pages are in memory that forked processes share, so a
 * child can be a daemon that dies and the parent the one that comes after it.
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server.h"

#define WORLD_DOMAINS 32
#define WORLD_PORT(domid) (100 + (domid)) /* the domain's own port */

struct world_domain {
	bool exists, is_dying, has_shut_down, can_map;
	uint8_t handle[16];
	uint32_t notified; /* events sent to it */
	bool is_bound;
	/* the guest's side of its ring */
	uint32_t req_prod, rsp_cons;
	_Alignas(4096) struct xenstore_domain_interface page;
};

struct world {
	struct world_domain domain[WORLD_DOMAINS]; /* domain[0] is Dom0 */
	long ticks_left; /* die when it reaches 0; negative: never */
};

extern struct world *world;
extern struct server server;

/* What domains do as soon as one of them gets an event; NULL: nothing. */
extern void (*world_when_notified)(unsigned int domid);

/* A fresh hypervisor with Dom0 and domains 1 to @nr. */
void world_init(unsigned int nr);

/*
 * Start the daemon with its journal in @dir (NULL: none), restoring what is
 * there.  Exits the test if that fails.
 */
void daemon_start(const char *dir);
/* Stop it as SIGTERM does. */
void daemon_stop(void);
/* Serve until there is nothing more to do. */
void daemon_run(void);

/* An empty directory for a journal; removed by the next call or at exit. */
const char *scratch_dir(void);

/* Count one step of the daemon; it may be the one at which it dies. */
void tick(void);

/*
 * Run @fn in a child that dies at its @n'th tick.  True if it died so, false
 * if it came to its end.
 */
bool dies_at(long n, void (*fn)(void));

/* ---- clients ---- */

struct client {
	int fd;		    /* a socket of the daemon's, or -1 */
	unsigned int domid; /* or a domain's ring */
	struct conn *conn;
};

struct answer {
	uint32_t type, req_id, tx_id, len;
	char data[XENSTORE_PAYLOAD_MAX + 1]; /* with a NUL after it */
};

struct client client_socket(bool is_read_only);
struct client client_domain(unsigned int domid);
void client_close(struct client *c);

/* Send one request, exactly @len bytes of payload. */
void client_send(struct client *c, uint32_t type, uint32_t tx, const void *data,
		 size_t len);
/* Raw bytes. */
void client_write(struct client *c, const void *data, size_t len);
/* The next message if there is one. */
bool client_receive(struct client *c, struct answer *a);

/*
 * A request and its answer; events that come first are kept for
 * client_event().  0 or -errno as the daemon named it.
 */
int ask(struct client *c, uint32_t type, uint32_t tx, const void *data,
	size_t len, struct answer *a);

/* "path token" of the next event, or NULL. */
const char *client_event(struct client *c);
void client_drop_events(void);

/* Shorthands; paths and values are strings. */
int xs_write(struct client *c, uint32_t tx, const char *path,
	     const char *value);
int xs_op(struct client *c, uint32_t type, uint32_t tx, const char *path);
/* The value, or NULL and *@err. */
const char *xs_read(struct client *c, uint32_t tx, const char *path);
/* The children separated by spaces, or NULL. */
const char *xs_list(struct client *c, uint32_t tx, const char *path);
int xs_perms(struct client *c, uint32_t tx, const char *path,
	     const char *perms); /* separated by spaces */
int xs_watch(struct client *c, const char *path, const char *token);
uint32_t xs_start(struct client *c);
int xs_end(struct client *c, uint32_t tx, bool commit);
int xs_introduce(struct client *c, unsigned int domid);
const char *xs_control(struct client *c, const char *words);
extern int xs_errno; /* of the last of these that returned NULL */

#endif
