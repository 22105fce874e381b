/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading and writing of a domain's memory by its kernel's addresses: for
 * debuggers, and for the builder, who so needs no mapping of it.
 */
#include <hv/domctl.h>
#include <hv/mmu.h>
#include <hv/page.h>
#include <hv/x86/pte.h>

#include <abi/errno.h>

#define BYTES_A_CALL (1U << 20)

/* The frame behind @va, with the references that the access takes. */
static struct page *frame_get(struct domain *d, uint64_t va, bool write)
{
	uint64_t e = mmu_guest_l1e(d->vcpu[0], va);
	struct page *pg;
	int rc;

	if (!(e & PTE_P) || !mfn_valid(pte_mfn(e)))
		return NULL;
	pg = mfn_to_page(pte_mfn(e));
	/* tables are the guest's to write, and ours to check */
	rc = write ? page_get_and_type(pg, d, PT_WRITABLE, false)
		   : page_get(pg, d);
	return rc ? NULL : pg;
}

/* @n bytes within one page. */
static int transfer(struct domain *d, uint64_t va, guest_ptr_t buf, size_t n,
		    bool write)
{
	struct page *pg = frame_get(d, va, write);
	char *at;
	int rc;

	if (!pg)
		return -EFAULT;
	at = (char *)page_to_virt(pg) + va % PAGE_SIZE;
	if (write) {
		rc = copy_from_guest(at, buf, n);
		page_put_and_type(pg);
	} else {
		rc = copy_to_guest(buf, at, n);
		page_put(pg);
	}
	return rc;
}

/*
 * Xen ABI, public/domctl.h: `remain` is what has not been transferred, with
 * -EFAULT.  A long transfer is cut short, with 0: the caller goes on.
 */
long domctl_gdbsx_guestmemio(struct domain *d,
			     struct xen_domctl_gdbsx_memio *op)
{
	uint32_t done = 0, end = min(op->len, BYTES_A_CALL);

	if (op->pgd3val) /* the address in tables of 32-bit kernels */
		return -EOPNOTSUPP;
	op->remain = op->len;
	if (!domain_vcpu(d, 0))
		return -EINVAL;
	while (done < end) {
		uint64_t va = op->gva + done;
		uint32_t n =
			min(end - done, (uint32_t)(PAGE_SIZE - va % PAGE_SIZE));

		if (transfer(d, va, guest_ptr(op->uva + done), n, op->gwr))
			return -EFAULT;
		done += n;
		op->remain -= n;
	}
	return 0;
}
