// SPDX-License-Identifier: GPL-2.0-only
/*
 * A directory of its own for each test, and what commands print.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

static char root[64];
static pid_t owner;

#define PATHS_MAX 256
static char paths[PATHS_MAX][256];
static unsigned int nr_paths;

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void remove_root(void)
{
	if (getpid() == owner)
		nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *fixture_root(void)
{
	const char *tmp = getenv("TMPDIR");

	if (root[0] != '\0')
		return root;
	snprintf(root, sizeof(root), "%.40s/pavo-XXXXXX", tmp ? tmp : "/tmp");
	if (mkdtemp(root) == NULL)
		abort();
	owner = getpid();
	atexit(remove_root);
	return root;
}

const char *fixture_file(const char *name, const void *data, size_t len)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", fixture_root(), name);
	f = fopen(path, "w");
	if (f == NULL || fwrite(data, 1, len, f) != len || fclose(f) != 0)
		abort();
	if (nr_paths == PATHS_MAX)
		abort();
	return strcpy(paths[nr_paths++], path);
}

const char *fixture_text(const char *name, const char *text)
{
	return fixture_file(name, text, strlen(text));
}

const char *fixture_capture(int (*fn)(void *ctx), void *ctx, int *rc)
{
	static char out[65536];
	char path[128];
	int saved, fd;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/stdout", fixture_root());
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	dup2(fd, STDOUT_FILENO);
	*rc = fn(ctx);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	n = pread(fd, out, sizeof(out) - 1, 0);
	close(fd);
	out[n > 0 ? n : 0] = '\0';
	return out;
}
