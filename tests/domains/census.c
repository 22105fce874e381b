// SPDX-License-Identifier: GPL-2.0-only
/*
 * census: count what domains may leave behind.
 *
 *   census                      print the count when nothing is ending
 *   census same SECONDS FILE    wait until the count is FILE's
 *
 * The count: the hypervisor's free pages and domains, dying ones too, Dom0's
 * event channels, the xenstore's nodes, watches and connections, consoles,
 * processes with their open files, and the tools' files. "same" looks again
 * whenever a domain, a node or a process goes, and exits 1 with the
 * differences when the time is up. A process is ending that has no memory any
 * more, or whose domain has gone if it is a monitor.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <abi/event_channel.h>

#include "console_client.h"
#include "dom.h"
#include "host.h"
#include "paths.h"
#include "req.h"
#include "xs.h"

struct census {
	struct req *r;
	struct hv hv;
	struct xs xs;
	FILE *out;
	unsigned int nr_live, nr_dead; /* consoles */
	struct pollfd *wake; /* the xenstore, then a pidfd per process */
	size_t nr_wake;
	bool is_ending; /* a process is */
};

/* Of what a daemon notices it may not have told all before its next turn. */
#define TURNS 2

#define SETTLE_S 10

static void count_memory(struct census *c)
{
	struct xen_sysctl_physinfo host;
	int rc = host_physinfo(&c->hv, &host);

	if (rc < 0)
		errx(2, "physinfo: %s", strerror(-rc));
	fprintf(c->out, "pages free %lu\npages claimed %lu\n",
		(unsigned long)host.free_pages,
		(unsigned long)host.outstanding_pages);
}

static void count_domains(struct census *c)
{
	struct xen_domctl_getdomaininfo info[64];
	domid_t next = 0;
	int nr;

	while ((nr = dom_list(&c->hv, next, 64, info)) > 0) {
		for (int i = 0; i < nr; i++)
			fprintf(c->out, "domain %u%s\n", info[i].domain,
				info[i].flags & XEN_DOMINF_dying ? " dying"
								 : "");
		next = info[nr - 1].domain + 1;
	}
	if (nr < 0)
		errx(2, "getdomaininfolist: %s", strerror(-nr));
}

static void count_ports(struct census *c)
{
	static const char *const names[] = {"closed", "unbound", "interdomain",
					    "pirq",   "virq",	 "ipi"};
	unsigned int count[6] = {0};

	for (evtchn_port_t port = 1;; port++) {
		struct evtchn_status *s;

		hv_buf_reset(&c->hv);
		s = hv_buf(&c->hv, sizeof(*s));
		s->dom = DOMID_SELF;
		s->port = port;
		if (hv_call(&c->hv, __HYPERVISOR_event_channel_op,
			    EVTCHNOP_status, hv_ptr(s), 0, 0, 0) < 0)
			break; /* behind the last */
		if (s->status < 6)
			count[s->status]++;
	}
	for (int i = 1; i < 6; i++)
		fprintf(c->out, "ports %s %u\n", names[i], count[i]);
}

static void count_store(struct census *c)
{
	struct xs_reply reply;
	char *line, *rest;

	for (int i = 0; i < TURNS; i++) {
		int rc = xs_call(&c->xs, XS_CONTROL, 0, "memreport", NULL, 0,
				 &reply);

		if (rc < 0)
			errx(2, "xenstore: %s", strerror(-rc));
	}
	rest = arena_memdup(&c->r->mem, reply.body, reply.len);
	while ((line = strsep(&rest, "\n")) != NULL) {
		unsigned long n;

		if (sscanf(line, "nodes %lu", &n) == 1)
			fprintf(c->out, "store nodes %lu\n", n);
		else if (sscanf(line, "watched paths %lu", &n) == 1)
			fprintf(c->out, "store watched paths %lu\n", n);
		else if (sscanf(line, "connections %lu", &n) == 1)
			fprintf(c->out, "store connections %lu\n", n);
	}
}

static void count_console(const struct console_info *info, void *arg)
{
	struct census *c = arg;

	if (info->state == CONSOLE_DEAD)
		c->nr_dead++;
	else
		c->nr_live++;
}

static void count_consoles(struct census *c)
{
	for (int i = 0; i < TURNS; i++) {
		int rc;

		c->nr_live = c->nr_dead = 0;
		rc = console_list(NULL, count_console, c);
		if (rc < 0)
			errx(2, "consoled: %s", strerror(-rc));
	}
	fprintf(c->out, "consoles %u\n", c->nr_live);
}

static int count_entries(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int nr = 0;

	while (d != NULL && (e = readdir(d)) != NULL)
		nr += e->d_name[0] != '.';
	if (d != NULL)
		closedir(d);
	return nr;
}

static size_t read_file(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t len = 0;

	if (f != NULL) {
		len = fread(buf, 1, size - 1, f);
		fclose(f);
	}
	buf[len] = '\0';
	return len;
}

static pid_t parent_of(pid_t pid)
{
	char path[64], text[512], *end;
	int ppid = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	read_file(path, text, sizeof(text));
	end = strrchr(text, ')');
	if (end != NULL)
		sscanf(end + 1, " %*c %d", &ppid);
	return ppid;
}

