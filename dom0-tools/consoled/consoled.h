/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon as a whole: its options, its consoles and the queue of those
 * with work to do. Everything runs in one thread around one epoll set.
 */
#ifndef CONSOLED_H
#define CONSOLED_H

#include "console_log.h"
#include "loop.h"
#include "store.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/* Event channel ports are below this (Xen ABI: the FIFO ABI's limit). */
#define CONSOLED_PORTS 131072
/* Domids are below this, CONSOLE_DOMID_HYPERVISOR among them. */
#define CONSOLED_DOMIDS 32768

struct client;
struct console;

struct consoled_options {
	const char *log_dir;
	const char *run_dir;	/* the socket, the lock, state/ */
	const char *store_path; /* xenstored's socket */
	const char *pid_file;	/* NULL: none */
	bool is_foreground;
	bool has_guest_logs, has_hv_log;
	bool has_guest_stamps, has_hv_stamps;
	uint64_t log_max_bytes;
	unsigned int log_keep;
	uint32_t scrollback_bytes;
	uint64_t rate_bytes_per_s;
	uint64_t pty_replay; /* bytes every pty reader gets at least */
	uint64_t keep_dead_s;
	unsigned int keep_dead_max;
};

struct consoled {
	struct loop loop;
	struct consoled_options opt;
	struct console_log_policy guest_log_policy, hv_log_policy;
	int state_dirfd;
	TAILQ_HEAD(all_consoles, console) consoles;
	TAILQ_HEAD(console_run, console) run;
	struct console *by_port[CONSOLED_PORTS];
	struct console *by_domid[CONSOLED_DOMIDS]; /* chains of same_domid */
	uint64_t timers_ns; /* no console's timer is due before */

	struct loop_source evtchn, inotify, signals;
	struct loop_source listener; /* attach.c; fd -1: none */
	TAILQ_HEAD(all_clients, client) clients;
	unsigned int nr_clients;

	struct store store; /* discover.c */
	uint64_t reconnect_ns;
	bool needs_scan; /* some domain could not be looked at */
	bool is_stopping;
};

/* Defaults, to be changed by the command line. */
void consoled_defaults(struct consoled_options *opt);

/*
 * Take over what an earlier daemon left, then serve. Needs xen_open done and
 * cd->opt set. 0 or -errno with a message reported.
 */
int consoled_start(struct consoled *cd);

/*
 * One pass: timers, events (waiting for one if there is nothing else to do
 * and @may_wait), one turn for each queued console.
 */
int consoled_pass(struct consoled *cd, bool may_wait);

/* Close everything; the state files stay for the next daemon. */
void consoled_stop(struct consoled *cd);

/* Put @c on the run queue; take it off. */
void consoled_queue(struct console *c);
void consoled_unqueue(struct console *c);

struct console *consoled_find(struct consoled *cd, uint16_t domid,
			      const uint8_t handle[16]);
/* The console of the domain that has @domid now, or NULL. */
struct console *consoled_current(struct consoled *cd, uint16_t domid);
void consoled_forget_state(struct consoled *cd, const char *file);
struct consoled *consoled_of_listener(struct loop_source *s);

/* SIGHUP: open every log by name again. */
void consoled_reopen_logs(struct consoled *cd);

#endif
