/* SPDX-License-Identifier: GPL-2.0-only */
/* sysctl: permission, copy in, the handler of sysctl.def, copy out. */
#include <hv/hypercalls.h>

#include <abi/errno.h>

long hc_sysctl(guest_ptr_t op)
{
	(void)op;
	return -ENOSYS;
}
