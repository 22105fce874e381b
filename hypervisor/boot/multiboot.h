/* SPDX-License-Identifier: GPL-2.0-only */
/* The boot loader's hand-over. */
#ifndef HV_BOOT_MULTIBOOT_H
#define HV_BOOT_MULTIBOOT_H

#include <hv/types.h>

#define MULTIBOOT1_BOOTLOADER_MAGIC 0x2badb002
#define MULTIBOOT2_BOOTLOADER_MAGIC 0x36d76289

/* Fill boot_info; false: @magic is no boot loader we know. */
bool multiboot_read(uint32_t magic, uint64_t info);

#endif
