/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network backend in the xenstore: what it offers, what the frontend chose.
 */
#ifndef NET_NETBACK_BUS_H
#define NET_NETBACK_BUS_H

#include "../../xenbus/xenbus.h"
#include "netback.h"

/* Write all that we can do, for at most @queues_max queues; then InitWait. */
int netback_offer(struct xenbus *x, unsigned int queues_max);
/*
 * The frontend's choice, read once and kept: what it writes later has no
 * effect. -EINVAL: a key is missing, is no number, or is out of range; *@what
 * is its name.
 */
int netback_read_front(struct xenbus *x, unsigned int queues_max,
		       struct netback_front *front, const char **what);
/* "rate" of ours, "bytes,microseconds"; without it there is none. */
int netback_read_rate(struct xenbus *x, struct netback_rate *rate);

#endif
