/* SPDX-License-Identifier: MIT */
/*
 * mca: machine-check telemetry.  Only what is needed to refuse it politely.
 */
#ifndef ABI_MCA_H
#define ABI_MCA_H

#include <abi/hypercall.h>

#define __HYPERVISOR_mca __HYPERVISOR_arch_0
#define XEN_MCA_INTERFACE_VERSION 0x01ecc003

#define XEN_MC_fetch 1
#define XEN_MC_notifydomain 2
#define XEN_MC_physcpuinfo 3
#define XEN_MC_msrinject 4
#define XEN_MC_mceinject 5
#define XEN_MC_inject_v2 6

#endif
