/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The supervisor: sees to it that each of our domains has its monitor.
 */
#ifndef SUPERVISE_H
#define SUPERVISE_H

#include "tool.h"

/*
 * Runs until it is killed. It keeps nothing: it may be killed and started
 * again at any moment, like the monitors themselves.
 */
int supervise_run(struct tool *t);

#endif
