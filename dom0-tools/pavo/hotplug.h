/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hotplug scripts: what the backend's domain does for a device besides the
 * driver, as setting up a loop device or putting an interface into a bridge.
 */
#ifndef HOTPLUG_H
#define HOTPLUG_H

#include <stdbool.h>

#include "device.h"

/* Load the driver of backends of this kind, if it is not there. */
void hotplug_load_driver(enum device_kind kind);
/* Where the script called @name is; NULL: -ENOENT, recorded. */
const char *hotplug_script(struct req *r, const char *name);
/*
 * Run @script for a device that comes or goes; scripts run one at a time.
 * -EIO: recorded, with what the script said.
 */
int hotplug_run(struct tool *t, const struct device *d, const char *script,
		const char *vifname, bool is_coming);

#endif
