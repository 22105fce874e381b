// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine as a whole: packing and unpacking of sysctl and xen_version.
 */
#include <errno.h>
#include <string.h>

#include <abi/memory.h>

#include "host.h"

int host_physinfo(struct hv *hv, struct xen_sysctl_physinfo *info)
{
	struct xen_sysctl *op = hv_sysctl(hv, XEN_SYSCTL_physinfo);
	int rc = hv_sysctl_end(hv, op);

	if (rc == 0)
		*info = op->u.physinfo;
	return rc;
}

int host_sched_id(struct hv *hv, uint32_t *id)
{
	struct xen_sysctl *op = hv_sysctl(hv, XEN_SYSCTL_sched_id);
	int rc = hv_sysctl_end(hv, op);

	if (rc == 0)
		*id = op->u.sched_id.sched_id;
	return rc;
}

int host_log_read(struct hv *hv, char *buf, uint32_t size, uint32_t *index,
		  bool clear)
{
	struct xen_sysctl *op = hv_sysctl(hv, XEN_SYSCTL_readconsole);
	void *room = hv_buf(hv, size);
	uint32_t len;
	int rc;

	op->u.readconsole.clear = clear;
	op->u.readconsole.incremental = 1;
	op->u.readconsole.index = *index;
	op->u.readconsole.buffer = hv_ptr(room);
	op->u.readconsole.count = size;
	rc = hv_sysctl_end(hv, op);
	if (rc < 0)
		return rc;
	len = op->u.readconsole.count;
	if (len > size)
		return -EIO;
	memcpy(buf, room, len);
	*index = op->u.readconsole.index;
	return (int)len;
}

int host_debug_keys(struct hv *hv, const char *keys)
{
	struct xen_sysctl *op = hv_sysctl(hv, XEN_SYSCTL_debug_keys);
	size_t len = strlen(keys);
	char *copy = hv_buf(hv, len);

	memcpy(copy, keys, len);
	op->u.debug_keys.keys = hv_ptr(copy);
	op->u.debug_keys.nr_keys = (uint32_t)len;
	return hv_sysctl_end(hv, op);
}

int host_cpu_hotplug(struct hv *hv, uint32_t cpu, uint32_t what)
{
	struct xen_sysctl *op = hv_sysctl(hv, XEN_SYSCTL_cpu_hotplug);

	op->u.cpu_hotplug.cpu = cpu;
	op->u.cpu_hotplug.op = what;
	return hv_sysctl_end(hv, op);
}

int host_cpu_topology(struct hv *hv, struct xen_sysctl_cputopo *out,
		      uint32_t max)
{
	struct xen_sysctl *op = hv_sysctl(hv, XEN_SYSCTL_cputopoinfo);
	void *buf = hv_buf(hv, max * sizeof(*out));
	uint32_t nr;
	int rc;

	op->u.cputopoinfo.num_cpus = max;
	op->u.cputopoinfo.cputopo = hv_ptr(buf);
	rc = hv_sysctl_end(hv, op);
	if (rc < 0)
		return rc;
	nr = op->u.cputopoinfo.num_cpus < max ? op->u.cputopoinfo.num_cpus
					      : max;
	memcpy(out, buf, nr * sizeof(*out));
	return (int)nr;
}

int host_cpu_idle(struct hv *hv, struct xen_sysctl_cpuinfo *out, uint32_t max)
{
	struct xen_sysctl *op = hv_sysctl(hv, XEN_SYSCTL_getcpuinfo);
	void *buf = hv_buf(hv, max * sizeof(*out));
	uint32_t nr;
	int rc;

	op->u.getcpuinfo.max_cpus = max;
	op->u.getcpuinfo.info = hv_ptr(buf);
	rc = hv_sysctl_end(hv, op);
	if (rc < 0)
		return rc;
	nr = op->u.getcpuinfo.nr_cpus < max ? op->u.getcpuinfo.nr_cpus : max;
	memcpy(out, buf, nr * sizeof(*out));
	return (int)nr;
}

int host_numa(struct hv *hv, struct xen_sysctl_meminfo *out, uint32_t *distance,
	      uint32_t max)
{
	struct xen_sysctl *op = hv_sysctl(hv, XEN_SYSCTL_numainfo);
	void *mem = hv_buf(hv, max * sizeof(*out));
	void *dist = hv_buf(hv, (size_t)max * max * sizeof(*distance));
	uint32_t nr;
	int rc;

	op->u.numainfo.num_nodes = max;
	op->u.numainfo.meminfo = hv_ptr(mem);
	op->u.numainfo.distance = hv_ptr(dist);
	rc = hv_sysctl_end(hv, op);
	if (rc < 0)
		return rc;
	nr = op->u.numainfo.num_nodes < max ? op->u.numainfo.num_nodes : max;
	memcpy(out, mem, nr * sizeof(*out));
	memcpy(distance, dist, (size_t)nr * nr * sizeof(*distance));
	return (int)nr;
}

