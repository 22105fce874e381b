// SPDX-License-Identifier: GPL-2.0-only
/*
 * pavo-top: a live view of the host and its domains. `pavo top` runs it; it is
 * a program of its own so that nothing else loads a terminal library.
 */
#include <errno.h>
#include <getopt.h>
#include <ncurses.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../domains.h"
#include "json.h"

enum order { BY_CPU, BY_MEMORY, BY_NAME, BY_DOMID, NR_ORDERS };

static const char *const order_names[NR_ORDERS] = {"cpu", "memory", "name",
						   "domid"};

struct row {
	struct domain d;
	double cpu_percent;
};

struct view {
	struct tool t;
	bool is_batch, show_vcpus;
	long delay_ms, rounds; /* rounds < 0: for ever */
	enum order order;
	uint64_t then_ns; /* of the previous sample; 0: none */
	struct {
		domid_t domid;
		uint64_t cpu_ns;
	} * before;
	size_t nr_before;
	int line;
};

static uint64_t now_ns(void)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* One line of output, on the screen or on standard output. */
static void put_line(struct view *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void put_line(struct view *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (v->is_batch) {
		vprintf(fmt, ap);
		putchar('\n');
	} else if (v->line < LINES) {
		move(v->line++, 0);
		vw_printw(stdscr, fmt, ap);
	}
	va_end(ap);
}

static enum order sort_order;

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	double d = 0;

	switch (sort_order) {
	case BY_CPU:
		d = y->cpu_percent - x->cpu_percent;
		break;
	case BY_MEMORY:
		d = (double)y->d.info.tot_pages - (double)x->d.info.tot_pages;
		break;
	case BY_NAME:
		d = strcmp(x->d.name, y->d.name);
		break;
	default:
		break;
	}
	if (d == 0)
		d = (double)x->d.info.domain - (double)y->d.info.domain;
	return d < 0 ? -1 : d > 0;
}

static double cpu_percent(const struct view *v, const struct domain *d,
			  uint64_t ns)
{
	for (size_t i = 0; i < v->nr_before; i++) {
		uint64_t was = v->before[i].cpu_ns;

		if (v->before[i].domid == d->info.domain &&
		    d->info.cpu_time >= was && ns > v->then_ns)
			return 100.0 * (double)(d->info.cpu_time - was) /
			       (double)(ns - v->then_ns);
	}
	return 0;
}

static void remember(struct view *v, const struct domains *d, uint64_t ns)
{
	free(v->before);
	v->before = calloc(d->nr + 1, sizeof(*v->before));
	v->nr_before = v->before != NULL ? d->nr : 0;
	for (size_t i = 0; i < v->nr_before; i++) {
		v->before[i].domid = d->all[i].info.domain;
		v->before[i].cpu_ns = d->all[i].info.cpu_time;
	}
	v->then_ns = ns;
}

static void show_host(struct view *v, const struct domains *d)
{
	struct xen_sysctl_physinfo p = {0};
	size_t running = 0, blocked = 0, paused = 0;
	char stamp[16] = "";
	time_t now = time(NULL);
	struct tm tm;

	for (size_t i = 0; i < d->nr; i++) {
		running += !!(d->all[i].info.flags & XEN_DOMINF_running);
		blocked += !!(d->all[i].info.flags & XEN_DOMINF_blocked);
		paused += !!(d->all[i].info.flags & XEN_DOMINF_paused);
	}
	host_physinfo(&v->t.hv, &p);
	if (localtime_r(&now, &tm) != NULL)
		strftime(stamp, sizeof(stamp), "%H:%M:%S", &tm);
	put_line(v, "pavo top - %s   sorted by %s", stamp,
		 order_names[v->order]);
	put_line(v, "%zu domains: %zu running, %zu blocked, %zu paused", d->nr,
		 running, blocked, paused);
	put_line(v, "Mem: %luk total, %luk used, %luk free    CPUs: %u @ %uMHz",
		 (unsigned long)pages_kib(p.total_pages),
		 (unsigned long)pages_kib(p.total_pages - p.free_pages),
		 (unsigned long)pages_kib(p.free_pages), p.nr_cpus,
		 p.cpu_khz / 1000);
	put_line(v, "%-20s %5s %-6s %10s %6s %10s %6s %10s %5s", "NAME", "ID",
		 "STATE", "CPU(sec)", "CPU(%)", "MEM(k)", "MEM(%)", "MAXMEM(k)",
		 "VCPUS");
}

