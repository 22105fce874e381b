// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcpu-list, vcpu-pin, vcpu-set, sched-credit2, cpupool-list: who runs where,
 * and how much.  cpu-online, cpu-offline: on what.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "cpumap.h"
#include "domains.h"
#include "json.h"
#include "sched_names.h"

struct vcpu_row {
	struct xen_domctl_getvcpuinfo info;
	struct cpumap hard, soft;
};

static void print_vcpu(struct tool *t, const struct domain *d, uint32_t vcpu,
		       const struct vcpu_row *v, unsigned int nr_cpus)
{
	printf("%-32s %5u %5u", d->name, d->info.domain, vcpu);
	if (v->info.online)
		printf(" %4u   %c%c-", v->info.cpu, v->info.running ? 'r' : '-',
		       v->info.blocked ? 'b' : '-');
	else
		printf(" %4s   %s", "-", "--p");
	printf(" %9.1f  %s / %s\n", (double)v->info.cpu_time / 1e9,
	       cpumap_text(&t->r, &v->hard, nr_cpus),
	       cpumap_text(&t->r, &v->soft, nr_cpus));
}

static struct json_object *vcpu_json(struct tool *t, const struct domain *d,
				     uint32_t vcpu, const struct vcpu_row *v,
				     unsigned int nr_cpus)
{
	struct json_object *o = json_new();

	json_number(o, "domid", d->info.domain);
	json_text(o, "name", d->name);
	json_number(o, "vcpu", vcpu);
	json_flag(o, "online", v->info.online);
	json_flag(o, "running", v->info.running);
	json_flag(o, "blocked", v->info.blocked);
	if (v->info.online)
		json_number(o, "pcpu", v->info.cpu);
	json_number(o, "cpu_time_ns", (int64_t)v->info.cpu_time);
	json_text(o, "hard_affinity", cpumap_text(&t->r, &v->hard, nr_cpus));
	json_text(o, "soft_affinity", cpumap_text(&t->r, &v->soft, nr_cpus));
	return o;
}

static int list_vcpus(struct tool *t, const struct domain *d,
		      unsigned int nr_cpus, struct json_object *list)
{
	for (uint32_t vcpu = 0; vcpu <= d->info.max_vcpu_id; vcpu++) {
		struct vcpu_row v;
		int rc = dom_vcpu_info(&t->hv, d->info.domain, vcpu, &v.info);

		if (rc == 0)
			rc = dom_get_affinity(&t->hv, d->info.domain, vcpu,
					      v.hard.bits, v.soft.bits,
					      nr_cpus);
		if (rc == -ESRCH)
			continue; /* the vcpu, or by now the domain */
		if (rc < 0)
			return req_fail_rc(&t->r, rc,
					   "cannot ask for vcpu %u of domain "
					   "%u",
					   vcpu, d->info.domain);
		if (list != NULL)
			json_append(list, vcpu_json(t, d, vcpu, &v, nr_cpus));
		else
			print_vcpu(t, d, vcpu, &v, nr_cpus);
	}
	return 0;
}

int cmd_vcpu_list(struct tool *t, int argc, char **argv)
{
	struct json_object *list = NULL;
	struct domains d;
	int rc = cmd_plain(t, argc, argv, 0, 1000), nr_cpus = 0;

	if (rc == 0)
		rc = domains_load(t, &d);
	if (rc == 0)
		rc = domains_choose(t, &d, argv + optind, argc - optind);
	if (rc == 0)
		rc = nr_cpus = cpumap_nr_cpus(t);
	if (rc < 0)
		return rc;
	if (t->json)
		list = json_new_list();
	else
		printf("%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU",
		       "CPU", "State", "Time(s)", "Affinity (Hard / Soft)");
	rc = 0;
	for (size_t i = 0; i < d.nr && rc == 0; i++)
		rc = list_vcpus(t, &d.all[i], (unsigned int)nr_cpus, list);
	if (list != NULL)
		json_print(list, stdout);
	return rc;
}

/* "-" leaves that affinity as it is, and *@bits NULL. */
static int read_pin(struct tool *t, const char *arg, struct cpumap *m,
		    const uint8_t **bits)
{
	if (arg == NULL || strcmp(arg, "-") == 0)
		return 0;
	*bits = m->bits;
	return cpumap_read(t, arg, m);
}

