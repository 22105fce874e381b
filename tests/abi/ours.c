/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our side of the comparison, compiled freestanding as the hypervisor is.
 */
#include <abi/callback.h>
#include <abi/console.h>
#include <abi/cpuid.h>
#include <abi/elfnote.h>
#include <abi/features.h>
#include <abi/grant_table.h>
#include <abi/io/console.h>
#include <abi/io/xenbus.h>
#include <abi/io/xs_wire.h>
#include <abi/mca.h>
#include <abi/memory.h>
#include <abi/nmi.h>
#include <abi/platform.h>
#include <abi/sched.h>
#include <abi/sysctl.h>
#include <abi/vcpu.h>
#include <abi/version.h>
#include <abi/xen.h>
#include <abi/xenpmu.h>

#include "compare.h"

void abi_ours(abi_value_fn *put)
{
#define ERRNO(name) put(#name, name, 0);
#include "compare.inc"
}
