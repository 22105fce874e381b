/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains as xenstored knows them: introduced, shut down, gone.
 */
#ifndef XENSTORED_DOMAIN_H
#define XENSTORED_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

struct conn;
struct server;

/* Connect to Dom0's own kernel.  -errno */
int domain_init_own(struct server *sv);

/*
 * Map the ring of a domain and bind its event channel, or reset the
 * connection if there is one.  -EINVAL: no such domain, page or port.
 */
int domain_introduce(struct server *sv, unsigned int domid, uint64_t mfn,
		     uint32_t port);
/* -ENOENT: not introduced. */
int domain_release(struct server *sv, unsigned int domid);
int domain_resume(struct server *sv, unsigned int domid);
int domain_set_target(struct server *sv, unsigned int domid,
		      unsigned int target);
bool domain_is_introduced(const struct server *sv, unsigned int domid);

/* Something happened to some domain: find out what, and tell. */
void domain_check_all(struct server *sv);

/* An event on local port @port: look at the ring behind it. */
void domain_event(struct server *sv, uint32_t port);

/* The domain broke the protocol: no more service until it reconnects. */
void domain_fail(struct server *sv, struct conn *c, uint32_t error);

/* Take in what the ring holds, if the connection is in a state to. */
void domain_fill(struct server *sv, struct conn *c);
void domain_publish(struct server *sv, struct conn *c);

/* Let go of the page and the port; the domain is not told. */
void domain_close(struct server *sv, struct conn *c);

/* Restoring: connect again as before.  NULL: it is gone. */
struct conn *domain_restore(struct server *sv, unsigned int domid, uint64_t mfn,
			    uint32_t port, unsigned int target);
/* Tell the domains of what happened while nobody was listening. */
void domain_restored(struct server *sv);

/* For the callback in struct store. */
bool domain_exists(unsigned int domid);

#endif
