// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains' configurations on disk, in the syntax of xl.cfg, replaced whole.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths.h"
#include "req.h"
#include "state.h"
#include "tool.h"
#include "uuid.h"

static const char *state_path(struct req *r, const uint8_t uuid[16],
			      const char *suffix)
{
	char text[UUID_TEXT_BYTES];

	uuid_format(uuid, text);
	return arena_printf(&r->mem, "%s/%s.cfg%s", path_of(r, STATE_DIR), text,
			    suffix);
}

static int open_new(struct req *r, const char *path)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
	int fd = open(path, flags, 0600);

	if (fd < 0 && errno == ENOENT) {
		path_make(path_of(r, STATE_DIR), 0700);
		fd = open(path, flags, 0600);
	}
	return fd;
}

int state_save(struct req *r, const struct domcfg *cfg)
{
	const char *text = domcfg_text(r, cfg);
	size_t len = strlen(text);
	const char *path = state_path(r, cfg->uuid, "");
	const char *temp = state_path(r, cfg->uuid, ".new");
	int fd = open_new(r, temp), rc = 0;

	if (fd < 0)
		return req_fail(r, -errno, "cannot write %s: %s", temp,
				strerror(errno));
	if (write(fd, text, len) != (ssize_t)len)
		rc = -ENOSPC;
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(temp, path) < 0)
		rc = -errno;
	if (rc < 0) {
		unlink(temp);
		req_fail(r, rc, "cannot write %s: %s", path, strerror(-rc));
	}
	return rc;
}

int state_load(struct req *r, const uint8_t uuid[16], struct domcfg *cfg)
{
	struct config *c = ARENA_NEW(&r->mem, struct config);
	int rc;

	config_init(c);
	rc = config_read(r, c, state_path(r, uuid, ""));
	return rc < 0 ? rc : domcfg_make(r, c, cfg, IGNORE_UNKNOWN);
}

bool state_exists(struct req *r, const uint8_t uuid[16])
{
	return access(state_path(r, uuid, ""), F_OK) == 0;
}

int state_edit(struct req *r, const uint8_t uuid[16],
	       int (*edit)(void *ctx, struct req *r, struct domcfg *cfg),
	       void *ctx)
{
	int fd = open(path_of(r, STATE_DIR), O_RDONLY | O_CLOEXEC), rc = 0;
	struct domcfg cfg;

	if (!state_exists(r, uuid)) {
		rc = -ENOENT;
	} else {
		while (fd >= 0 && flock(fd, LOCK_EX) < 0 && errno == EINTR)
			;
		rc = state_load(r, uuid, &cfg);
		if (rc == 0)
			rc = edit(ctx, r, &cfg);
		if (rc == 0)
			rc = state_save(r, &cfg);
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

void state_remove(struct req *r, const uint8_t uuid[16])
{
	unlink(state_path(r, uuid, ""));
}

#define RESTART_SUFFIX ".restart"

int state_mark_restart(struct req *r, const uint8_t uuid[16], domid_t domid)
{
	const char *path = state_path(r, uuid, RESTART_SUFFIX);
	int fd = open_new(r, path);

	/* it stays open, and locked, as long as we live */
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 ||
	    dprintf(fd, "%u\n", domid) < 0)
		return req_fail(r, -errno, "cannot write %s: %s", path,
				strerror(errno));
	return 0;
}

/* The domid in the mark at @path, now ours; -EBUSY: held, -ENOENT: cleared. */
static int take_restart(const char *path)
{
	char text[16] = "";
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		rc = -EBUSY;
	else if (fstat(fd, &st) < 0 || st.st_nlink == 0 ||
		 pread(fd, text, sizeof(text) - 1, 0) < 0)
		rc = -ENOENT;
	if (rc == 0)
		return (domid_t)strtoul(text, NULL, 10);
	close(fd);
	return rc;
}

void state_clear_restart(struct req *r, const uint8_t uuid[16])
{
	unlink(state_path(r, uuid, RESTART_SUFFIX));
}

bool state_restarts(struct req *r, const uint8_t uuid[16])
{
	return access(state_path(r, uuid, RESTART_SUFFIX), F_OK) == 0;
}

bool state_each_restart(struct req *r,
			void (*each)(void *ctx, const uint8_t uuid[16],
				     domid_t domid),
			void *ctx)
{
	DIR *d = opendir(path_of(r, STATE_DIR));
	bool is_all = true;
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char *dot = strchr(e->d_name, '.');
		uint8_t uuid[16];
		int domid;

		if (dot == NULL || strcmp(dot, ".cfg" RESTART_SUFFIX) != 0)
			continue;
		*dot = '\0';
		if (!uuid_parse(e->d_name, uuid))
			continue;
		domid = take_restart(state_path(r, uuid, RESTART_SUFFIX));
		if (domid >= 0)
			each(ctx, uuid, (domid_t)domid);
		is_all &= domid != -EBUSY;
	}
	if (d != NULL)
		closedir(d);
	return is_all;
}
