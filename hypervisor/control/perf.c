/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the performance counters: for the tools, and as a debug key. */
#include <hv/guest_access.h>
#include <hv/perf.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/sysctl.h>

#include <abi/errno.h>

struct perf_counters perf_counters[NR_CPUS];

static const struct counter {
	const char *name;
	uint32_t offset; /* in struct perf_counters */
	uint32_t nr;
} counters[] = {
#define COUNTER(member, name, nr)                                              \
	{name, offsetof(struct perf_counters, member), nr},
#include "perf.def"
#undef COUNTER
};

static uint32_t value(const struct counter *c, unsigned int cpu, uint32_t i)
{
	const char *base = (const char *)&perf_counters[cpu] + c->offset;
	uint32_t v;

	memcpy(&v, base + i * sizeof(v), sizeof(v));
	return v;
}

static uint32_t sum(const struct counter *c, uint32_t i)
{
	uint32_t total = 0;
	unsigned int cpu;

	for_each_cpu (cpu, cpu_online_map)
		total += value(c, cpu, i);
	return total;
}

/* Those with one value are told for each CPU. */
static uint32_t nr_values(const struct counter *c)
{
	return c->nr > 1 ? c->nr : cpumask_weight(cpu_online_map);
}

static int put_value(uint64_t to, uint32_t *n, uint32_t v)
{
	return copy_to_guest(guest_ptr(to + (*n)++ * sizeof(v)), &v, sizeof(v));
}

static int put_values(const struct counter *c, uint64_t to, uint32_t *n)
{
	unsigned int cpu;
	int rc = 0;

	if (c->nr > 1) {
		for (uint32_t i = 0; i < c->nr && !rc; i++)
			rc = put_value(to, n, sum(c, i));
		return rc;
	}
	for_each_cpu (cpu, cpu_online_map)
		if (!rc)
			rc = put_value(to, n, value(c, cpu, 0));
	return rc;
}

static int put_desc(const struct counter *c, uint64_t to)
{
	struct xen_sysctl_perfc_desc desc = {.nr_vals = nr_values(c)};

	memcpy(desc.name, c->name, min(strlen(c->name), sizeof(desc.name) - 1));
	return copy_to_guest(guest_ptr(to), &desc, sizeof(desc));
}

static long query(struct xen_sysctl_perfc_op *op)
{
	uint32_t n = 0;
	int rc = 0;

	op->nr_counters = ARRAY_SIZE(counters);
	op->nr_vals = 0;
	for (uint32_t i = 0; i < ARRAY_SIZE(counters); i++)
		op->nr_vals += nr_values(&counters[i]);
	for (uint32_t i = 0; i < ARRAY_SIZE(counters) && !rc; i++) {
		if (op->desc)
			rc = put_desc(
				&counters[i],
				op->desc + i * sizeof(struct
						      xen_sysctl_perfc_desc));
		if (op->val && !rc)
			rc = put_values(&counters[i], op->val, &n);
	}
	return rc;
}

void perf_reset(void)
{
	memset(perf_counters, 0, sizeof(perf_counters));
}

long sysctl_perfc_op(struct xen_sysctl_perfc_op *op)
{
	switch (op->cmd) {
	case XEN_SYSCTL_PERFCOP_reset:
		perf_reset();
		return query(op);
	case XEN_SYSCTL_PERFCOP_query:
		return query(op);
	default:
		return -EINVAL;
	}
}

void perf_dump(void)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(counters); i++)
		for (uint32_t j = 0; j < counters[i].nr; j++)
			if (sum(&counters[i], j))
				log_info("  %s[%u]: %u\n", counters[i].name, j,
					 sum(&counters[i], j));
}