static void show_vcpus(struct view *v, const struct domain *d)
{
	for (uint32_t i = 0; i <= d->info.max_vcpu_id; i++) {
		struct xen_domctl_getvcpuinfo info;

		if (dom_vcpu_info(&v->t.hv, d->info.domain, i, &info) < 0)
			continue;
		put_line(v, "    vcpu %-3u %-7s pcpu %-3u %10.1f", i,
			 !info.online	? "offline"
			 : info.running ? "running"
			 : info.blocked ? "blocked"
					: "ready",
			 info.cpu, (double)info.cpu_time / 1e9);
	}
}

static void show_row(struct view *v, const struct row *r, uint64_t total_pages)
{
	const struct xen_domctl_getdomaininfo *i = &r->d.info;
	char state[7] = "------";

	if (i->flags & XEN_DOMINF_running)
		state[0] = 'r';
	if (i->flags & XEN_DOMINF_blocked)
		state[1] = 'b';
	if (i->flags & XEN_DOMINF_paused)
		state[2] = 'p';
	if (i->flags & XEN_DOMINF_shutdown)
		state[domain_shutdown_code(i) == 3 ? 4 : 3] =
			domain_shutdown_code(i) == 3 ? 'c' : 's';
	if (i->flags & XEN_DOMINF_dying)
		state[5] = 'd';
	put_line(v, "%-20.20s %5u %6s %10.1f %6.1f %10lu %6.1f %10lu %5u",
		 r->d.name, i->domain, state, (double)i->cpu_time / 1e9,
		 r->cpu_percent, (unsigned long)pages_kib(i->tot_pages),
		 total_pages > 0
			 ? 100.0 * (double)i->tot_pages / (double)total_pages
			 : 0.0,
		 (unsigned long)pages_kib(i->max_pages), i->nr_online_vcpus);
	if (v->show_vcpus)
		show_vcpus(v, &r->d);
}

static struct json_object *row_json(const struct row *r)
{
	const struct xen_domctl_getdomaininfo *i = &r->d.info;
	struct json_object *o = json_new();

	json_number(o, "domid", i->domain);
	json_text(o, "name", r->d.name);
	json_number(o, "cpu_time_ns", (int64_t)i->cpu_time);
	json_real(o, "cpu_percent", r->cpu_percent);
	json_number(o, "memory_kib", (int64_t)pages_kib(i->tot_pages));
	json_number(o, "max_memory_kib", (int64_t)pages_kib(i->max_pages));
	json_number(o, "vcpus_online", i->nr_online_vcpus);
	return o;
}

static void show_json(const struct row *rows, size_t nr,
		      const struct xen_sysctl_physinfo *p)
{
	struct json_object *all = json_new(), *list = json_new_list();

	json_number(all, "total_memory_kib",
		    (int64_t)pages_kib(p->total_pages));
	json_number(all, "free_memory_kib", (int64_t)pages_kib(p->free_pages));
	json_number(all, "nr_cpus", p->nr_cpus);
	for (size_t i = 0; i < nr; i++)
		json_append(list, row_json(&rows[i]));
	json_put(all, "domains", list);
	json_print(all, stdout);
}

static void show_table(struct view *v, const struct domains *d,
		       const struct row *rows, uint64_t total_pages)
{
	v->line = 0;
	if (!v->is_batch)
		erase();
	show_host(v, d);
	for (size_t i = 0; i < d->nr; i++)
		show_row(v, &rows[i], total_pages);
	if (v->is_batch)
		return;
	mvprintw(LINES - 1, 0, "q quit  s sort  v vcpus  + - delay (%ld.%ld s)",
		 v->delay_ms / 1000, v->delay_ms % 1000 / 100);
	refresh();
}

static int show(struct view *v)
{
	struct xen_sysctl_physinfo p = {0};
	struct row *rows;
	struct domains d;
	uint64_t ns = now_ns();
	int rc = domains_load(&v->t, &d);

	if (rc < 0)
		return rc;
	rows = ARENA_ARRAY(&v->t.r.mem, struct row, d.nr + 1);
	for (size_t i = 0; i < d.nr; i++)
		rows[i] = (struct row){d.all[i], cpu_percent(v, &d.all[i], ns)};
	sort_order = v->order;
	qsort(rows, d.nr, sizeof(*rows), compare_rows);
	host_physinfo(&v->t.hv, &p);
	if (v->t.json)
		show_json(rows, d.nr, &p);
	else
		show_table(v, &d, rows, p.total_pages);
	remember(v, &d, ns);
	req_free(&v->t.r);
	return fflush(stdout) == 0 ? 0 : -EIO;
}

