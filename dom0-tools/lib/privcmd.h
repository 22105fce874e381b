/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioctls of Linux's /dev/xen/privcmd (Linux: include/uapi/xen/privcmd.h).
 */
#ifndef PRIVCMD_H
#define PRIVCMD_H

#include <stdint.h>

struct privcmd_hypercall {
	uint64_t op;
	uint64_t arg[5];
};

/* Map @num frames of @dom at @addr; err[i] is 0 or -errno. */
struct privcmd_mmapbatch_v2 {
	uint32_t num;
	uint16_t dom;
	uint16_t _pad;
	uint64_t addr;
	const uint64_t *mfns;
	int *err;
};

/* Map a resource (XENMEM_acquire_resource); num 0 asks for its size. */
struct privcmd_mmap_resource {
	uint16_t dom;
	uint16_t _pad;
	uint32_t type;
	uint32_t id;
	uint32_t idx;
	uint64_t num;
	uint64_t addr;
};

/* _IOC(_IOC_NONE, 'P', nr, size) */
#define IOCTL_PRIVCMD_HYPERCALL 0x305000ul
#define IOCTL_PRIVCMD_MMAPBATCH_V2 0x205004ul
#define IOCTL_PRIVCMD_MMAP_RESOURCE 0x205007ul

#endif