static int pin(struct tool *t, domid_t domid, uint32_t vcpu,
	       const uint8_t *hard, const uint8_t *soft, bool force)
{
	int nr = cpumap_nr_cpus(t), rc;

	if (nr < 0)
		return nr;
	rc = dom_set_affinity(&t->hv, domid, vcpu, hard, soft, (uint32_t)nr,
			      force);
	if (rc == -EINVAL && hard != NULL)
		return req_fail(&t->r, rc,
				"cannot pin vcpu %u of domain %u: none of "
				"these pcpus is on line",
				vcpu, domid);
	return rc < 0 ? req_fail_rc(&t->r, rc,
				    "cannot pin vcpu %u of domain "
				    "%u",
				    vcpu, domid)
		      : 0;
}

int cmd_vcpu_pin(struct tool *t, int argc, char **argv)
{
	static const struct option names[] = {
		{"force", no_argument, NULL, 'f'},
		{"ignore-global-affinity-masks", no_argument, NULL, 'i'},
		{NULL, 0, NULL, 0},
	};
	struct xen_domctl_getdomaininfo info;
	struct cpumap hard_map, soft_map;
	const uint8_t *hard = NULL, *soft = NULL;
	uint32_t first = 0, last;
	bool force = false;
	domid_t domid;
	int c, rc;

	while ((c = cmd_getopt(t, argc, argv, "fi", names)) >= 0) {
		if (c == 'f')
			force = true;
		else if (c != 'i')
			return CMD_USAGE;
	}
	if (c == CMD_HELPED)
		return c;
	rc = cmd_args(t, argc, argv, 3, 4);
	if (rc == 0)
		rc = domain_find(t, argv[optind], &domid, &info);
	if (rc == 0)
		rc = read_pin(t, argv[optind + 2], &hard_map, &hard);
	if (rc == 0)
		rc = read_pin(t, optind + 3 < argc ? argv[optind + 3] : NULL,
			      &soft_map, &soft);
	if (rc < 0)
		return rc;
	if (hard == NULL && soft == NULL)
		return cmd_usage(t, argv[0], "nothing to set");
	last = info.max_vcpu_id;
	if (strcmp(argv[optind + 1], "all") != 0) {
		long n;

		rc = cmd_number(t, argv[0], "the vcpu", argv[optind + 1], 0,
				info.max_vcpu_id, &n);
		first = last = (uint32_t)n;
	}
	for (uint32_t v = first; v <= last && rc == 0; v++)
		rc = pin(t, domid, v, hard, soft, force);
	return rc;
}

int cmd_vcpu_set(struct tool *t, int argc, char **argv)
{
	static const struct option names[] = {
		{"ignore-host", no_argument, NULL, 'i'},
		{NULL, 0, NULL, 0},
	};
	struct xen_domctl_getdomaininfo info;
	bool ignore_host = false;
	domid_t domid;
	int c, rc, nr;
	long want;

	while ((c = cmd_getopt(t, argc, argv, "i", names)) >= 0) {
		if (c != 'i')
			return CMD_USAGE;
		ignore_host = true;
	}
	if (c == CMD_HELPED)
		return c;
	rc = cmd_args(t, argc, argv, 2, 2);
	if (rc == 0)
		rc = cmd_number(t, argv[0], "how many vcpus", argv[optind + 1],
				1, 8192, &want);
	if (rc == 0)
		rc = domain_find(t, argv[optind], &domid, &info);
	if (rc == 0)
		rc = tool_xs(t);
	if (rc < 0)
		return rc;
	if (want > (long)info.max_vcpu_id + 1)
		return req_fail(&t->r, -EINVAL,
				"domain %u was created with at most %u vcpus "
				"(maxvcpus)",
				domid, info.max_vcpu_id + 1);
	nr = cpumap_nr_cpus(t);
	if (nr > 0 && want > nr && !ignore_host) {
		req_fail(&t->r, -EINVAL, "the host has %d pcpus for %ld vcpus",
			 nr, want);
		return req_hint(&t->r, "--ignore-host does it all the same");
	}
	for (uint32_t v = 0; v <= info.max_vcpu_id; v++) {
		char path[80];

		snprintf(path, sizeof(path),
			 "/local/domain/%u/cpu/%u/availability", domid, v);
		xs_queue_write(&t->xs, 0, path,
			       (long)v < want ? "online" : "offline");
	}
	rc = xs_flush(&t->xs, NULL, 0);
	return rc < 0 ? req_fail_rc(&t->r, rc, "cannot ask domain %u", domid)
		      : 0;
}

