// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control commands, for `xenstore-control`: their names and arguments are
 * those of Xen 4.17's xenstored, and one more form of quota.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "journal.h"
#include "persist.h"
#include "request.h"
#include "server.h"

/* An answer growing in a buffer; what does not fit is left out. */
struct text {
	char *buf;
	size_t len, max;
};

static void __attribute__((format(printf, 2, 3)))
say(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->max - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n < t->max - t->len ? (size_t)n
						      : t->max - t->len - 1;
}

static int ctl_check(struct server *sv, const char *const *vec, int nr,
		     struct text *t)
{
	const char *why;

	(void)vec;
	if (nr != 1)
		return -EINVAL;
	if (store_check(&sv->store, &why)) {
		say(t, "ERROR: %s", why ? why : "no memory to check");
		server_log("check: %s", t->buf);
	} else {
		say(t, "OK");
	}
	return 0;
}

static int trace_to(struct server *sv, const char *file)
{
	FILE *f = fopen(file, "ae");

	if (!f)
		return -errno;
	setvbuf(f, NULL, _IOLBF, 0);
	if (sv->trace)
		fclose(sv->trace);
	sv->trace = f;
	return 0;
}

static int ctl_log(struct server *sv, const char *const *vec, int nr,
		   struct text *t)
{
	int rc = 0;

	if (nr == 2 && !strcmp(vec[1], "on")) {
		if (!sv->trace)
			rc = sv->trace_file ? trace_to(sv, sv->trace_file)
					    : -ENOENT;
	} else if (nr == 2 && !strcmp(vec[1], "off")) {
		if (sv->trace)
			fclose(sv->trace);
		sv->trace = NULL;
	} else {
		return -EINVAL;
	}
	if (!rc)
		say(t, "OK");
	return rc;
}

static int ctl_logfile(struct server *sv, const char *const *vec, int nr,
		       struct text *t)
{
	char *name;
	int rc;

	if (nr != 2)
		return -EINVAL;
	name = strdup(vec[1]);
	if (!name)
		return -ENOMEM;
	rc = trace_to(sv, name);
	if (rc) {
		free(name);
		return rc;
	}
	free(sv->trace_file);
	sv->trace_file = name;
	say(t, "OK");
	return 0;
}

struct tally {
	size_t nodes, bytes;
};

static int tally_node(const struct node *n, void *arg)
{
	struct tally *y = arg;

	y->nodes++;
	y->bytes += sizeof(*n) + body_size(n->body);
	return node_each_child(n, tally_node, y);
}

static void memory_report(const struct server *sv, struct text *t)
{
	size_t in_log = 0, in_tdb = 0, nr_conns = 0, queued = 0;
	const struct list *l;
	struct tally y = {0};

	node_each_child(sv->store.root, tally_node, &y);
	for (l = sv->conns.next; l != &sv->conns; l = l->next) {
		const struct conn *c = list_entry(l, struct conn, link);

		nr_conns++;
		queued += conn_pending(c);
	}
	if (sv->store.journal)
		journal_sizes(sv->store.journal, &in_log, &in_tdb);
	say(t,
	    "nodes %zu (%zu bytes)\nwatched paths %zu\nconnections %zu\n"
	    "output queued %zu bytes\njournal: log %zu bytes, tdb %zu bytes\n"
	    "requests %llu in %llu turns\n",
	    y.nodes, y.bytes, sv->store.nr_watch_paths, nr_conns, queued,
	    in_log, in_tdb, (unsigned long long)sv->nr_requests,
	    (unsigned long long)sv->nr_turns);
}

static int ctl_memreport(struct server *sv, const char *const *vec, int nr,
			 struct text *t)
{
	FILE *f;

	if (nr > 2)
		return -EINVAL;
	memory_report(sv, t);
	if (nr == 1)
		return 0;
	f = fopen(vec[1], "ae");
	if (!f)
		return -errno;
	fwrite(t->buf, 1, t->len, f);
	if (fclose(f))
		return -errno;
	t->len = 0;
	say(t, "OK");
	return 0;
}

static int ctl_print(struct server *sv, const char *const *vec, int nr,
		     struct text *t)
{
	(void)sv;
	if (nr != 2)
		return -EINVAL;
	server_log("%s", vec[1]);
	say(t, "OK");
	return 0;
}

static void show_quotas(const struct server *sv, const struct account *a,
			struct text *t)
{
	const struct accounts *as = &sv->store.accounts;

