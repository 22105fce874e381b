// SPDX-License-Identifier: GPL-2.0-only
/*
 * info, dmesg, debug-keys, uptime: the host and how long things have run.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include <abi/memory.h>

#include "cmd.h"
#include "cpumap.h"
#include "domains.h"
#include "json.h"
#include "sched_names.h"
#include "uuid.h"

/* The table of facts, for people or for programs. */
struct facts {
	struct json_object *json; /* NULL: print lines */
};

static void fact_text(struct facts *f, const char *key, const char *text)
{
	if (f->json != NULL)
		json_text(f->json, key, text);
	else
		printf("%-23s: %s\n", key, text);
}

static void fact_number(struct facts *f, const char *key, uint64_t n)
{
	if (f->json != NULL)
		json_number(f->json, key, (int64_t)n);
	else
		printf("%-23s: %lu\n", key, (unsigned long)n);
}

static const char *virt_caps(struct tool *t, uint32_t caps)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{XEN_SYSCTL_PHYSCAP_pv, "pv"},
		{XEN_SYSCTL_PHYSCAP_hvm, "hvm"},
		{XEN_SYSCTL_PHYSCAP_hap, "hap"},
		{XEN_SYSCTL_PHYSCAP_shadow, "shadow"},
		{XEN_SYSCTL_PHYSCAP_gnttab_v1, "gnttab-v1"},
		{XEN_SYSCTL_PHYSCAP_gnttab_v2, "gnttab-v2"},
	};
	const char *text = "";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (caps & names[i].bit)
			text = arena_printf(&t->r.mem, "%s%s%s", text,
					    *text ? " " : "", names[i].name);
	return text;
}

static const char *hw_caps(struct tool *t, const uint32_t *caps)
{
	const char *text = "";

	for (int i = 0; i < 8; i++)
		text = arena_printf(&t->r.mem, "%s%s%08x", text, i ? ":" : "",
				    caps[i]);
	return text;
}

static int free_cpus(struct tool *t, uint32_t nr)
{
	struct cpumap m = {0};
	int n = 0;

	if (host_free_cpus(&t->hv, m.bits, nr) < 0)
		return 0;
	for (uint32_t i = 0; i < nr; i++)
		n += cpumap_has(&m, i);
	return n;
}

static void host_facts(struct tool *t, struct facts *f,
		       const struct xen_sysctl_physinfo *p)
{
	struct utsname u;
	char mhz[32];

	uname(&u);
	snprintf(mhz, sizeof(mhz), "%.3f", p->cpu_khz / 1000.0);
	fact_text(f, "host", u.nodename);
	fact_text(f, "release", u.release);
	fact_text(f, "version", u.version);
	fact_text(f, "machine", u.machine);
	fact_number(f, "nr_cpus", p->nr_cpus);
	fact_number(f, "max_cpu_id", p->max_cpu_id);
	fact_number(f, "nr_nodes", p->nr_nodes);
	fact_number(f, "cores_per_socket", p->cores_per_socket);
	fact_number(f, "threads_per_core", p->threads_per_core);
	fact_text(f, "cpu_mhz", mhz);
	fact_text(f, "hw_caps", hw_caps(t, p->hw_cap));
	fact_text(f, "virt_caps", virt_caps(t, p->capabilities));
	fact_number(f, "total_memory", p->total_pages >> 8);
	fact_number(f, "free_memory",
		    (p->free_pages - p->outstanding_pages) >> 8);
	fact_number(f, "sharing_freed_memory",
		    (uint64_t)host_sharing(&t->hv,
					   XENMEM_get_sharing_freed_pages) >>
			    8);
	fact_number(f, "sharing_used_memory",
		    (uint64_t)host_sharing(&t->hv,
					   XENMEM_get_sharing_shared_pages) >>
			    8);
	fact_number(f, "outstanding_claims", p->outstanding_pages >> 8);
	fact_number(f, "free_cpus", (uint64_t)free_cpus(t, p->max_cpu_id + 1));
}

