/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The process that serves one device, and what its keeper and it tell each
 * other over a socket of packets. It opens the disk, gives up all rights, and
 * serves; it ends when the keeper does.
 */
#ifndef BLOCK_WORKER_H
#define BLOCK_WORKER_H

#include <stdint.h>

#include "blkback_bus.h"

/* Descriptors a worker begins with. */
enum worker_fd {
	WORKER_CONTROL = 3,
	WORKER_GNTDEV,
	WORKER_DISK, /* not open when the disk is at a URI */
	WORKER_JOURNAL,
	WORKER_SERVER,	   /* only open: what serves an image lives as long */
	WORKER_EVTCHN = 8, /* one for each queue; told apart by these bits */
	WORKER_NR_FDS = WORKER_EVTCHN + JOURNAL_QUEUES_MAX
};

enum worker_what {
	/* from the keeper */
	WORKER_START,	   /* the first: open the disk; answered by DISK */
	WORKER_CONNECT,	   /* answered by CONNECTED or FAILED */
	WORKER_DISCONNECT, /* answered by DISCONNECTED */
	WORKER_MEASURE,	   /* answered by DISK */
	WORKER_LIMIT,
	/* from the worker */
	WORKER_DISK_IS,
	WORKER_CONNECTED,
	WORKER_DISCONNECTED,
	WORKER_FAILED, /* not, or no longer, connected */
};

#define WORKER_TEXT 256

struct worker_message {
	enum worker_what what;
	union {
		struct {
			uint16_t domid;
			char name[32]; /* as the process is called */
			uint8_t is_readonly;
			uint8_t no_discard;
			uint8_t is_direct;
			uint32_t uid;		/* to become; 0: stay */
			char root[WORKER_TEXT]; /* an empty folder */
			char uri[WORKER_TEXT];
		} start;
		struct {
			uint64_t identity;
			struct blkback_front front;
		} connect;
		struct {
			uint64_t bytes_per_s, requests_per_s;
		} limit;
		struct blkback_disk disk;
		struct {
			int rc;
			char text[WORKER_TEXT];
		} failed;
	};
};

/* The whole life of a worker; the exit code. */
int worker_main(void);

#endif
