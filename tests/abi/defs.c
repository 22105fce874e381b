/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The .def tables against the headers: each row's number is the constant of
 * its name, its argument is a type we define, and the generated names are
 * found by number.
 */
#include <stdio.h>
#include <string.h>

#include <abi/callback.h>
#include <abi/console.h>
#include <abi/event_channel.h>
#include <abi/grant_table.h>
#include <abi/mca.h>
#include <abi/memory.h>
#include <abi/names.h>
#include <abi/nmi.h>
#include <abi/physdev.h>
#include <abi/platform.h>
#include <abi/sched.h>
#include <abi/sysctl.h>
#include <abi/vcpu.h>
#include <abi/version.h>
#include <abi/xen.h>

static unsigned int passed, failed;

static void check(int ok, const char *name, const char *what)
{
	if (ok) {
		passed++;
		return;
	}
	failed++;
	printf("FAIL %s: %s\n", name, what);
}

/* Rows of one table in turn; rising numbers also rule out doubles. */
static void row(const char *name, long nr, long constant, long *last)
{
	check(nr == constant, name, "the number is not the header's");
	check(nr > *last, name, "rows are not in rising order");
	*last = nr;
}

static void same_name(const char *name, const char *found)
{
	check(found && strcmp(name, found) == 0, name,
	      "not found under its number");
}

static void hypercalls(void)
{
	long last = -1;

#define HYPERCALL(nr, name)                                                    \
	row(#name, nr, __HYPERVISOR_##name, &last);                            \
	same_name(#name, abi_hypercall_name(nr));
#define HYPERCALL0(nr, name, doc) HYPERCALL(nr, name)
#define HYPERCALL1(nr, name, a, doc) HYPERCALL(nr, name)
#define HYPERCALL2(nr, name, a, b, doc) HYPERCALL(nr, name)
#define HYPERCALL3(nr, name, a, b, c, doc) HYPERCALL(nr, name)
#define HYPERCALL4(nr, name, a, b, c, d, doc) HYPERCALL(nr, name)
#define HYPERCALL5(nr, name, a, b, c, d, e, doc) HYPERCALL(nr, name)
#include <hypercalls.def>
	check(!abi_hypercall_name(11), "11", "has a name");
	check(!abi_hypercall_name(UINT32_MAX), "UINT32_MAX", "has a name");
}

/* What each column may hold; another word does not compile. */
enum copy { NONE, IN, OUT, INOUT };
enum callers { ANYONE, PRIV };
struct noarg {
	char none[1];
};
#define NOARG struct noarg

static void columns(const char *name, size_t arg_size, enum copy copy,
		    enum callers callers, const char *doc)
{
	check(arg_size > 0, name, "the argument has no size");
	check(copy <= INOUT && callers <= PRIV, name, "bad column");
	check(strlen(doc) > 5, name, "is not documented");
}

#define OP(cmd, NAME, handler, type, copy, callers, doc)                       \
	row(#NAME, cmd, NAME, &last);                                          \
	same_name(#NAME, abi_subop_name(hypercall, cmd));                      \
	columns(#NAME, sizeof(type), copy, callers, doc);

static void callback_table(void)
{
	const uint32_t hypercall = __HYPERVISOR_callback_op;
	long last = -1;

#include <callback.def>
}

static void console_table(void)
{
	const uint32_t hypercall = __HYPERVISOR_console_io;
	long last = -1;

#include <console.def>
}

static void domctl_table(void)
{
	const uint32_t hypercall = __HYPERVISOR_domctl;
	long last = -1;

#include <domctl.def>
}

static void evtchn_table(void)
{
	const uint32_t hypercall = __HYPERVISOR_event_channel_op;
	long last = -1;

#include <evtchn.def>
}

static void grant_table(void)
{
	const uint32_t hypercall = __HYPERVISOR_grant_table_op;
	long last = -1;

#include <grant.def>
}

static void memory_table(void)
{
	const uint32_t hypercall = __HYPERVISOR_memory_op;
	long last = -1;

#include <memory.def>
}

static void mmuext_table(void)
{
	const uint32_t hypercall = __HYPERVISOR_mmuext_op;
	long last = -1;

#include <mmuext.def>
}

static void nmi_table(void)
{
	const uint32_t hypercall = __HYPERVISOR_nmi_op;
	long last = -1;

#include <nmi.def>
}

static void physdev_table(void)
{
	const uint32_t hypercall = __HYPERVISOR_physdev_op;
	long last = -1;

#include <physdev.def>
}

static void platform_table(void)
{
	const uint32_t hypercall = __HYPERVISOR_platform_op;
	long last = -1;

#include <platform.def>
}

static void sched_table(void)
{
	const uint32_t hypercall = __HYPERVISOR_sched_op;
	long last = -1;

#include <sched.def>
}

static void sysctl_table(void)
{
	const uint32_t hypercall = __HYPERVISOR_sysctl;
	long last = -1;

#include <sysctl.def>
}

static void vcpu_table(void)
{
	const uint32_t hypercall = __HYPERVISOR_vcpu_op;
	long last = -1;

#include <vcpu.def>
}

static void vm_assist_table(void)
{
	const uint32_t hypercall = __HYPERVISOR_vm_assist;
	long last = -1;

#include <vm_assist.def>
}

static void version_table(void)
{
	const uint32_t hypercall = __HYPERVISOR_xen_version;
	long last = -1;

#include <version.def>
}

int main(void)
{
	hypercalls();
	callback_table();
	console_table();
	domctl_table();
	evtchn_table();
	grant_table();
	memory_table();
	mmuext_table();
	nmi_table();
	physdev_table();
	platform_table();
	sched_table();
	sysctl_table();
	vcpu_table();
	vm_assist_table();
	version_table();
	check(!abi_subop_name(__HYPERVISOR_event_channel_op, 14), "14",
	      "has a name");
	check(!abi_subop_name(__HYPERVISOR_iret, 0), "iret", "has sub-ops");
	same_name("XENMEM_populate_physmap",
		  abi_subop_name(__HYPERVISOR_memory_op,
				 XENMEM_populate_physmap |
					 5 << MEMOP_EXTENT_SHIFT));
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
