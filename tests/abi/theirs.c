/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The peer's side of the comparison: Debian's libxen-dev, as its tools use it.
 */
#include <stdint.h>

#define __XEN_TOOLS__ 1
#include <xen/xen.h>

#include <xen/arch-x86/cpuid.h>
#include <xen/arch-x86/xen-mca.h>
#include <xen/callback.h>
#include <xen/domctl.h>
#include <xen/elfnote.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/io/console.h>
#include <xen/io/xenbus.h>
#include <xen/io/xs_wire.h>
#include <xen/memory.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/pmu.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#include "compare.h"

void abi_theirs(abi_value_fn *put)
{
#define ERRNO(name) put(#name, XEN_##name, 0);
#include "compare.inc"
}
