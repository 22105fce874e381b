/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EFI run time services.  They were never told of virtual addresses: they are
 * called on tables of their own that have their memory at its own address.
 */
#ifndef HV_X86_EFI_RUNTIME_H
#define HV_X86_EFI_RUNTIME_H

#include <hv/types.h>
#include <hv/x86/cpu_info.h>

/* By their place in the table of services, "EFI Runtime Services Table". */
enum efi_service {
	EFI_GET_TIME = 24,
	EFI_SET_TIME = 32,
	EFI_GET_WAKEUP_TIME = 40,
	EFI_SET_WAKEUP_TIME = 48,
	EFI_GET_VARIABLE = 72,
	EFI_GET_NEXT_VARIABLE_NAME = 80,
	EFI_SET_VARIABLE = 88,
	EFI_GET_NEXT_HIGH_MONOTONIC_COUNT = 96,
	EFI_QUERY_VARIABLE_INFO = 128,
};

#define EFI_SUCCESS 0
#define EFI_BUFFER_TOO_SMALL 0x8000000000000005ULL

void efi_runtime_init(void); /* boot, when there is a heap */
bool efi_runtime_usable(void);

/*
 * Call a service for the current vcpu; pointers are the hypervisor's.  No
 * lock.  A fault in it gives EFI_ABORTED, and it is the last call.
 */
uint64_t efi_runtime_call(enum efi_service service, uint64_t a1, uint64_t a2,
			  uint64_t a3, uint64_t a4, uint64_t a5);
/* A trap in the hypervisor: true if it was in a service, which ends there. */
bool efi_runtime_fault(struct regs *r);

#endif
