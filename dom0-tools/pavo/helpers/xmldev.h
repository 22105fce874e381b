/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks and interfaces in libvirt's XML, against the texts of xl.cfg.
 */
#ifndef XMLDEV_H
#define XMLDEV_H

#include <libxml/tree.h>

struct disk;
struct req;
struct vif;

/* What <disk> or <interface> says, as a text for disk= or vif=. */
const char *xmldev_disk_text(struct req *r, xmlNode *disk);
const char *xmldev_vif_text(struct req *r, xmlNode *interface);

/*
 * Add one to <devices>. -EOPNOTSUPP: recorded, some of it has no place in XML.
 */
int xmldev_add_disk(struct req *r, xmlNode *devices, const struct disk *d);
int xmldev_add_vif(struct req *r, xmlNode *devices, const struct vif *v);

#endif
