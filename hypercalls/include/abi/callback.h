/* SPDX-License-Identifier: MIT */
/*
 * callback_op: the guest's entry points, per vcpu.
 */
#ifndef ABI_CALLBACK_H
#define ABI_CALLBACK_H

#include <abi/types.h>

#define CALLBACKOP_register 0
#define CALLBACKOP_unregister 1

#define CALLBACKTYPE_event 0	/* event upcall */
#define CALLBACKTYPE_failsafe 1 /* a segment could not be loaded */
#define CALLBACKTYPE_syscall 2	/* SYSCALL from 64-bit user mode */
#define CALLBACKTYPE_sysenter_deprecated 3
#define CALLBACKTYPE_nmi 4
#define CALLBACKTYPE_sysenter 5
#define CALLBACKTYPE_syscall32 7 /* SYSCALL from compatibility mode */

#define CALLBACKF_mask_events (1u << 0) /* enter with events masked */

struct callback_register {
	uint16_t type;	/* CALLBACKTYPE_* */
	uint16_t flags; /* CALLBACKF_* */
	uint32_t _pad;
	uint64_t address;
};
ABI_SIZE(struct callback_register, 16);

struct callback_unregister {
	uint16_t type;
	uint16_t _unused;
};

#endif
