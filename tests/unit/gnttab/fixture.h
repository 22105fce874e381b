/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains with grant tables, and short words for what tests do to them. */
#ifndef TEST_GNTTAB_FIXTURE_H
#define TEST_GNTTAB_FIXTURE_H

#include <string.h>

#include <hv/gnttab.h>
#include <hv/hypercalls.h>
#include <hv/mmu.h>
#include <hv/x86/pte.h>

#include <abi/errno.h>

#include "../../../hypervisor/gnttab/table.h"
#include "../host/world.h"

#define USE_BITS (GTF_reading | GTF_writing)
#define PTR(p) guest_ptr((uint64_t)(uintptr_t)(p))

static inline struct domain *make(domid_t domid)
{
	struct domain *d = world_domain(domid, 2);

	EXPECT_EQ(gnttab_init_domain(d), 0);
	return d;
}

static inline void end(struct domain *d)
{
	world_kill(d);
	world_put(d);
}

static inline void *shared(struct domain *d, uint32_t frame, bool status)
{
	mfn_t m;

	EXPECT_EQ(gnttab_get_shared_frame(d, frame, status, &m), 0);
	return world_va(m.v);
}

static inline struct grant_entry_v1 *v1_entry(struct domain *d, uint32_t ref)
{
	return (struct grant_entry_v1 *)shared(d, ref / 512, false) + ref % 512;
}

static inline union grant_entry_v2 *v2_entry(struct domain *d, uint32_t ref)
{
	return (union grant_entry_v2 *)shared(d, ref / 256, false) + ref % 256;
}

static inline grant_status_t *v2_status(struct domain *d, uint32_t ref)
{
	return (grant_status_t *)shared(d, ref / 2048, true) + ref % 2048;
}

/* @d grants @mfn to @to in entry @ref. */
static inline void grant(struct domain *d, uint32_t ref, domid_t to,
			 uint64_t mfn, uint16_t flags)
{
	*v1_entry(d, ref) = (struct grant_entry_v1){GTF_permit_access | flags,
						    to, (uint32_t)mfn};
}

static inline uint16_t use_bits(struct domain *d, uint32_t ref)
{
	return v1_entry(d, ref)->flags & USE_BITS;
}

static inline struct gnttab_map_grant_ref
map_op(domid_t owner, uint32_t ref, unsigned int pte, uint32_t flags)
{
	return (struct gnttab_map_grant_ref){.host_addr = PTE_VA(pte),
					     .flags = flags,
					     .ref = ref,
					     .dom = owner,
					     .status = 99};
}

/* Map as current's domain does; GNTST_*. */
static inline int map(domid_t owner, uint32_t ref, unsigned int pte,
		      uint32_t flags, grant_handle_t *handle)
{
	struct gnttab_map_grant_ref op = map_op(owner, ref, pte, flags);

	EXPECT_EQ(gnttab_map_grant_ref(current->domain, PTR(&op), 1), 0);
	if (!op.status)
		*handle = op.handle;
	return op.status;
}

static inline int unmap(grant_handle_t handle, unsigned int pte)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = PTE_VA(pte), .handle = handle, .status = 99};

	EXPECT_EQ(gnttab_unmap_grant_ref(current->domain, PTR(&op), 1), 0);
	return op.status;
}

static inline int copy(struct gnttab_copy op)
{
	op.status = 99;
	EXPECT_EQ(gnttab_copy(current->domain, PTR(&op), 1), 0);
	return op.status;
}

static inline long set_version(struct domain *d, uint32_t version)
{
	struct gnttab_set_version op = {version};
	long rc = gnttab_set_version(d, PTR(&op), 1);

	if (!rc)
		EXPECT_EQ(op.version, version);
	return rc;
}

#endif
