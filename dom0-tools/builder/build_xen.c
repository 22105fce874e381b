// SPDX-License-Identifier: GPL-2.0-only
/*
 * The builder's seam to a real hypervisor.
 */
#include <errno.h>
#include <sys/mman.h>

#include <abi/grant_table.h>

#include "build.h"
#include "dom.h"
#include "fmem.h"
#include "host.h"

static long xen_populate(void *ctx, const xen_pfn_t *pfns, uint32_t nr,
			 uint32_t order, xen_pfn_t *mfns)
{
	struct build_target *t = ctx;

	return dom_populate(t->hv, t->domid, pfns, nr, order, mfns);
}

static void *xen_map(void *ctx, const xen_pfn_t *mfns, size_t nr, int *rc)
{
	struct build_target *t = ctx;

	return fmem_map(t->hv, t->domid, mfns, nr, PROT_READ | PROT_WRITE, rc);
}

static void xen_unmap(void *ctx, void *va, size_t nr)
{
	(void)ctx;
	fmem_unmap(va, nr);
}

/* Source memory the hypervisor cannot page in for itself: do it for it. */
static void touch(const char *p, size_t bytes)
{
	const size_t step = 4096 - ((uintptr_t)p & 4095);

	(void)*(const volatile char *)p;
	for (size_t i = step; i < bytes; i += 4096)
		(void)*(const volatile char *)(p + i);
}

#define WRITE_BYTES_MAX ((size_t)1 << 20) /* per hypercall */

static int xen_write(void *ctx, uint64_t va, const void *src, size_t bytes)
{
	struct build_target *t = ctx;
	const char *p = src;

	while (bytes > 0) {
		size_t len = bytes < WRITE_BYTES_MAX ? bytes : WRITE_BYTES_MAX;
		size_t done = 0;
		int rc;

		touch(p, len);
		rc = dom_write(t->hv, t->domid, va, p, len, &done);
		if (rc == -EOPNOTSUPP || rc == -ENOSYS)
			return -ENOSYS;
		if (done == 0)
			return rc < 0 ? rc : -EFAULT;
		va += done;
		p += done;
		bytes -= done;
	}
	return 0;
}

static int xen_clear(void *ctx, const xen_pfn_t *mfns, size_t nr)
{
	struct build_target *t = ctx;
	int rc = host_clears_memory(t->hv);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	return dom_clear(t->hv, t->domid, mfns, nr);
}

static int xen_pin_l4(void *ctx, xen_pfn_t mfn)
{
	struct build_target *t = ctx;

	return dom_pin_l4(t->hv, t->domid, mfn);
}

static int xen_hypercall_page(void *ctx, xen_pfn_t mfn)
{
	struct build_target *t = ctx;

	return dom_hypercall_init(t->hv, t->domid, mfn);
}

static int xen_shared_info(void *ctx, xen_pfn_t *mfn)
{
	struct build_target *t = ctx;
	struct xen_domctl_getdomaininfo info;
	int rc = dom_info(t->hv, t->domid, &info);

	*mfn = info.shared_info_frame;
	return rc;
}

/* Kernels or hypervisors without the resource: ask for the frame, map that. */
static void *map_grants_by_frame(struct build_target *t, int *rc)
{
	struct gnttab_setup_table *op;
	xen_pfn_t *frame;

	hv_buf_reset(t->hv);
	op = hv_buf(t->hv, sizeof(*op));
	frame = hv_buf(t->hv, sizeof(*frame));
	op->dom = t->domid;
	op->nr_frames = 1;
	op->frame_list = hv_ptr(frame);
	*rc = (int)hv_call(t->hv, __HYPERVISOR_grant_table_op,
			   GNTTABOP_setup_table, hv_ptr(op), 1, 0, 0);
	if (*rc == 0 && op->status != GNTST_okay)
		*rc = -EIO;
	if (*rc < 0)
		return NULL;
	return fmem_map(t->hv, t->domid, frame, 1, PROT_READ | PROT_WRITE, rc);
}

static void *xen_map_grants(void *ctx, int *rc)
{
	struct build_target *t = ctx;
	void *va = fmem_map_resource(
		t->hv, t->domid, XENMEM_resource_grant_table,
		XENMEM_resource_grant_table_id_shared, 0, 1, rc);

	return va != NULL ? va : map_grants_by_frame(t, rc);
}

static int xen_set_vcpu(void *ctx, uint32_t vcpu,
			const struct vcpu_guest_context *c)
{
	struct build_target *t = ctx;

	return dom_set_vcpu(t->hv, t->domid, vcpu, c);
}

const struct build_ops build_xen_ops = {
	.populate = xen_populate,
	.map = xen_map,
	.unmap = xen_unmap,
	.write = xen_write,
	.clear = xen_clear,
	.pin_l4 = xen_pin_l4,
	.hypercall_page = xen_hypercall_page,
	.shared_info = xen_shared_info,
	.map_grants = xen_map_grants,
	.set_vcpu = xen_set_vcpu,
};
