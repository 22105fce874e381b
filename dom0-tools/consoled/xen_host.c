/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Xen as Dom0's Linux shows it: /dev/xen/evtchn, /dev/xen/gntdev and, for the
 * domain list and the hypervisor's log, hypercalls.
 */
#include "report.h"
#include "xen_seam.h"

#include "../lib/dom.h"
#include "../lib/hv.h"
#include "../lib/req.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <abi/io/console.h>
#include <abi/sysctl.h>

#define PAGE_BYTES 4096
#define GREF_CONSOLE 0 /* Xen ABI, public/grant_table.h: reserved entries */
#define NR_LIST_MAX 64

/* Linux, include/uapi/xen/evtchn.h; _IOC(_IOC_NONE, 'E', nr, size). */
#define IOCTL_EVTCHN_BIND_VIRQ 0x44500ul
#define IOCTL_EVTCHN_BIND_INTERDOMAIN 0x84501ul
#define IOCTL_EVTCHN_UNBIND 0x44503ul
#define IOCTL_EVTCHN_NOTIFY 0x44504ul

/* Linux, include/uapi/xen/gntdev.h; _IOC(_IOC_NONE, 'G', nr, size). */
#define IOCTL_GNTDEV_MAP 0x184700ul
#define IOCTL_GNTDEV_UNMAP 0x104701ul
#define IOCTL_GNTDEV_GET_OFFSET 0x184702ul

struct gntdev_map {
	uint32_t count, pad;
	uint64_t index; /* out: mmap offset */
	uint32_t domid, gref;
};

struct gntdev_get_offset {
	uint64_t vaddr;
	uint64_t offset; /* out */
	uint32_t count;	 /* out */
	uint32_t pad;
};

struct gntdev_unmap {
	uint64_t index;
	uint32_t count, pad;
};

static int evtchn_fd = -1, gntdev_fd = -1;
static struct req req;
static struct hv hv;

static int open_device(const char *path, int *fd)
{
	*fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (*fd >= 0)
		return 0;
	report("cannot open %s: %s (is this Dom0, with the module loaded?)",
	       path, strerror(errno));
	return -errno;
}

int xen_open(void)
{
	int rc = open_device("/dev/xen/evtchn", &evtchn_fd);

	if (!rc)
		rc = open_device("/dev/xen/gntdev", &gntdev_fd);
	if (rc)
		return rc;
	rc = hv_open(&hv, &req);
	if (rc)
		report("%s%s%s", req.what, req.hint ? "; " : "",
		       req.hint ? req.hint : "");
	return rc;
}

int xen_evtchn_fd(void)
{
	return evtchn_fd;
}

int xen_evtchn_next(void)
{
	uint32_t port;
	ssize_t n = read(evtchn_fd, &port, sizeof(port));

	if (n == sizeof(port))
		return (int)port;
	return n < 0 ? -errno : -EAGAIN;
}

void xen_evtchn_unmask(uint32_t port)
{
	if (write(evtchn_fd, &port, sizeof(port)) != sizeof(port))
		report("cannot unmask event channel %u: %s", port,
		       strerror(errno));
}

void xen_evtchn_notify(uint32_t port)
{
	/* Fails when the domain has just gone; its release tells us. */
	ioctl(evtchn_fd, IOCTL_EVTCHN_NOTIFY, &port);
}

int xen_evtchn_bind(uint16_t domid, uint32_t remote_port)
{
	uint32_t arg[2] = {domid, remote_port};
	int port = ioctl(evtchn_fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, arg);

	return port < 0 ? -errno : port;
}

int xen_evtchn_bind_virq(uint32_t virq)
{
	int port = ioctl(evtchn_fd, IOCTL_EVTCHN_BIND_VIRQ, &virq);

	return port < 0 ? -errno : port;
}

void xen_evtchn_unbind(uint32_t port)
{
	ioctl(evtchn_fd, IOCTL_EVTCHN_UNBIND, &port);
}

int xen_ring_map(uint16_t domid, struct xencons_interface **page)
{
	struct gntdev_map m = {
		.count = 1, .domid = domid, .gref = GREF_CONSOLE};
	struct gntdev_unmap u = {.count = 1};
	void *p;
	int rc;

	if (ioctl(gntdev_fd, IOCTL_GNTDEV_MAP, &m))
		return -errno;
	p = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		 gntdev_fd, (off_t)m.index);
	if (p == MAP_FAILED) {
		rc = -errno;
		u.index = m.index;
		ioctl(gntdev_fd, IOCTL_GNTDEV_UNMAP, &u);
		return rc;
	}
	*page = p;
	return 0;
}

void xen_ring_unmap(struct xencons_interface *page)
{
	struct gntdev_get_offset off = {.vaddr = (uintptr_t)page};
	struct gntdev_unmap u = {.count = 1};

	ioctl(gntdev_fd, IOCTL_GNTDEV_GET_OFFSET, &off);
	munmap(page, PAGE_BYTES);
	u.index = off.offset;
	ioctl(gntdev_fd, IOCTL_GNTDEV_UNMAP, &u);
}

int xen_domains(uint16_t from, struct xen_domain *out, size_t max)
{
	struct xen_domctl_getdomaininfo info[NR_LIST_MAX];
	int n, i;

	n = dom_list(&hv, from, max < NR_LIST_MAX ? (uint32_t)max : NR_LIST_MAX,
		     info);
	for (i = 0; i < n; i++) {
		out[i].domid = info[i].domain;
		out[i].is_dying = info[i].flags & XEN_DOMINF_dying;
		memcpy(out[i].handle, info[i].handle, sizeof(out[i].handle));
	}
	return n;
}

int xen_log_read(char buf[XEN_LOG_CHUNK], uint32_t *index)
{
	struct xen_sysctl *op = hv_sysctl(&hv, XEN_SYSCTL_readconsole);
	char *p = hv_buf(&hv, XEN_LOG_CHUNK);
	int rc;

	op->u.readconsole.incremental = 1;
	op->u.readconsole.index = *index;
	op->u.readconsole.buffer = hv_ptr(p);
	op->u.readconsole.count = XEN_LOG_CHUNK;
	rc = hv_sysctl_end(&hv, op);
	if (rc < 0)
		return rc;
	*index = op->u.readconsole.index;
	memcpy(buf, p, op->u.readconsole.count);
	return (int)op->u.readconsole.count;
}
