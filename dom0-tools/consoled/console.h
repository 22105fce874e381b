/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One console: where its bytes come from (a domain's ring, or the
 * hypervisor's log), the scrollback they go to, and the readers of that.
 *
 *   WAITING --connect--> LIVE --domain gone--> DEAD --kept a while--> freed
 *
 * Work is done in turns of at most one ring's worth, so that no console can
 * keep the others waiting for longer than a turn.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "console_log.h"
#include "console_proto.h"
#include "console_ring.h"
#include "pty.h"
#include "rate.h"
#include "scrollback.h"

#include <sys/queue.h>

#define CONSOLE_INPUT_BUF 4096
/* Each turn is charged as at least this many bytes: events cost us too. */
#define CONSOLE_MIN_CHARGE 256

struct client;
struct consoled;

struct console {
	TAILQ_ENTRY(console) all;
	struct console *same_domid; /* the next of this domid, dead or alive */
	TAILQ_ENTRY(console) run;
	bool is_queued; /* on the run queue */
	struct consoled *cd;

	uint16_t domid;
	uint8_t handle[16];
	char name[SCROLLBACK_NAME];
	enum console_state state;
	bool was_seen; /* by the scan that is going on */

	uint32_t limit;	      /* scrollback bytes asked for in xenstore */
	bool is_foreign;      /* its type says another daemon serves it */
	struct scrollback sb; /* sb.hdr NULL: none yet */
	struct console_log log;
	struct console_ring ring;
	int port;	      /* our event channel, -1: none */
	uint32_t remote_port; /* the guest's */
	bool is_masked;	      /* port has fired and waits for unmask */
	struct rate rate;
	uint64_t wake_ns;  /* throttled until; 0: not */
	uint64_t retry_ns; /* try to connect again at; 0: no need */
	unsigned int nr_tries;

	char input[CONSOLE_INPUT_BUF];
	size_t input_len;
	struct pty pty;
	TAILQ_HEAD(console_clients, client) clients;
};

/* A new console, WAITING and without a scrollback. NULL: no memory. */
struct console *console_new(struct consoled *cd, uint16_t domid,
			    const uint8_t handle[16]);

/* A DEAD console from a file an earlier daemon left, or NULL. */
struct console *console_revive(struct consoled *cd, const char *file);

/* Look at @c again when @when_ns has come; what it is for is in @c. */
void console_set_timer(struct console *c, uint64_t *timer, uint64_t when_ns);

/* Set the name; the log follows it. */
void console_set_name(struct console *c, const char *name);

/*
 * Connect to the domain's ring with the guest's @remote_port. Safe to repeat;
 * a new port replaces the old. -errno: still WAITING.
 */
int console_connect(struct console *c, uint32_t remote_port);

/* The hypervisor's log: bind the virq and start. */
int console_connect_log(struct console *c);

/* The domain is gone: take the last bytes, close the log, tell readers. */
void console_die(struct console *c);

/* Close everything; with @forget the file goes too. */
void console_free(struct console *c, bool forget);

/* The event channel fired. */
void console_event(struct console *c);

/* One turn of work. True: there is more to do at once. */
bool console_turn(struct console *c, uint64_t now_ns);

/* Input from a reader: how much fits now, and giving it (at most that). */
size_t console_input_space(const struct console *c);
void console_input(struct console *c, const void *buf, size_t n);

/* Write the log as far as it goes (after a failure, or at the end). */
void console_flush_log(struct console *c);

#endif
