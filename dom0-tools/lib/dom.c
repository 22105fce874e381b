// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations on domains: packing and unpacking of hypercall arguments.
 */
#include <errno.h>
#include <string.h>

#include <abi/event_channel.h>
#include <abi/memory.h>
#include <abi/mmu.h>
#include <abi/sched.h>
#include <abi/sysctl.h>

#include "dom.h"

int dom_create(struct hv *hv, struct xen_domctl_createdomain *cfg,
	       domid_t *domid)
{
	struct xen_domctl *op =
		hv_domctl(hv, XEN_DOMCTL_createdomain, DOMID_INVALID);
	int rc;

	op->u.createdomain = *cfg;
	rc = hv_domctl_end(hv, op);
	if (rc < 0)
		return rc;
	*cfg = op->u.createdomain;
	*domid = op->domain;
	return 0;
}

int dom_destroy(struct hv *hv, domid_t domid)
{
	int rc;

	/* Xen ABI, domctl: answers -ERESTART while memory is being freed. */
	do {
		rc = hv_domctl_end(
			hv, hv_domctl(hv, XEN_DOMCTL_destroydomain, domid));
	} while (rc == -ERESTART || rc == -EAGAIN || rc == -EINTR);
	return rc;
}

int dom_pause(struct hv *hv, domid_t domid)
{
	return hv_domctl_end(hv, hv_domctl(hv, XEN_DOMCTL_pausedomain, domid));
}

int dom_unpause(struct hv *hv, domid_t domid)
{
	return hv_domctl_end(hv,
			     hv_domctl(hv, XEN_DOMCTL_unpausedomain, domid));
}

int dom_info(struct hv *hv, domid_t domid,
	     struct xen_domctl_getdomaininfo *info)
{
	struct xen_domctl *op = hv_domctl(hv, XEN_DOMCTL_getdomaininfo, domid);
	int rc = hv_domctl_end(hv, op);

	if (rc < 0)
		return rc;
	*info = op->u.getdomaininfo;
	return info->domain == domid ? 0 : -ESRCH;
}

int dom_list(struct hv *hv, domid_t first, uint32_t max,
	     struct xen_domctl_getdomaininfo *out)
{
	struct xen_sysctl *op = hv_sysctl(hv, XEN_SYSCTL_getdomaininfolist);
	void *buf = hv_buf(hv, max * sizeof(*out));
	uint32_t nr;
	int rc;

	op->u.getdomaininfolist.first_domain = first;
	op->u.getdomaininfolist.max_domains = max;
	op->u.getdomaininfolist.buffer = hv_ptr(buf);
	rc = hv_sysctl_end(hv, op);
	if (rc < 0)
		return rc;
	nr = op->u.getdomaininfolist.num_domains;
	if (nr > max)
		return -EIO;
	memcpy(out, buf, nr * sizeof(*out));
	return (int)nr;
}

int dom_max_mem(struct hv *hv, domid_t domid, uint64_t kib)
{
	struct xen_domctl *op = hv_domctl(hv, XEN_DOMCTL_max_mem, domid);

	op->u.max_mem.max_memkb = kib;
	return hv_domctl_end(hv, op);
}

int dom_max_vcpus(struct hv *hv, domid_t domid, uint32_t nr)
{
	struct xen_domctl *op = hv_domctl(hv, XEN_DOMCTL_max_vcpus, domid);

	op->u.max_vcpus.max = nr;
	return hv_domctl_end(hv, op);
}

int dom_set_address_size(struct hv *hv, domid_t domid, uint32_t bits)
{
	struct xen_domctl *op =
		hv_domctl(hv, XEN_DOMCTL_set_address_size, domid);

	op->u.address_size.size = bits;
	return hv_domctl_end(hv, op);
}

int dom_hypercall_init(struct hv *hv, domid_t domid, xen_pfn_t mfn)
{
	struct xen_domctl *op = hv_domctl(hv, XEN_DOMCTL_hypercall_init, domid);

	op->u.hypercall_init.gmfn = mfn;
	return hv_domctl_end(hv, op);
}

