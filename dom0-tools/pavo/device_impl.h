/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kinds of devices have in common, for those who make them.
 */
#ifndef DEVICE_IMPL_H
#define DEVICE_IMPL_H

#include "device.h"

#define DEVICE_NODES_MAX 24

struct device_node {
	const char *name, *value;
};

struct device_nodes {
	struct device_node e[DEVICE_NODES_MAX];
	size_t nr;
};

/* A device that is to be: its nodes, but those that all have. */
struct device_plan {
	struct device d;
	const char *name;   /* for messages: "disk xvda" */
	const char *script; /* hotplug */
	struct device_nodes back, front;
};

/* Add one, unless @value is NULL. */
void device_node(struct device_nodes *n, const char *name, const char *value);
/* Write all of it. -EEXIST, -ESRCH (the domain is gone): recorded. */
int device_write(struct tool *t, const struct device_plan *p);
/* Wait for the backend, then run the script. -errno: recorded. */
int device_plug(struct tool *t, const struct device_plan *p);

/* A port of the frontend, as it says in its nodes; 0: none. */
uint32_t device_port(struct tool *t, const struct device *d);
/*
 * The nodes are gone: wait, but not for ever, until the guest has closed that
 * port, which it had before. When it has it will not touch nodes of the device
 * any more, which may be those of the next one there.
 */
void device_await_release(struct tool *t, const struct device *d,
			  uint32_t port);

#endif
