// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon itself, as built for release, on its sockets: starting, dying,
 * restarting, updating under open connections.  $XENSTORED names it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit_test.h"
#include "wire.h"
#include "world.h"

#define MAX_ARGS 16

static const char *dir;
static pid_t daemon_pid;
static char binary[4096];

/* Run it with these arguments after the usual ones; its pid. */
static pid_t run(const char *const *args, int out_fd)
{
	const char *argv[MAX_ARGS] = {binary,	   "--dir", dir,
				      "--run-dir", dir,	    "-D"};
	int n = 6;
	pid_t pid;

	while (*args)
		argv[n++] = *args++;
	argv[n] = NULL;
	pid = fork();
	EXPECT(pid >= 0);
	if (pid == 0) {
		if (out_fd >= 0) {
			dup2(out_fd, 1);
			dup2(out_fd, 2);
		}
		execv(binary, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return pid;
}

static int exit_code(pid_t pid)
{
	int status;

	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Wait for the readiness message that systemd would get. */
static int notify_socket(char *path, size_t size)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(path, size, "%s/notify", dir);
	unlink(path);
	strcpy(addr.sun_path, path);
	EXPECT_EQ(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	setenv("NOTIFY_SOCKET", path, 1);
	return fd;
}

static int ready_fd = -1;

static void start(const char *arg)
{
	const char *args[] = {"-N", arg, NULL};
	char path[128], buf[16];

	if (ready_fd < 0)
		ready_fd = notify_socket(path, sizeof(path));
	daemon_pid = run(args, -1);
	EXPECT_EQ(recv(ready_fd, buf, sizeof(buf), 0), 7);
}

static void begin(void)
{
	EXPECT(getenv("XENSTORED") != NULL);
	EXPECT(realpath(getenv("XENSTORED"), binary) != NULL);
	dir = scratch_dir();
	ready_fd = -1;
}

static void stop(int sig)
{
	kill(daemon_pid, sig);
	EXPECT_EQ(exit_code(daemon_pid), sig == SIGKILL ? -SIGKILL : 0);
}

/* ---- a blocking client ---- */

static int try_connect(const char *name)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s", dir, name);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		close(fd);
		return -1;
	}
	return fd;
}

static int client(void)
{
	int fd = try_connect("socket");

	EXPECT(fd >= 0);
	return fd;
}

static bool read_all(int fd, void *to, size_t len)
{
	char *p = to;

	while (len) {
		ssize_t n = read(fd, p, len);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static struct answer answer;

static bool receive(int fd)
{
	struct xsd_sockmsg h;

	if (!read_all(fd, &h, sizeof(h)) || !read_all(fd, answer.data, h.len))
		return false;
	answer.type = h.type;
	answer.len = h.len;
	answer.data[h.len] = '\0';
	return true;
}

static bool put(int fd, uint32_t type, uint32_t tx, const char *data)
{
	struct xsd_sockmsg h = {type, 1, tx, 0};
	char buf[512];

	h.len = (uint32_t)strlen(data);
	memcpy(buf, &h, sizeof(h));
	for (size_t i = 0; i < h.len; i++)
		buf[sizeof(h) + i] = data[i] == '|' ? '\0' : data[i];
	return send(fd, buf, sizeof(h) + h.len, MSG_NOSIGNAL) > 0;
}

/* The answer, or NULL for an error reply; events on the way are skipped. */
static const char *request(int fd, uint32_t type, uint32_t tx, const char *data)
{
	EXPECT(put(fd, type, tx, data));
	do
		EXPECT(receive(fd));
	while (answer.type == XS_WATCH_EVENT);
	return answer.type == XS_ERROR ? NULL : answer.data;
}

UNIT_TEST(the_daemon_serves_both_sockets)
{
	int fd, ro;

	begin();
	start(NULL);
	fd = client();
	ro = try_connect("socket_ro");
	EXPECT(request(fd, XS_WRITE, 0, "/a/b|value") != NULL);
	EXPECT(!strcmp(request(fd, XS_READ, 0, "/a/b|"), "value"));
	EXPECT(!strcmp(request(ro, XS_READ, 0, "/a/b|"), "value"));
	EXPECT(request(ro, XS_WRITE, 0, "/a/b|x") == NULL);
	EXPECT(!strcmp(answer.data, "EROFS"));
	EXPECT(request(fd, XS_READ, 0, "/tool/xenstored|") != NULL);
	EXPECT(request(fd, XS_INTRODUCE, 0, "1|2|3|") == NULL);
	stop(SIGTERM);
}

/* Request number @k of a transaction that writes @n and its witness. */
static bool put_part(int fd, int k, unsigned int tx, int n)
{
	char text[64];

	switch (k) {
	case 0:
		return put(fd, XS_TRANSACTION_START, 0, "|");
	case 1:
		snprintf(text, sizeof(text), "/w/%d|", n);
		return put(fd, XS_WRITE, tx, text);
	case 2:
		snprintf(text, sizeof(text), "/n|%d", n);
		return put(fd, XS_WRITE, tx, text);
	default:
		return put(fd, XS_TRANSACTION_END, tx, "T|");
	}
}

UNIT_TEST(everything_survives_kill_9)
{
	unsigned int tx = 0;
	int acked = 0, sent = 0;
	char text[64];

	begin();
	for (int round = 0; round < 60; round++) {
		int left = 40 + round * 7, k = 0, fd;
		const char *got;

		start(NULL);
		fd = client();
		got = request(fd, XS_READ, 0, "/n|");
		EXPECT(!acked || got != NULL);
		if (got) {
			EXPECT(atoi(got) >= acked && atoi(got) <= sent);
			/* a number and its witness are written together */
			snprintf(text, sizeof(text), "/w/%d|", atoi(got));
			EXPECT(request(fd, XS_READ, 0, text) != NULL);
		}
		for (; left; k = (k + 1) % 4, left--) {
			sent += k == 3;
			EXPECT(put_part(fd, k, tx, k == 3 ? sent : sent + 1));
			/* the last one is on its way when the daemon dies */
			if (left == 1)
				stop(SIGKILL);
			if (!receive(fd))
				continue;
			if (k == 0)
				tx = (unsigned int)atoi(answer.data);
			EXPECT(answer.type != XS_ERROR);
			if (k == 3)
				acked = sent;
		}
		close(fd);
	}
	EXPECT(acked > 1000);
}

UNIT_TEST(a_restart_remembers_and_no_recovery_forgets)
{
	int fd;

	begin();
	start(NULL);
	fd = client();
	request(fd, XS_WRITE, 0, "/a|1");
	stop(SIGTERM);
	start(NULL);
	fd = client();
	EXPECT(!strcmp(request(fd, XS_READ, 0, "/a|"), "1"));
	stop(SIGTERM);
	start("-R");
	fd = client();
	EXPECT(request(fd, XS_READ, 0, "/a|") == NULL);
	stop(SIGTERM);
	start("-I");
	fd = client();
	request(fd, XS_WRITE, 0, "/b|1");
	stop(SIGTERM);
	start(NULL);
	fd = client();
	EXPECT(request(fd, XS_READ, 0, "/b|") == NULL);
	stop(SIGTERM);
}

UNIT_TEST(a_live_update_goes_unnoticed)
{
	int fd, other;
	char half[] = {XS_READ, 0, 0, 0, 1};
	unsigned int tx, doomed;

	begin();
	start(NULL);
	fd = client();
	other = client();
	request(fd, XS_WRITE, 0, "/a|1");
	request(fd, XS_WATCH, 0, "/a|tok|");
	tx = (unsigned int)atoi(request(fd, XS_TRANSACTION_START, 0, "|"));
	doomed = (unsigned int)atoi(request(fd, XS_TRANSACTION_START, 0, "|"));
	request(fd, XS_WRITE, tx, "/b/c|in tx");
	request(fd, XS_RM, tx, "/a|");
	request(fd, XS_READ, doomed, "/a|");
	request(fd, XS_WRITE, doomed, "/x|");
	/* half a request is in the daemon's hands */
	EXPECT_EQ(send(fd, half, sizeof(half), 0), (ssize_t)sizeof(half));
	for (int i = 0; i < 3; i++) {
		EXPECT(!strcmp(request(other, XS_CONTROL, 0, "live-update|-s|"),
			       "OK"));
		EXPECT_EQ(recv(ready_fd, answer.data, 16, 0), 7);
		EXPECT(!strcmp(request(other, XS_CONTROL, 0, "check|"), "OK"));
	}
	EXPECT_EQ(send(fd, "\0\0\0\0\0\0\0\3\0\0\0/a", 13, 0), 13);
	EXPECT_EQ(send(fd, "", 1, 0), 1);
	do
		EXPECT(receive(fd));
	while (answer.type == XS_WATCH_EVENT);
	EXPECT(!strcmp(answer.data, "1"));
	EXPECT(!strcmp(request(fd, XS_READ, tx, "/b/c|"), "in tx"));
	EXPECT(request(fd, XS_READ, tx, "/a|") == NULL);
	EXPECT(!strcmp(request(fd, XS_READ, 0, "/a|"), "1"));
	EXPECT(request(fd, XS_TRANSACTION_END, tx, "T|") != NULL);
	EXPECT(request(fd, XS_TRANSACTION_END, doomed, "T|") == NULL);
	EXPECT(!strcmp(answer.data, "EAGAIN"));
	EXPECT(put(other, XS_WRITE, 0, "/a|2"));
	EXPECT(receive(other));
	/* the watch is still there: of /a removed, and made again */
	EXPECT(put(fd, XS_READ, 0, "/a|"));
	do
		EXPECT(receive(fd));
	while (answer.type != XS_WATCH_EVENT);
	EXPECT(!memcmp(answer.data, "/a\0tok", 7));
	stop(SIGTERM);
}

UNIT_TEST(a_live_update_to_nothing_changes_nothing)
{
	int fd;

	begin();
	start(NULL);
	fd = client();
	EXPECT(strstr(request(fd, XS_CONTROL, 0,
			      "live-update|-f|/no/such/file|"),
		      "No such file") != NULL);
	/* executable, but nothing that can be run */
	EXPECT(!strcmp(request(fd, XS_CONTROL, 0, "live-update|-f|/|"), "OK"));
	request(fd, XS_WATCH, 0, "/a|tok|");
	EXPECT(!strcmp(request(fd, XS_CONTROL, 0, "live-update|-s|"), "OK"));
	EXPECT(!strcmp(request(fd, XS_CONTROL, 0, "check|"), "OK"));
	request(fd, XS_WRITE, 0, "/a|1");
	stop(SIGKILL);
	start(NULL);
	fd = client();
	EXPECT(!strcmp(request(fd, XS_READ, 0, "/a|"), "1"));
	stop(SIGTERM);
}

UNIT_TEST(only_one_daemon_serves_a_directory)
{
	const char *args[] = {"-N", NULL};
	int fd;

	begin();
	start(NULL);
	EXPECT_EQ(exit_code(run(args, open("/dev/null", O_WRONLY))), 1);
	fd = client();
	EXPECT(request(fd, XS_DIRECTORY, 0, "/|") != NULL);
	stop(SIGTERM);
}

/* What it says with these arguments, and how it ends. */
static char said[8192];

static int says(const char *a, const char *b)
{
	const char *args[] = {a, b, NULL};
	size_t n = 0;
	int fds[2];
	ssize_t got;
	pid_t pid;

	EXPECT_EQ(pipe(fds), 0);
	pid = run(args, fds[1]);
	close(fds[1]);
	while ((got = read(fds[0], said + n, sizeof(said) - 1 - n)) > 0)
		n += (size_t)got;
	said[n] = '\0';
	close(fds[0]);
	return exit_code(pid);
}

UNIT_TEST(bad_options_are_refused_by_name)
{
	begin();
	EXPECT_EQ(says("--help", NULL), 0);
	EXPECT(strstr(said, "Usage: xenstored") == said);
	EXPECT(strstr(said, "transaction-nodes") != NULL);
	EXPECT_EQ(says("--keep-orphans", NULL), 2);
	EXPECT(strstr(said, "keep-orphans") != NULL);
	EXPECT_EQ(says("--nonsense", NULL), 2);
	EXPECT(strstr(said, "nonsense") != NULL);
	EXPECT_EQ(says("-Q", "nodez=3"), 2);
	EXPECT(strstr(said, "nodez") != NULL);
	EXPECT_EQ(says("-Q", "nodes=many"), 2);
	EXPECT(strstr(said, "many") != NULL);
	EXPECT_EQ(says("-Q", "nodes"), 2);
	EXPECT_EQ(says("-W", "-1"), 2);
	EXPECT_EQ(says("stray", NULL), 2);
	EXPECT_EQ(says("-T", "/no/such/dir/file"), 1);
	EXPECT(strstr(said, "/no/such/dir/file") != NULL);
}

UNIT_TEST(detached_it_is_ready_when_the_command_returns)
{
	char pid_file[128];
	const char *args[] = {"--pid-file", pid_file, NULL};
	FILE *f;
	int fd, pid = 0;

	begin();
	unsetenv("NOTIFY_SOCKET");
	snprintf(pid_file, sizeof(pid_file), "%s/pid", dir);
	EXPECT_EQ(exit_code(run(args, -1)), 0);
	fd = client();
	EXPECT(request(fd, XS_DIRECTORY, 0, "/|") != NULL);
	f = fopen(pid_file, "r");
	EXPECT(f && fscanf(f, "%d", &pid) == 1);
	fclose(f);
	EXPECT_EQ(kill(pid, SIGTERM), 0);
	/* its end shows as the end of the connection */
	EXPECT(!receive(fd));
}

UNIT_TEST(quota_options_set_quotas)
{
	int fd;

	begin();
	start("-Qnodes=77");
	fd = client();
	EXPECT(!strcmp(request(fd, XS_GET_QUOTA, 0, "nodes|"), "77"));
	stop(SIGTERM);
}

UNIT_TEST(too_many_connections_are_turned_away)
{
	struct rlimit small = {24, 24}, old;
	int fd[40];

	begin();
	getrlimit(RLIMIT_NOFILE, &old);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){24, old.rlim_max});
	start(NULL);
	small = old;
	setrlimit(RLIMIT_NOFILE, &small);
	for (int i = 0; i < 40; i++)
		fd[i] = client();
	EXPECT(request(fd[0], XS_DIRECTORY, 0, "/|") != NULL);
	/* the last was closed; when others leave there is room again */
	EXPECT(!put(fd[39], XS_DIRECTORY, 0, "/|") || !receive(fd[39]));
	for (int i = 1; i < 40; i++)
		close(fd[i]);
	EXPECT(request(fd[0], XS_DIRECTORY, 0, "/|") != NULL);
	fd[1] = client();
	EXPECT(request(fd[1], XS_DIRECTORY, 0, "/|") != NULL);
	stop(SIGTERM);
}

UNIT_TEST(who_does_not_read_does_not_hold_up_others)
{
	struct xsd_sockmsg h = {XS_DIRECTORY, 1, 0, 2};
	char msg[18] = {0}, path[32];
	int deaf, fd, sent = 0;

	begin();
	start(NULL);
	fd = client();
	for (int i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "/entry-%d|", i);
		request(fd, XS_WRITE, 0, path);
	}
	deaf = client();
	memcpy(msg, &h, sizeof(h));
	msg[16] = '/';
	/* until the socket takes no more, for the daemon reads no more */
	for (int idle = 0; idle < 50;) {
		if (send(deaf, msg, sizeof(msg), MSG_DONTWAIT) ==
		    (ssize_t)sizeof(msg)) {
			sent++;
			idle = 0;
			continue;
		}
		EXPECT(errno == EAGAIN);
		EXPECT(request(fd, XS_READ, 0, "/entry-7|") != NULL);
		idle++;
	}
	EXPECT(sent > 100);
	/* all are answered once it reads */
	for (int i = 0; i < sent; i++)
		EXPECT(receive(deaf));
	stop(SIGTERM);
}
