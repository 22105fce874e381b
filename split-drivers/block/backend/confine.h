/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Giving up all rights a worker does not need. What stays: its descriptors,
 * and a few system calls on them.
 */
#ifndef BLOCK_CONFINE_H
#define BLOCK_CONFINE_H

#include <stdint.h>

/*
 * Become user and group @uid (0: stay who we are) in the empty folder @root
 * without a network, never to gain rights again, and restrict system calls; any
 * other one ends the process. 0 or -errno, and what failed in @what.
 */
int confine(uint32_t uid, const char *root, const char **what);

#endif
