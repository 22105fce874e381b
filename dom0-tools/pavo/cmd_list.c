// SPDX-License-Identifier: GPL-2.0-only
/*
 * list, vm-list, claims, domid, domname: which domains there are.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "cpumap.h"
#include "domains.h"
#include "domcfg.h"
#include "domcfg_json.h"
#include "json.h"
#include "state.h"
#include "uuid.h"

static const char *const shutdown_reasons[] = {
	"poweroff", "reboot", "suspend", "crash", "watchdog", "soft-reset",
};

static const char *shutdown_reason(const struct xen_domctl_getdomaininfo *i)
{
	unsigned int code = domain_shutdown_code(i);
	size_t nr = sizeof(shutdown_reasons) / sizeof(shutdown_reasons[0]);

	if (!(i->flags & XEN_DOMINF_shutdown))
		return NULL;
	return code < nr ? shutdown_reasons[code] : "unknown";
}

/* xl's six letters: running, blocked, paused, shut down, crashed, dying. */
static void state_letters(const struct xen_domctl_getdomaininfo *i, char out[7])
{
	bool is_down = i->flags & XEN_DOMINF_shutdown;
	bool is_crashed = is_down && domain_shutdown_code(i) == 3;

	out[0] = i->flags & XEN_DOMINF_running ? 'r' : '-';
	out[1] = i->flags & XEN_DOMINF_blocked ? 'b' : '-';
	out[2] = i->flags & XEN_DOMINF_paused ? 'p' : '-';
	out[3] = is_down && !is_crashed ? 's' : '-';
	out[4] = is_crashed ? 'c' : '-';
	out[5] = i->flags & XEN_DOMINF_dying ? 'd' : '-';
	out[6] = '\0';
}

static unsigned long mem_mib(const struct xen_domctl_getdomaininfo *i)
{
	return (unsigned long)(pages_kib(i->tot_pages + i->outstanding_pages) >>
			       10);
}

static void print_row(const struct domain *d)
{
	char state[7];

	state_letters(&d->info, state);
	printf("%-40s %5u %5lu %5u     %s  %8.1f", d->name, d->info.domain,
	       mem_mib(&d->info), d->info.nr_online_vcpus, state,
	       (double)d->info.cpu_time / 1e9);
}

static void print_header(const char *more)
{
	printf("Name                                        ID   Mem VCPUs\t"
	       "State\tTime(s)%s\n",
	       more);
}

struct list_options {
	bool is_long, is_verbose, has_pool, has_numa;
};

static void print_table(const struct domains *d, const struct list_options *o)
{
	char more[128], uuid[UUID_TEXT_BYTES];

	snprintf(more, sizeof(more), "%s%s%s",
		 o->is_verbose ? "   UUID                            "
				 "Reason-Code\tSecurity Label"
			       : "",
		 o->has_pool ? "         Cpupool" : "",
		 o->has_numa ? " NODE Affinity" : "");
	print_header(more);
	for (size_t i = 0; i < d->nr; i++) {
		const struct xen_domctl_getdomaininfo *info = &d->all[i].info;

		print_row(&d->all[i]);
		if (o->is_verbose) {
			uuid_format(info->handle, uuid);
			printf(" %s", uuid);
			if (info->flags & XEN_DOMINF_shutdown)
				printf(" %8x", domain_shutdown_code(info));
			else
				printf(" %8s", "-");
			printf(" %16s", "-");
		}
		if (o->has_pool) {
			char pool[16];

			snprintf(pool, sizeof(pool), "Pool-%u", info->cpupool);
			printf("%16s", pool);
		}
		if (o->has_numa)
			printf(" all");
		printf("\n");
	}
}

/* For a domain that other tools made: what the hypervisor knows. */
static struct json_object *bare_json(const struct domain *d)
{
	struct domcfg c = {
		.vcpus = d->info.nr_online_vcpus,
		.maxvcpus = d->info.max_vcpu_id + 1,
		.memory_mib = (int64_t)mem_mib(&d->info),
		.maxmem_mib = (int64_t)(pages_kib(d->info.max_pages) >> 10),
		.cpu_weight = 256,
	};

	memcpy(c.uuid, d->info.handle, sizeof(c.uuid));
	return domcfg_json(&c, d->name);
}

static struct json_object *domain_json(struct tool *t, const struct domain *d)
{
	struct json_object *o = json_new();
	char state[7], uuid[UUID_TEXT_BYTES];
	struct domcfg cfg;

