/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Dom0 devices of Linux: hypercalls, event channels and grants as tools
 * use them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <abi/grant_table.h>
#include <abi/hypercall.h>
#include <abi/platform.h>
#include <abi/sched.h>
#include <abi/sysctl.h>
#include <abi/version.h>

#include <linux/types.h>
#include <xen/evtchn.h>
#include <xen/gntalloc.h>
#include <xen/gntdev.h>

#include "check.h"

/* Linux, include/uapi/xen/privcmd.h, which needs Xen's own headers. */
struct privcmd_call {
	uint64_t op;
	uint64_t arg[5];
};
#define PRIVCMD_CALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_call))

static int open_device(const char *path)
{
	int fd;

	if (!is_dom0())
		check_skip("not Dom0");
	fd = open(path, O_RDWR | O_CLOEXEC);
	EXPECT(fd >= 0);
	return fd;
}

static long hypercall(int fd, uint64_t op, uint64_t a, uint64_t b)
{
	struct privcmd_call call = {op, {a, b}};

	return ioctl(fd, PRIVCMD_CALL, &call);
}

CHECK(hypervisor_is_version_4_17)
{
	int fd = open_device("/dev/xen/privcmd");

	EXPECT(hypercall(fd, __HYPERVISOR_xen_version, XENVER_version, 0) ==
	       0x40011);
}

CHECK(hypercalls_write_to_user_memory)
{
	int fd = open_device("/dev/xen/privcmd");
	char *text = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);

	EXPECT(text != MAP_FAILED);
	EXPECT(hypercall(fd, __HYPERVISOR_xen_version, XENVER_capabilities,
			 (uintptr_t)text) == 0);
	EXPECT(strstr(text, "xen-3.0-x86_64"));
}

CHECK(hypervisor_log_can_be_read)
{
	int fd = open_device("/dev/xen/privcmd");
	char *log = mmap(
		NULL, 65536, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_readconsole,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
		.u.readconsole = {.buffer = (uintptr_t)log, .count = 65535},
	};

	EXPECT(log != MAP_FAILED);
	EXPECT(hypercall(fd, __HYPERVISOR_sysctl, (uintptr_t)&op, 0) == 0);
	EXPECT(op.u.readconsole.count > 100);
	EXPECT(op.u.readconsole.count < 65536);
	EXPECT(strstr(log, "Command line: "));
}

CHECK(bad_hypercalls_return_errors)
{
	int fd = open_device("/dev/xen/privcmd");

	EXPECT(hypercall(fd, 63, 0, 0) == -1 && errno == ENOSYS);
	EXPECT(hypercall(fd, __HYPERVISOR_sched_op, 999, 0) == -1 &&
	       errno == ENOSYS);
	EXPECT(hypercall(fd, __HYPERVISOR_xen_version, XENVER_capabilities,
			 16) == -1 &&
	       errno == EFAULT);
	EXPECT(hypercall(fd, __HYPERVISOR_xen_version, XENVER_capabilities,
			 0xffff82d040200000) == -1 &&
	       errno == EFAULT);
}

CHECK(yields_return)
{
	int fd = open_device("/dev/xen/privcmd"), i;

	for (i = 0; i < 1000; i++)
		EXPECT(hypercall(fd, __HYPERVISOR_sched_op, SCHEDOP_yield, 0) ==
		       0);
}

/* Two ports of Dom0 with each other: what one notifies, the other reads. */
CHECK(event_channels_deliver)
{
	struct ioctl_evtchn_bind_unbound_port unbound = {0};
	struct ioctl_evtchn_bind_interdomain inter = {0};
	struct ioctl_evtchn_notify notify;
	struct ioctl_evtchn_unbind unbind;
	int fd = open_device("/dev/xen/evtchn"), i, a, b;
	uint32_t port;

	for (i = 0; i < 100; i++) {
		a = ioctl(fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &unbound);
		EXPECT(a > 0);
		inter.remote_port = (unsigned int)a;
		b = ioctl(fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &inter);
		EXPECT(b > 0 && b != a);
		/* binding makes the new port pending once */
		EXPECT(read(fd, &port, sizeof(port)) == sizeof(port));
		EXPECT(port == (uint32_t)b);
		EXPECT(write(fd, &port, sizeof(port)) == sizeof(port));
		notify.port = (unsigned int)b;
		EXPECT(ioctl(fd, IOCTL_EVTCHN_NOTIFY, &notify) == 0);
		EXPECT(read(fd, &port, sizeof(port)) == sizeof(port));
		EXPECT(port == (uint32_t)a);
		EXPECT(write(fd, &port, sizeof(port)) == sizeof(port));
		unbind.port = (unsigned int)a;
		EXPECT(ioctl(fd, IOCTL_EVTCHN_UNBIND, &unbind) == 0);
		unbind.port = (unsigned int)b;
		EXPECT(ioctl(fd, IOCTL_EVTCHN_UNBIND, &unbind) == 0);
	}
}

