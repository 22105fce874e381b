// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of pcpus, in the words of xl.cfg.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpumap.h"

static void cpumap_set(struct cpumap *m, unsigned int cpu, bool on)
{
	uint8_t bit = (uint8_t)(1u << cpu % 8);

	if (on)
		m->bits[cpu / 8] |= bit;
	else
		m->bits[cpu / 8] &= (uint8_t)~bit;
}

/* "3" or "1-3"; false if it is neither. */
static bool parse_range(const char *p, unsigned long *first,
			unsigned long *last)
{
	char *rest;

	if (*p < '0' || *p > '9')
		return false;
	*first = *last = strtoul(p, &rest, 10);
	if (*rest == '-' && rest[1] >= '0' && rest[1] <= '9')
		*last = strtoul(rest + 1, &rest, 10);
	return *rest == '\0' && *first <= *last;
}

/* One part between commas: [^] all | cpus | node[s]:nodes. */
static int parse_part(struct req *r, const char *part, unsigned int nr_cpus,
		      const uint32_t *node_of, struct cpumap *m)
{
	unsigned long first, last;
	bool on = part[0] != '^', nodes;
	const char *p = part + !on;

	nodes = strncmp(p, "nodes:", 6) == 0 || strncmp(p, "node:", 5) == 0;
	if (nodes)
		p = strchr(p, ':') + 1;
	if (nodes && *p == '^') {
		on = !on;
		p++;
	}
	if (strcmp(p, "all") == 0) {
		for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
			cpumap_set(m, cpu, on);
		return 0;
	}
	if (!parse_range(p, &first, &last) || (nodes && node_of == NULL))
		return req_fail(r, -EINVAL,
				"\"%s\" is no set of pcpus; write for example "
				"0-3,^1 or all",
				part);
	if (!nodes && last >= nr_cpus)
		return req_fail(r, -EINVAL,
				"pcpu %lu does not exist; there are 0 to %u",
				last, nr_cpus - 1);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		unsigned long at = nodes ? node_of[cpu] : cpu;

		if (at >= first && at <= last)
			cpumap_set(m, cpu, on);
	}
	return 0;
}

int cpumap_parse(struct req *r, const char *text, unsigned int nr_cpus,
		 const uint32_t *node_of, struct cpumap *m)
{
	char *copy = arena_strdup(&r->mem, text), *save = NULL;
	int rc = 0;

	memset(m, 0, sizeof(*m));
	for (char *part = strtok_r(copy, ", ", &save); part != NULL && rc == 0;
	     part = strtok_r(NULL, ", ", &save))
		rc = parse_part(r, part, nr_cpus, node_of, m);
	if (rc < 0)
		return rc;
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (cpumap_has(m, cpu))
			return 0;
	return req_fail(r, -EINVAL, "\"%s\" leaves no pcpu to run on", text);
}

const char *cpumap_text(struct req *r, const struct cpumap *m,
			unsigned int nr_cpus)
{
	const char *text = "";
	unsigned int nr_set = 0, first;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		nr_set += cpumap_has(m, cpu);
	if (nr_set == nr_cpus)
		return "all";
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		if (!cpumap_has(m, cpu))
			continue;
		first = cpu;
		while (cpu + 1 < nr_cpus && cpumap_has(m, cpu + 1))
			cpu++;
		text = arena_printf(&r->mem,
				    cpu > first ? "%s%s%u-%u" : "%s%s%u", text,
				    *text != '\0' ? "," : "", first, cpu);
	}
	return *text != '\0' ? text : "none";
}

int cpumap_nr_cpus(struct tool *t)
{
	struct xen_sysctl_physinfo host;
	int rc = tool_hv(t);

	if (rc < 0)
		return rc;
	rc = host_physinfo(&t->hv, &host);
	if (rc < 0)
		return req_fail_rc(&t->r, rc, "cannot ask for the pcpus");
	return host.max_cpu_id + 1 < CPUMAP_BITS ? (int)host.max_cpu_id + 1
						 : CPUMAP_BITS;
}

int cpumap_read(struct tool *t, const char *text, struct cpumap *m)
{
	struct xen_sysctl_cputopo *topo;
	uint32_t *node_of;
	int nr = cpumap_nr_cpus(t), known;

	if (nr < 0)
		return nr;
	topo = ARENA_ARRAY(&t->r.mem, struct xen_sysctl_cputopo, (size_t)nr);
	node_of = ARENA_ARRAY(&t->r.mem, uint32_t, (size_t)nr);
	known = host_cpu_topology(&t->hv, topo, (uint32_t)nr);
	for (int i = 0; i < known; i++)
		node_of[i] = topo[i].node;
	return cpumap_parse(&t->r, text, (unsigned int)nr, node_of, m);
}

static const char *setting_for(const struct cpus_setting *s, size_t vcpu)
{
	return vcpu < s->nr_each ? s->each[vcpu] : s->all;
}

static int read_setting(struct tool *t, const struct domcfg *cfg,
			const struct cpus_setting *s, const char *key,
			size_t vcpu, struct cpumap *m, bool *is_set)
{
	const char *text = setting_for(s, vcpu);
	int rc;

	*is_set = text != NULL && strcmp(text, "all") != 0;
	if (!*is_set)
		return 0;
	rc = cpumap_read(t, text, m);
	if (rc < 0) {
		req_context(&t->r, "%s", key);
		domcfg_where(&t->r, cfg, key);
	}
	return rc;
}

static int each_vcpu(struct tool *t, const struct domcfg *cfg, bool apply,
		     domid_t domid)
{
	int nr_cpus = 0, rc = 0;

	for (int64_t v = 0; v < cfg->maxvcpus && rc == 0; v++) {
		struct cpumap hard, soft;
		bool has_hard, has_soft;

		rc = read_setting(t, cfg, &cfg->cpus, "cpus", (size_t)v, &hard,
				  &has_hard);
		if (rc == 0)
			rc = read_setting(t, cfg, &cfg->cpus_soft, "cpus_soft",
					  (size_t)v, &soft, &has_soft);
		if (rc < 0 || !apply || !(has_hard || has_soft))
			continue;
		if (nr_cpus == 0)
			nr_cpus = cpumap_nr_cpus(t);
		if (nr_cpus < 0)
			return nr_cpus;
		rc = dom_set_affinity(
			&t->hv, domid, (uint32_t)v, has_hard ? hard.bits : NULL,
			has_soft ? soft.bits : NULL, (uint32_t)nr_cpus, false);
		if (rc < 0)
			return req_fail_rc(&t->r, rc,
					   "cannot pin vcpu %ld of domain %u",
					   (long)v, domid);
	}
	return rc;
}

int cpumap_check(struct tool *t, const struct domcfg *cfg)
{
	if (cfg->cpus.all == NULL && cfg->cpus.nr_each == 0 &&
	    cfg->cpus_soft.all == NULL && cfg->cpus_soft.nr_each == 0)
		return 0;
	return each_vcpu(t, cfg, false, DOMID_INVALID);
}

int cpumap_apply(struct tool *t, const struct domcfg *cfg, domid_t domid)
{
	if (cfg->cpus.all == NULL && cfg->cpus.nr_each == 0 &&
	    cfg->cpus_soft.all == NULL && cfg->cpus_soft.nr_each == 0)
		return 0;
	return each_vcpu(t, cfg, true, domid);
}
