/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of CPUs and nodes in the tools' memory. */
#include <hv/domctl.h>
#include <hv/guest_access.h>

#include <abi/errno.h>

#define MAX_BITS 32768

int guest_bitmap_read(const struct xenctl_bitmap *b, uint64_t *mask)
{
	uint32_t bytes = min(div_round_up(b->nr_bits, 8u), 8u);

	*mask = 0;
	if (copy_from_guest(mask, guest_ptr(b->bitmap), bytes))
		return -EFAULT;
	if (b->nr_bits < 64)
		*mask &= (1ULL << b->nr_bits) - 1;
	return 0;
}

int guest_bitmap_write(const struct xenctl_bitmap *b, uint64_t mask)
{
	uint32_t bytes = div_round_up(b->nr_bits, 8u), n = min(bytes, 8u);

	if (b->nr_bits > MAX_BITS)
		return -EINVAL;
	if (b->nr_bits < 64)
		mask &= (1ULL << b->nr_bits) - 1;
	if (copy_to_guest(guest_ptr(b->bitmap), &mask, n) ||
	    clear_guest(guest_ptr(b->bitmap + n), bytes - n))
		return -EFAULT;
	return 0;
}
