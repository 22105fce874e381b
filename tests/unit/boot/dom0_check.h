/* SPDX-License-Identifier: GPL-2.0-only */
/* Looking at a built Dom0 as its kernel does. */
#ifndef DOM0_CHECK_H
#define DOM0_CHECK_H

#include <abi/start_info.h>
#include <hv/domain.h>

#include "../../../hypervisor/boot/kernel_image.h"

/* All that must be so for Linux to get on, whatever kernel it is. */
void dom0_check(struct domain *d, uint64_t virt_base);

void *guest_virt(uint64_t va); /* by its page tables; fails if unmapped */
const struct start_info *guest_start_info(void);
uint64_t guest_p2m(uint64_t pfn);
void *guest_pfn_virt(uint64_t pfn);

/* For elf_for_each_piece: touch every byte. */
void read_piece(void *data, uint64_t paddr, const void *src, size_t n);

#endif
