/* SPDX-License-Identifier: GPL-2.0-only */
/* memory_op: dispatch from memory.def, and the questions with short answers. */
#include <hv/boot.h>
#include <hv/domain.h>
#include <hv/gnttab.h>
#include <hv/hypercall.h>
#include <hv/hypercalls.h>
#include <hv/mmu.h>
#include <hv/subop.h>
#include <hv/x86/mapping.h>

#include "memory_op.h"

#include <abi/errno.h>

long memory_op_restart(uint64_t start)
{
	struct hypercall_args *args = hypercall_args();

	args->a[0] =
		(args->a[0] & MEMOP_CMD_MASK) | start << MEMOP_EXTENT_SHIFT;
	return -ERESTART;
}

long hc_memory_op(uint64_t cmd, guest_ptr_t arg)
{
	uint64_t start = cmd >> MEMOP_EXTENT_SHIFT;

#define CALL_NONE(handler) handler(start)
#define CALL_STRUCT(handler, op) handler(op, start)
	switch (cmd & MEMOP_CMD_MASK) {
#define OP SUBOP_CASE
#include "memory.def"
#undef OP
	default:
		return -ENOSYS;
	}
#undef CALL_NONE
#undef CALL_STRUCT
}

/* --- where memory is --- */

long memop_machphys_mapping(struct xen_machphys_mapping *op, uint64_t start)
{
	(void)start;
	*op = (struct xen_machphys_mapping){
		.v_start = M2P_VIRT_START,
		.v_end = M2P_VIRT_END,
		.max_mfn = max_page - 1,
	};
	return 0;
}

long memop_machphys_mfn_list(struct xen_machphys_mfn_list *op, uint64_t start)
{
	uint64_t chunks = div_round_up(max_page * 8, 0x200000ULL);
	uint32_t i;

	(void)start;
	for (i = 0; i < op->max_extents && i < chunks; i++) {
		uint64_t mfn = m2p_window().v + i * 512ULL;

		if (copy_to_guest(guest_ptr(op->extent_start + i * 8ULL), &mfn,
				  sizeof(mfn)))
			return -EFAULT;
	}
	op->nr_extents = i;
	return 0;
}

struct abi_e820 {
	uint64_t addr, size;
	uint32_t type;
} __attribute__((packed));

static int put_e820(const struct xen_memory_map *op, uint32_t i, uint64_t addr,
		    uint64_t size, uint32_t type)
{
	struct abi_e820 e = {addr, size, type};

	return copy_to_guest(guest_ptr(op->buffer + i * sizeof(e)), &e,
			     sizeof(e));
}

/* Ranges Dom0's kernel must not take for free address space. */
static const struct {
	uint64_t addr, size;
} fixed_reserved[] = {
	{0xfec00000, 0x1000},	/* IO-APIC          */
	{0xfee00000, 0x100000}, /* LAPIC and MSI    */
};

static bool inside_e820(uint64_t addr, uint64_t size)
{
	for (unsigned int i = 0; i < boot_info.nr_e820; i++) {
		const struct e820_entry *e = &boot_info.e820[i];

		if (addr < e->addr + e->size && e->addr < addr + size)
			return true;
	}
	return false;
}

/* The firmware's map with the ranges above put in where they belong. */
long memop_machine_memory_map(struct xen_memory_map *op, uint64_t start)
{
	unsigned int n = 0, k = 0;

	(void)start;
	for (unsigned int i = 0; i <= boot_info.nr_e820; i++) {
		const struct e820_entry *e = &boot_info.e820[i];
		bool last = i == boot_info.nr_e820;

		for (; k < ARRAY_SIZE(fixed_reserved) &&
		       (last || fixed_reserved[k].addr < e->addr);
		     k++) {
			if (inside_e820(fixed_reserved[k].addr,
					fixed_reserved[k].size))
				continue;
			if (n >= op->nr_entries)
				return -ENOBUFS;
			if (put_e820(op, n++, fixed_reserved[k].addr,
				     fixed_reserved[k].size, E820_RESERVED))
				return -EFAULT;
		}
		if (last)
			break;
		if (n >= op->nr_entries)
			return -ENOBUFS;
		if (put_e820(op, n++, e->addr, e->size, e->type))
			return -EFAULT;
	}
	op->nr_entries = n;
	return 0;
}

/* No map was set: the kernel makes one from nr_pages. */
long memop_memory_map(struct xen_memory_map *op, uint64_t start)
{
	(void)op;
	(void)start;
	return -ENOSYS;
}

long memop_set_memory_map(struct xen_foreign_memory_map *op, uint64_t start)
{
	(void)op;
	(void)start;
	return -EOPNOTSUPP;
}

long memop_get_vnumainfo(struct xen_vnuma_topology_info *op, uint64_t start)
{
	(void)op;
	(void)start;
	return -EOPNOTSUPP;
}

/* --- another domain's grant table, for its builder --- */

static long grant_frames(struct domain *d, struct xen_mem_acquire_resource *op)
{
	bool status = op->id == XENMEM_resource_grant_table_id_status;
	uint64_t done;

	if (op->id > XENMEM_resource_grant_table_id_status || op->pad)
		return -EINVAL;
	if (!op->nr_frames) {
		op->nr_frames = status ? 0 : d->max_grant_frames;
		return 0;
	}
	if (op->nr_frames > 512 || op->frame > ~0U)
		return -E2BIG;
	for (done = 0; done < op->nr_frames; done++) {
		mfn_t m;
		int rc = gnttab_get_shared_frame(
			d, (uint32_t)(op->frame + done), status, &m);

		if (rc)
			return rc;
		if (copy_to_guest(guest_ptr(op->frame_list + done * 8), &m.v,
				  sizeof(m.v)))
			return -EFAULT;
	}
	return 0;
}

long memop_acquire_resource(struct xen_mem_acquire_resource *op, uint64_t start)
{
	struct domain *d;
	long rc;

	(void)start;
	if (op->type != XENMEM_resource_grant_table)
		return -EOPNOTSUPP;
	rc = memory_target_get(op->domid, &d);
	if (rc)
		return rc;
	rc = grant_frames(d, op);
	domain_put(d);
	return rc;
}
