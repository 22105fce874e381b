/* SPDX-License-Identifier: GPL-2.0-only */
/* domctl: permission, copy in, the handler of domctl.def, copy out. */
#include <hv/hypercalls.h>

#include <abi/errno.h>

long hc_domctl(guest_ptr_t op)
{
	(void)op;
	return -ENOSYS;
}
