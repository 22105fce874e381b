/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine as a whole: sysctl and xen_version, one typed function each.
 *
 * All return 0 (or a count) or -errno and record nothing.
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>

#include <abi/sysctl.h>
#include <abi/version.h>

#include "hv.h"

int host_physinfo(struct hv *hv, struct xen_sysctl_physinfo *info);
int host_sched_id(struct hv *hv, uint32_t *id);

/*
 * Read the log from *@index on into @buf; *@index moves behind what was read.
 * Returns the number of bytes.
 */
int host_log_read(struct hv *hv, char *buf, uint32_t size, uint32_t *index,
		  bool clear);
int host_debug_keys(struct hv *hv, const char *keys);

/* @op: XEN_SYSCTL_CPU_HOTPLUG_*.  -EEXIST, -ENODEV: it is so already. */
int host_cpu_hotplug(struct hv *hv, uint32_t cpu, uint32_t op);

/* Per pcpu and per node; return how many there are, at most @max. */
int host_cpu_topology(struct hv *hv, struct xen_sysctl_cputopo *out,
		      uint32_t max);
int host_cpu_idle(struct hv *hv, struct xen_sysctl_cpuinfo *out, uint32_t max);
int host_numa(struct hv *hv, struct xen_sysctl_meminfo *out, uint32_t *distance,
	      uint32_t max);

/*
 * The first pool with an id of at least *@id (-ENOENT: none), its pcpus as a
 * bitmap of @nr_bits. Pcpus in no pool: host_free_cpus.
 */
struct host_cpupool {
	uint32_t id;
	uint32_t sched_id; /* XEN_SCHEDULER_* */
	uint32_t nr_domains;
};
int host_cpupool(struct hv *hv, uint32_t id, struct host_cpupool *pool,
		 uint8_t *cpus, uint32_t nr_bits);
int host_free_cpus(struct hv *hv, uint8_t *cpus, uint32_t nr_bits);

int host_get_credit2(struct hv *hv, uint32_t pool, uint32_t *ratelimit_us);
int host_set_credit2(struct hv *hv, uint32_t pool, uint32_t ratelimit_us);

/* xen_version: a number, or text copied to @buf, always terminated. */
long host_version(struct hv *hv);
int host_version_text(struct hv *hv, unsigned int cmd, char *buf, size_t size);
/* 1: memory that a domain is given is all zero, as Pavo's is; 0: or not. */
int host_clears_memory(struct hv *hv);
int host_compile_info(struct hv *hv, struct xen_compile_info *info);
int host_build_id(struct hv *hv, uint8_t *buf, uint32_t size);
int host_virt_start(struct hv *hv, uint64_t *va);
/* Pages shared or saved by sharing: XENMEM_get_sharing_*; 0 if unknown. */
long host_sharing(struct hv *hv, unsigned int cmd);

#endif
