/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The monitor: a process per domain that acts when the domain ends.
 */
#ifndef MONITOR_H
#define MONITOR_H

#include <sys/types.h>

#include "tool.h"

struct domcfg;

/* What a monitor does when its domain has shut down with @code. */
int64_t monitor_action(const struct domcfg *cfg, unsigned int code);

/* Start one for @domid, in the background. */
int monitor_spawn(struct req *r, domid_t domid);

/* Of the monitor that @domid has; 0: none, or one that is just starting. */
pid_t monitor_pid(struct req *r, domid_t domid);
/*
 * Finish what monitors that died had begun: start again what was ended for
 * that, and forget domain @only (DOMID_INVALID: any) if it is gone. False:
 * some of it is being done by others.
 */
bool monitor_clean_up(struct tool *t, domid_t only);

/* The program: "monitor domid", "monitor --all", "monitor --supervise". */
int monitor_main(struct tool *t, int argc, char **argv);

#endif
