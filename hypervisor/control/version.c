/* SPDX-License-Identifier: GPL-2.0-only */
/* xen_version: who we are and what we can do. */
#include <hv/boot.h>
#include <hv/control.h>
#include <hv/domain.h>
#include <hv/string.h>

#include <abi/errno.h>
#include <abi/features.h>

/* The ABI we speak, which tools and kernels choose their own version by. */
#define ABI_MAJOR 4
#define ABI_MINOR 17

/* @dst is all zero and longer than its text. */
static void put_text(char *dst, size_t size, const char *text)
{
	memcpy(dst, text, min(strlen(text), size - 1));
}

long version_version(struct domain *d)
{
	(void)d;
	return ABI_MAJOR << 16 | ABI_MINOR;
}

long version_extraversion(struct domain *d, xen_extraversion_t *op)
{
	(void)d;
	put_text(*op, sizeof(*op), ".7-pavo");
	return 0;
}

long version_compile_info(struct domain *d, struct xen_compile_info *op)
{
	(void)d;
#ifdef __clang__
	put_text(op->compiler, sizeof(op->compiler), __VERSION__);
#else
	put_text(op->compiler, sizeof(op->compiler), "gcc " __VERSION__);
#endif
	/* Builds are to be the same wherever and whenever they are made. */
	put_text(op->compile_by, sizeof(op->compile_by), "pavo");
	put_text(op->compile_domain, sizeof(op->compile_domain), "localdomain");
	put_text(op->compile_date, sizeof(op->compile_date), "unrecorded");
	return 0;
}

long version_capabilities(struct domain *d, xen_capabilities_info_t *op)
{
	(void)d;
	put_text(*op, sizeof(*op), "xen-3.0-x86_64 ");
	return 0;
}

long version_changeset(struct domain *d, xen_changeset_info_t *op)
{
	(void)d;
	put_text(*op, sizeof(*op), "unavailable");
	return 0;
}

long version_platform_parameters(struct domain *d,
				 struct xen_platform_parameters *op)
{
	(void)d;
	op->virt_start = HYPERVISOR_VIRT_START;
	return 0;
}

long version_get_features(struct domain *d, struct xen_feature_info *op)
{
	if (op->submap_idx >= XENFEAT_NR_SUBMAPS)
		return -EINVAL;
	op->submap = 1u << XENFEAT_mmu_pt_update_preserve_ad |
		     1u << XENFEAT_highmem_assist |
		     1u << XENFEAT_gnttab_map_avail_bits |
		     1u << XENFEAT_not_direct_mapped;
	if (d == dom0)
		op->submap |= 1u << XENFEAT_dom0;
	return 0;
}

long version_pagesize(struct domain *d)
{
	(void)d;
	return PAGE_SIZE;
}

long version_guest_handle(struct domain *d, xen_domain_handle_t *op)
{
	memcpy(*op, d->handle, sizeof(*op));
	return 0;
}

long version_commandline(struct domain *d, xen_commandline_t *op)
{
	(void)d;
	put_text(*op, sizeof(*op), boot_info.cmdline);
	return 0;
}

long version_build_id(struct domain *d, guest_ptr_t arg)
{
	(void)d;
	(void)arg;
	return -ENODATA;
}
