/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the tools keep things.
 */
#ifndef PATHS_H
#define PATHS_H

struct req;

#define STATE_DIR "/var/lib/pavo/domains" /* configurations of domains */
#define CACHE_DIR "/var/lib/pavo/cache"	  /* unpacked kernels */
#define DUMP_DIR "/var/lib/pavo/dump"	  /* cores of crashed domains */
#define RUN_DIR "/run/pavo"		  /* locks of monitors */
#define SCRIPT_DIR "/etc/pavo/scripts"	  /* hotplug scripts */
#define XL_SCRIPT_DIR "/etc/xen/scripts"  /* those that came with xl */
#define LOG_DIR "/var/log/pavo"		  /* the monitors' log */

/* @path, below $PAVO_ROOT if that is set: for tests. In the arena. */
const char *path_of(struct req *r, const char *path);
/* Make the directory and, like it, its missing parents. */
void path_make(const char *dir, unsigned int mode);

#endif