int dom_set_tsc_mode(struct hv *hv, domid_t domid, uint32_t mode)
{
	struct xen_domctl *op = hv_domctl(hv, XEN_DOMCTL_settscinfo, domid);

	op->u.tsc_info.tsc_mode = mode;
	return hv_domctl_end(hv, op);
}

int dom_set_time_offset(struct hv *hv, domid_t domid, int64_t seconds)
{
	struct xen_domctl *op = hv_domctl(hv, XEN_DOMCTL_settimeoffset, domid);

	op->u.settimeoffset.time_offset_seconds = seconds;
	return hv_domctl_end(hv, op);
}

int dom_set_handle(struct hv *hv, domid_t domid, const uint8_t handle[16])
{
	struct xen_domctl *op =
		hv_domctl(hv, XEN_DOMCTL_setdomainhandle, domid);

	memcpy(op->u.setdomainhandle.handle, handle, 16);
	return hv_domctl_end(hv, op);
}

int dom_send_trigger(struct hv *hv, domid_t domid, uint32_t trigger,
		     uint32_t vcpu)
{
	struct xen_domctl *op = hv_domctl(hv, XEN_DOMCTL_sendtrigger, domid);

	op->u.sendtrigger.trigger = trigger;
	op->u.sendtrigger.vcpu = vcpu;
	return hv_domctl_end(hv, op);
}

int dom_set_vcpu(struct hv *hv, domid_t domid, uint32_t vcpu,
		 const struct vcpu_guest_context *ctxt)
{
	struct xen_domctl *op = hv_domctl(hv, XEN_DOMCTL_setvcpucontext, domid);
	void *buf = hv_buf(hv, sizeof(*ctxt));

	memcpy(buf, ctxt, sizeof(*ctxt));
	op->u.vcpucontext.vcpu = vcpu;
	op->u.vcpucontext.ctxt = hv_ptr(buf);
	return hv_domctl_end(hv, op);
}

int dom_get_vcpu(struct hv *hv, domid_t domid, uint32_t vcpu,
		 struct vcpu_guest_context *ctxt)
{
	struct xen_domctl *op = hv_domctl(hv, XEN_DOMCTL_getvcpucontext, domid);
	void *buf = hv_buf(hv, sizeof(*ctxt));
	int rc;

	op->u.vcpucontext.vcpu = vcpu;
	op->u.vcpucontext.ctxt = hv_ptr(buf);
	rc = hv_domctl_end(hv, op);
	if (rc == 0)
		memcpy(ctxt, buf, sizeof(*ctxt));
	return rc;
}

int dom_vcpu_info(struct hv *hv, domid_t domid, uint32_t vcpu,
		  struct xen_domctl_getvcpuinfo *info)
{
	struct xen_domctl *op = hv_domctl(hv, XEN_DOMCTL_getvcpuinfo, domid);
	int rc;

	op->u.getvcpuinfo.vcpu = vcpu;
	rc = hv_domctl_end(hv, op);
	if (rc == 0)
		*info = op->u.getvcpuinfo;
	return rc;
}

int dom_set_affinity(struct hv *hv, domid_t domid, uint32_t vcpu,
		     const uint8_t *hard, const uint8_t *soft, uint32_t nr_bits,
		     bool force)
{
	struct xen_domctl *op =
		hv_domctl(hv, XEN_DOMCTL_setvcpuaffinity, domid);
	struct xen_domctl_vcpuaffinity *va = &op->u.vcpuaffinity;
	size_t len = (nr_bits + 7) / 8;
	void *h = hv_buf(hv, len), *s = hv_buf(hv, len);

	va->vcpu = vcpu;
	va->flags = (hard != NULL ? XEN_VCPUAFFINITY_HARD : 0) |
		    (soft != NULL ? XEN_VCPUAFFINITY_SOFT : 0) |
		    (force ? XEN_VCPUAFFINITY_FORCE : 0);
	if (hard != NULL)
		memcpy(h, hard, len);
	if (soft != NULL)
		memcpy(s, soft, len);
	va->cpumap_hard.bitmap = hv_ptr(h);
	va->cpumap_hard.nr_bits = nr_bits;
	va->cpumap_soft.bitmap = hv_ptr(s);
	va->cpumap_soft.nr_bits = nr_bits;
	return hv_domctl_end(hv, op);
}

