// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the tools keep things.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "paths.h"
#include "req.h"

const char *path_of(struct req *r, const char *path)
{
	const char *root = getenv("PAVO_ROOT");

	return root == NULL ? path : arena_printf(&r->mem, "%s%s", root, path);
}

void path_make(const char *dir, unsigned int mode)
{
	char parent[4096];
	char *slash;

	if (mkdir(dir, mode) == 0 || errno != ENOENT)
		return;
	snprintf(parent, sizeof(parent), "%s", dir);
	slash = strrchr(parent, '/');
	if (slash == NULL || slash == parent)
		return;
	*slash = '\0';
	path_make(parent, 0755);
	mkdir(dir, mode);
}
