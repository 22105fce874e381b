/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The process that serves one interface, from its connection to its end, with
 * a thread for each queue. It gives up all rights before it looks at anything
 * of the frontend's, and ends with its keeper.
 */
#ifndef NET_WORKER_H
#define NET_WORKER_H

#include "netback.h"

/* Descriptors a worker begins with. */
enum worker_fd {
	WORKER_CONTROL = 3,
	WORKER_JOURNAL,
	WORKER_GNTDEV,
	WORKER_GNTALLOC, /* if Linux has it */
	WORKER_EVTCHN,	 /* one for each queue */
	WORKER_TAP = WORKER_EVTCHN + NETBACK_QUEUES_MAX, /* as well */
	WORKER_FDS_END = WORKER_TAP + NETBACK_QUEUES_MAX
};

#define WORKER_TEXT 128

/* The one message to a worker. */
struct worker_start {
	uint16_t domid;
	int32_t own;  /* our domid; -1: unknown */
	uint32_t uid; /* to become; 0: stay */
	struct netback_front front;
	struct netback_rate rate; /* for each queue */
	char root[WORKER_TEXT];	  /* an empty folder */
};

/* From it: rc 0, connected; else why it ends. */
struct worker_report {
	int rc;
	char text[WORKER_TEXT];
};

/* The whole life of a worker; the exit code. */
int worker_main(void);

#endif