int dom_get_affinity(struct hv *hv, domid_t domid, uint32_t vcpu, uint8_t *hard,
		     uint8_t *soft, uint32_t nr_bits)
{
	struct xen_domctl *op =
		hv_domctl(hv, XEN_DOMCTL_getvcpuaffinity, domid);
	struct xen_domctl_vcpuaffinity *va = &op->u.vcpuaffinity;
	size_t len = (nr_bits + 7) / 8;
	void *h = hv_buf(hv, len), *s = hv_buf(hv, len);
	int rc;

	va->vcpu = vcpu;
	va->flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
	va->cpumap_hard.bitmap = hv_ptr(h);
	va->cpumap_hard.nr_bits = nr_bits;
	va->cpumap_soft.bitmap = hv_ptr(s);
	va->cpumap_soft.nr_bits = nr_bits;
	rc = hv_domctl_end(hv, op);
	if (rc == 0) {
		memcpy(hard, h, len);
		memcpy(soft, s, len);
	}
	return rc;
}

static int dom_credit2(struct hv *hv, domid_t domid, uint32_t cmd,
		       struct xen_domctl_sched_credit2 *p)
{
	struct xen_domctl *op = hv_domctl(hv, XEN_DOMCTL_scheduler_op, domid);
	int rc;

	op->u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
	op->u.scheduler_op.cmd = cmd;
	op->u.scheduler_op.u.credit2 = *p;
	rc = hv_domctl_end(hv, op);
	if (rc == 0)
		*p = op->u.scheduler_op.u.credit2;
	return rc;
}

int dom_get_credit2(struct hv *hv, domid_t domid,
		    struct xen_domctl_sched_credit2 *p)
{
	memset(p, 0, sizeof(*p));
	return dom_credit2(hv, domid, XEN_DOMCTL_SCHEDOP_getinfo, p);
}

int dom_set_credit2(struct hv *hv, domid_t domid,
		    const struct xen_domctl_sched_credit2 *p)
{
	struct xen_domctl_sched_credit2 copy = *p;

	return dom_credit2(hv, domid, XEN_DOMCTL_SCHEDOP_putinfo, &copy);
}

int dom_frame_types(struct hv *hv, domid_t domid, const xen_pfn_t *mfns,
		    uint32_t nr, uint32_t *types)
{
	struct xen_domctl *op =
		hv_domctl(hv, XEN_DOMCTL_getpageframeinfo3, domid);
	xen_pfn_t *array = hv_buf(hv, nr * sizeof(*array));
	int rc;

	memcpy(array, mfns, nr * sizeof(*array));
	op->u.getpageframeinfo3.num = nr;
	op->u.getpageframeinfo3.array = hv_ptr(array);
	rc = hv_domctl_end(hv, op);
	if (rc == 0)
		for (uint32_t i = 0; i < nr; i++)
			types[i] = (uint32_t)array[i];
	return rc;
}

int dom_remote_shutdown(struct hv *hv, domid_t domid, uint32_t reason)
{
	struct sched_remote_shutdown *op;

	hv_buf_reset(hv);
	op = hv_buf(hv, sizeof(*op));
	op->domain_id = domid;
	op->reason = reason;
	return (int)hv_call(hv, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown,
			    hv_ptr(op), 0, 0, 0);
}