static void version_facts(struct tool *t, struct facts *f)
{
	struct xen_compile_info cc = {0};
	char text[1025], id[2 * 64 + 1] = "";
	uint64_t virt_start = 0;
	uint32_t sched = 0;
	uint8_t build_id[64];
	long version = host_version(&t->hv);
	int len;

	if (version < 0)
		version = 0;
	host_version_text(&t->hv, XENVER_extraversion, text, 16);
	fact_number(f, "xen_major", (uint64_t)version >> 16);
	fact_number(f, "xen_minor", (uint64_t)version & 0xffff);
	fact_text(f, "xen_extra", text);
	fact_text(f, "xen_version",
		  arena_printf(&t->r.mem, "%ld.%ld%s", version >> 16,
			       version & 0xffff, text));
	host_version_text(&t->hv, XENVER_capabilities, text, 1024);
	fact_text(f, "xen_caps", text);
	host_sched_id(&t->hv, &sched);
	fact_text(f, "xen_scheduler", sched_name(sched));
	fact_number(f, "xen_pagesize", 4096);
	host_virt_start(&t->hv, &virt_start);
	fact_text(f, "platform_params",
		  arena_printf(&t->r.mem, "virt_start=0x%lx",
			       (unsigned long)virt_start));
	host_version_text(&t->hv, XENVER_changeset, text, 64);
	fact_text(f, "xen_changeset", text);
	host_version_text(&t->hv, XENVER_commandline, text, 1024);
	fact_text(f, "xen_commandline", text);
	host_compile_info(&t->hv, &cc);
	fact_text(f, "cc_compiler", cc.compiler);
	fact_text(f, "cc_compile_by", cc.compile_by);
	fact_text(f, "cc_compile_domain", cc.compile_domain);
	fact_text(f, "cc_compile_date", cc.compile_date);
	len = host_build_id(&t->hv, build_id, sizeof(build_id));
	for (int i = 0; i < len; i++)
		snprintf(id + 2 * i, 3, "%02x", build_id[i]);
	fact_text(f, "build_id", id);
	fact_number(f, "xend_config_format", 4);
}

#define NODES_MAX 64
#define PCPUS_MAX 512

static void topology_json(struct tool *t, struct json_object *all,
			  uint32_t nr_cpus)
{
	struct xen_sysctl_cputopo topo[PCPUS_MAX];
	struct xen_sysctl_meminfo mem[NODES_MAX];
	uint32_t dist[NODES_MAX * NODES_MAX];
	struct json_object *cpus = json_new_list(), *nodes = json_new_list();
	int nr = host_cpu_topology(&t->hv, topo,
				   nr_cpus < PCPUS_MAX ? nr_cpus : PCPUS_MAX);

	for (int i = 0; i < nr; i++) {
		struct json_object *o = json_new();

		if (topo[i].core == XEN_INVALID_CORE_ID)
			continue;
		json_number(o, "cpu", i);
		json_number(o, "core", topo[i].core);
		json_number(o, "socket", topo[i].socket);
		json_number(o, "node", topo[i].node);
		json_append(cpus, o);
	}
	nr = host_numa(&t->hv, mem, dist, NODES_MAX);
	for (int i = 0; i < nr; i++) {
		struct json_object *o = json_new(), *to = json_new_list();

		json_number(o, "node", i);
		json_number(o, "memsize", (int64_t)(mem[i].memsize >> 20));
		json_number(o, "memfree", (int64_t)(mem[i].memfree >> 20));
		for (int k = 0; k < nr; k++)
			json_append_number(to, dist[i * nr + k]);
		json_put(o, "distances", to);
		json_append(nodes, o);
	}
	json_put(all, "cpu_topology", cpus);
	json_put(all, "numa_info", nodes);
}

static void topology_lines(struct tool *t, uint32_t nr_cpus)
{
	struct xen_sysctl_cputopo topo[PCPUS_MAX];
	struct xen_sysctl_meminfo mem[NODES_MAX];
	uint32_t dist[NODES_MAX * NODES_MAX];
	int nr = host_cpu_topology(&t->hv, topo,
				   nr_cpus < PCPUS_MAX ? nr_cpus : PCPUS_MAX);

	printf("cpu_topology           :\n");
	printf("cpu:    core    socket     node\n");
	for (int i = 0; i < nr; i++)
		if (topo[i].core != XEN_INVALID_CORE_ID)
			printf("%3d:    %4u     %4u     %4u\n", i, topo[i].core,
			       topo[i].socket, topo[i].node);
	printf("device topology        :\ndevice           node\n"
	       "No device topology data available\n");
	nr = host_numa(&t->hv, mem, dist, NODES_MAX);
	printf("numa_info              :\n");
	printf("node:    memsize    memfree    distances\n");
	for (int i = 0; i < nr; i++) {
		printf("%4d:    %6lu     %6lu      %u", i,
		       (unsigned long)(mem[i].memsize >> 20),
		       (unsigned long)(mem[i].memfree >> 20), dist[i * nr]);
		for (int k = 1; k < nr; k++)
			printf(",%u", dist[i * nr + k]);
		printf("\n");
	}
}

int cmd_info(struct tool *t, int argc, char **argv)
{
	static const struct option names[] = {
		{"numa", no_argument, NULL, 'n'},
		{NULL, 0, NULL, 0},
	};
	struct xen_sysctl_physinfo p;
	struct facts f = {NULL};
	bool numa = false;
	int c, rc;

	while ((c = cmd_getopt(t, argc, argv, "n", names)) >= 0) {
		if (c != 'n')
			return CMD_USAGE;
		numa = true;
	}
	if (c == CMD_HELPED)
		return c;
	rc = cmd_args(t, argc, argv, 0, 0);
	if (rc == 0)
		rc = tool_hv(t);
	if (rc < 0)
		return rc;
	rc = host_physinfo(&t->hv, &p);
	if (rc < 0)
		return req_fail_rc(&t->r, rc, "cannot ask for the host");
	if (t->json)
		f.json = json_new();
	host_facts(t, &f, &p);
	if (numa && t->json)
		topology_json(t, f.json, p.max_cpu_id + 1);
	else if (numa)
		topology_lines(t, p.max_cpu_id + 1);
	version_facts(t, &f);
	if (f.json != NULL)
		json_print(f.json, stdout);
	return 0;
}

