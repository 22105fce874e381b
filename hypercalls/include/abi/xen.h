/* SPDX-License-Identifier: MIT */
/*
 * The core of the ABI in one include: what every PV kernel and every part of
 * the hypervisor deals in.  Single hypercalls' arguments have headers of
 * their own.
 */
#ifndef ABI_XEN_H
#define ABI_XEN_H

#include <abi/arch.h>
#include <abi/errno.h>
#include <abi/hypercall.h>
#include <abi/types.h>
#include <abi/virq.h>
#include <abi/vm_assist.h>
#ifndef __ASSEMBLER__
#include <abi/mmu.h>
#include <abi/multicall.h>
#include <abi/shared_info.h>
#include <abi/start_info.h>
#endif

#endif
