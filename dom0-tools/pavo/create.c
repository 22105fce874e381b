// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creating domains: checks, then the hypervisor's part, the builder, and the
 * xenstore's part. domain_create() at the end is the list of what happens.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "build.h"
#include "cpumap.h"
#include "create.h"
#include "device.h"
#include "domains.h"
#include "domnodes.h"
#include "kcache.h"
#include "paths.h"
#include "state.h"

#define PAGES_PER_MIB 256

/*
 * What the hypervisor itself takes for a domain: control structures, and a
 * few pages for each vcpu. An estimate; the real answer is the creation's.
 */
#define OVERHEAD_PAGES 256
#define OVERHEAD_PER_VCPU 32
/* Dom0 is not to be squeezed below this. */
#define DOM0_RESERVE_MIB 128

/* A file of Dom0 that goes into the domain as it is. */
struct ramdisk {
	void *data;
	size_t bytes;
};

/*
 * What is mapped for a domain stays so until the process ends, which does not
 * take long: unmapping page by page would cost more than creating.
 */
struct plan {
	const struct domcfg *cfg;
	struct kimage kernel;
	struct ramdisk ramdisk;
};

static int ramdisk_open(struct req *r, const struct domcfg *cfg,
			struct ramdisk *rd)
{
	struct stat st;
	int fd;

	*rd = (struct ramdisk){0};
	if (cfg->ramdisk == NULL)
		return 0;
	fd = open(cfg->ramdisk, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		req_fail(r, -errno, "cannot open the ramdisk %s: %s",
			 cfg->ramdisk, strerror(errno));
		return domcfg_where(r, cfg, "ramdisk");
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
		close(fd);
		req_fail(r, -EINVAL, "the ramdisk %s is %s", cfg->ramdisk,
			 S_ISREG(st.st_mode) ? "empty" : "not a file");
		return domcfg_where(r, cfg, "ramdisk");
	}
	rd->bytes = (size_t)st.st_size;
	rd->data = mmap(NULL, rd->bytes, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (rd->data != MAP_FAILED)
		return 0;
	rd->data = NULL;
	return req_fail(r, -errno, "cannot read the ramdisk %s: %s",
			cfg->ramdisk, strerror(errno));
}

static int plan_open(struct req *r, const struct domcfg *cfg, struct plan *p)
{
	struct layout l;
	int rc;

	*p = (struct plan){.cfg = cfg};
	rc = ramdisk_open(r, cfg, &p->ramdisk);
	if (rc < 0)
		return rc;
	rc = kcache_open(r, path_of(r, CACHE_DIR), cfg->kernel, &p->kernel);
	if (rc < 0)
		return domcfg_where(r, cfg, "kernel");
	rc = layout_make(r, p->kernel.head, p->ramdisk.bytes,
			 (uint64_t)cfg->memory_mib * PAGES_PER_MIB, &l);
	return rc < 0 ? domcfg_where(r, cfg, "memory") : 0;
}

static uint64_t dom0_available_mib(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long kib = 0;
	char line[128];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "MemAvailable: %lu kB", &kib) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return kib >> 10;
}

static int check_memory(struct tool *t, const struct domcfg *cfg)
{
	struct xen_sysctl_physinfo host;
	struct xen_domctl_getdomaininfo dom0;
	uint64_t want, free_mib, spare, lack;
	int rc = host_physinfo(&t->hv, &host);

	if (rc < 0)
		return req_fail_rc(&t->r, rc,
				   "cannot ask for the host's "
				   "memory");
	if (!(host.capabilities & XEN_SYSCTL_PHYSCAP_pv))
		return req_fail(&t->r, -EOPNOTSUPP,
				"the hypervisor does not run PV domains");
	want = (uint64_t)cfg->memory_mib * PAGES_PER_MIB;
	/* Pavo makes its tables of frames when they are first used */
	want += want * 3 / 512 + OVERHEAD_PAGES +
		(uint64_t)cfg->maxvcpus * OVERHEAD_PER_VCPU;
	if (want + host.outstanding_pages <= host.free_pages)
		return 0;
	want = (want + PAGES_PER_MIB - 1) / PAGES_PER_MIB;
	free_mib = (host.free_pages - host.outstanding_pages) / PAGES_PER_MIB;
	lack = want - free_mib;
	spare = dom0_available_mib();
	spare = spare > DOM0_RESERVE_MIB ? spare - DOM0_RESERVE_MIB : 0;
	req_fail(&t->r, -ENOMEM,
		 "not enough memory for \"%s\": it needs %lu MiB, the host has "
		 "%lu MiB free, and Dom0 could give %lu MiB",
		 cfg->name, (unsigned long)want, (unsigned long)free_mib,
		 (unsigned long)spare);
	domcfg_where(&t->r, cfg, "memory");
	if (spare >= lack && dom_info(&t->hv, 0, &dom0) == 0)
		return req_hint(
			&t->r,
			"`pavo mem-set 0 %lu` takes it from "
			"Dom0",
			(unsigned long)(dom0.tot_pages / PAGES_PER_MIB - lack));
	return req_hint(&t->r, "lower memory, or shut down another domain");
}

