// SPDX-License-Identifier: GPL-2.0-only
/*
 * on-tty: run a program on a terminal and type at it.
 *
 *   on-tty SECONDS [REGEX KEYS]... -- PROGRAM [ARGUMENT]...
 *
 * Whenever the output since the last keys matches the next REGEX, its KEYS are
 * typed (^X is a control character); an empty REGEX does not wait for any. All
 * output is printed. The exit status is
 * the program's; 1 also when a REGEX does not match, or the program does not
 * end, in the time given.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char seen[1 << 20]; /* since the last keys */
static size_t nr_seen;

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void type(int fd, const char *keys)
{
	for (; *keys != '\0'; keys++) {
		char c = *keys;

		if (c == '^' && keys[1] != '\0')
			c = *++keys & 0x1f;
		if (write(fd, &c, 1) != 1)
			err(1, "write");
	}
	nr_seen = 0;
}

/* 0 at the end of the program's output, -1 when the time is over. */
static int take_output(int fd, long end_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	long left = end_ms - now_ms();
	ssize_t n;

	if (left <= 0 || poll(&p, 1, (int)left) == 0)
		return -1;
	if (nr_seen >= sizeof(seen) - 4096)
		nr_seen = 0;
	n = read(fd, seen + nr_seen, sizeof(seen) - 1 - nr_seen);
	if (n <= 0)
		return 0;
	fwrite(seen + nr_seen, 1, (size_t)n, stdout);
	for (ssize_t i = 0; i < n; i++)
		if (seen[nr_seen + (size_t)i] == '\0')
			seen[nr_seen + (size_t)i] = ' ';
	nr_seen += (size_t)n;
	seen[nr_seen] = '\0';
	return 1;
}

static int matches(const char *regex)
{
	regex_t re;
	int rc;

	if (regcomp(&re, regex, REG_EXTENDED | REG_NOSUB) != 0)
		errx(2, "bad regex %s", regex);
	rc = *regex == '\0' ||
	     (nr_seen > 0 && regexec(&re, seen, 0, NULL, 0) == 0);
	regfree(&re);
	return rc;
}

int main(int argc, char **argv)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	int fd, at = 2, rc = 1, status;
	long end_ms;
	pid_t pid;

	while (at + 1 < argc && strcmp(argv[at], "--") != 0)
		at += 2;
	if (at + 1 >= argc || strcmp(argv[at], "--") != 0)
		errx(2, "usage: on-tty SECONDS [REGEX KEYS]... -- PROGRAM...");
	end_ms = now_ms() + atol(argv[1]) * 1000;
	pid = forkpty(&fd, NULL, NULL, &size);
	if (pid < 0)
		err(2, "forkpty");
	if (pid == 0) {
		setenv("TERM", "linux", 1);
		execvp(argv[at + 1], argv + at + 1);
		err(127, "%s", argv[at + 1]);
	}
	at = 2;
	do {
		while (strcmp(argv[at], "--") != 0 && matches(argv[at])) {
			type(fd, argv[at + 1]);
			at += 2;
		}
		rc = take_output(fd, end_ms);
	} while (rc > 0);
	fflush(stdout);
	if (strcmp(argv[at], "--") != 0)
		fprintf(stderr, "\non-tty: no /%s/\n", argv[at]);
	else if (rc < 0)
		fprintf(stderr, "\non-tty: %s does not end\n", argv[at + 1]);
	if (rc < 0)
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) < 0 || rc < 0 ||
	    strcmp(argv[at], "--") != 0)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