/* Wait for the next round or a key; false: leave. */
static bool wait_or_key(struct view *v)
{
	struct pollfd pfd = {.fd = v->is_batch ? -1 : STDIN_FILENO,
			     .events = POLLIN};

	if (poll(&pfd, 1, (int)v->delay_ms) <= 0)
		return true;
	switch (getch()) {
	case 'q':
	case 'Q':
	case ERR:
		return false;
	case 's':
	case 'S':
		v->order = (v->order + 1) % NR_ORDERS;
		break;
	case 'v':
	case 'V':
		v->show_vcpus = !v->show_vcpus;
		break;
	case '+':
		if (v->delay_ms < 60000)
			v->delay_ms += 500;
		break;
	case '-':
		if (v->delay_ms > 500)
			v->delay_ms -= 500;
		break;
	default:
		break;
	}
	return true;
}

static bool wrong(struct view *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static bool wrong(struct view *v, const char *fmt, ...)
{
	const char *what;
	va_list ap;

	va_start(ap, fmt);
	what = arena_vprintf(&v->t.r.mem, fmt, ap);
	va_end(ap);
	req_fail(&v->t.r, -EINVAL, "top: %s", what);
	req_hint(&v->t.r, "usage: pavo top [-b] [-d SECONDS] [-i ROUNDS] [-v]");
	return false;
}

static bool options(struct view *v, int argc, char **argv)
{
	static const struct option names[] = {
		{"batch", no_argument, NULL, 'b'},
		{"delay", required_argument, NULL, 'd'},
		{"iterations", required_argument, NULL, 'i'},
		{"vcpus", no_argument, NULL, 'v'},
		{"full-name", no_argument, NULL, 'f'},
		{"json", no_argument, NULL, 'j'},
		{NULL, 0, NULL, 0},
	};
	double seconds;
	char *rest;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":bd:i:vf", names, NULL)) != -1) {
		switch (c) {
		case 'b':
			v->is_batch = true;
			break;
		case 'd':
			seconds = strtod(optarg, &rest);
			if (rest == optarg || *rest != '\0' ||
			    !(seconds >= 0.1 && seconds <= 3600))
				return wrong(v,
					     "the delay is a number of "
					     "seconds from 0.1 to 3600, "
					     "not \"%s\"",
					     optarg);
			v->delay_ms = (long)(seconds * 1000);
			break;
		case 'i':
			v->rounds = strtol(optarg, &rest, 10);
			if (rest == optarg || *rest != '\0' || v->rounds < 1)
				return wrong(v,
					     "how many looks is a number "
					     "from 1, not \"%s\"",
					     optarg);
			break;
		case 'j':
			v->t.json = v->is_batch = true;
			break;
		case 'v':
			v->show_vcpus = true;
			break;
		case 'f':
			break;
		case ':':
			return wrong(v, "option %s needs an argument",
				     argv[optind - 1]);
		default:
			return wrong(v, "unknown option %s", argv[optind - 1]);
		}
	}
	return optind == argc ||
	       wrong(v, "\"%s\" is one argument too many", argv[optind]);
}

/* newterm() says so where initscr() would end the process itself. */
static int open_screen(struct view *v)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		req_fail(&v->t.r, -ENOTTY,
			 "top: standard input and output must be a terminal");
		return req_hint(&v->t.r, "-b prints lines instead");
	}
	if (newterm(NULL, stdout, stdin) == NULL) {
		req_fail(&v->t.r, -ENOTTY,
			 "top: the terminal \"%s\" is not "
			 "known",
			 term != NULL ? term : "");
		return req_hint(&v->t.r, "set TERM, or use -b");
	}
	cbreak();
	noecho();
	curs_set(0);
	return 0;
}

int main(int argc, char **argv)
{
	static struct view v = {.delay_ms = 3000, .rounds = -1};
	int rc;

	if (!options(&v, argc, argv)) {
		tool_report(&v.t);
		return 2;
	}
	rc = tool_both(&v.t);
	if (rc == 0 && !v.is_batch)
		rc = open_screen(&v);
	if (rc < 0) {
		tool_report(&v.t);
		return 1;
	}
	do {
		rc = show(&v);
		if (v.rounds > 0)
			v.rounds--;
	} while (rc == 0 && v.rounds != 0 && wait_or_key(&v));
	if (!v.is_batch)
		endwin();
	if (rc < 0)
		tool_report(&v.t);
	free(v.before);
	tool_close(&v.t);
	return rc < 0;
}
