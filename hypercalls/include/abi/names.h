/* SPDX-License-Identifier: MIT */
/*
 * Names of hypercalls and sub-operations by number, from the tables: for
 * traces and messages.
 */
#ifndef ABI_NAMES_H
#define ABI_NAMES_H

#include <stddef.h>

#include <abi/hypercall.h>
#include <abi/memory.h>
#include <abi/types.h>

/* Name without __HYPERVISOR_, or NULL if Pavo has no such hypercall. */
static inline const char *abi_hypercall_name(uint32_t nr)
{
	switch (nr) {
/* clang-format off */
#define HYPERCALL0(nr, name, doc) case nr: return #name;
#define HYPERCALL1(nr, name, a, doc) case nr: return #name;
#define HYPERCALL2(nr, name, a, b, doc) case nr: return #name;
#define HYPERCALL3(nr, name, a, b, c, doc) case nr: return #name;
#define HYPERCALL4(nr, name, a, b, c, d, doc) case nr: return #name;
#define HYPERCALL5(nr, name, a, b, c, d, e, doc) case nr: return #name;
/* clang-format on */
#include "../../hypercalls.def"
#undef HYPERCALL0
#undef HYPERCALL1
#undef HYPERCALL2
#undef HYPERCALL3
#undef HYPERCALL4
#undef HYPERCALL5
	}
	return NULL;
}

/*
 * Name of sub-operation @cmd of a hypercall, EVTCHNOP_send for (32, 4), or
 * NULL.  @cmd is what selects the row: of memory_op only the low bits count,
 * of vm_assist it is the type, of mmuext_op, domctl, sysctl and platform_op
 * it comes out of the argument struct.
 */
static inline const char *abi_subop_name(uint32_t hypercall, uint32_t cmd)
{
	/* clang-format off */
#define OP(nr, NAME, handler, type, copy, callers, doc) case nr: return #NAME;
	/* clang-format on */
	switch (hypercall) {
	case __HYPERVISOR_callback_op:
		switch (cmd) {
#include "../../callback.def"
		}
		break;
	case __HYPERVISOR_console_io:
		switch (cmd) {
#include "../../console.def"
		}
		break;
	case __HYPERVISOR_domctl:
		switch (cmd) {
#include "../../domctl.def"
		}
		break;
	case __HYPERVISOR_event_channel_op:
		switch (cmd) {
#include "../../evtchn.def"
		}
		break;
	case __HYPERVISOR_grant_table_op:
		switch (cmd) {
#include "../../grant.def"
		}
		break;
	case __HYPERVISOR_memory_op:
		switch (cmd & MEMOP_CMD_MASK) {
#include "../../memory.def"
		}
		break;
	case __HYPERVISOR_mmuext_op:
		switch (cmd) {
#include "../../mmuext.def"
		}
		break;
	case __HYPERVISOR_nmi_op:
		switch (cmd) {
#include "../../nmi.def"
		}
		break;
	case __HYPERVISOR_physdev_op:
		switch (cmd) {
#include "../../physdev.def"
		}
		break;
	case __HYPERVISOR_platform_op:
		switch (cmd) {
#include "../../platform.def"
		}
		break;
	case __HYPERVISOR_sched_op:
		switch (cmd) {
#include "../../sched.def"
		}
		break;
	case __HYPERVISOR_sysctl:
		switch (cmd) {
#include "../../sysctl.def"
		}
		break;
	case __HYPERVISOR_vcpu_op:
		switch (cmd) {
#include "../../vcpu.def"
		}
		break;
	case __HYPERVISOR_vm_assist:
		switch (cmd) {
#include "../../vm_assist.def"
		}
		break;
	case __HYPERVISOR_xen_version:
		switch (cmd) {
#include "../../version.def"
		}
		break;
	}
#undef OP
	return NULL;
}

#endif
