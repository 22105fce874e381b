// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of other domains: privcmd's batch and resource mappings.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "fmem.h"
#include "privcmd.h"

#define PAGE_BYTES 4096ul

static void *fmem_reserve(struct hv *hv, size_t nr, int prot, int *rc)
{
	void *va;

	if (nr == 0 || nr > UINT32_MAX) {
		*rc = -EINVAL;
		return NULL;
	}
	va = mmap(NULL, nr * PAGE_BYTES, prot, MAP_SHARED, hv->privcmd, 0);
	*rc = va == MAP_FAILED ? -errno : 0;
	return va == MAP_FAILED ? NULL : va;
}

void *fmem_map_some(struct hv *hv, domid_t domid, const xen_pfn_t *mfns,
		    size_t nr, int prot, int *errs, int *rc)
{
	void *va = fmem_reserve(hv, nr, prot, rc);
	struct privcmd_mmapbatch_v2 batch = {
		.num = (uint32_t)nr,
		.dom = domid,
		.addr = hv_ptr(va),
		.mfns = mfns,
		.err = errs,
	};

	if (va == NULL)
		return NULL;
	/* -ENOENT: some pages are missing; errs says which */
	if (ioctl(hv->privcmd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch) < 0 &&
	    errno != ENOENT) {
		*rc = -errno;
		fmem_unmap(va, nr);
		return NULL;
	}
	return va;
}

#define ERRS_ON_STACK 1024

void *fmem_map(struct hv *hv, domid_t domid, const xen_pfn_t *mfns, size_t nr,
	       int prot, int *rc)
{
	int few[ERRS_ON_STACK], *errs = few;
	void *va;

	if (nr > ERRS_ON_STACK)
		errs = calloc(nr, sizeof(*errs));
	if (errs == NULL) {
		*rc = -ENOMEM;
		return NULL;
	}
	va = fmem_map_some(hv, domid, mfns, nr, prot, errs, rc);
	for (size_t i = 0; va != NULL && i < nr; i++) {
		if (errs[i] != 0) {
			*rc = errs[i];
			fmem_unmap(va, nr);
			va = NULL;
		}
	}
	if (errs != few)
		free(errs);
	return va;
}

void *fmem_map_resource(struct hv *hv, domid_t domid, uint32_t type,
			uint32_t id, uint32_t first, size_t nr, int *rc)
{
	void *va = fmem_reserve(hv, nr, PROT_READ | PROT_WRITE, rc);
	struct privcmd_mmap_resource res = {
		.dom = domid,
		.type = type,
		.id = id,
		.idx = first,
		.num = nr,
		.addr = hv_ptr(va),
	};

	if (va == NULL)
		return NULL;
	if (ioctl(hv->privcmd, IOCTL_PRIVCMD_MMAP_RESOURCE, &res) < 0) {
		*rc = -errno;
		fmem_unmap(va, nr);
		return NULL;
	}
	return va;
}

void fmem_unmap(void *va, size_t nr)
{
	munmap(va, nr * PAGE_BYTES);
}
