/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The smallest user of the client library: attach standard input and output
 * to a console, or list the consoles. For trying things by hand and for
 * system tests that want the daemon without the command-line tool.
 */
#include "console_client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show(const struct console_info *i, void *arg)
{
	static const char *const state[] = {"waiting", "live", "dead"};

	(void)arg;
	printf("%u\t%s\t%s\tfirst=%" PRIu64 "\ttotal=%" PRIu64
	       "\tlogged=%" PRIu64 "\tlost=%" PRIu64 "\tclients=%u\n",
	       i->domid, i->name, i->state < 3 ? state[i->state] : "?",
	       i->first, i->total, i->logged, i->lost, i->nr_clients);
}

static void attached(const struct console_info *i, void *arg)
{
	(void)arg;
	fprintf(stderr, "attached to %s (%u)\n", i->name, i->domid);
}

int main(int argc, char **argv)
{
	struct console_session s = {.in_fd = 0,
				    .out_fd = 1,
				    .escape = CONSOLE_ESCAPE,
				    .attached = attached};
	int rc, i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "-l")) {
			rc = console_list(s.socket, show, NULL);
			return rc ? 1 : 0;
		} else if (!strcmp(argv[i], "-s") && argv[i + 1]) {
			s.socket = argv[++i];
		} else if (!strcmp(argv[i], "-d")) {
			s.flags |= CONSOLE_DUMP;
		} else if (!strcmp(argv[i], "-w")) {
			s.flags |= CONSOLE_WAIT;
		} else if (!strcmp(argv[i], "-r")) {
			s.flags |= CONSOLE_READ_ONLY;
		} else if (!strcmp(argv[i], "-t") && argv[i + 1]) {
			s.flags |= CONSOLE_TAIL;
			s.tail = strtoull(argv[++i], NULL, 10);
		}
	}
	if (i >= argc) {
		fprintf(stderr, "usage: session_tool [-s SOCKET] -l | "
				"[-d] [-w] [-r] [-t BYTES] NAME\n");
		return 2;
	}
	s.name = argv[i];
	rc = console_session_run(&s);
	if (rc < 0)
		fprintf(stderr, "session_tool: %s\n", s.error);
	fprintf(stderr, "end=%d offset=%" PRIu64 " lost=%" PRIu64 "\n", rc,
		s.offset, s.lost);
	return rc < 0;
}