	for (int i = 0; i < NR_QUOTAS; i++) {
		enum quota q = (enum quota)i;

		say(t, "%-18s", quota_name(q));
		if (a)
			say(t, " %10u of", account_usage(a, q));
		say(t, " %10u  %s\n",
		    a && a->domid ? account_limit(as, a, q) : as->quota[q],
		    quota_meaning(q));
	}
}

/* quota | quota DOMID | quota set [DOMID] NAME VALUE */
static int ctl_quota(struct server *sv, const char *const *vec, int nr,
		     struct text *t)
{
	struct account *a = NULL;
	unsigned long v;
	int q;

	if (nr == 2 || nr == 5) {
		if (!parse_number(vec[nr == 2 ? 1 : 2], UINT16_MAX, &v))
			return -EINVAL;
		a = account_find(&sv->store.accounts, (unsigned int)v);
		if (!a)
			return -ENOENT;
	}
	if (nr <= 2) {
		show_quotas(sv, a, t);
		return 0;
	}
	if ((nr != 4 && nr != 5) || strcmp(vec[1], "set"))
		return -EINVAL;
	q = quota_by_name(vec[nr - 2]);
	if (q < 0 || !parse_number(vec[nr - 1], UINT32_MAX - 1, &v))
		return -EINVAL;
	if (a) {
		a->quota[q] = (uint32_t)v;
		persist_account(&sv->store, a);
	} else {
		sv->store.accounts.quota[q] = (uint32_t)v;
		persist_quotas(&sv->store);
	}
	say(t, "OK");
	return 0;
}

static int replace(char **str, const char *by)
{
	char *s = strdup(by);

	if (!s)
		return -ENOMEM;
	free(*str);
	*str = s;
	return 0;
}

/*
 * live-update -f BINARY | -c OPTIONS | -s [-t SECONDS] [-F] | -a.  Open
 * transactions go on in the new daemon, so there is nothing to wait for and
 * nothing to force.
 */
static int ctl_live_update(struct server *sv, const char *const *vec, int nr,
			   struct text *t)
{
	struct live_update *lu = &sv->live_update;
	int rc = 0;

	if (nr == 3 && !strcmp(vec[1], "-f")) {
		if (access(vec[2], X_OK)) {
			say(t, "%s: %s", vec[2], strerror(errno));
			return 0;
		}
		rc = replace(&lu->binary, vec[2]);
	} else if (nr == 3 && !strcmp(vec[1], "-c")) {
		rc = replace(&lu->options, vec[2]);
	} else if (nr == 2 && !strcmp(vec[1], "-a")) {
		free(lu->binary);
		free(lu->options);
		lu->binary = lu->options = NULL;
	} else if (nr == 1 || !strcmp(vec[1], "-s")) {
		if (!sv->store.journal) {
			say(t, "there is no journal to go through");
			return 0;
		}
		lu->is_requested = true;
	} else {
		return -EINVAL;
	}
	if (!rc)
		say(t, "OK");
	return rc;
}

static int ctl_help(struct server *sv, const char *const *vec, int nr,
		    struct text *t);

static const struct {
	const char *name, *args;
	int (*fn)(struct server *sv, const char *const *vec, int nr,
		  struct text *t);
} commands[] = {
	{"check", "", ctl_check},
	{"help", "", ctl_help},
	{"live-update", "[-f binary|-c options|-s [-t secs] [-F]|-a]",
	 ctl_live_update},
	{"log", "on|off", ctl_log},
	{"logfile", "<file>", ctl_logfile},
	{"memreport", "[<file>]", ctl_memreport},
	{"print", "<string>", ctl_print},
	{"quota", "[<domid>|set [<domid>] <name> <value>]", ctl_quota},
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int ctl_help(struct server *sv, const char *const *vec, int nr,
		    struct text *t)
{
	(void)sv;
	(void)vec;
	(void)nr;
	say(t, "Supported commands:\n");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		say(t, "%s %s\n", commands[i].name, commands[i].args);
	return 0;
}

int control_run(struct server *sv, const char *const *vec, int nr, char *out,
		size_t max)
{
	struct text t = {out, 0, max};

	for (size_t i = 0; i < NR_COMMANDS; i++) {
		int rc;

		if (strcmp(vec[0], commands[i].name))
			continue;
		out[0] = '\0';
		rc = commands[i].fn(sv, vec, nr, &t);
		return rc ? rc : (int)t.len + 1;
	}
	return -EINVAL;
}