static void watch_process(struct census *c, pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return;
	c->wake = realloc(c->wake, (c->nr_wake + 1) * sizeof(*c->wake));
	if (c->wake == NULL)
		err(2, "processes");
	c->wake[c->nr_wake++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

/* Not the kernel's, which come and go, nor what has gone, nor who runs us. */
static bool is_counted(pid_t pid)
{
	pid_t parent = parent_of(pid);

	if (parent == 0 || parent == 2)
		return false;
	for (pid_t p = getpid(); p > 1; p = parent_of(p))
		if (p == pid)
			return false;
	return true;
}

/* In one line; "": it has no memory any more. */
static void read_command(pid_t pid, char *text, size_t size)
{
	char path[64];
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	len = read_file(path, text, size);
	for (size_t i = 0; i + 1 < len; i++)
		if (text[i] == '\0')
			text[i] = ' ';
}

static bool is_ending_monitor(struct census *c, const char *command)
{
	struct xen_domctl_getdomaininfo info;
	unsigned int domid;

	return sscanf(command, "pavo monitor %u", &domid) == 1 &&
	       (dom_list(&c->hv, (domid_t)domid, 1, &info) != 1 ||
		info.domain != domid);
}

static bool find_ending(struct census *c)
{
	DIR *d = opendir("/proc");
	bool is_found = false;
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		pid_t pid = atoi(e->d_name);
		char text[256];

		if (pid == 0 || !is_counted(pid))
			continue;
		read_command(pid, text, sizeof(text));
		is_found |= text[0] == '\0' || is_ending_monitor(c, text);
	}
	if (d != NULL)
		closedir(d);
	return is_found;
}

static void count_processes(struct census *c)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char path[64], text[256];
		pid_t pid = atoi(e->d_name);
		int files;

		if (pid == 0 || !is_counted(pid))
			continue;
		watch_process(c, pid);
		read_command(pid, text, sizeof(text));
		snprintf(path, sizeof(path), "/proc/%d/fd", pid);
		files = count_entries(path);
		/* what domains said is kept for a while, a file for each */
		if (strncmp(text, "consoled", 8) == 0)
			files -= (int)c->nr_dead;
		fprintf(c->out, "process %d %s: %d files\n", pid, text, files);
	}
	if (d != NULL)
		closedir(d);
}

static void count_files(struct census *c)
{
	static const char *const dirs[] = {STATE_DIR, CACHE_DIR, RUN_DIR,
					   DUMP_DIR};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		fprintf(c->out, "files in %s %d\n", dirs[i],
			count_entries(dirs[i]));
}

/* The whole count as text, good until the next. */
static char *take(struct census *c)
{
	static char *text;
	size_t size;

	free(text);
	for (size_t i = 1; i < c->nr_wake; i++)
		close(c->wake[i].fd);
	c->nr_wake = 1;
	c->out = open_memstream(&text, &size);
	if (c->out == NULL)
		err(2, "census");
	c->is_ending = find_ending(c);
	count_consoles(c);
	count_store(c);
	count_domains(c);
	count_ports(c);
	count_memory(c);
	count_files(c);
	count_processes(c);
	fclose(c->out);
	return text;
}

static bool has_line(const char *text, const char *line, size_t len)
{
	for (const char *p = text; *p != '\0'; p = strchr(p, '\n') + 1)
		if (strncmp(p, line, len) == 0 && p[len] == '\n')
			return true;
	return false;
}

static void print_missing(const char *mark, const char *in, const char *from)
{
	for (const char *p = in; *p != '\0'; p = strchr(p, '\n') + 1) {
		size_t len = strcspn(p, "\n");

		if (!has_line(from, p, len))
			printf("%s %.*s\n", mark, (int)len, p);
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

/*
 * Until something has gone or changed; false: the time is up. That consoled
 * closes its end of what we have just asked it makes no event.
 */
static bool wait_for_news(struct census *c, const struct timespec *end)
{
	int ms = ms_until(end);
	int rc = poll(c->wake, c->nr_wake, ms < 200 ? ms : 200);

	while (xs_next_event(&c->xs, 0, &rc) != NULL)
		;
	return ms_until(end) > 0;
}

static const char *take_settled(struct census *c)
{
	struct timespec end;
	const char *text;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += SETTLE_S;
	do
		text = take(c);
	while (c->is_ending && wait_for_news(c, &end));
	return text;
}

static int wait_same(struct census *c, int seconds, const char *file)
{
	static char want[65536];
	struct timespec end;
	const char *text;

	if (read_file(file, want, sizeof(want)) == 0)
		err(2, "%s", file);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	do {
		text = take(c);
		if (strcmp(text, want) == 0)
			return 0;
	} while (wait_for_news(c, &end));
	print_missing("-", want, text);
	print_missing("+", text, want);
	return 1;
}

int main(int argc, char **argv)
{
	struct req r = {0};
	struct census c = {.r = &r};

	if (hv_open(&c.hv, &r) < 0 || xs_open(&c.xs, &r) < 0)
		errx(2, "%s", r.what);
	/* the same watches each time: they are counted, too */
	if (xs_watch(&c.xs, "/", "node") < 0 ||
	    xs_watch(&c.xs, "@releaseDomain", "domain") < 0)
		errx(2, "cannot watch the xenstore");
	c.wake = malloc(sizeof(*c.wake));
	if (c.wake == NULL)
		err(2, "census");
	c.wake[0] = (struct pollfd){.fd = c.xs.fd, .events = POLLIN};
	c.nr_wake = 1;
	if (argc == 4 && strcmp(argv[1], "same") == 0)
		return wait_same(&c, atoi(argv[2]), argv[3]);
	if (argc != 1)
		errx(2, "usage: census [same SECONDS FILE]");
	fputs(take_settled(&c), stdout);
	return 0;
}
