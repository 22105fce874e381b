/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of virtual disks, as xvda, sdb1 or hdc, and the numbers by which the
 * xenstore and frontends know them.
 */
#ifndef VDEV_H
#define VDEV_H

#include <stdint.h>

/*
 * The number of @name: of a name, of "d0p1" (disk and partition), or of the
 * number itself. -1: it is none of these.
 */
int64_t vdev_number(const char *name);

#endif