/* One that is so already is no failure. */
static int cpu_hotplug(struct tool *t, int argc, char **argv, uint32_t op)
{
	int rc = cmd_plain(t, argc, argv, 1, 1), nr = 0;
	long cpu = 0;

	if (rc == 0)
		rc = nr = cpumap_nr_cpus(t);
	if (rc >= 0)
		rc = cmd_number(t, argv[0], "the pcpu", argv[optind], 0, nr - 1,
				&cpu);
	if (rc < 0)
		return rc;
	if (cpu == 0 && op == XEN_SYSCTL_CPU_HOTPLUG_OFFLINE)
		return req_fail(&t->r, -EINVAL,
				"pcpu 0 cannot go off line: the hypervisor "
				"needs it");
	rc = host_cpu_hotplug(&t->hv, (uint32_t)cpu, op);
	switch (rc) {
	case -EEXIST:
	case -ENODEV:
		return 0;
	case -EADDRINUSE:
		return req_fail(&t->r, rc,
				"pcpu %ld cannot go off line: a driver of Dom0 "
				"needs to run there",
				cpu);
	default:
		return rc < 0 ? req_fail_rc(&t->r, rc, "%s %ld failed", argv[0],
					    cpu)
			      : 0;
	}
}

int cmd_cpu_online(struct tool *t, int argc, char **argv)
{
	return cpu_hotplug(t, argc, argv, XEN_SYSCTL_CPU_HOTPLUG_ONLINE);
}

int cmd_cpu_offline(struct tool *t, int argc, char **argv)
{
	return cpu_hotplug(t, argc, argv, XEN_SYSCTL_CPU_HOTPLUG_OFFLINE);
}

struct credit2_args {
	const char *domain, *pool;
	long weight, cap, ratelimit; /* -1: not given */
	bool is_pool;
};

static int credit2_pool(struct tool *t, const struct credit2_args *a)
{
	struct json_object *o;
	uint32_t us = 0;
	int rc;

	if (a->ratelimit >= 0) {
		rc = host_set_credit2(&t->hv, 0, (uint32_t)a->ratelimit);
		if (rc == -EINVAL)
			return req_fail(&t->r, rc,
					"ratelimit = %ld us is out of range; "
					"it may be 0, or %d to %d",
					a->ratelimit,
					XEN_SYSCTL_SCHED_RATELIMIT_MIN,
					XEN_SYSCTL_SCHED_RATELIMIT_MAX);
		return rc < 0 ? req_fail_rc(&t->r, rc,
					    "cannot set the "
					    "ratelimit")
			      : 0;
	}
	rc = host_get_credit2(&t->hv, 0, &us);
	if (rc < 0)
		return req_fail_rc(&t->r, rc, "cannot ask the scheduler");
	if (t->json && a->is_pool) {
		o = json_new();
		json_text(o, "cpupool", "Pool-0");
		json_number(o, "ratelimit_us", us);
		json_print(o, stdout);
	} else if (!t->json) {
		printf("Cpupool Pool-0: ratelimit=%uus\n", us);
	}
	return 0;
}

static int credit2_row(struct tool *t, const struct domain *d,
		       struct json_object *list)
{
	struct xen_domctl_sched_credit2 p;
	int rc = dom_get_credit2(&t->hv, d->info.domain, &p);
	struct json_object *o;

	if (rc < 0)
		return req_fail_rc(&t->r, rc, "cannot ask for domain %u",
				   d->info.domain);
	if (list == NULL) {
		printf("%-33s %4u %6u %4u\n", d->name, d->info.domain, p.weight,
		       p.cap);
		return 0;
	}
	o = json_new();
	json_number(o, "domid", d->info.domain);
	json_text(o, "name", d->name);
	json_number(o, "weight", p.weight);
	json_number(o, "cap", p.cap);
	json_append(list, o);
	return 0;
}

