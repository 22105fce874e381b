// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration files in either form, told apart by their first character.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cfgfile.h"
#include "req.h"

extern char **environ;

#define OUTPUT_BYTES_MAX (1 << 20)

/* Beside this program, or where it is installed. */
const char *helper_path(struct req *r, const char *name)
{
	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (len > 0) {
		const char *path;

		self[len] = '\0';
		slash = strrchr(self, '/');
		if (slash != NULL)
			*slash = '\0';
		path = arena_printf(&r->mem, "%s/%s", self, name);
		if (access(path, X_OK) == 0)
			return path;
	}
	return arena_printf(&r->mem, "/usr/libexec/pavo/%s", name);
}

static int is_xml(const char *path)
{
	char head[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t len = fd < 0 ? 0 : read(fd, head, sizeof(head));
	ssize_t i = 0;

	if (fd >= 0)
		close(fd);
	if (len >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0)
		i = 3; /* byte order mark */
	while (i < len && isspace((uint8_t)head[i]))
		i++;
	return i < len && head[i] == '<';
}

static size_t read_all(int fd, char *buf, size_t max)
{
	size_t len = 0;

	while (len < max) {
		ssize_t n = read(fd, buf + len, max - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	return len;
}

/* Record what the converter has said, in tool_report()'s form. */
static int take_message(struct req *r, char *text)
{
	static const char mark[] = "pavo: error: ", hint[] = "\n  ";
	char *what = strstr(text, mark), *end;

	if (what == NULL)
		return req_fail(r, -EINVAL, "%s",
				*text != '\0' ? text
					      : "the XML converter failed");
	end = strstr(what, hint);
	if (end != NULL)
		*end = '\0';
	req_fail(r, -EINVAL, "%s", what + strlen(mark));
	if (what - text > 2) { /* "where: " stands before it */
		what[-2] = '\0';
		req_where(r, text, 0);
	}
	return end != NULL ? req_hint(r, "%s", end + strlen(hint)) : -EINVAL;
}

/* The converter's output, or its error message. */
static int convert(struct req *r, const char *path, char **text, size_t *len)
{
	char *argv[] = {
		(char *)(uintptr_t) "pavo-xml", (char *)(uintptr_t) "--aligned",
		(char *)(uintptr_t) "to-cfg", (char *)(uintptr_t)path, NULL};
	const char *helper = helper_path(r, argv[0]);
	posix_spawn_file_actions_t fa;
	int fds[2], status = -1, rc;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return req_fail_rc(r, -errno, "cannot read %s", path);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&fa, fds[1], STDERR_FILENO);
	rc = -posix_spawn(&pid, helper, &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	close(fds[1]);
	if (rc < 0) {
		close(fds[0]);
		req_fail(r, rc, "cannot run %s: %s", helper, strerror(-rc));
		return req_hint(r,
				"it reads XML configurations; install it, "
				"or write %s in the form of xl.cfg",
				path);
	}
	*text = arena_alloc(&r->mem, OUTPUT_BYTES_MAX + 1);
	*len = read_all(fds[0], *text, OUTPUT_BYTES_MAX);
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	while (*len > 0 && isspace((uint8_t)(*text)[*len - 1]))
		(*text)[--*len] = '\0';
	(*text)[*len] = '\0';
	return take_message(r, *text);
}

int cfgfile_read(struct req *r, struct config *c, const char *path)
{
	char *text = NULL;
	size_t len = 0;
	int rc;

	if (!is_xml(path))
		return config_read(r, c, path);
	rc = convert(r, path, &text, &len);
	return rc < 0 ? rc : config_parse(r, c, path, text, len);
}
