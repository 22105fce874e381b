/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unpacked kernels, kept by the identity of the file they came from.
 */
#ifndef KCACHE_H
#define KCACHE_H

#include "kimage.h"

/*
 * The kernel at @path, from the cache in @dir if it was seen before, else
 * unpacked and, if @dir can be written, kept. The failure names the kernel.
 */
int kcache_open(struct req *r, const char *dir, const char *path,
		struct kimage *k);

#endif
