/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest memory by virtual address: range check here, faults in entry.S. */
#include <hv/guest_access.h>
#include <hv/x86/guest_copy.h>
#include <hv/x86/layout.h>

#include <abi/errno.h>

bool guest_range_ok(uint64_t va, size_t n)
{
	return va + n >= va && (va + n <= HV_VIRT_START || va >= HV_VIRT_END);
}

size_t guest_copy_in(void *dst, uint64_t va, size_t n)
{
	if (!guest_range_ok(va, n))
		return n;
	return guest_copy_asm(dst, (const void *)va, n);
}

int copy_from_guest(void *dst, guest_ptr_t src, size_t n)
{
	return guest_copy_in(dst, src.va, n) ? -EFAULT : 0;
}

int copy_to_guest(guest_ptr_t dst, const void *src, size_t n)
{
	if (!guest_range_ok(dst.va, n))
		return -EFAULT;
	return guest_copy_asm((void *)dst.va, src, n) ? -EFAULT : 0;
}

int clear_guest(guest_ptr_t dst, size_t n)
{
	if (!guest_range_ok(dst.va, n))
		return -EFAULT;
	return guest_clear_asm((void *)dst.va, n) ? -EFAULT : 0;
}
