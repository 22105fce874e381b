/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain's memory as its builder and the save code see it. */
#include <hv/domctl.h>
#include <hv/page.h>
#include <hv/x86/hypercall_page.h>

#include <abi/errno.h>

#define MAX_FRAMES_A_CALL 1024

long domctl_max_mem(struct domain *d, struct xen_domctl_max_mem *op)
{
	spin_lock(&d->page_lock);
	d->max_pages = op->max_memkb >> (PAGE_SHIFT - 10);
	spin_unlock(&d->page_lock);
	return 0;
}

/* Log-dirty mode does not exist yet; that it is off can be had. */
long domctl_shadow_op(struct domain *d, struct xen_domctl_shadow_op *op)
{
	(void)d;
	return op->op == XEN_DOMCTL_SHADOW_OP_OFF ? 0 : -EOPNOTSUPP;
}

long domctl_hypercall_init(struct domain *d,
			   struct xen_domctl_hypercall_init *op)
{
	struct page *pg;

	if (!mfn_valid(MFN(op->gmfn)))
		return -EACCES;
	pg = mfn_to_page(MFN(op->gmfn));
	if (page_get_and_type(pg, d, PT_WRITABLE, false))
		return -EACCES;
	hypercall_page_fill(page_to_virt(pg));
	page_put_and_type(pg);
	return 0;
}

/* Is it used as a table just now, so that its entries are to be translated? */
static uint64_t table_level(const struct page *pg)
{
	if (!page_type_refs(pg))
		return XEN_DOMCTL_PFINFO_NOTAB;
	switch (page_type(pg)) {
	case PT_L1:
		return XEN_DOMCTL_PFINFO_L1TAB;
	case PT_L2:
		return XEN_DOMCTL_PFINFO_L2TAB;
	case PT_L3:
		return XEN_DOMCTL_PFINFO_L3TAB;
	case PT_L4:
		return XEN_DOMCTL_PFINFO_L4TAB;
	default:
		return XEN_DOMCTL_PFINFO_NOTAB;
	}
}

static uint64_t frame_info(const struct domain *d, uint64_t mfn)
{
	struct page *pg;
	uint64_t info;

	if (!mfn_valid(MFN(mfn)))
		return XEN_DOMCTL_PFINFO_XTAB;
	pg = mfn_to_page(MFN(mfn));
	if (page_get(pg, d))
		return XEN_DOMCTL_PFINFO_XTAB;
	info = table_level(pg);
	if (page_is_pinned(pg))
		info |= XEN_DOMCTL_PFINFO_LPINTAB;
	page_put(pg);
	return info;
}

long domctl_getpageframeinfo3(struct domain *d,
			      struct xen_domctl_getpageframeinfo3 *op)
{
	if (op->num > MAX_FRAMES_A_CALL)
		return -E2BIG;
	for (uint64_t i = 0; i < op->num; i++) {
		guest_ptr_t at = guest_ptr(op->array + i * sizeof(uint64_t));
		uint64_t word;

		if (copy_from_guest(&word, at, sizeof(word)))
			return -EFAULT;
		word = frame_info(d, word);
		if (copy_to_guest(at, &word, sizeof(word)))
			return -EFAULT;
	}
	return 0;
}

long domctl_set_address_size(struct domain *d,
			     struct xen_domctl_address_size *op)
{
	(void)d;
	return op->size == 64 ? 0 : -EINVAL;
}

long domctl_get_address_size(struct domain *d,
			     struct xen_domctl_address_size *op)
{
	(void)d;
	op->size = 64;
	return 0;
}

/* There is one node. */
long domctl_setnodeaffinity(struct domain *d,
			    struct xen_domctl_nodeaffinity *op)
{
	uint64_t nodes;
	int rc = guest_bitmap_read(&op->nodemap, &nodes);

	(void)d;
	if (rc)
		return rc;
	return nodes & 1 ? 0 : -EINVAL;
}

long domctl_getnodeaffinity(struct domain *d,
			    struct xen_domctl_nodeaffinity *op)
{
	(void)d;
	return guest_bitmap_write(&op->nodemap, 1);
}

long domctl_setvnumainfo(struct domain *d, struct xen_domctl_vnuma *op)
{
	(void)d;
	(void)op;
	return -EOPNOTSUPP;
}