/* What EFI answers; its answer to a bad argument. */
#define EFI_SUCCESS 0
#define EFI_INVALID_PARAMETER (1ULL << 63 | 2)

static uint64_t efi_time_call(int fd, uint32_t function,
			      struct xenpf_efi_time *time)
{
	struct xen_platform_op op = {
		.cmd = XENPF_efi_runtime_call,
		.interface_version = XENPF_INTERFACE_VERSION,
		.u.efi_runtime_call = {.function = function,
				       .u.set_time = *time},
	};

	if (hypercall(fd, __HYPERVISOR_platform_op, (uintptr_t)&op, 0)) {
		EXPECT(errno == ENOSYS);
		check_skip("no EFI");
	}
	*time = op.u.efi_runtime_call.u.get_time.time;
	return op.u.efi_runtime_call.status;
}

static time_t efi_now(int fd)
{
	struct xenpf_efi_time e = {0};
	struct tm tm;

	EXPECT(efi_time_call(fd, XEN_EFI_get_time, &e) == EFI_SUCCESS);
	tm = (struct tm){.tm_year = e.year - 1900,
			 .tm_mon = e.month - 1,
			 .tm_mday = e.day,
			 .tm_hour = e.hour,
			 .tm_min = e.min,
			 .tm_sec = e.sec};
	return timegm(&tm);
}

static void efi_set(int fd, time_t now)
{
	struct tm tm;
	struct xenpf_efi_time e;

	EXPECT(gmtime_r(&now, &tm));
	e = (struct xenpf_efi_time){.year = (uint16_t)(tm.tm_year + 1900),
				    .month = (uint8_t)(tm.tm_mon + 1),
				    .day = (uint8_t)tm.tm_mday,
				    .hour = (uint8_t)tm.tm_hour,
				    .min = (uint8_t)tm.tm_min,
				    .sec = (uint8_t)tm.tm_sec};
	EXPECT(efi_time_call(fd, XEN_EFI_set_time, &e) == EFI_SUCCESS);
}

/* The firmware's clock is the machine's; it can be set, and back again. */
CHECK(efi_keeps_time)
{
	const time_t days = 40 * 24 * 3600;
	struct xenpf_efi_time never = {.year = 2026, .month = 13, .day = 1};
	int fd = open_device("/dev/xen/privcmd");
	time_t ahead = efi_now(fd) - time(NULL);

	EXPECT(ahead >= -5 && ahead <= 5);
	efi_set(fd, efi_now(fd) + days);
	ahead = efi_now(fd) - time(NULL) - days;
	EXPECT(ahead >= -10 && ahead <= 10);
	efi_set(fd, efi_now(fd) - days);
	ahead = efi_now(fd) - time(NULL);
	EXPECT(ahead >= -15 && ahead <= 15);
	EXPECT(efi_time_call(fd, XEN_EFI_set_time, &never) ==
	       EFI_INVALID_PARAMETER);
}

/* A page of Dom0 granted to Dom0 and mapped a second time. */
CHECK(granted_page_is_shared)
{
	struct ioctl_gntalloc_alloc_gref alloc = {.flags = 1, .count = 1};
	struct ioctl_gntdev_map_grant_ref ref = {.count = 1};
	struct ioctl_gntdev_unmap_grant_ref unmap = {.count = 1};
	int alloc_fd = open_device("/dev/xen/gntalloc");
	int map_fd = open_device("/dev/xen/gntdev");
	volatile char *granted, *mapped;
	int i;

	EXPECT(ioctl(alloc_fd, IOCTL_GNTALLOC_ALLOC_GREF, &alloc) == 0);
	granted = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, alloc_fd,
		       (off_t)alloc.index);
	EXPECT(granted != MAP_FAILED);
	for (i = 0; i < 50; i++) {
		ref.refs[0].domid = 0;
		ref.refs[0].ref = alloc.gref_ids[0];
		EXPECT(ioctl(map_fd, IOCTL_GNTDEV_MAP_GRANT_REF, &ref) == 0);
		mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
			      map_fd, (off_t)ref.index);
		EXPECT(mapped != MAP_FAILED);
		granted[i] = (char)i;
		EXPECT(mapped[i] == (char)i);
		mapped[i] = (char)-i;
		EXPECT(granted[i] == (char)-i);
		EXPECT(munmap((void *)(uintptr_t)mapped, 4096) == 0);
		unmap.index = ref.index;
		EXPECT(ioctl(map_fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap) ==
		       0);
	}
}
