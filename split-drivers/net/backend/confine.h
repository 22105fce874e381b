/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Giving up all rights a worker does not need. What stays: its descriptors,
 * and a few system calls on them.
 */
#ifndef NET_CONFINE_H
#define NET_CONFINE_H

#include <stdint.h>

/*
 * Become user and group @uid (0: stay who we are) in the empty folder @root,
 * and end with the process that started us. Before there are threads.
 * 0 or -errno, and what failed in @what.
 */
int confine_user(uint32_t uid, const char *root, const char **what);
/*
 * No more descriptors, threads, or memory; any other system call than those
 * for serving ends the process. For all threads. 0 or -errno.
 */
int confine_calls(void);

#endif