int cmd_dmesg(struct tool *t, int argc, char **argv)
{
	static const struct option names[] = {
		{"clear", no_argument, NULL, 'c'},
		{NULL, 0, NULL, 0},
	};
	bool clear = false;
	uint32_t index = 0;
	int c, rc, n;

	while ((c = cmd_getopt(t, argc, argv, "c", names)) >= 0) {
		if (c != 'c')
			return CMD_USAGE;
		clear = true;
	}
	if (c == CMD_HELPED)
		return c;
	rc = cmd_args(t, argc, argv, 0, 0);
	if (rc == 0)
		rc = tool_hv(t);
	if (rc < 0)
		return rc;
	do {
		char buf[16384];

		n = host_log_read(&t->hv, buf, sizeof(buf), &index, false);
		if (n > 0)
			fwrite(buf, 1, (size_t)n, stdout);
	} while (n > 0);
	if (n == 0 && clear) {
		char last;

		n = host_log_read(&t->hv, &last, 0, &index, true);
	}
	return n < 0 ? req_fail_rc(&t->r, n,
				   "cannot read the hypervisor's "
				   "log")
		     : 0;
}

int cmd_debug_keys(struct tool *t, int argc, char **argv)
{
	int rc = cmd_plain(t, argc, argv, 1, 1);

	if (rc == 0)
		rc = tool_hv(t);
	if (rc < 0)
		return rc;
	rc = host_debug_keys(&t->hv, argv[optind]);
	return rc < 0 ? req_fail_rc(&t->r, rc, "cannot send debug keys") : 0;
}

static long dom0_uptime(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

/* Seconds since the domain was created, or -1. */
static long domain_uptime(struct tool *t, const struct domain *d)
{
	char uuid[UUID_TEXT_BYTES], path[80];
	const char *start;
	int rc;

	if (d->info.domain == 0)
		return dom0_uptime();
	uuid_format(d->info.handle, uuid);
	snprintf(path, sizeof(path), "/vm/%s/start_time", uuid);
	start = xs_read(&t->xs, 0, path, &rc);
	return start != NULL ? (long)time(NULL) - strtol(start, NULL, 10) : -1;
}

static void print_uptime(const struct domain *d, long s, bool is_short)
{
	char days[32] = "";

	if (s < 0)
		s = 0;
	if (is_short) {
		time_t now = time(NULL);
		struct tm tm = {0};

		localtime_r(&now, &tm);
		if (s >= 86400)
			snprintf(days, sizeof(days), "%ld day%s, ", s / 86400,
				 s / 86400 > 1 ? "s" : "");
		printf(" %02d:%02d:%02d up %s%2ld:%02ld, %s (%u)\n", tm.tm_hour,
		       tm.tm_min, tm.tm_sec, days, s % 86400 / 3600,
		       s % 3600 / 60, d->name, d->info.domain);
		return;
	}
	if (s >= 86400)
		snprintf(days, sizeof(days), "%ld day%s, ", s / 86400,
			 s / 86400 > 1 ? "s" : "");
	printf("%-32s %5u %s%2ld:%02ld:%02ld\n", d->name, d->info.domain, days,
	       s % 86400 / 3600, s % 3600 / 60, s % 60);
}

int cmd_uptime(struct tool *t, int argc, char **argv)
{
	static const struct option names[] = {
		{"short", no_argument, NULL, 's'},
		{NULL, 0, NULL, 0},
	};
	struct json_object *list = NULL;
	bool is_short = false;
	struct domains d;
	int c, rc;

	while ((c = cmd_getopt(t, argc, argv, "s", names)) >= 0) {
		if (c != 's')
			return CMD_USAGE;
		is_short = true;
	}
	if (c == CMD_HELPED)
		return c;
	rc = domains_load(t, &d);
	if (rc == 0)
		rc = domains_choose(t, &d, argv + optind, argc - optind);
	if (rc < 0)
		return rc;
	if (t->json)
		list = json_new_list();
	else if (!is_short)
		printf("%-33s %4s %s\n", "Name", "ID", "Uptime");
	for (size_t i = 0; i < d.nr; i++) {
		long s = domain_uptime(t, &d.all[i]);

		if (list == NULL) {
			print_uptime(&d.all[i], s, is_short);
		} else {
			struct json_object *o = json_new();

			json_number(o, "domid", d.all[i].info.domain);
			json_text(o, "name", d.all[i].name);
			json_number(o, "uptime_s", s);
			json_append(list, o);
		}
	}
	if (list != NULL)
		json_print(list, stdout);
	return 0;
}
