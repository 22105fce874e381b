/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls, event channels and grants, through Linux's devices in Dom0.
 * Each of these rows has the price of an ioctl in it: privcmd_bad_ioctl.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <abi/grant_table.h>
#include <abi/memory.h>
#include <abi/multicall.h>
#include <abi/sysctl.h>
#include <abi/xen.h>

#include <linux/types.h>
#include <xen/evtchn.h>
#include <xen/gntalloc.h>
#include <xen/gntdev.h>

#include "bench.h"

static int privcmd, evtchn, gntdev, gntalloc;
static int port_a, port_b;
static uint32_t granted;
static volatile char *granted_page;

/* A page that hypercalls may read and write: locked and touched. */
static union {
	domid_t domid;
	struct multicall_entry calls[32];
	struct xen_sysctl sysctl;
	char page[4096];
} * buffer;

static int open_device(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	MUST(fd >= 0);
	return fd;
}

static void open_privcmd(void)
{
	privcmd = open_device("/dev/xen/privcmd");
	buffer = mmap(NULL, sizeof(*buffer), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_LOCKED,
		      -1, 0);
	MUST(buffer != MAP_FAILED);
}

static void close_privcmd(void)
{
	close(privcmd);
	munmap(buffer, sizeof(*buffer));
}

static long hypercall(uint64_t op, uint64_t a, uint64_t b)
{
	struct privcmd_call call = {op, {a, b}};

	return ioctl(privcmd, PRIVCMD_CALL, &call);
}

static void bad_ioctl(unsigned int ops)
{
	while (ops--)
		MUST(ioctl(privcmd, _IOC(_IOC_NONE, 'P', 0x7f, 0), 0) == -1);
}

static void xen_version(unsigned int ops)
{
	while (ops--)
		MUST(hypercall(__HYPERVISOR_xen_version, 0, 0) > 0);
}

static void sched_yield_op(unsigned int ops)
{
	while (ops--)
		MUST(hypercall(__HYPERVISOR_sched_op, 0, 0) == 0);
}

static void memory_reservation(unsigned int ops)
{
	buffer->domid = DOMID_SELF;
	while (ops--)
		MUST(hypercall(__HYPERVISOR_memory_op,
			       XENMEM_current_reservation,
			       (uintptr_t)buffer) > 0);
}

/* What the machine has that is neither free nor Dom0's. */
void print_hypervisor_memory(void)
{
	const struct xen_sysctl_physinfo *info;
	long dom0_pages;

	open_privcmd();
	info = &buffer->sysctl.u.physinfo;
	buffer->domid = DOMID_SELF;
	dom0_pages = hypercall(__HYPERVISOR_memory_op,
			       XENMEM_current_reservation, (uintptr_t)buffer);
	memset(buffer, 0, sizeof(*buffer));
	buffer->sysctl.cmd = XEN_SYSCTL_physinfo;
	buffer->sysctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	MUST(hypercall(__HYPERVISOR_sysctl, (uintptr_t)buffer, 0) == 0);
	printf("@bench hypervisor_memory_kib %lu\n",
	       (info->total_pages - info->free_pages -
		(unsigned long)dom0_pages) *
		       4);
	close_privcmd();
}

static void multicall32(unsigned int ops)
{
	int i;

	while (ops--) {
		for (i = 0; i < 32; i++)
			buffer->calls[i].op = __HYPERVISOR_xen_version;
		MUST(hypercall(__HYPERVISOR_multicall, (uintptr_t)buffer, 32) ==
		     0);
	}
}

static int bind_unbound(void)
{
	struct ioctl_evtchn_bind_unbound_port bind = {0};

	return ioctl(evtchn, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bind);
}

static void unbind(int port)
{
	struct ioctl_evtchn_unbind op = {(unsigned int)port};

	MUST(ioctl(evtchn, IOCTL_EVTCHN_UNBIND, &op) == 0);
}

/* Read the one pending event and allow the next. */
static void take_event(void)
{
	uint32_t port;

	MUST(read(evtchn, &port, sizeof(port)) == sizeof(port));
	MUST(write(evtchn, &port, sizeof(port)) == sizeof(port));
}

static void open_evtchn(void)
{
	evtchn = open_device("/dev/xen/evtchn");
}

static void open_loopback(void)
{
	struct ioctl_evtchn_bind_interdomain bind = {0};

	open_evtchn();
	port_a = bind_unbound();
	MUST(port_a > 0);
	bind.remote_port = (unsigned int)port_a;
	port_b = ioctl(evtchn, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
	MUST(port_b > 0);
	take_event(); /* binding leaves the new port pending */
}

static void close_evtchn(void)
{
	close(evtchn);
}

static void notify_loopback(unsigned int ops)
{
	struct ioctl_evtchn_notify op = {(unsigned int)port_b};

	while (ops--) {
		MUST(ioctl(evtchn, IOCTL_EVTCHN_NOTIFY, &op) == 0);
		take_event();
	}
}

static void bind_and_unbind(unsigned int ops)
{
	while (ops--) {
		int port = bind_unbound();

		MUST(port > 0);
		unbind(port);
	}
}

static void open_grant(void)
{
	struct ioctl_gntalloc_alloc_gref alloc = {.flags = 1, .count = 1};

	gntalloc = open_device("/dev/xen/gntalloc");
	gntdev = open_device("/dev/xen/gntdev");
	MUST(ioctl(gntalloc, IOCTL_GNTALLOC_ALLOC_GREF, &alloc) == 0);
	granted = alloc.gref_ids[0];
	granted_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
			    gntalloc, (off_t)alloc.index);
	MUST(granted_page != MAP_FAILED);
	granted_page[0] = 'x';
}

static void close_grant(void)
{
	munmap((void *)(uintptr_t)granted_page, 4096);
	close(gntdev);
	close(gntalloc);
}

static void map_touch_unmap(unsigned int ops)
{
	struct ioctl_gntdev_map_grant_ref op = {.count = 1};
	struct ioctl_gntdev_unmap_grant_ref unmap = {.count = 1};

	while (ops--) {
		volatile char *p;

		op.refs[0].ref = granted;
		MUST(ioctl(gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, &op) == 0);
		p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, gntdev,
			 (off_t)op.index);
		MUST(p != MAP_FAILED);
		MUST(p[0] == 'x');
		MUST(munmap((void *)(uintptr_t)p, 4096) == 0);
		unmap.index = op.index;
		MUST(ioctl(gntdev, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap) == 0);
	}
}

const struct bench xen_benches[] = {
	{"privcmd_bad_ioctl", 10000, bad_ioctl, open_privcmd, close_privcmd},
	{"hypercall_xen_version", 10000, xen_version, open_privcmd,
	 close_privcmd},
	{"hypercall_sched_yield", 5000, sched_yield_op, open_privcmd,
	 close_privcmd},
	{"hypercall_memory_reservation", 5000, memory_reservation, open_privcmd,
	 close_privcmd},
	{"hypercall_multicall32", 500, multicall32, open_privcmd,
	 close_privcmd},
	{"evtchn_notify_loopback", 3000, notify_loopback, open_loopback,
	 close_evtchn},
	{"evtchn_bind_unbind", 500, bind_and_unbind, open_evtchn, close_evtchn},
	{"grant_map_touch_unmap", 300, map_touch_unmap, open_grant,
	 close_grant},
	{NULL, 0, NULL, NULL, NULL},
};