static int credit2_show(struct tool *t, const struct credit2_args *a)
{
	struct json_object *list = t->json ? json_new_list() : NULL;
	char *name = (char *)(uintptr_t)a->domain;
	struct domains d;
	int rc = domains_load(t, &d);

	if (rc == 0)
		rc = domains_choose(t, &d, &name, name != NULL);
	if (rc == 0 && a->domain == NULL)
		rc = credit2_pool(t, a);
	if (rc < 0)
		return rc;
	if (list == NULL)
		printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
	rc = 0;
	for (size_t i = 0; i < d.nr && rc == 0; i++)
		rc = credit2_row(t, &d.all[i], list);
	if (list != NULL)
		json_print(list, stdout);
	return rc;
}

static int credit2_set(struct tool *t, const struct credit2_args *a)
{
	struct xen_domctl_sched_credit2 p;
	domid_t domid;
	int rc = domain_find(t, a->domain, &domid, NULL);

	if (rc < 0)
		return rc;
	rc = dom_get_credit2(&t->hv, domid, &p);
	if (a->weight >= 0)
		p.weight = (uint16_t)a->weight;
	if (a->cap >= 0)
		p.cap = (uint16_t)a->cap;
	if (rc == 0)
		rc = dom_set_credit2(&t->hv, domid, &p);
	if (rc == -EINVAL)
		return req_fail(&t->r, rc,
				"the scheduler refuses weight %u "
				"with cap %u",
				p.weight, p.cap);
	return rc < 0 ? req_fail_rc(&t->r, rc,
				    "cannot set the share of domain "
				    "%u",
				    domid)
		      : 0;
}

/* As xl has it: -s is about the pool, the rest about a domain. */
static int credit2_check(struct tool *t, char **argv,
			 const struct credit2_args *a)
{
	bool sets = a->weight >= 0 || a->cap >= 0;

	if (a->is_pool && (a->domain != NULL || sets))
		return cmd_usage(t, argv[0],
				 "-s, for the cpupool, goes with -p and -r "
				 "only");
	if (!a->is_pool && a->ratelimit >= 0)
		return cmd_usage(t, argv[0], "-r needs -s");
	if (a->pool != NULL && a->domain != NULL)
		return cmd_usage(t, argv[0],
				 "-p and -d: a domain is in one cpupool only");
	if (sets && a->domain == NULL)
		return cmd_usage(t, argv[0], "which domain? (-d)");
	return 0;
}

static bool is_pool_0(const char *name)
{
	return strcmp(name, "Pool-0") == 0 || strcmp(name, "0") == 0;
}

static int credit2_runs(struct tool *t)
{
	uint32_t id = XEN_SCHEDULER_CREDIT2;
	int rc = host_sched_id(&t->hv, &id);

	if (rc < 0)
		return req_fail_rc(&t->r, rc, "cannot ask for the scheduler");
	if (id == XEN_SCHEDULER_CREDIT2)
		return 0;
	return req_fail(&t->r, -EOPNOTSUPP,
			"the hypervisor runs the %s scheduler, not credit2",
			sched_name(id));
}

