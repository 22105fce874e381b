/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The attach socket: clients of the protocol in console_proto.h. A client is
 * an offset into a scrollback; a slow one costs no memory and delays nobody,
 * it only skips, visibly, what has been overwritten meanwhile.
 */
#ifndef ATTACH_H
#define ATTACH_H

#include <stdint.h>

struct console;
struct consoled;

/* Listen on @path, replacing a stale socket. 0 or -errno. */
int attach_listen(struct consoled *cd, const char *path);
void attach_close(struct consoled *cd);

/* Serve @fd, a connected SOCK_SEQPACKET socket. 0 or -errno. */
int attach_serve(struct consoled *cd, int fd);

/* There may be new output, a new state or new room for input in @c. */
void attach_pump(struct console *c);

/* @c has got a name or a ring: somebody may be waiting for it. */
void attach_console_appeared(struct console *c);

/* @c goes away: tell and drop its clients. */
void attach_drop_all(struct console *c);

#endif
