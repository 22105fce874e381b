// SPDX-License-Identifier: GPL-2.0-only
/*
 * await: sleep until a line of a growing file matches.
 *
 *   await SECONDS FILE REGEX [N]
 *
 * Prints the first (the Nth) line that matches, also one that is there already,
 * and exits 0; 1 when SECONDS have passed. The file may appear later.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

static char line[65536];

/* A terminal's lines may have more than one '\r', at their end and inside. */
static void cut_end(char *s)
{
	size_t len = strlen(s);

	while (len > 0 && (s[len - 1] == '\n' || s[len - 1] == '\r'))
		s[--len] = '\0';
}

/*
 * Look through what is new in @f for the match that makes @n 0; an unfinished
 * line is looked at again.
 */
static int look(FILE *f, const regex_t *re, int *n)
{
	for (;;) {
		long start = ftell(f);
		int is_whole;

		if (fgets(line, sizeof(line), f) == NULL) {
			clearerr(f);
			return 0;
		}
		is_whole = line[strlen(line) - 1] == '\n';
		cut_end(line);
		if ((is_whole || *n == 1) &&
		    regexec(re, line, 0, NULL, 0) == 0 && --*n == 0) {
			puts(line);
			return 1;
		}
		if (!is_whole) {
			fseek(f, start, SEEK_SET);
			return 0;
		}
	}
}

static int ms_until(const struct timespec *end)
{
	struct timespec now;
	long long ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (end->tv_sec - now.tv_sec) * 1000LL +
	     (end->tv_nsec - now.tv_nsec) / 1000000;
	return ms < 0 ? 0 : (int)ms;
}

int main(int argc, char **argv)
{
	struct pollfd p = {.events = POLLIN};
	char events[4096], *dir, *slash;
	struct timespec end;
	FILE *f = NULL;
	regex_t re;
	int n;

	if (argc < 4 || argc > 5 || argv[2][0] != '/')
		errx(2, "usage: await SECONDS /FILE REGEX [N]");
	if (regcomp(&re, argv[3], REG_EXTENDED | REG_NOSUB) != 0)
		errx(2, "bad regex %s", argv[3]);
	n = argc == 5 ? atoi(argv[4]) : 1;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += atoi(argv[1]);
	dir = strdup(argv[2]);
	slash = strrchr(dir, '/');
	*slash = '\0';
	p.fd = inotify_init1(IN_CLOEXEC);
	if (inotify_add_watch(p.fd, *dir != '\0' ? dir : "/",
			      IN_CREATE | IN_MODIFY | IN_MOVED_TO) < 0)
		err(2, "%s", dir);
	for (;;) {
		if (f == NULL)
			f = fopen(argv[2], "r");
		if (f != NULL && look(f, &re, &n))
			return 0;
		if (poll(&p, 1, ms_until(&end)) == 0) {
			fprintf(stderr, "await: no /%s/ in %s in %s s\n",
				argv[3], argv[2], argv[1]);
			return 1;
		}
		if (read(p.fd, events, sizeof(events)) < 0)
			err(2, "inotify");
	}
}
