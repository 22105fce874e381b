// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine for the tools' tests. It answers hypercalls as the ABI says, and
 * refuses what a hypervisor would refuse: page tables that are mapped
 * writable, or that point to frames of others.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <abi/event_channel.h>
#include <abi/grant_table.h>
#include <abi/memory.h>
#include <abi/mmu.h>
#include <abi/sysctl.h>
#include <abi/version.h>

#include "fake_hv.h"
#include "fmem.h"
#include "hv.h"
#include "req.h"

/*
 * Frames are numbered from MFN_BASE; pieces of 512 lie in an order of their
 * own, so that pfns and mfns never agree by accident.
 */
#define MFN_BASE 0x100000ull
#define PAGE_BYTES 4096ul
#define CHUNK 512

struct fake fake;

static char *memory;
static int memory_fd = -1;
static struct {
	domid_t owner;
	uint64_t pfn;
	unsigned int nr_maps;
} frames[FAKE_FRAMES];

#define FAKE_MAPS 64
static struct {
	void *va;
	xen_pfn_t *mfns;
} maps[FAKE_MAPS];

void fake_reset(unsigned int free_mib)
{
	memset(&fake, 0, sizeof(fake));
	if (memory_fd < 0) {
		memory_fd = memfd_create("machine", MFD_CLOEXEC);
		if (ftruncate(memory_fd, FAKE_FRAMES * PAGE_BYTES) < 0)
			abort();
		memory = mmap(NULL, FAKE_FRAMES * PAGE_BYTES,
			      PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
	}
	for (size_t i = 0; i < FAKE_FRAMES; i++) {
		frames[i].owner = DOMID_INVALID;
		frames[i].nr_maps = 0;
	}
	fake.free_pages = (uint64_t)free_mib << 8;
	fake.next_domid = 1;
	fake.nr_cpus = 4;
	fake.d[0].exists = true;
	fake.d[0].info.tot_pages = 1024 << 8;
	fake.d[0].info.max_pages = 1024 << 8;
	fake.d[0].info.nr_online_vcpus = 4;
	fake.d[0].info.max_vcpu_id = 3;
	fake.d[0].info.flags = XEN_DOMINF_running;
	fake.d[0].info.cpu_time = 12300000000ull;
	fake.d[0].credit2.weight = 256;
	strcpy(fake.log, "(XEN) fake\n");
}

struct fake_domain *fake_domain(domid_t domid)
{
	for (size_t i = 0; i < FAKE_DOMAINS; i++)
		if (fake.d[i].exists && fake.d[i].info.domain == domid)
			return &fake.d[i];
	return NULL;
}

static bool is_frame(xen_pfn_t mfn)
{
	return mfn >= MFN_BASE && mfn < MFN_BASE + FAKE_FRAMES;
}

void *fake_frame(xen_pfn_t mfn)
{
	return is_frame(mfn) ? memory + (mfn - MFN_BASE) * PAGE_BYTES : NULL;
}

domid_t fake_owner(xen_pfn_t mfn)
{
	return is_frame(mfn) ? frames[mfn - MFN_BASE].owner : DOMID_INVALID;
}

uint64_t fake_m2p(xen_pfn_t mfn)
{
	return frames[mfn - MFN_BASE].pfn;
}

/* @nr free frames, aligned to @nr, in scattered order; 0: none. */
static xen_pfn_t take_frames(domid_t owner, uint64_t pfn, uint64_t nr)
{
	for (size_t c = 0; c < FAKE_FRAMES / CHUNK; c++) {
		/* 37 is prime to the number of chunks: all come, jumbled */
		size_t first = c * 37 % (FAKE_FRAMES / CHUNK) * CHUNK;

		for (size_t at = 0; at + nr <= CHUNK; at += nr) {
			size_t i = first + (nr == 1 ? CHUNK - 1 - at : at), k;

			for (k = 0; k < nr; k++)
				if (frames[i + k].owner != DOMID_INVALID)
					break;
			if (k < nr)
				continue;
			for (k = 0; k < nr; k++) {
				frames[i + k].owner = owner;
				frames[i + k].pfn = pfn + k;
			}
			/* nobody else promises cleared memory */
			memset(memory + i * PAGE_BYTES, fake.is_pavo ? 0 : 0xa5,
			       nr * PAGE_BYTES);
			return MFN_BASE + i;
		}
	}
	return 0;
}

static xen_pfn_t table_entry(xen_pfn_t table, uint64_t va, unsigned int level)
{
	const uint64_t *t = fake_frame(table);

	return t[va >> (12 + 9 * (level - 1)) & 511];
}

xen_pfn_t fake_walk(const struct fake_domain *d, uint64_t va, uint64_t *pte)
{
	xen_pfn_t mfn = d->pinned;

	for (unsigned int level = 4; level >= 1; level--) {
		uint64_t e;

		if (fake_owner(mfn) != d->info.domain)
			return 0;
		e = table_entry(mfn, va, level);
		if (!(e & 1))
			return 0;
		mfn = e >> 12 & 0xffffffffffull;
		*pte = e;
	}
	return mfn;
}

/* As PIN_L4 does: frames of the domain only, tables nowhere writable. */
static int validate(const struct fake_domain *d, xen_pfn_t mfn,
		    unsigned int level)
{
	const uint64_t *t = fake_frame(mfn);

	if (fake_owner(mfn) != d->info.domain ||
	    frames[mfn - MFN_BASE].nr_maps > 0)
		return -EINVAL;
	for (int i = 0; i < 512; i++) {
		xen_pfn_t next = t[i] >> 12 & 0xffffffffffull;

		if (!(t[i] & 1))
			continue;
		if (level == 4 && i >= 256 && i < 272)
			return -EINVAL; /* the hypervisor's slots */
		if (fake_owner(next) != d->info.domain)
			return -EINVAL;
		if (level > 1 && validate(d, next, level - 1) < 0)
			return -EINVAL;
	}
	return 0;
}

static void *guest(uint64_t p)
{
	return (void *)(uintptr_t)p;
}

static int op_create(struct xen_domctl *op)
{
	for (size_t i = 0; i < FAKE_DOMAINS; i++) {
		struct fake_domain *d = &fake.d[i];

		if (d->exists)
			continue;
		if (op->u.createdomain.max_vcpus == 0 ||
		    op->u.createdomain.max_vcpus > 32)
			return -EINVAL;
		memset(d, 0, sizeof(*d));
		d->exists = true;
		d->info.domain = fake.next_domid++;
		d->info.flags = XEN_DOMINF_paused;
		memcpy(d->info.handle, op->u.createdomain.handle, 16);
		d->credit2.weight = 256;
		memset(d->hard, 0xff, sizeof(d->hard));
		memset(d->soft, 0xff, sizeof(d->soft));
		d->shared_info = take_frames(d->info.domain, ~0ull, 1);
		d->info.shared_info_frame = d->shared_info;
		op->domain = d->info.domain;
		return 0;
	}
	return -ENOSPC;
}

static int op_destroy(struct fake_domain *d)
{
	for (size_t i = 0; i < FAKE_FRAMES; i++)
		if (frames[i].owner == d->info.domain)
			frames[i].owner = DOMID_INVALID;
	fake.free_pages += d->info.tot_pages;
	d->exists = false;
	return 0;
}

/* struct xen_domctl_gdbsx_memio, as the ABI lays it out */
struct memio {
	uint64_t pgd3val, gva, buf;
	uint32_t len;
	uint8_t gwr;
	uint32_t remain;
};

static int op_memio(struct fake_domain *d, struct memio *io)
{
	if (fake.no_write)
		return -ENOSYS;
	io->remain = io->len;
	while (io->remain > 0) {
		uint64_t va = io->gva + (io->len - io->remain), pte;
		uint32_t n = PAGE_BYTES - (va & (PAGE_BYTES - 1));
		xen_pfn_t mfn = d->has_vcpu0 ? fake_walk(d, va, &pte) : 0;

		if (mfn == 0)
			return -EFAULT;
		if (n > io->remain)
			n = io->remain;
		memcpy((char *)fake_frame(mfn) + (va & (PAGE_BYTES - 1)),
		       (char *)guest(io->buf) + (io->len - io->remain), n);
		io->remain -= n;
	}
	return 0;
}

static int op_affinity(struct fake_domain *d, struct xen_domctl *op, bool set)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	size_t len = (a->cpumap_hard.nr_bits + 7) / 8;

	if (a->vcpu > d->info.max_vcpu_id)
		return -ESRCH;
	if (len > sizeof(d->hard))
		len = sizeof(d->hard);
	if (!set) {
		memcpy(guest(a->cpumap_hard.bitmap), d->hard, len);
		memcpy(guest(a->cpumap_soft.bitmap), d->soft, len);
		return 0;
	}
	if (a->flags & XEN_VCPUAFFINITY_HARD)
		memcpy(d->hard, guest(a->cpumap_hard.bitmap), len);
	if (a->flags & XEN_VCPUAFFINITY_SOFT)
		memcpy(d->soft, guest(a->cpumap_soft.bitmap), len);
	return 0;
}

