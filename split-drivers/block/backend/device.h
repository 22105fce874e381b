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

#include "../../xenbus/xenbus.h"
#include "worker.h"

struct xs;

struct keeper {
	struct xs *xs;
	const char *type;    /* backend/TYPE/... are ours */
	const char *run_dir; /* for the journals */
	uint32_t uid_base;   /* workers are uid_base + domid; 0: root */
	struct blkback_offer offer;
	struct device *devices;
	bool is_verbose;
};

/* How far a worker is. */
enum device_worker {
	DEVICE_NONE,	   /* there is none */
	DEVICE_STARTING,   /* opens the disk */
	DEVICE_READY,	   /* has it */
	DEVICE_CONNECTING, /* to the rings */
	DEVICE_SERVING,
	DEVICE_ENDING, /* lets go of the rings */
};

struct device {
	struct device *next;
	struct keeper *k;
	uint16_t domid;
	uint32_t devid;
	char name[24]; /* DOMID/DEVID */
	char journal[128];
	struct xenbus bus;
	bool is_watching;
	bool is_broken; /* until the frontend begins again */
	enum device_worker worker;
	pid_t pid;
	int control; /* socket; -1: none */
	struct blkback_disk disk;
	struct blkback_front front;
	uint64_t bytes_per_s, requests_per_s; /* as told to the worker */
	unsigned int nr_deaths;
	int64_t last_death_s;
};

/* Make or find the device of backend/TYPE/DOMID/DEVID; NULL: no memory. */
struct device *device_get(struct keeper *k, uint16_t domid, uint32_t devid);
/* Its nodes, or the frontend's, may have changed. */
void device_store_event(struct device *d);
/* Its worker says something, or has ended. */
void device_worker_event(struct device *d);
/* Ask for the disk's size again. */
void device_measure(struct device *d);
/* End its worker and forget it. */
void device_free(struct device *d);

#endif
