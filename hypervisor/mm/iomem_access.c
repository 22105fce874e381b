/* SPDX-License-Identifier: GPL-2.0-only */
/* Which frames that are no RAM a domain may map, and how. */
#include <hv/domain.h>
#include <hv/mmu.h>
#include <hv/x86/platform.h>

bool iomem_access_permitted(const struct domain *d, mfn_t first, mfn_t last)
{
	if (!rangeset_contains(&d->iomem, first.v, last.v))
		return false;
	for (uint64_t m = first.v; m <= last.v; m++)
		if (iomem_policy(MFN(m)) == IOMEM_NONE)
			return false;
	return true;
}

bool iomem_is_readonly(mfn_t m)
{
	return iomem_policy(m) == IOMEM_RO;
}