int dom_alloc_unbound(struct hv *hv, domid_t domid, domid_t remote,
		      uint32_t *port)
{
	struct evtchn_alloc_unbound *op;
	int rc;

	hv_buf_reset(hv);
	op = hv_buf(hv, sizeof(*op));
	op->dom = domid;
	op->remote_dom = remote;
	rc = (int)hv_call(hv, __HYPERVISOR_event_channel_op,
			  EVTCHNOP_alloc_unbound, hv_ptr(op), 0, 0, 0);
	if (rc == 0)
		*port = op->port;
	return rc;
}

int dom_port_is_to(struct hv *hv, domid_t domid, uint32_t port, domid_t remote)
{
	struct evtchn_status *op;
	int rc;

	hv_buf_reset(hv);
	op = hv_buf(hv, sizeof(*op));
	op->dom = domid;
	op->port = port;
	rc = (int)hv_call(hv, __HYPERVISOR_event_channel_op, EVTCHNOP_status,
			  hv_ptr(op), 0, 0, 0);
	if (rc < 0)
		return rc;
	return (op->status == EVTCHNSTAT_unbound &&
		op->u.unbound.dom == remote) ||
	       (op->status == EVTCHNSTAT_interdomain &&
		op->u.interdomain.dom == remote);
}

long dom_populate(struct hv *hv, domid_t domid, const xen_pfn_t *pfns,
		  uint32_t nr, uint32_t order, xen_pfn_t *mfns)
{
	struct xen_memory_reservation *op;
	xen_pfn_t *extents;
	long rc;

	hv_buf_reset(hv);
	op = hv_buf(hv, sizeof(*op));
	extents = hv_buf(hv, nr * sizeof(*extents));
	memcpy(extents, pfns, nr * sizeof(*extents));
	op->extent_start = hv_ptr(extents);
	op->nr_extents = nr;
	op->extent_order = order;
	op->domid = domid;
	rc = hv_call(hv, __HYPERVISOR_memory_op, XENMEM_populate_physmap,
		     hv_ptr(op), 0, 0, 0);
	if (rc > 0)
		memcpy(mfns, extents, (size_t)rc * sizeof(*extents));
	return rc;
}

int dom_pin_l4(struct hv *hv, domid_t domid, xen_pfn_t mfn)
{
	struct mmuext_op *op;

	hv_buf_reset(hv);
	op = hv_buf(hv, sizeof(*op));
	op->cmd = MMUEXT_PIN_L4_TABLE;
	op->arg1.mfn = mfn;
	return (int)hv_call(hv, __HYPERVISOR_mmuext_op, hv_ptr(op), 1, 0, domid,
			    0);
}

#define CLEAR_BATCH 256 /* fits the argument buffer */

int dom_clear(struct hv *hv, domid_t domid, const xen_pfn_t *mfns, size_t nr)
{
	for (size_t at = 0; at < nr;) {
		size_t n = nr - at < CLEAR_BATCH ? nr - at : CLEAR_BATCH;
		struct mmuext_op *ops;
		long rc;

		hv_buf_reset(hv);
		ops = hv_buf(hv, n * sizeof(*ops));
		for (size_t i = 0; i < n; i++) {
			ops[i].cmd = MMUEXT_CLEAR_PAGE;
			ops[i].arg1.mfn = mfns[at + i];
		}
		rc = hv_call(hv, __HYPERVISOR_mmuext_op, hv_ptr(ops), n, 0,
			     domid, 0);
		if (rc < 0)
			return (int)rc;
		at += n;
	}
	return 0;
}

int dom_write(struct hv *hv, domid_t domid, uint64_t va, const void *src,
	      size_t len, size_t *done)
{
	struct xen_domctl *op =
		hv_domctl(hv, XEN_DOMCTL_gdbsx_guestmemio, domid);
	struct xen_domctl_gdbsx_memio *io = &op->u.gdbsx_guest_memio;
	int rc;

	io->gva = va;
	io->uva = hv_ptr(src);
	io->len = io->remain = (uint32_t)len;
	io->gwr = 1;
	rc = hv_domctl_end(hv, op);
	*done = io->remain <= len ? len - io->remain : 0;
	return rc;
}
