/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of pcpus: "0-3,^1", "all", "nodes:0", and their bitmaps.
 */
#ifndef CPUMAP_H
#define CPUMAP_H

#include "domcfg.h"
#include "tool.h"

#define CPUMAP_BITS 1024

struct cpumap {
	uint8_t bits[CPUMAP_BITS / 8];
};

static inline bool cpumap_has(const struct cpumap *m, unsigned int cpu)
{
	return m->bits[cpu / 8] >> cpu % 8 & 1;
}

/*
 * Read @text. @nr_cpus: those there are; @node_of their NUMA nodes, or NULL if
 * nodes are not to be named. -EINVAL: recorded.
 */
int cpumap_parse(struct req *r, const char *text, unsigned int nr_cpus,
		 const uint32_t *node_of, struct cpumap *m);
/* "all" when nothing is left out of @nr_cpus. */
const char *cpumap_text(struct req *r, const struct cpumap *m,
			unsigned int nr_cpus);
/* As cpumap_parse, asking the hypervisor for what there is. */
int cpumap_read(struct tool *t, const char *text, struct cpumap *m);
/* Pcpus there are, by their highest number; or -errno, recorded. */
int cpumap_nr_cpus(struct tool *t);

/* The cpus and cpus_soft settings: whether they can be met; and do it. */
int cpumap_check(struct tool *t, const struct domcfg *cfg);
int cpumap_apply(struct tool *t, const struct domcfg *cfg, domid_t domid);

#endif