static int host_pool_op(struct hv *hv, uint32_t cmd, uint32_t id,
			struct host_cpupool *pool, uint8_t *cpus,
			uint32_t nr_bits)
{
	struct xen_sysctl *op = hv_sysctl(hv, XEN_SYSCTL_cpupool_op);
	struct xen_sysctl_cpupool_op *p = &op->u.cpupool_op;
	size_t len = (nr_bits + 7) / 8;
	void *map = hv_buf(hv, len);
	int rc;

	p->op = cmd;
	p->cpupool_id = id;
	p->cpumap.bitmap = hv_ptr(map);
	p->cpumap.nr_bits = nr_bits;
	rc = hv_sysctl_end(hv, op);
	if (rc < 0)
		return rc;
	memcpy(cpus, map, len);
	*pool = (struct host_cpupool){p->cpupool_id, p->sched_id, p->n_dom};
	return 0;
}

int host_cpupool(struct hv *hv, uint32_t id, struct host_cpupool *pool,
		 uint8_t *cpus, uint32_t nr_bits)
{
	return host_pool_op(hv, XEN_SYSCTL_CPUPOOL_OP_INFO, id, pool, cpus,
			    nr_bits);
}

int host_free_cpus(struct hv *hv, uint8_t *cpus, uint32_t nr_bits)
{
	struct host_cpupool none;

	return host_pool_op(hv, XEN_SYSCTL_CPUPOOL_OP_FREEINFO, 0, &none, cpus,
			    nr_bits);
}

static int host_credit2(struct hv *hv, uint32_t pool, uint32_t cmd,
			uint32_t *ratelimit_us)
{
	struct xen_sysctl *op = hv_sysctl(hv, XEN_SYSCTL_scheduler_op);
	int rc;

	op->u.scheduler_op.cpupool_id = pool;
	op->u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
	op->u.scheduler_op.cmd = cmd;
	op->u.scheduler_op.u.sched_credit2.ratelimit_us = *ratelimit_us;
	rc = hv_sysctl_end(hv, op);
	if (rc == 0)
		*ratelimit_us = op->u.scheduler_op.u.sched_credit2.ratelimit_us;
	return rc;
}

int host_get_credit2(struct hv *hv, uint32_t pool, uint32_t *ratelimit_us)
{
	*ratelimit_us = 0;
	return host_credit2(hv, pool, XEN_SYSCTL_SCHEDOP_getinfo, ratelimit_us);
}

int host_set_credit2(struct hv *hv, uint32_t pool, uint32_t ratelimit_us)
{
	return host_credit2(hv, pool, XEN_SYSCTL_SCHEDOP_putinfo,
			    &ratelimit_us);
}

static long host_xen_version(struct hv *hv, unsigned int cmd, const void *arg)
{
	return hv_call(hv, __HYPERVISOR_xen_version, cmd, hv_ptr(arg), 0, 0, 0);
}

long host_version(struct hv *hv)
{
	return host_xen_version(hv, XENVER_version, NULL);
}

int host_version_text(struct hv *hv, unsigned int cmd, char *buf, size_t size)
{
	char *text;
	long rc;

	/* the longest of the texts, xen_commandline_t, is 1024 bytes */
	hv_buf_reset(hv);
	text = hv_buf(hv, sizeof(xen_commandline_t) + 1);
	rc = host_xen_version(hv, cmd, text);
	buf[0] = '\0';
	if (rc < 0)
		return (int)rc;
	strncat(buf, text, size - 1);
	return 0;
}

int host_clears_memory(struct hv *hv)
{
	char text[sizeof(xen_extraversion_t) + 1];
	int rc = host_version_text(hv, XENVER_extraversion, text, sizeof(text));

	return rc < 0 ? rc : strstr(text, "-pavo") != NULL;
}

int host_compile_info(struct hv *hv, struct xen_compile_info *info)
{
	struct xen_compile_info *op;
	long rc;

	hv_buf_reset(hv);
	op = hv_buf(hv, sizeof(*op));
	rc = host_xen_version(hv, XENVER_compile_info, op);
	*info = *op;
	return rc < 0 ? (int)rc : 0;
}

int host_build_id(struct hv *hv, uint8_t *buf, uint32_t size)
{
	struct xen_build_id *op;
	long rc;

	hv_buf_reset(hv);
	op = hv_buf(hv, sizeof(*op) + size);
	op->len = size;
	rc = host_xen_version(hv, XENVER_build_id, op);
	if (rc < 0)
		return (int)rc;
	if (rc > (long)size)
		return -EIO;
	memcpy(buf, op->buf, (size_t)rc);
	return (int)rc;
}

int host_virt_start(struct hv *hv, uint64_t *va)
{
	struct xen_platform_parameters *op;
	long rc;

	hv_buf_reset(hv);
	op = hv_buf(hv, sizeof(*op));
	rc = host_xen_version(hv, XENVER_platform_parameters, op);
	*va = op->virt_start;
	return rc < 0 ? (int)rc : 0;
}

long host_sharing(struct hv *hv, unsigned int cmd)
{
	long rc = hv_call(hv, __HYPERVISOR_memory_op, cmd, 0, 0, 0, 0);

	return rc < 0 ? 0 : rc;
}