static int op_set_vcpu(struct fake_domain *d, struct xen_domctl *op)
{
	const struct vcpu_guest_context *c = guest(op->u.vcpucontext.ctxt);

	if (op->u.vcpucontext.vcpu != 0)
		return -EINVAL;
	if (d->pinned == 0 || xen_cr3_to_pfn(c->ctrlreg[3]) != d->pinned)
		return -EINVAL;
	d->vcpu0 = *c;
	d->has_vcpu0 = true;
	return 0;
}

static int domctl(struct xen_domctl *op)
{
	struct fake_domain *d = fake_domain(op->domain);

	if (op->interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return -EACCES;
	if (op->cmd == XEN_DOMCTL_createdomain)
		return op_create(op);
	if (d == NULL)
		return -ESRCH;
	switch (op->cmd) {
	case XEN_DOMCTL_destroydomain:
		if (fake.at_destroy != NULL)
			fake.at_destroy();
		return op_destroy(d);
	case XEN_DOMCTL_pausedomain:
		d->info.flags |= XEN_DOMINF_paused;
		return 0;
	case XEN_DOMCTL_unpausedomain:
		d->info.flags &= ~XEN_DOMINF_paused;
		return 0;
	case XEN_DOMCTL_getdomaininfo:
		if (fake.looks_to_live > 0 && --fake.looks_to_live == 0)
			d->info.flags |= XEN_DOMINF_dying;
		op->u.getdomaininfo = d->info;
		return 0;
	case XEN_DOMCTL_max_mem:
		d->info.max_pages = op->u.max_mem.max_memkb >> 2;
		return 0;
	case XEN_DOMCTL_max_vcpus:
		d->info.max_vcpu_id = op->u.max_vcpus.max - 1;
		d->info.nr_online_vcpus = 1;
		return 0;
	case XEN_DOMCTL_setvcpucontext:
		return op_set_vcpu(d, op);
	case XEN_DOMCTL_getvcpucontext:
		memcpy(guest(op->u.vcpucontext.ctxt), &d->vcpu0,
		       sizeof(d->vcpu0));
		return op->u.vcpucontext.vcpu == 0 ? 0 : -ESRCH;
	case XEN_DOMCTL_getvcpuinfo:
		if (op->u.getvcpuinfo.vcpu > d->info.max_vcpu_id)
			return -ESRCH;
		op->u.getvcpuinfo.online =
			op->u.getvcpuinfo.vcpu < d->info.nr_online_vcpus;
		op->u.getvcpuinfo.cpu_time = d->info.cpu_time;
		op->u.getvcpuinfo.cpu = op->u.getvcpuinfo.vcpu;
		return 0;
	case XEN_DOMCTL_setvcpuaffinity:
		return op_affinity(d, op, true);
	case XEN_DOMCTL_getvcpuaffinity:
		return op_affinity(d, op, false);
	case XEN_DOMCTL_scheduler_op:
		if (op->u.scheduler_op.cmd == XEN_DOMCTL_SCHEDOP_putinfo)
			d->credit2 = op->u.scheduler_op.u.credit2;
		op->u.scheduler_op.u.credit2 = d->credit2;
		return 0;
	case XEN_DOMCTL_settscinfo:
		d->tsc_mode = op->u.tsc_info.tsc_mode;
		return 0;
	case XEN_DOMCTL_settimeoffset:
		d->time_offset = op->u.settimeoffset.time_offset_seconds;
		return 0;
	case XEN_DOMCTL_setdomainhandle:
		memcpy(d->info.handle, op->u.setdomainhandle.handle, 16);
		return 0;
	case XEN_DOMCTL_hypercall_init:
		d->hypercall_page = op->u.hypercall_init.gmfn;
		return fake_owner(d->hypercall_page) == op->domain ? 0
								   : -EINVAL;
	case XEN_DOMCTL_gdbsx_guestmemio:
		return op_memio(d, (struct memio *)&op->u);
	default:
		return -ENOSYS;
	}
}

static int op_domain_list(struct xen_sysctl_getdomaininfolist *l)
{
	struct xen_domctl_getdomaininfo *out = guest(l->buffer);

	l->num_domains = 0;
	for (unsigned int id = l->first_domain;
	     id < 100 && l->num_domains < l->max_domains; id++) {
		struct fake_domain *d = fake_domain((domid_t)id);

		if (d != NULL)
			out[l->num_domains++] = d->info;
	}
	return 0;
}

static uint32_t sched_id(void)
{
	return fake.has_null_sched ? XEN_SCHEDULER_NULL : XEN_SCHEDULER_CREDIT2;
}

static int op_pool(struct xen_sysctl_cpupool_op *p)
{
	uint8_t *map = guest(p->cpumap.bitmap);

	if (p->op == XEN_SYSCTL_CPUPOOL_OP_FREEINFO)
		return 0;
	if (p->cpupool_id > 0)
		return -ENOENT;
	p->sched_id = sched_id();
	for (size_t i = 0; i < FAKE_DOMAINS; i++)
		p->n_dom += fake.d[i].exists;
	map[0] = (uint8_t)((1u << fake.nr_cpus) - 1);
	return 0;
}

static int op_cpu_hotplug(const struct xen_sysctl_cpu_hotplug *op)
{
	uint32_t bit = 1u << op->cpu;

	if (op->op == XEN_SYSCTL_CPU_HOTPLUG_ONLINE) {
		if (!(fake.offline & bit))
			return -EEXIST;
		fake.offline &= ~bit;
	} else {
		if (fake.offline & bit)
			return -ENODEV;
		fake.offline |= bit;
	}
	return 0;
}

static int op_log(struct xen_sysctl_readconsole *c)
{
	size_t len = strlen(fake.log);

	c->count = 0;
	if (c->index < len) {
		c->count = (uint32_t)(len - c->index);
		memcpy(guest(c->buffer), fake.log + c->index, c->count);
		c->index = (uint32_t)len;
	}
	if (c->clear)
		fake.log[0] = '\0';
	return 0;
}

static int sysctl_op(struct xen_sysctl *op)
{
	struct xen_sysctl_cputopo *topo;

	if (op->interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -EACCES;
	switch (op->cmd) {
	case XEN_SYSCTL_physinfo:
		op->u.physinfo.capabilities = XEN_SYSCTL_PHYSCAP_pv;
		op->u.physinfo.nr_cpus = fake.nr_cpus;
		op->u.physinfo.max_cpu_id = fake.nr_cpus - 1;
		op->u.physinfo.nr_nodes = 1;
		op->u.physinfo.threads_per_core = 1;
		op->u.physinfo.cores_per_socket = fake.nr_cpus;
		op->u.physinfo.cpu_khz = 1000000;
		op->u.physinfo.total_pages = 4096 << 8;
		op->u.physinfo.free_pages = fake.free_pages;
		return 0;
	case XEN_SYSCTL_getdomaininfolist:
		return op_domain_list(&op->u.getdomaininfolist);
	case XEN_SYSCTL_sched_id:
		op->u.sched_id.sched_id = sched_id();
		return 0;
	case XEN_SYSCTL_cpupool_op:
		return op_pool(&op->u.cpupool_op);
	case XEN_SYSCTL_readconsole:
		return op_log(&op->u.readconsole);
	case XEN_SYSCTL_debug_keys:
		memcpy(fake.keys, guest(op->u.debug_keys.keys),
		       op->u.debug_keys.nr_keys);
		return 0;
	case XEN_SYSCTL_cpu_hotplug:
		return op_cpu_hotplug(&op->u.cpu_hotplug);
	case XEN_SYSCTL_scheduler_op:
		if (op->u.scheduler_op.cmd == XEN_SYSCTL_SCHEDOP_getinfo)
			op->u.scheduler_op.u.sched_credit2.ratelimit_us = 1000;
		return 0;
	case XEN_SYSCTL_cputopoinfo:
		topo = guest(op->u.cputopoinfo.cputopo);
		op->u.cputopoinfo.num_cpus = fake.nr_cpus;
		for (uint32_t i = 0; i < fake.nr_cpus; i++)
			topo[i] = (struct xen_sysctl_cputopo){i, 0, i / 2};
		return 0;
	default:
		return -ENOSYS;
	}
}

static long populate(struct xen_memory_reservation *m)
{
	struct fake_domain *d = fake_domain(m->domid);
	xen_pfn_t *extents = guest(m->extent_start);
	uint64_t size = 1ull << m->extent_order;
	uint64_t i;

	if (d == NULL)
		return -ESRCH;
	if (m->extent_order > 0 && fake.no_big)
		return 0;
	for (i = 0; i < m->nr_extents; i++) {
		xen_pfn_t mfn;

		if (d->info.tot_pages + size > d->info.max_pages ||
		    fake.free_pages < size)
			break;
		mfn = take_frames(m->domid, extents[i], size);
		if (mfn == 0)
			break;
		extents[i] = mfn;
		d->info.tot_pages += size;
		fake.free_pages -= size;
	}
	return (long)i;
}

static int mmuext(const struct mmuext_op *ops, uint64_t nr, domid_t domid)
{
	struct fake_domain *d = fake_domain(domid);

	if (d == NULL)
		return -ESRCH;
	for (uint64_t i = 0; i < nr; i++) {
		xen_pfn_t mfn = ops[i].arg1.mfn;

		if (fake_owner(mfn) != domid)
			return -EINVAL;
		if (ops[i].cmd == MMUEXT_CLEAR_PAGE && fake.is_pavo) {
			return -EINVAL; /* it was clear */
		} else if (ops[i].cmd == MMUEXT_CLEAR_PAGE && !fake.no_clear) {
			memset(fake_frame(mfn), 0, PAGE_BYTES);
		} else if (ops[i].cmd == MMUEXT_PIN_L4_TABLE) {
			if (validate(d, mfn, 4) < 0)
				return -EINVAL;
			d->pinned = mfn;
		} else {
			return -ENOSYS;
		}
	}
	return 0;
}

static long version(uint64_t cmd, void *arg)
{
	switch (cmd) {
	case XENVER_version:
		return 4 << 16 | 17;
	case XENVER_extraversion:
		strcpy(arg, fake.is_pavo ? ".7-pavo" : ".7");
		return 0;
	case XENVER_capabilities:
		strcpy(arg, "xen-3.0-x86_64 ");
		return 0;
	case XENVER_platform_parameters:
		*(uint64_t *)arg = 0xffff800000000000ull;
		return 0;
	case XENVER_compile_info:
	case XENVER_changeset:
	case XENVER_commandline:
		return 0;
	default:
		return -ENOSYS;
	}
}

static long port_status(struct evtchn_status *op)
{
	if (fake_domain(op->dom) == NULL)
		return -ESRCH;
	op->status = EVTCHNSTAT_closed;
	if (fake.looks_at_port > 0) {
		op->status = EVTCHNSTAT_interdomain;
		fake.looks_at_port--;
	}
	return 0;
}

static long event_op(uint64_t cmd, void *arg)
{
	struct evtchn_alloc_unbound *op = arg;
	struct fake_domain *d = fake_domain(op->dom);

	if (cmd == EVTCHNOP_status)
		return port_status(arg);
	if (cmd != EVTCHNOP_alloc_unbound)
		return -ENOSYS;
	if (d == NULL)
		return -ESRCH;
	op->port = ++d->nr_ports;
	return 0;
}

static long grant_op(uint64_t cmd, struct gnttab_setup_table *op)
{
	if (cmd != GNTTABOP_setup_table || fake_domain(op->dom) == NULL)
		return -ENOSYS;
	*(xen_pfn_t *)guest(op->frame_list) = FAKE_GRANT_FRAME_BIT | op->dom;
	op->status = GNTST_okay;
	return 0;
}

long hv_call(struct hv *hv, unsigned int nr, uint64_t a, uint64_t b, uint64_t c,
	     uint64_t d, uint64_t e)
{
	(void)hv;
	(void)c;
	(void)e;
	fake.nr_calls++;
	if (fake.nr_calls == fake.fail_at)
		return fake.fail_rc;
	switch (nr) {
	case __HYPERVISOR_domctl:
		return domctl(guest(a));
	case __HYPERVISOR_sysctl:
		return sysctl_op(guest(a));
	case __HYPERVISOR_memory_op:
		return a == XENMEM_populate_physmap ? populate(guest(b))
						    : -ENOSYS;
	case __HYPERVISOR_mmuext_op:
		return mmuext(guest(a), b, (domid_t)d);
	case __HYPERVISOR_xen_version:
		return version(a, guest(b));
	case __HYPERVISOR_event_channel_op:
		return event_op(a, guest(b));
	case __HYPERVISOR_grant_table_op:
		return grant_op(a, guest(b));
	default:
		return -ENOSYS;
	}
}

int hv_open(struct hv *hv, struct req *r)
{
	*hv = (struct hv){.r = r, .privcmd = -1, .bufdev = -1};
	return 0;
}

void hv_close(struct hv *hv)
{
	free(hv->buf);
	hv->buf = NULL;
}

void *hv_buf(struct hv *hv, size_t size)
{
	void *p;

	if (hv->buf == NULL) {
		hv->buf = calloc(1, 1 << 20);
		hv->buf_size = 1 << 20;
		hv->buf_used = 0;
	}
	size = (size + 15) & ~(size_t)15;
	if (size > hv->buf_size - hv->buf_used)
		abort();
	p = hv->buf + hv->buf_used;
	hv->buf_used += size;
	return memset(p, 0, size);
}

void hv_buf_reset(struct hv *hv)
{
	hv->buf_used = 0;
}

struct xen_domctl *hv_domctl(struct hv *hv, uint32_t cmd, domid_t domid)
{
	struct xen_domctl *op;

	hv_buf_reset(hv);
	op = hv_buf(hv, sizeof(*op));
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = domid;
	return op;
}

int hv_domctl_end(struct hv *hv, struct xen_domctl *op)
{
	return (int)hv_call(hv, __HYPERVISOR_domctl, hv_ptr(op), 0, 0, 0, 0);
}

struct xen_sysctl *hv_sysctl(struct hv *hv, uint32_t cmd)
{
	struct xen_sysctl *op;

	hv_buf_reset(hv);
	op = hv_buf(hv, sizeof(*op));
	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return op;
}

int hv_sysctl_end(struct hv *hv, struct xen_sysctl *op)
{
	return (int)hv_call(hv, __HYPERVISOR_sysctl, hv_ptr(op), 0, 0, 0, 0);
}

/* Grant tables are no frames of the machine; each has a page of its own. */
static void *map_grants(domid_t domid)
{
	fake.nr_mapped++;
	return fake_domain(domid)->grants;
}

static void remember_map(void *va, const xen_pfn_t *mfns, size_t nr)
{
	size_t i;

	for (i = 0; i < FAKE_MAPS && maps[i].va != NULL; i++)
		;
	if (i == FAKE_MAPS)
		abort();
	maps[i].va = va;
	maps[i].mfns = malloc(nr * sizeof(*mfns));
	memcpy(maps[i].mfns, mfns, nr * sizeof(*mfns));
	fake.nr_mapped += (unsigned int)nr;
}

void *fmem_map(struct hv *hv, domid_t domid, const xen_pfn_t *mfns, size_t nr,
	       int prot, int *rc)
{
	char *va;

	(void)hv;
	*rc = -EINVAL;
	fake.nr_calls++;
	if (fake.nr_calls == fake.fail_at) {
		*rc = fake.fail_rc;
		return NULL;
	}
	if (nr == 1 && mfns[0] == (FAKE_GRANT_FRAME_BIT | domid)) {
		*rc = 0;
		return map_grants(domid);
	}
	for (size_t i = 0; i < nr; i++)
		if (fake_owner(mfns[i]) != domid)
			return NULL;
	va = mmap(NULL, nr * PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		  -1, 0);
	for (size_t i = 0; i < nr; i++) {
		mmap(va + i * PAGE_BYTES, PAGE_BYTES, prot,
		     MAP_SHARED | MAP_FIXED, memory_fd,
		     (off_t)((mfns[i] - MFN_BASE) * PAGE_BYTES));
		frames[mfns[i] - MFN_BASE].nr_maps++;
	}
	remember_map(va, mfns, nr);
	*rc = 0;
	return va;
}

void *fmem_map_some(struct hv *hv, domid_t domid, const xen_pfn_t *mfns,
		    size_t nr, int prot, int *errs, int *rc)
{
	memset(errs, 0, nr * sizeof(*errs));
	return fmem_map(hv, domid, mfns, nr, prot, rc);
}

void *fmem_map_resource(struct hv *hv, domid_t domid, uint32_t type,
			uint32_t id, uint32_t first, size_t nr, int *rc)
{
	(void)hv;
	(void)first;
	*rc = -EOPNOTSUPP;
	if (fake.no_resource || type != XENMEM_resource_grant_table ||
	    id != XENMEM_resource_grant_table_id_shared || nr != 1)
		return NULL;
	*rc = 0;
	return map_grants(domid);
}

void fmem_unmap(void *va, size_t nr)
{
	fake.nr_mapped -= (unsigned int)nr;
	for (size_t i = 0; i < FAKE_MAPS; i++) {
		if (maps[i].va != va)
			continue;
		for (size_t k = 0; k < nr; k++)
			frames[maps[i].mfns[k] - MFN_BASE].nr_maps--;
		free(maps[i].mfns);
		maps[i].va = NULL;
		munmap(va, nr * PAGE_BYTES);
		return;
	}
}
