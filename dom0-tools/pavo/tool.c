// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every command works with: connections and the printing of failures.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "tool.h"

int tool_hv(struct tool *t)
{
	int rc = 0;

	if (!t->has_hv) {
		rc = hv_open(&t->hv, &t->r);
		t->has_hv = rc == 0;
	}
	return rc;
}

int tool_xs(struct tool *t)
{
	int rc = 0;

	if (!t->has_xs) {
		rc = xs_open(&t->xs, &t->r);
		t->has_xs = rc == 0;
	}
	return rc;
}

int tool_both(struct tool *t)
{
	int rc = tool_hv(t);

	return rc < 0 ? rc : tool_xs(t);
}

void tool_close(struct tool *t)
{
	if (t->has_hv)
		hv_close(&t->hv);
	if (t->has_xs)
		xs_close(&t->xs);
	t->has_hv = t->has_xs = false;
	req_free(&t->r);
}

/* Colour only where a person looks. */
static const char *paint(const char *escape)
{
	return isatty(STDERR_FILENO) ? escape : "";
}

/* For -T, "2026-01-31 12:34:56 UTC [1234] ". */
static void print_stamp(void)
{
	time_t now = time(NULL);
	char text[40] = "";
	struct tm tm;

	if (localtime_r(&now, &tm) != NULL)
		strftime(text, sizeof(text), "%F %T %Z", &tm);
	fprintf(stderr, "%s [%d] ", text, getpid());
}

static void report_json(const struct tool *t, const char *what)
{
	struct json_object *all = json_new(), *e = json_new();

	json_text(e, "message", what);
	json_number(e, "errno", -t->r.rc);
	json_text(e, "where", t->r.where);
	json_text(e, "hint", t->r.hint);
	json_put(all, "error", e);
	json_print(all, stderr);
}

void tool_report(const struct tool *t)
{
	const char *what = t->r.what;

	if (what == NULL)
		what = req_rc_text(t->r.rc);
	if (t->json) {
		report_json(t, what);
		return;
	}
	if (t->stamp)
		print_stamp();
	fprintf(stderr, "%s%s%spavo: error:%s %s\n",
		t->r.where ? t->r.where : "", t->r.where ? ": " : "",
		paint("\033[31m"), paint("\033[0m"), what);
	if (t->r.hint != NULL)
		fprintf(stderr, "  %s\n", t->r.hint);
}
