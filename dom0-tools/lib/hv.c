// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls through /dev/xen/privcmd: the device, the argument buffer, and
 * the common part of domctl and sysctl.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <abi/domctl.h>
#include <abi/sysctl.h>

#include "hv.h"
#include "privcmd.h"
#include "req.h"

#define BUF_PAGES 2 /* enough for most calls; hv_buf() adds more */
#define PAGE_BYTES 4096

int hv_open(struct hv *hv, struct req *r)
{
	*hv = (struct hv){.r = r, .bufdev = -1};
	hv->privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (hv->privcmd < 0 && errno == ENOENT)
		hv->privcmd = open("/proc/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (hv->privcmd < 0) {
		int rc = -errno;

		req_fail(r, rc, "cannot open /dev/xen/privcmd: %s",
			 strerror(-rc));
		if (rc == -ENOENT || rc == -ENODEV || rc == -ENXIO)
			req_hint(r, "run this in Dom0, with the module "
				    "xen-privcmd loaded");
		else if (rc == -EACCES || rc == -EPERM)
			req_hint(r, "run this as root");
		return rc;
	}
	hv->bufdev = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
	return 0;
}

void hv_close(struct hv *hv)
{
	if (hv->privcmd >= 0)
		close(hv->privcmd);
	if (hv->bufdev >= 0)
		close(hv->bufdev);
	hv->privcmd = hv->bufdev = -1;
}

long hv_call(struct hv *hv, unsigned int nr, uint64_t a, uint64_t b, uint64_t c,
	     uint64_t d, uint64_t e)
{
	struct privcmd_hypercall call = {nr, {a, b, c, d, e}};
	int rc = ioctl(hv->privcmd, IOCTL_PRIVCMD_HYPERCALL, &call);

	return rc < 0 ? -errno : rc;
}

/*
 * A fresh buffer of at least @size bytes. Pages of the device are the
 * kernel's and never move. Locked ones may, for a moment, be migrated, which
 * is as much as a kernel without that device offers. Old buffers stay mapped:
 * the current call's other arguments are in them.
 */
static void hv_buf_grow(struct hv *hv, size_t size)
{
	size_t bytes = BUF_PAGES * PAGE_BYTES;
	void *p;

	if (size > bytes)
		bytes = (size + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
	if (hv->bufdev >= 0)
		p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			 hv->bufdev, 0);
	else
		p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED |
				 MAP_POPULATE,
			 -1, 0);
	if (p == MAP_FAILED) {
		fprintf(stderr, "pavo: no memory for hypercall arguments\n");
		exit(1);
	}
	hv->buf = p;
	hv->buf_size = bytes;
	hv->buf_used = 0;
}

void *hv_buf(struct hv *hv, size_t size)
{
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (hv->buf_size - hv->buf_used < size)
		hv_buf_grow(hv, size);
	p = hv->buf + hv->buf_used;
	hv->buf_used += size;
	return memset(p, 0, size);
}

void hv_buf_reset(struct hv *hv)
{
	hv->buf_used = 0;
}

struct xen_domctl *hv_domctl(struct hv *hv, uint32_t cmd, domid_t domid)
{
	struct xen_domctl *op;

	hv_buf_reset(hv);
	op = hv_buf(hv, sizeof(*op));
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = domid;
	return op;
}

int hv_domctl_end(struct hv *hv, struct xen_domctl *op)
{
	return (int)hv_call(hv, __HYPERVISOR_domctl, hv_ptr(op), 0, 0, 0, 0);
}

struct xen_sysctl *hv_sysctl(struct hv *hv, uint32_t cmd)
{
	struct xen_sysctl *op;

	hv_buf_reset(hv);
	op = hv_buf(hv, sizeof(*op));
	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return op;
}

int hv_sysctl_end(struct hv *hv, struct xen_sysctl *op)
{
	return (int)hv_call(hv, __HYPERVISOR_sysctl, hv_ptr(op), 0, 0, 0, 0);
}
