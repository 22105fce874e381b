/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaching the terminal to a domain's console.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "tool.h"

/* Until the user leaves with Ctrl-], or the domain is gone. */
int console_run(struct tool *t, domid_t domid);

#endif
