/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tap of an interface: the network's end, in the domain of the backend.
 * It stays when its last descriptor is closed, and keeps its place in a bridge.
 */
#ifndef NET_TAP_H
#define NET_TAP_H

#include <stdbool.h>

#include "netback.h"

/*
 * One queue of the tap called @name, which is made if it is not there; a
 * descriptor or -errno.
 */
int tap_open(const char *name);
/* Only a tap that was opened can be done away with. */
void tap_remove(int fd);
/* Tell the kernel what the frontend can do with a packet. */
int tap_set_offload(int fd, const struct netback_front *front);
/* Whether there is anybody at our end. */
void tap_set_carrier(int fd, bool is_there);
/*
 * What a hotplug script would do, where there is none: up, and into @bridge
 * if that is not "". 0 or -errno.
 */
int tap_plug(const char *name, const char *bridge);
bool tap_exists(const char *name);

#endif