static int check_unique(struct tool *t, const struct domcfg *cfg)
{
	struct domain other;
	int rc = domains_taken(t, cfg->name, cfg->uuid, &other);

	if (rc <= 0)
		return rc;
	if (strcmp(other.name, cfg->name) != 0) {
		req_fail(&t->r, -EEXIST, "the UUID is in use by domain %u (%s)",
			 other.info.domain, other.name);
		return domcfg_where(&t->r, cfg, "uuid");
	}
	req_fail(&t->r, -EEXIST, "the name \"%s\" is in use by domain %u",
		 cfg->name, other.info.domain);
	domcfg_where(&t->r, cfg, "name");
	return req_hint(&t->r,
			"`pavo destroy %s` ends that one, or give this one "
			"another name",
			cfg->name);
}

/* Nothing is made; what is opened stays open in @p. */
static int preflight(struct tool *t, const struct domcfg *cfg, struct plan *p)
{
	int rc = tool_both(t);

	*p = (struct plan){.cfg = cfg};
	if (rc == 0)
		rc = check_unique(t, cfg);
	if (rc == 0)
		rc = check_memory(t, cfg);
	if (rc == 0)
		rc = cpumap_check(t, cfg);
	if (rc == 0)
		rc = devices_check(t, cfg);
	if (rc == 0)
		rc = plan_open(&t->r, cfg, p);
	return rc;
}

int domain_preflight(struct tool *t, const struct domcfg *cfg)
{
	struct plan p;

	return preflight(t, cfg, &p);
}

static int refused(struct tool *t, const struct domcfg *cfg, int rc,
		   const char *key, const char *what)
{
	req_fail_rc(&t->r, rc, "cannot create \"%s\": %s", cfg->name, what);
	return key != NULL ? domcfg_where(&t->r, cfg, key) : rc;
}

/* Seconds by which local time is ahead of UTC. */
static int64_t local_offset(void)
{
	time_t now = time(NULL);
	struct tm tm;

	return localtime_r(&now, &tm) != NULL ? tm.tm_gmtoff : 0;
}

/* An empty domain with its limits and its two ports. */
static int make_empty(struct tool *t, const struct domcfg *cfg, domid_t *domid)
{
	struct xen_domctl_createdomain c = {
		.max_vcpus = (uint32_t)cfg->maxvcpus,
		.max_evtchn_port = (uint32_t)cfg->max_event_channels,
		.max_grant_frames = (int32_t)cfg->max_grant_frames,
		.max_maptrack_frames = (int32_t)cfg->max_maptrack_frames,
		.grant_opts = XEN_DOMCTL_GRANT_version(
			(uint32_t)cfg->max_grant_version),
		.arch.misc_flags = cfg->msr_relaxed ? XEN_X86_MSR_RELAXED : 0,
	};
	int rc;

	memcpy(c.handle, cfg->uuid, 16);
	rc = dom_create(&t->hv, &c, domid);
	if (rc == -EINVAL)
		return refused(t, cfg, rc, "maxvcpus",
			       "the hypervisor refuses one of vcpus, "
			       "max_event_channels, max_grant_version");
	return rc < 0 ? refused(t, cfg, rc, NULL,
				"the hypervisor makes no domain")
		      : 0;
}

