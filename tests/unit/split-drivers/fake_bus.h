/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A xenstore in memory for two ends in one process: a list of nodes, and
 * transactions that conflict whenever anything has changed.
 */
#ifndef FAKE_BUS_H
#define FAKE_BUS_H

#include "../../../split-drivers/xenbus/xenbus.h"

extern const struct xenbus_store fake_bus;

void fake_bus_reset(void);
/* As a tool would; @value NULL: remove it and what is below. */
void fake_bus_set(const char *path, const char *value);
/* NULL: none. */
const char *fake_bus_get(const char *path);
/* Changes so far, to see whether there is something new. */
unsigned int fake_bus_changes(void);
/* After so many more calls they fail with -EIO; -1: never. */
extern int fake_bus_until_failure;
/* So many of the next commits conflict. */
extern int fake_bus_conflicts;

#endif
