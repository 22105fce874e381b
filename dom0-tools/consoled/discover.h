/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which domains there are and where their consoles lie. The hypervisor's
 * domain list says who lives; xenstore gives name, port and limit, and its
 * watches say when to look.
 */
#ifndef DISCOVER_H
#define DISCOVER_H

struct console;
struct consoled;

/* Look at the domains there are and connect to xenstored. 0 or -errno. */
int discover_start(struct consoled *cd);

/* Look at the domain list: new domains get a console, gone ones end. */
void discover_scan(struct consoled *cd);

/* The time to try xenstored, or the ring of @c, again has come. */
void discover_reconnect(struct consoled *cd);
void discover_retry(struct consoled *cd, struct console *c);

#endif