static int set_limits(struct tool *t, const struct domcfg *cfg, domid_t domid)
{
	struct xen_domctl_sched_credit2 share = {
		.weight = (uint16_t)cfg->cpu_weight,
		.cap = (uint16_t)cfg->cap,
	};
	int64_t offset = cfg->rtc_timeoffset;
	int rc = dom_max_vcpus(&t->hv, domid, (uint32_t)cfg->maxvcpus);

	if (rc < 0)
		return refused(t, cfg, rc, "vcpus", "vcpus");
	rc = dom_max_mem(&t->hv, domid, domain_max_mem_kib(cfg->memory_mib));
	if (rc < 0)
		return refused(t, cfg, rc, "memory", "memory limit");
	if (cfg->tsc_mode != TSC_DEFAULT)
		rc = dom_set_tsc_mode(&t->hv, domid, (uint32_t)cfg->tsc_mode);
	if (rc < 0)
		return refused(t, cfg, rc, "tsc_mode", "tsc_mode");
	if (cfg->localtime)
		offset += local_offset();
	if (offset != 0)
		rc = dom_set_time_offset(&t->hv, domid, offset);
	if (rc < 0)
		return refused(t, cfg, rc, "rtc_timeoffset", "time offset");
	if (cfg->cpu_weight != 256 || cfg->cap != 0)
		rc = dom_set_credit2(&t->hv, domid, &share);
	if (rc < 0)
		return refused(t, cfg, rc, "cpu_weight",
			       "the scheduler takes no weight or cap");
	return cpumap_apply(t, cfg, domid);
}

static int make_ports(struct tool *t, domid_t domid, struct build_params *p)
{
	int rc = dom_alloc_unbound(&t->hv, domid, 0, &p->store_port);

	if (rc == 0)
		rc = dom_alloc_unbound(&t->hv, domid, 0, &p->console_port);
	return rc < 0 ? req_fail_rc(&t->r, rc,
				    "cannot make event channels for the store "
				    "and the console")
		      : 0;
}

static int kill_domain(struct tool *t, domid_t domid)
{
	dom_pause(&t->hv, domid);
	devices_close(t, domid);
	return dom_destroy(&t->hv, domid);
}

static int build(struct tool *t, const struct plan *plan, domid_t domid,
		 struct build_params *p, struct build_result *out)
{
	struct build_target target = {&t->hv, domid};
	int rc;

	p->kernel = &plan->kernel;
	p->initrd = plan->ramdisk.data;
	p->initrd_bytes = plan->ramdisk.bytes;
	p->cmdline = plan->cfg->cmdline;
	p->nr_pages = (uint64_t)plan->cfg->memory_mib * PAGES_PER_MIB;
	rc = build_domain(&t->r, &build_xen_ops, &target, p, out);
	return rc < 0 ? req_context(&t->r, "cannot build \"%s\"",
				    plan->cfg->name)
		      : 0;
}

int domain_create(struct tool *t, const struct domcfg *cfg, domid_t *domid)
{
	struct build_params params = {0};
	struct build_result built;
	struct plan plan;
	int rc = preflight(t, cfg, &plan);

	if (rc == 0)
		rc = make_empty(t, cfg, domid);
	if (rc < 0)
		return rc;
	rc = set_limits(t, cfg, *domid);
	if (rc == 0)
		rc = make_ports(t, *domid, &params);
	if (rc == 0)
		rc = build(t, &plan, *domid, &params, &built);
	if (rc == 0)
		rc = state_save(&t->r, cfg);
	if (rc == 0)
		rc = domnodes_write(t, cfg, *domid, &params, &built);
	if (rc == 0)
		rc = devices_attach(t, *domid, cfg);
	if (rc < 0) {
		struct req kept = t->r; /* undoing must not hide why */

		kill_domain(t, *domid);
		domain_forget(t, *domid, cfg->uuid, cfg->name);
		t->r.rc = kept.rc;
		t->r.what = kept.what;
		t->r.where = kept.where;
		t->r.hint = kept.hint;
	}
	return rc;
}

void domain_forget(struct tool *t, domid_t domid, const uint8_t uuid[16],
		   const char *name)
{
	/* what is left when we die here is found by its nodes */
	state_remove(&t->r, uuid);
	domnodes_remove(t, domid, uuid, name);
}

static int end(struct tool *t, domid_t domid, bool forget)
{
	struct xen_domctl_getdomaininfo info;
	const char *name;
	int rc = tool_both(t);

	if (rc < 0)
		return rc;
	if (domid == 0)
		return req_fail(&t->r, -EPERM, "Dom0 cannot be destroyed");
	rc = dom_info(&t->hv, domid, &info);
	if (rc < 0)
		return req_fail_rc(&t->r, rc, "domain %u", domid);
	name = domain_name(t, domid);
	rc = kill_domain(t, domid);
	if (rc < 0)
		return req_fail_rc(&t->r, rc, "cannot destroy domain %u",
				   domid);
	if (forget)
		state_remove(&t->r, info.handle);
	domnodes_remove(t, domid, info.handle, name);
	return 0;
}

int domain_remove(struct tool *t, domid_t domid)
{
	return end(t, domid, true);
}

int domain_end(struct tool *t, domid_t domid)
{
	return end(t, domid, false);
}
