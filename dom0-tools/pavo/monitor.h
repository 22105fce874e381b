/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The monitor: a process per domain that acts when the domain ends.
 */
#ifndef MONITOR_H
#define MONITOR_H

#include "tool.h"

/* Start one for @domid, in the background. */
int monitor_spawn(struct req *r, domid_t domid);

/* The program: "monitor domid", or "monitor --all". */
int monitor_main(struct tool *t, int argc, char **argv);

#endif