	state_letters(&d->info, state);
	uuid_format(d->info.handle, uuid);
	json_number(o, "domid", d->info.domain);
	json_text(o, "name", d->name);
	json_text(o, "uuid", uuid);
	json_text(o, "state", state);
	json_text(o, "shutdown_reason", shutdown_reason(&d->info));
	json_number(o, "memory_kib", (int64_t)pages_kib(d->info.tot_pages));
	json_number(o, "max_memory_kib", (int64_t)pages_kib(d->info.max_pages));
	json_number(o, "claimed_kib",
		    (int64_t)pages_kib(d->info.outstanding_pages));
	json_number(o, "vcpus_online", d->info.nr_online_vcpus);
	json_number(o, "cpu_time_ns", (int64_t)d->info.cpu_time);
	json_number(o, "cpupool", d->info.cpupool);
	if (state_load(&t->r, d->info.handle, &cfg) == 0)
		json_put(o, "config", domcfg_json(&cfg, d->name));
	else
		json_put(o, "config", bare_json(d));
	req_clear(&t->r);
	return o;
}

static int print_json(struct tool *t, const struct domains *d)
{
	struct json_object *list = json_new_list();

	for (size_t i = 0; i < d->nr; i++)
		json_append(list, domain_json(t, &d->all[i]));
	json_print(list, stdout);
	return 0;
}

int cmd_list(struct tool *t, int argc, char **argv)
{
	static const struct option names[] = {
		{"long", no_argument, NULL, 'l'},
		{"verbose", no_argument, NULL, 'v'},
		{"cpupool", no_argument, NULL, 'c'},
		{"numa", no_argument, NULL, 'n'},
		{"context", no_argument, NULL, 'Z'},
		{NULL, 0, NULL, 0},
	};
	struct list_options o = {0};
	struct domains d;
	int c, rc;

	while ((c = cmd_getopt(t, argc, argv, "lvcnZ", names)) >= 0) {
		switch (c) {
		case 'l':
			o.is_long = true;
			break;
		case 'v':
			o.is_verbose = true;
			break;
		case 'c':
			o.has_pool = true;
			break;
		case 'n':
			o.has_numa = true;
			break;
		case 'Z':
			return req_fail(&t->r, -EOPNOTSUPP,
					"list -Z is not supported: there are "
					"no XSM security labels");
		default:
			return CMD_USAGE;
		}
	}
	if (c == CMD_HELPED)
		return c;
	rc = domains_load(t, &d);
	if (rc == 0)
		rc = domains_choose(t, &d, argv + optind, argc - optind);
	if (rc < 0)
		return rc;
	if (o.is_long || t->json)
		return print_json(t, &d);
	print_table(&d, &o);
	return 0;
}

int cmd_vm_list(struct tool *t, int argc, char **argv)
{
	struct domains d;
	int rc = cmd_plain(t, argc, argv, 0, 0);

	if (rc == 0)
		rc = domains_load(t, &d);
	if (rc < 0)
		return rc;
	if (t->json)
		return print_json(t, &d);
	printf("UUID                                  ID    name\n");
	for (size_t i = 0; i < d.nr; i++) {
		char uuid[UUID_TEXT_BYTES];

		uuid_format(d.all[i].info.handle, uuid);
		printf("%s  %u    %-30s\n", uuid, d.all[i].info.domain,
		       d.all[i].name);
	}
	return 0;
}

int cmd_claims(struct tool *t, int argc, char **argv)
{
	struct domains d;
	int rc = cmd_plain(t, argc, argv, 0, 0);

	if (rc == 0)
		rc = domains_load(t, &d);
	if (rc < 0)
		return rc;
	if (t->json)
		return print_json(t, &d);
	print_header("  Claimed");
	for (size_t i = 0; i < d.nr; i++) {
		const struct xen_domctl_getdomaininfo *info = &d.all[i].info;

		print_row(&d.all[i]);
		printf(" %5lu\n",
		       (unsigned long)(pages_kib(info->outstanding_pages) >>
				       10));
	}
	return 0;
}

int cmd_domid(struct tool *t, int argc, char **argv)
{
	domid_t domid;
	int rc = cmd_plain(t, argc, argv, 1, 1);

	if (rc == 0)
		rc = domain_find(t, argv[optind], &domid, NULL);
	if (rc == 0)
		printf("%u\n", domid);
	return rc;
}

int cmd_domname(struct tool *t, int argc, char **argv)
{
	const char *name;
	domid_t domid;
	int rc = cmd_plain(t, argc, argv, 1, 1);

	if (rc == 0)
		rc = domain_find(t, argv[optind], &domid, NULL);
	if (rc < 0)
		return rc;
	name = domain_name(t, domid);
	if (name[0] == '\0')
		return req_fail(&t->r, -ENOENT, "domain %u has no name", domid);
	printf("%s\n", name);
	return 0;
}
