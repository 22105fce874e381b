// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Debian's static libtdb needs of a library it does not bring along:
 * C11's memset_s(), under the name Samba gives its replacement.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

int rep_memset_s(void *dest, size_t dest_size, int c, size_t n);

int rep_memset_s(void *dest, size_t dest_size, int c, size_t n)
{
	if (n > dest_size)
		return EINVAL;
	memset(dest, c, n);
	/* the store counts even if nothing reads it */
	__asm__ volatile("" : : "r"(dest) : "memory");
	return 0;
}
