/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walking the array of operations of one grant_table_op: each is copied in
 * once, done, and copied out with its status.
 */
#ifndef GNTTAB_OP_ARRAY_H
#define GNTTAB_OP_ARRAY_H

#include <hv/cpu.h>
#include <hv/guest_access.h>

#include <abi/errno.h>

/* Operations between two looks at other work. */
#define OPS_BETWEEN_CHECKS 16

/*
 * Do @fn on each of @count structs of @size bytes at @ops; @op is room for
 * one.  Returns as the handlers of gnttab.h do.  Inlined, so that the calls of
 * @fn are direct.
 */
static inline __attribute__((always_inline)) long
op_array_run(struct domain *d, guest_ptr_t ops, uint32_t count, size_t size,
	     void *op, void (*fn)(struct domain *d, void *op))
{
	for (uint32_t i = 0; i < count; i++) {
		if (i && i % OPS_BETWEEN_CHECKS == 0 && preempt_check())
			return count - i;
		if (copy_from_guest(op, ops, size))
			return -EFAULT;
		fn(d, op);
		if (copy_to_guest(ops, op, size))
			return -EFAULT;
		ops = guest_ptr_add(ops, size);
	}
	return 0;
}

#endif
