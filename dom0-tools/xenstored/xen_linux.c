// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypervisor through Linux: /dev/xen/evtchn, gntdev, privcmd, hypercall
 * and /proc/xen.
 *
 * Linux ABI: include/uapi/xen/{evtchn,gntdev,privcmd}.h.  Xen ABI:
 * public/sysctl.h and public/domctl.h of 4.17.
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
#include <abi/hypercall.h>
#include <abi/sysctl.h>
#include <abi/virq.h>

#include "lib/privcmd.h"
#include "wire.h"
#include "xen.h"

#define PAGE_BYTES 4096u
#define GREF_XENSTORE 1u

struct gntdev_map {
	uint32_t count, pad;
	uint64_t index;
	uint32_t domid, ref;
};

struct gntdev_unmap {
	uint64_t index;
	uint32_t count, pad;
};

struct gntdev_offset {
	uint64_t vaddr;
	uint64_t offset;
	uint32_t count, pad;
};

#define IOCTL_EVTCHN_BIND_VIRQ _IOC(_IOC_NONE, 'E', 0, 4)
#define IOCTL_EVTCHN_BIND_INTERDOMAIN _IOC(_IOC_NONE, 'E', 1, 8)
#define IOCTL_EVTCHN_UNBIND _IOC(_IOC_NONE, 'E', 3, 4)
#define IOCTL_EVTCHN_NOTIFY _IOC(_IOC_NONE, 'E', 4, 4)
#define IOCTL_GNTDEV_MAP _IOC(_IOC_NONE, 'G', 0, sizeof(struct gntdev_map))
#define IOCTL_GNTDEV_UNMAP _IOC(_IOC_NONE, 'G', 1, sizeof(struct gntdev_unmap))
#define IOCTL_GNTDEV_GET_OFFSET                                                \
	_IOC(_IOC_NONE, 'G', 2, sizeof(struct gntdev_offset))

/* Memory the hypervisor reads and writes: one request and its answer. */
#define LIST_PAGES 8u
#define LIST_MAX                                                               \
	((LIST_PAGES * PAGE_BYTES - sizeof(struct xen_sysctl)) /               \
	 sizeof(struct xen_domctl_getdomaininfo))

static int evtchn_fd = -1, gntdev_fd = -1, privcmd_fd = -1;
static void *hyper_buf;

static int open_device(const char *name, int flags, const char **what)
{
	int fd = open(name, O_RDWR | O_CLOEXEC | flags);

	*what = name;
	return fd < 0 ? -errno : fd;
}

int xen_open(const char **what)
{
	int fd;

	evtchn_fd = open_device("/dev/xen/evtchn", O_NONBLOCK, what);
	if (evtchn_fd < 0)
		return evtchn_fd;
	gntdev_fd = open_device("/dev/xen/gntdev", 0, what);
	if (gntdev_fd < 0)
		return gntdev_fd;
	privcmd_fd = open_device("/dev/xen/privcmd", 0, what);
	if (privcmd_fd < 0)
		return privcmd_fd;
	fd = open_device("/dev/xen/hypercall", 0, what);
	if (fd < 0)
		return fd;
	hyper_buf = mmap(NULL, LIST_PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE,
			 MAP_SHARED, fd, 0);
	close(fd);
	return hyper_buf == MAP_FAILED ? -errno : 0;
}

int xen_event_fd(void)
{
	return evtchn_fd;
}

size_t xen_read_ports(uint32_t *ports, size_t max)
{
	ssize_t n = read(evtchn_fd, ports, max * sizeof(*ports));

	if (n <= 0)
		return 0;
	/* unmask first: an event during our work must come again */
	if (write(evtchn_fd, ports, (size_t)n) != n)
		return 0;
	return (size_t)n / sizeof(*ports);
}

int xen_bind_interdomain(unsigned int domid, uint32_t remote_port)
{
	struct {
		uint32_t domid, port;
	} bind = {domid, remote_port};
	int port = ioctl(evtchn_fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);

	return port < 0 ? -errno : port;
}

