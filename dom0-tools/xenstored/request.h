/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The requests of the wire protocol: from a message to a call of the store
 * and a reply.  The table is wire.def.
 */
#ifndef XENSTORED_REQUEST_H
#define XENSTORED_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "wire.h"

struct conn;
struct server;

/* Handle one message and queue its reply.  @payload may be written to. */
void request_handle(struct server *sv, struct conn *c,
		    const struct xsd_sockmsg *h, char *payload);

/* "READ" for XS_READ; "?" for what is none. */
const char *request_name(unsigned int type);

/* A decimal number and nothing else, at most @max. */
bool parse_number(const char *s, unsigned long max, unsigned long *out);

/* Permissions in their wire form, e.g. "r5".  -EINVAL */
struct perm;
int perm_parse(const char *s, struct perm *out);

#endif
