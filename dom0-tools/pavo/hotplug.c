// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hotplug scripts, called as xl does: "add" and "remove" for disks, "online"
 * and "offline" for interfaces, with the device's place in the xenstore in the
 * environment. A script answers by the node hotplug-status, and by
 * hotplug-error or on its standard error if it fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hotplug.h"
#include "paths.h"

extern char **environ;

#define ANSWER_BYTES 4096
/* For one that hangs, not one that is slow. */
#define PATIENCE_MS 60000

/* Its output goes to @err, or nowhere if that is -1. */
static int spawn(const char *path, char **argv, char **envp, int err,
		 pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	int rc;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	if (err >= 0)
		posix_spawn_file_actions_adddup2(&fa, err, 2);
	else
		posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY,
						 0);
	posix_spawn_file_actions_adddup2(&fa, 2, 1);
	posix_spawn_file_actions_addclosefrom_np(&fa, 3);
	rc = -posix_spawnp(pid, path, &fa, NULL, argv, envp);
	posix_spawn_file_actions_destroy(&fa);
	return rc;
}

void hotplug_load_driver(enum device_kind kind)
{
	static char *const modules[NR_DEVICE_KINDS] = {
		[DEVICE_VBD] = (char *)(uintptr_t) "xen-blkback",
		[DEVICE_VIF] = (char *)(uintptr_t) "xen-netback",
	};
	char *argv[] = {(char *)(uintptr_t) "modprobe",
			(char *)(uintptr_t) "-q", modules[kind], NULL};
	char path[64];
	pid_t pid;

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/drivers/%s",
		 device_kind_name(kind));
	/* netbackd(8) serves interfaces */
	if (kind == DEVICE_VIF && access(RUN_DIR "/netback/vif", F_OK) == 0)
		return;
	if (access(path, F_OK) == 0 ||
	    access("/sys/bus/xen-backend", F_OK) < 0 ||
	    spawn("modprobe", argv, environ, -1, &pid) < 0)
		return;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

const char *hotplug_script(struct req *r, const char *name)
{
	static const char *const dirs[] = {SCRIPT_DIR, XL_SCRIPT_DIR};
	const char *path = name;

	if (name[0] == '/' && access(name, X_OK) == 0)
		return name;
	/* Dom0's tools name xl's place, whoever runs in the driver domain */
	if (strncmp(name, XL_SCRIPT_DIR "/", sizeof(XL_SCRIPT_DIR)) == 0)
		name += sizeof(XL_SCRIPT_DIR);
	for (size_t i = 0; name[0] != '/' && i < 2; i++) {
		path = arena_printf(&r->mem, "%s/%s", path_of(r, dirs[i]),
				    name);
		if (access(path, X_OK) == 0)
			return path;
	}
	req_fail(r, -ENOENT, "there is no hotplug script %s that can be run",
		 name);
	if (name[0] != '/')
		req_hint(r, "scripts are looked for in %s and %s", dirs[0],
			 dirs[1]);
	return NULL;
}

/* The end of what the script has said. */
static char *read_answer(struct req *r, int fd)
{
	char *text = arena_alloc(&r->mem, ANSWER_BYTES + 1);
	off_t size = lseek(fd, 0, SEEK_END);
	ssize_t len = pread(fd, text, ANSWER_BYTES,
			    size > ANSWER_BYTES ? size - ANSWER_BYTES : 0);

	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	return text;
}

/* Its exit status; one that does not end is ended. */
static int wait_script(pid_t pid)
{
	struct pollfd p = {.fd = (int)syscall(SYS_pidfd_open, pid, 0),
			   .events = POLLIN};
	int status = -1;

	if (p.fd >= 0) {
		while (poll(&p, 1, PATIENCE_MS) < 0 && errno == EINTR)
			;
		if (p.revents == 0)
			kill(pid, SIGKILL);
		close(p.fd);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (p.fd >= 0 && p.revents == 0)
		return -ETIMEDOUT;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static char **environment(struct req *r, const struct device *d,
			  const char *script, const char *vifname)
{
	struct arena *a = &r->mem;
	size_t nr = 0, at = 0;
	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char **env;

	while (environ[nr] != NULL)
		nr++;
	env = ARENA_ARRAY(a, char *, nr + 8);
	env[at++] = arena_printf(a, "script=%s", script);
	env[at++] =
		arena_printf(a, "XENBUS_TYPE=%s", device_kind_name(d->kind));
	env[at++] = arena_printf(a, "XENBUS_PATH=backend/%s/%u/%u",
				 device_kind_name(d->kind), d->domid, d->devid);
	env[at++] = arena_strdup(a, "XENBUS_BASE_PATH=backend");
	if (d->kind == DEVICE_VIF)
		env[at++] = arena_printf(a, "vif=%s", vifname);
	if (len > 0) {
		self[len] = '\0';
		env[at++] = arena_printf(a, "PAVO=%s", self);
	}
	for (size_t i = 0; i < nr; i++)
		env[at++] = environ[i];
	return env;
}

/* One script at a time: they look at what others have. */
static int lock_scripts(struct req *r)
{
	const char *dir = path_of(r, RUN_DIR);
	int fd;

	path_make(dir, 0755);
	fd = open(arena_printf(&r->mem, "%s/hotplug.lock", dir),
		  O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	while (fd >= 0 && flock(fd, LOCK_EX) < 0 && errno == EINTR)
		;
	return fd;
}

static int run(struct req *r, const struct device *d, const char *script,
	       const char *vifname, bool is_coming, char **answer)
{
	static const char *const verbs[NR_DEVICE_KINDS][2] = {
		[DEVICE_VBD] = {"remove", "add"},
		[DEVICE_VIF] = {"offline", "online"},
	};
	char *argv[] = {arena_strdup(&r->mem, script),
			arena_strdup(&r->mem, verbs[d->kind][is_coming]),
			d->kind == DEVICE_VIF
				? arena_strdup(&r->mem, "type_if=vif")
				: NULL,
			NULL};
	int fd = memfd_create("answer", MFD_CLOEXEC), rc;
	pid_t pid;

	if (fd < 0)
		return -errno;
	rc = spawn(script, argv, environment(r, d, script, vifname), fd, &pid);
	if (rc == 0) {
		rc = wait_script(pid);
		*answer = read_answer(r, fd);
	}
	close(fd);
	return rc;
}

int hotplug_run(struct tool *t, const struct device *d, const char *script,
		const char *vifname, bool is_coming)
{
	const char *path = hotplug_script(&t->r, script), *why;
	char *answer = NULL, *line;
	int lock, rc, ignored;

	if (path == NULL)
		return t->r.rc;
	lock = lock_scripts(&t->r);
	rc = run(&t->r, d, path, vifname, is_coming, &answer);
	if (lock >= 0)
		close(lock);
	if (rc == 0)
		return 0;
	why = xs_read(&t->xs, 0,
		      arena_printf(&t->r.mem, "%s/hotplug-error",
				   device_backend(&t->r, d)),
		      &ignored);
	if (why == NULL || *why == '\0') {
		line = answer != NULL ? strrchr(answer, '\n') : NULL;
		why = line != NULL ? line + 1 : answer;
	}
	if (why == NULL || *why == '\0')
		why = rc == -EIO ? "it failed and did not say why"
				 : strerror(-rc);
	return req_fail(&t->r, rc, "%s: %s", path, why);
}
