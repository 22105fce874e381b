/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's log and debug keys, for the tools. */
#include <hv/console.h>
#include <hv/guest_access.h>
#include <hv/sysctl.h>

#include <abi/errno.h>

#define CHUNK 512
#define MAX_KEYS 256

long sysctl_readconsole(struct xen_sysctl_readconsole *op)
{
	uint32_t index = op->incremental ? op->index : 0, done = 0;
	char buf[CHUNK];
	size_t n;

	do {
		n = conring_read(&index, buf,
				 min(op->count - done, (uint32_t)CHUNK));
		if (n && copy_to_guest(guest_ptr(op->buffer + done), buf, n))
			return -EFAULT;
		done += (uint32_t)n;
	} while (n);
	op->index = index;
	op->count = done;
	if (op->clear)
		conring_clear();
	return 0;
}

long sysctl_debug_keys(struct xen_sysctl_debug_keys *op)
{
	if (op->nr_keys > MAX_KEYS)
		return -E2BIG;
	for (uint32_t i = 0; i < op->nr_keys; i++) {
		char key;

		if (copy_from_guest(&key, guest_ptr(op->keys + i), 1))
			return -EFAULT;
		keyhandler_run(key);
	}
	return 0;
}