int cmd_sched_credit2(struct tool *t, int argc, char **argv)
{
	static const struct option names[] = {
		{"domain", required_argument, NULL, 'd'},
		{"weight", required_argument, NULL, 'w'},
		{"cap", required_argument, NULL, 'c'},
		{"schedparam", no_argument, NULL, 's'},
		{"ratelimit_us", required_argument, NULL, 'r'},
		{"ratelimit", required_argument, NULL, 'r'},
		{"cpupool", required_argument, NULL, 'p'},
		{NULL, 0, NULL, 0},
	};
	struct credit2_args a = {.weight = -1, .cap = -1, .ratelimit = -1};
	int c, rc = 0;

	while (rc == 0 &&
	       (c = cmd_getopt(t, argc, argv, "d:w:c:sr:p:", names)) != -1) {
		switch (c) {
		case 'd':
			a.domain = optarg;
			break;
		case 'w':
			rc = cmd_number(t, argv[0], "the weight", optarg, 1,
					65535, &a.weight);
			break;
		case 'c':
			rc = cmd_number(t, argv[0], "the cap", optarg, 0, 65535,
					&a.cap);
			break;
		case 's':
			a.is_pool = true;
			break;
		case 'r':
			rc = cmd_number(t, argv[0], "the ratelimit", optarg, 0,
					1000000, &a.ratelimit);
			break;
		case 'p':
			a.pool = optarg;
			break;
		default:
			return c == CMD_HELPED ? c : CMD_USAGE;
		}
	}
	if (rc == 0)
		rc = cmd_args(t, argc, argv, 0, 0);
	if (rc == 0)
		rc = credit2_check(t, argv, &a);
	if (rc == 0)
		rc = tool_both(t);
	if (rc == 0)
		rc = credit2_runs(t);
	if (rc < 0)
		return rc;
	if (a.pool != NULL && !is_pool_0(a.pool))
		return req_fail(&t->r, -ENOENT,
				"there is no cpupool \"%s\"; the only one is "
				"Pool-0",
				a.pool);
	if (a.is_pool)
		return credit2_pool(t, &a);
	return a.weight < 0 && a.cap < 0 ? credit2_show(t, &a)
					 : credit2_set(t, &a);
}

static struct json_object *pool_json(const char *name,
				     const struct host_cpupool *pool,
				     const struct cpumap *m, unsigned int nr)
{
	struct json_object *o = json_new(), *cpus = json_new_list();

	for (unsigned int i = 0; i < nr; i++)
		if (cpumap_has(m, i))
			json_append_number(cpus, i);
	json_number(o, "id", pool->id);
	json_text(o, "name", name);
	json_put(o, "cpus", cpus);
	json_text(o, "scheduler", sched_name(pool->sched_id));
	json_number(o, "nr_domains", pool->nr_domains);
	return o;
}

static void print_pool(const char *name, const struct host_cpupool *pool,
		       const struct cpumap *m, unsigned int nr, bool cpus)
{
	const char *comma = "";
	unsigned int nr_in = 0;

	printf("%-19s", name);
	for (unsigned int i = 0; i < nr; i++) {
		if (!cpumap_has(m, i))
			continue;
		nr_in++;
		if (cpus)
			printf("%s%u", comma, i);
		comma = ",";
	}
	if (!cpus)
		printf("%3u %9s       y       %4u", nr_in,
		       sched_name(pool->sched_id), pool->nr_domains);
	printf("\n");
}

int cmd_cpupool_list(struct tool *t, int argc, char **argv)
{
	static const struct option names[] = {
		{"cpus", no_argument, NULL, 'c'},
		{NULL, 0, NULL, 0},
	};
	struct json_object *list = NULL;
	struct host_cpupool pool;
	struct cpumap m = {0};
	bool cpus = false;
	int c, rc, nr = 0;

	while ((c = cmd_getopt(t, argc, argv, "c", names)) >= 0) {
		if (c != 'c')
			return CMD_USAGE;
		cpus = true;
	}
	if (c == CMD_HELPED)
		return c;
	rc = cmd_args(t, argc, argv, 0, 1);
	if (rc == 0)
		rc = nr = cpumap_nr_cpus(t);
	if (rc < 0)
		return rc;
	if (optind < argc && !is_pool_0(argv[optind]))
		return req_fail(&t->r, -ENOENT,
				"there is no cpupool \"%s\"; the only one is "
				"Pool-0",
				argv[optind]);
	rc = host_cpupool(&t->hv, 0, &pool, m.bits, (uint32_t)nr);
	if (rc < 0)
		return req_fail_rc(&t->r, rc, "cannot ask for the cpupool");
	if (t->json) {
		list = json_new_list();
		json_append(list,
			    pool_json("Pool-0", &pool, &m, (unsigned int)nr));
		json_print(list, stdout);
		return 0;
	}
	printf("%-19s%s\n", "Name",
	       cpus ? "CPU list" : "CPUs   Sched     Active   Domain count");
	print_pool("Pool-0", &pool, &m, (unsigned int)nr, cpus);
	return 0;
}
