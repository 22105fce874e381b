/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls from user space, through Linux's /dev/xen/privcmd.
 *
 * The hypervisor reads and writes arguments at user addresses and cannot
 * take page faults for us, so they must lie in memory from hv_buf().
 */
#ifndef HV_H
#define HV_H

#include <stddef.h>
#include <stdint.h>

#include <abi/hypercall.h>
#include <abi/types.h>

struct req;
struct xen_domctl;
struct xen_sysctl;

struct hv {
	struct req *r; /* where failures are recorded */
	int privcmd;   /* /dev/xen/privcmd */
	int bufdev;    /* /dev/xen/hypercall, or -1: locked memory */
	char *buf;     /* the buffer in use, and its extent */
	size_t buf_size, buf_used;
};

/* Open the device. Fails with advice when this is no Dom0. */
int hv_open(struct hv *hv, struct req *r);
void hv_close(struct hv *hv);

/* The raw call: the hypercall's result, or -errno. */
long hv_call(struct hv *hv, unsigned int nr, uint64_t a, uint64_t b, uint64_t c,
	     uint64_t d, uint64_t e);

/*
 * Zeroed memory for arguments, aligned to 16. What was handed out before
 * hv_buf_reset() is handed out again. Ends the program when out of memory.
 */
void *hv_buf(struct hv *hv, size_t size);
void hv_buf_reset(struct hv *hv);
static inline uint64_t hv_ptr(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/*
 * A privileged call: begin hands out the zeroed structure (resetting the
 * buffer), end makes the call and returns 0 or -errno, with the answer in
 * place until the next begin. No failure is recorded.
 */
struct xen_domctl *hv_domctl(struct hv *hv, uint32_t cmd, domid_t domid);
int hv_domctl_end(struct hv *hv, struct xen_domctl *op);
struct xen_sysctl *hv_sysctl(struct hv *hv, uint32_t cmd);
int hv_sysctl_end(struct hv *hv, struct xen_sysctl *op);

#endif
