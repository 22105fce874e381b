/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Core files of domains, in Xen's dump-core format, which crash(8) and
 * gdbsx-like tools read.
 */
#ifndef DUMP_H
#define DUMP_H

#include "tool.h"

/* Write a core of the domain, which is paused meanwhile, to @path. */
int dump_core_to(struct tool *t, domid_t domid, const char *path);
/* Where a core of the domain @name goes unless told otherwise. */
const char *dump_path(struct req *r, const char *name);

#endif
