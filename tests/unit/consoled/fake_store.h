/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A xenstored for the daemon under test: nodes and watches, served from the
 * test's own loop by fake_store_poll.
 */
#ifndef FAKE_STORE_H
#define FAKE_STORE_H

#include <stdbool.h>

#define FAKE_STORE_SOCKET "xenstore.sock"

void fake_store_start(void);
/* Drop the connection and, until the next start, the socket; nodes stay. */
void fake_store_stop(void);
void fake_store_reset(void);

/* Serve what has arrived. True: there was something. */
bool fake_store_poll(void);

void fake_store_set(const char *value, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* NULL: no such node. */
const char *fake_store_get(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
/*
 * Fire "@introduceDomain" or "@releaseDomain". A store that is old cannot name
 * the domain and refuses watches that ask for it.
 */
extern bool fake_store_is_old;
void fake_store_fire(const char *path, unsigned int domid);
unsigned int fake_store_nr_watches(void);
extern int fake_store_nr_txs; /* open transactions */

/* A domain as the toolstack announces it: name, console, introduction. */
struct fake_domain;
void fake_store_announce(const struct fake_domain *d, const char *name);

#endif
