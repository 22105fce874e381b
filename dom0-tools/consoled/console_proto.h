/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The protocol between the console daemon and its clients.
 *
 * A Unix socket of type SOCK_SEQPACKET: one message per packet, each a struct
 * console_msg and its payload. A connection serves one console.
 *
 * A console is a stream of bytes counted from the domain's first. It keeps
 * the newest (up to a limit) and outlives its domain for a while, and the
 * count survives restarts of the daemon. So a client that remembers the
 * offset it is at can connect again and miss or repeat nothing; an OUTPUT
 * whose offset is beyond the expected one says exactly how much is gone.
 *
 *   client                          daemon
 *   ATTACH domid | name    ->       ATTACHED, then OUTPUT ..., or ERROR
 *   INPUT bytes            ->
 *                          <-       OUTPUT offset, bytes
 *                          <-       END (the domain is gone and all was sent)
 *   LIST                   ->       ENTRY per console, then LIST_END
 */
#ifndef CONSOLE_PROTO_H
#define CONSOLE_PROTO_H

#include <stdint.h>

#define CONSOLE_SOCKET "/run/pavo/console.sock"
#define CONSOLE_PROTO_VERSION 1

#define CONSOLE_OUTPUT_MAX 16384 /* payload of one OUTPUT */
#define CONSOLE_INPUT_MAX 1024	 /* payload of one INPUT */

/* ATTACH to the console named by the payload, not by domid. */
#define CONSOLE_DOMID_BY_NAME 0xffff
/* The hypervisor's own log (needs --log=hv or all); name "hypervisor". */
#define CONSOLE_DOMID_HYPERVISOR 0x7ff2

enum console_msg_type {
	CONSOLE_ATTACH = 1, /* flags; domid or payload name */
	CONSOLE_INPUT = 2,  /* payload: what was typed */
	CONSOLE_LIST = 3,
	CONSOLE_ATTACHED = 65, /* domid; offset; payload: console_info */
	CONSOLE_OUTPUT = 66,   /* offset of the first byte; payload */
	CONSOLE_END = 67,      /* offset: the end of the stream */
	CONSOLE_ERROR = 68,    /* flags: errno; payload: text */
	CONSOLE_ENTRY = 69,    /* payload: console_info */
	CONSOLE_LIST_END = 70,
};

/* Flags of ATTACH. */
#define CONSOLE_READ_ONLY 1u   /* INPUT will be refused */
#define CONSOLE_FROM_OFFSET 2u /* start at offset (after a reconnect) */
#define CONSOLE_TAIL 4u	       /* replay at most the last offset bytes */
#define CONSOLE_WAIT 8u	       /* the domain need not exist yet */
#define CONSOLE_DUMP 16u       /* END after what is held; do not follow */

struct console_msg {
	uint8_t version; /* CONSOLE_PROTO_VERSION */
	uint8_t type;
	uint16_t domid;
	uint32_t flags;
	uint64_t offset;
};

enum console_state {
	CONSOLE_WAITING = 0, /* known, ring not connected yet */
	CONSOLE_LIVE = 1,
	CONSOLE_DEAD = 2,
};

struct console_info {
	uint16_t domid;
	uint8_t state; /* enum console_state */
	uint8_t pad;
	uint32_t nr_clients;
	uint64_t first;		   /* oldest byte held */
	uint64_t total;		   /* bytes ever written by the domain */
	uint64_t logged;	   /* bytes in the log */
	uint64_t lost;		   /* bytes lost (log full, broken ring) */
	uint64_t born_ms, died_ms; /* wall clock; died 0: alive */
	uint8_t handle[16];
	char name[128];
};

_Static_assert(sizeof(struct console_msg) == 16, "wire form");
_Static_assert(sizeof(struct console_info) == 200, "wire form");

#endif
