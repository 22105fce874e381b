// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaching the terminal to a domain's console: through our console daemon's
 * socket, or, where another daemon serves the domain, through the
 * pseudo-terminal it has named in the xenstore.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "console.h"
#include "console_client.h"
#include "domains.h"

/* How long another daemon may take to open a new domain's ring. */
#define TTY_WAIT_MS 10000

/* The daemon writes the path when it has opened the domain's ring. */
static const char *wait_for_tty(struct tool *t, domid_t domid)
{
	struct xs *xs = &t->xs;
	char path[64];
	const char *tty;
	int rc;

	snprintf(path, sizeof(path), "/local/domain/%u/console/tty", domid);
	rc = xs_watch(xs, path, "tty");
	while (rc == 0) {
		tty = xs_read(xs, 0, path, &rc);
		if (tty != NULL && tty[0] != '\0')
			return tty;
		if (rc == 0 && xs_next_event(xs, TTY_WAIT_MS, &rc) == NULL &&
		    rc == 0)
			rc = -ETIMEDOUT;
	}
	req_fail(&t->r, rc, "domain %u has no console", domid);
	req_hint(&t->r, "a console daemon must run in Dom0");
	return NULL;
}

int console_run(struct tool *t, domid_t domid)
{
	struct console_session s = {
		.domid = domid,
		.in_fd = STDIN_FILENO,
		.out_fd = STDOUT_FILENO,
		.escape = CONSOLE_ESCAPE,
	};
	const char *tty;
	int rc = tool_xs(t);

	if (rc < 0)
		return rc;
	fflush(stdout);
	rc = access(CONSOLE_SOCKET, F_OK) == 0 ? console_session_run(&s)
					       : -ENOENT;
	if (rc == -ENOENT || rc == -ECONNREFUSED) {
		tty = wait_for_tty(t, domid);
		if (tty == NULL)
			return t->r.rc;
		rc = console_session_run_tty(&s, tty);
	}
	return rc < 0 ? req_fail(&t->r, rc, "console of domain %u: %s", domid,
				 s.error)
		      : 0;
}

int cmd_console(struct tool *t, int argc, char **argv)
{
	domid_t domid;
	int c, rc;

	while ((c = cmd_getopt(t, argc, argv, "t:n:e:", NULL)) >= 0) {
		if (c == 't' && strcmp(optarg, "pv") != 0)
			return cmd_usage(t, argv[0],
					 "the only kind of console is pv");
		if (c == 'n' && strcmp(optarg, "0") != 0)
			return cmd_usage(t, argv[0],
					 "the only console is number 0");
		if (c == '?')
			return CMD_USAGE;
	}
	if (c == CMD_HELPED)
		return c;
	rc = cmd_args(t, argc, argv, 1, 1);
	if (rc == 0)
		rc = domain_find(t, argv[optind], &domid, NULL);
	return rc == 0 ? console_run(t, domid) : rc;
}
