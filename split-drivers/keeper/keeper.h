/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keeper of all devices of one type that this domain serves from user
 * space: it watches their nodes in the xenstore, and says when to look at one.
 *
 * What a device is and who serves it is the caller's: its structure begins
 * with a struct keeper_device.
 */
#ifndef SPLIT_KEEPER_H
#define SPLIT_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "../../dom0-tools/lib/req.h"
#include "../../dom0-tools/lib/xs.h"
#include "../xenbus/xenbus.h"

struct keeper;

struct keeper_device {
	struct keeper_device *next;
	struct keeper *k;
	uint16_t domid;
	uint32_t devid;
	char name[24]; /* "DOMID/DEVID" */
	struct xenbus bus;
	bool is_watching; /* the frontend's state */
	int fd;		  /* when it is readable fd_event is called; or -1 */
	bool is_due;	  /* set by the caller: to be looked at soon */
};

struct keeper_ops {
	size_t device_bytes; /* of the caller's structure; zeroed */
	/* Something of the device may have changed. */
	void (*store_event)(struct keeper_device *d);
	void (*fd_event)(struct keeper_device *d);
	/*
	 * Its nodes are gone: let go of all. False: not yet, ask again when it
	 * is due; should its nodes come again, it is the new device's.
	 */
	bool (*gone)(struct keeper_device *d);
};

struct keeper {
	const char *name;    /* for messages */
	const char *type;    /* backend/TYPE/... are ours */
	const char *run_dir; /* made, with a folder "empty", and a file
				TYPE as long as we serve */
	const struct keeper_ops *ops;
	struct req req;
	struct xs xs;
	char folder[64];
	struct keeper_device *devices;
};

/*
 * Serve until a signal to end (0) or the store is lost for good (1); what is
 * wrong is said. The devices are left as they are.
 */
int keeper_run(struct keeper *k);

/* "name: DOMID/DEVID: ..." on standard error. */
void keeper_say(const struct keeper_device *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
