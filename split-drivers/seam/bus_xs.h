/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The xenbus of a backend in Dom0, over the tools' client of the xenstore. The
 * context is its struct xs; all it reads lies in that request's arena.
 */
#ifndef SPLIT_BUS_XS_H
#define SPLIT_BUS_XS_H

#include "../xenbus/xenbus.h"

extern const struct xenbus_store bus_xs;

#endif