int xen_bind_dom_exc(void)
{
	uint32_t virq = VIRQ_DOM_EXC;
	int port = ioctl(evtchn_fd, IOCTL_EVTCHN_BIND_VIRQ, &virq);

	return port < 0 ? -errno : port;
}

void xen_unbind(int port)
{
	uint32_t p = (uint32_t)port;

	ioctl(evtchn_fd, IOCTL_EVTCHN_UNBIND, &p);
}

void xen_notify(int port)
{
	uint32_t p = (uint32_t)port;

	ioctl(evtchn_fd, IOCTL_EVTCHN_NOTIFY, &p);
}

int xen_map_ring(unsigned int domid, struct xenstore_domain_interface **out)
{
	struct gntdev_map map = {
		.count = 1, .domid = domid, .ref = GREF_XENSTORE};
	void *p;
	int rc;

	if (ioctl(gntdev_fd, IOCTL_GNTDEV_MAP, &map))
		return -errno;
	p = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		 gntdev_fd, (off_t)map.index);
	if (p == MAP_FAILED) {
		struct gntdev_unmap unmap = {map.index, 1, 0};

		rc = -errno;
		ioctl(gntdev_fd, IOCTL_GNTDEV_UNMAP, &unmap);
		return rc;
	}
	*out = p;
	return 0;
}

void xen_unmap_ring(struct xenstore_domain_interface *page)
{
	struct gntdev_offset off = {.vaddr = (uint64_t)(uintptr_t)page};
	struct gntdev_unmap unmap = {.count = 1};
	bool found = !ioctl(gntdev_fd, IOCTL_GNTDEV_GET_OFFSET, &off);

	munmap(page, PAGE_BYTES);
	unmap.index = off.offset;
	if (found)
		ioctl(gntdev_fd, IOCTL_GNTDEV_UNMAP, &unmap);
}

int xen_map_own_ring(struct xenstore_domain_interface **out, uint32_t *port)
{
	FILE *f = fopen("/proc/xen/xsd_port", "re");
	void *p;
	int fd, n;

	if (!f)
		return -errno;
	n = fscanf(f, "%u", port);
	fclose(f);
	if (n != 1)
		return -EINVAL;
	fd = open("/proc/xen/xsd_kva", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	p = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return -errno;
	*out = p;
	return 0;
}

void xen_unmap_own_ring(struct xenstore_domain_interface *page)
{
	munmap(page, PAGE_BYTES);
}

static int list_some(unsigned int first, struct xen_domain *out, size_t max)
{
	struct xen_sysctl *op = hyper_buf;
	struct xen_sysctl_getdomaininfolist *list = &op->u.getdomaininfolist;
	struct xen_domctl_getdomaininfo *info = (void *)(op + 1);
	struct privcmd_hypercall call = {__HYPERVISOR_sysctl,
					 {(uint64_t)(uintptr_t)op}};

	if (max > LIST_MAX)
		max = LIST_MAX;
	memset(op, 0, sizeof(*op));
	op->cmd = XEN_SYSCTL_getdomaininfolist;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	list->first_domain = (uint16_t)first;
	list->max_domains = (uint32_t)max;
	list->buffer = (uint64_t)(uintptr_t)info;
	if (ioctl(privcmd_fd, IOCTL_PRIVCMD_HYPERCALL, &call))
		return -errno;
	if (list->num_domains < max)
		max = list->num_domains;
	for (size_t i = 0; i < max; i++) {
		out[i].domid = info[i].domain;
		out[i].is_dying = info[i].flags & XEN_DOMINF_dying;
		out[i].has_shut_down = info[i].flags & XEN_DOMINF_shutdown;
		memcpy(out[i].handle, info[i].handle, sizeof(out[i].handle));
	}
	return (int)max;
}

int xen_list_domains(unsigned int first, struct xen_domain *out, size_t max)
{
	size_t nr = 0;

	while (nr < max) {
		int n = list_some(first, out + nr, max - nr);

		if (n < 0)
			return n;
		nr += (size_t)n;
		if ((size_t)n < LIST_MAX)
			break;
		first = out[nr - 1].domid + 1u;
	}
	return (int)nr;
}
