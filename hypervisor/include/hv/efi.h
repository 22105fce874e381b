/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What UEFI firmware left behind when the boot loader ended its boot services,
 * copied into our own memory: boot/efi.c fills it once, afterwards it is
 * read-only.  UEFI Specification 2.10, "EFI System Table", "GetMemoryMap".
 */
#ifndef HV_EFI_H
#define HV_EFI_H

#include <hv/types.h>

#define MAX_EFI_RANGES 256
#define MAX_EFI_VENDOR 100 /* as many as Linux has room for */

#define EFI_MEMORY_WB 8ULL /* may be cached */
#define EFI_MEMORY_RUNTIME (1ULL << 63)

struct efi_range {
	uint64_t start, size; /* bytes */
	uint64_t attr;	      /* EFI_MEMORY_... */
	uint32_t type;	      /* EFI_MEMORY_TYPE */
};

struct efi_info {
	bool present;
	uint32_t revision, fw_revision;
	uint16_t vendor[MAX_EFI_VENDOR]; /* UTF-16, ends in 0 */
	uint64_t config_table;		 /* machine address */
	uint32_t nr_config_entries;
	uint64_t runtime; /* machine address of the table of services */
	struct efi_range range[MAX_EFI_RANGES];
	unsigned int nr_ranges;
};

extern struct efi_info efi;

/* Boot, on the identity map of the first 4 GiB: the loader's two tags. */
void efi_read_system_table(uint64_t maddr);
void efi_read_memory_map(const void *map, size_t size, size_t entry_size);

/* The range that holds @maddr, or NULL. */
const struct efi_range *efi_find_range(uint64_t maddr);

#endif
