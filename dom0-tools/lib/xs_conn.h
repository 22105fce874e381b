/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes below the xenstore client: reaching the daemon, waiting while its
 * supervisor starts it again, reading and writing.
 */
#ifndef XS_CONN_H
#define XS_CONN_H

#include <stdbool.h>
#include <stddef.h>

struct xs;

/*
 * Connect, or connect again. While a daemon seems to be on its way this waits
 * for it, up to xs_patience_ms. 0 or -errno; nothing is recorded.
 */
int xs_conn_open(struct xs *xs);
void xs_conn_close(struct xs *xs);

/* Send or receive @len bytes, all of them; 0 or -errno. */
int xs_conn_send(struct xs *xs, const char *p, size_t len);
int xs_conn_receive(struct xs *xs, void *dst, size_t len);

/* Does @rc mean that the other side is gone, and connecting again may help? */
bool xs_conn_is_lost(const struct xs *xs, int rc);

#endif
