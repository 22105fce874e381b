/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every command works with: one request, and connections to the
 * hypervisor and the xenstore that are opened when first needed.
 */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>

#include "dom.h"
#include "host.h"
#include "hv.h"
#include "req.h"
#include "xs.h"

struct tool {
	struct req r;
	struct hv hv;
	struct xs xs;
	bool has_hv, has_xs;
	bool json; /* --json: output and errors for programs */
	/* letters before the command */
	bool verbose; /* -v */
	bool dry_run; /* -N: change nothing */
	bool stamp;   /* -T: time and process in messages */
};

/* 0 or -errno, recorded in t->r. */
int tool_hv(struct tool *t);
int tool_xs(struct tool *t);
int tool_both(struct tool *t);

/* Print the failure recorded. */
void tool_report(const struct tool *t);
void tool_close(struct tool *t);

#endif
