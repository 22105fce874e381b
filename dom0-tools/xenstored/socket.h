/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections through Unix sockets.
 */
#ifndef XENSTORED_SOCKET_H
#define XENSTORED_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

struct conn;
struct server;

/* Listen at @path, replacing what is there.  A descriptor, or -errno. */
int socket_listen(const char *path, unsigned int mode);
void socket_accept(struct server *sv, int listen_fd, bool is_read_only);

/* Take over a connected socket.  NULL: no memory; @fd is then closed. */
struct conn *socket_add(struct server *sv, int fd, bool is_read_only);

/* What epoll says: there may be something to read, or room to write. */
void socket_event(struct server *sv, struct conn *c, uint32_t events);

/* Read what there is, as far as there is room for it. */
void socket_fill(struct server *sv, struct conn *c);

/* Send what is queued, as far as the socket takes it. */
void socket_flush(struct server *sv, struct conn *c);
void socket_close(struct server *sv, struct conn *c);

/* Before a live update: put the connection on record with all it has. */
void socket_record(struct server *sv, struct conn *c);
/* The update did not happen: off the record again. */
void socket_forget(struct server *sv, struct conn *c);

#endif
