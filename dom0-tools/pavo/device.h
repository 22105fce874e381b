/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices of domains in the xenstore: a frontend's and a backend's directory,
 * and the tools' own record of both below /libxl, which no guest can write.
 * From these a device can always be removed, whoever died.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include "tool.h"

struct domcfg;
struct disk;
struct vif;

enum device_kind {
	DEVICE_VBD,
	DEVICE_VIF,
	NR_DEVICE_KINDS,
};

struct device {
	enum device_kind kind;
	domid_t domid;
	uint32_t devid;
	domid_t backend_domid;
	const char *folder; /* of the backend; NULL: the kind's name */
};

/* "vbd", "vif" */
const char *device_kind_name(enum device_kind kind);
/* Directories, in the request's arena. */
const char *device_backend(struct req *r, const struct device *d);
const char *device_frontend(struct req *r, const struct device *d);

/*
 * What can be known ahead of the devices in @cfg: that backends' domains,
 * scripts and disks are there. 0 or -errno, recorded.
 */
int devices_check(struct tool *t, const struct domcfg *cfg);
/* Attach all of @cfg to @domid. On failure some are left: remove them. */
int devices_attach(struct tool *t, domid_t domid, const struct domcfg *cfg);

/* One device, checked and attached; or not at all. -errno: recorded. */
int device_attach_disk(struct tool *t, domid_t domid, const struct disk *d);
int device_attach_vif(struct tool *t, domid_t domid, const struct vif *v);

/*
 * Take a device away. -EBUSY: recorded, the domain does not let go of it;
 * with @force it is not asked.
 */
int device_detach(struct tool *t, const struct device *d, bool force);

/* All devices of @domid, in the arena; 0 or -errno, recorded. */
int devices_load(struct tool *t, domid_t domid, enum device_kind kind,
		 struct device **all, size_t *nr);
/*
 * Tell the drivers of all devices of @domid that it goes, and wait for nobody.
 * Before it dies: a driver that sees by itself that the frontend is gone does
 * not say when it has let go.
 */
void devices_close(struct tool *t, domid_t domid);
/*
 * Remove all devices of @domid, which is gone or going: nobody is asked. What
 * fails is not said: there is nobody to whom it could be.
 */
void devices_remove(struct tool *t, domid_t domid);

#endif
