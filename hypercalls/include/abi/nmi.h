/* SPDX-License-Identifier: MIT */
/*
 * nmi_op: the older way to register Dom0's NMI handler, on vcpu 0.
 */
#ifndef ABI_NMI_H
#define ABI_NMI_H

#include <abi/types.h>

#define XENNMI_register_callback 0
#define XENNMI_unregister_callback 1

/* arch_shared_info.nmi_reason */
#define XEN_NMIREASON_io_error (1ul << 0)
#define XEN_NMIREASON_pci_serr (1ul << 1)
#define XEN_NMIREASON_unknown (1ul << 2)

struct xennmi_callback {
	uint64_t handler_address;
	uint64_t pad;
};
ABI_SIZE(struct xennmi_callback, 16);

#endif
