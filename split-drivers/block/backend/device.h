/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device as its keeper sees it: nodes in the xenstore at one side, a worker
 * at the other, and the state between them.
 */
#ifndef BLOCK_DEVICE_H
#define BLOCK_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../keeper/keeper.h"
#include "server.h"
#include "worker.h"

/* As asked for on the command line. */
struct device_options {
	uint32_t uid_base; /* workers are uid_base + domid; 0: root */
	struct blkback_offer offer;
};
extern struct device_options device_options;

/* How far a worker is. */
enum device_worker {
	DEVICE_NONE,	   /* there is none */
	DEVICE_ENDED,	   /* was killed; d.fd says when it, and then its
			      image's server, have ended */
	DEVICE_STARTING,   /* opens the disk */
	DEVICE_READY,	   /* has it */
	DEVICE_CONNECTING, /* to the rings */
	DEVICE_SERVING,
	DEVICE_ENDING, /* lets go of the rings */
};

struct device {
	struct keeper_device d; /* first; d.fd: mostly the worker's socket */
	char journal[128],
		socket[128]; /* paths; socket: of an image's server */
	bool is_broken;	     /* until the frontend begins again */
	enum device_worker worker;
	pid_t pid;	      /* of the worker; 0: it has ended */
	struct server server; /* pid 0: it needs none */
	struct blkback_disk disk;
	struct blkback_front front;
	uint64_t bytes_per_s, requests_per_s; /* as told to the worker */
	unsigned int nr_deaths;
	int64_t last_death_s;
};

extern const struct keeper_ops device_ops;

#endif
