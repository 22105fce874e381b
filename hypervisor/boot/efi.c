/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The EFI system table and memory map as the boot loader hands them over.  The
 * table's text may lie in memory that is free once boot services have ended,
 * so this runs before any memory is allocated.
 */
#include <hv/efi.h>
#include <hv/printk.h>
#include <hv/string.h>

struct efi_info efi;

#define SIGNATURE 0x5453595320494249ULL /* "IBI SYST" */
#define IDENTITY_END (1ULL << 32)

struct system_table {
	uint64_t signature;
	uint32_t revision, header_size, crc32, reserved;
	uint64_t vendor;
	uint32_t fw_revision, pad;
	uint64_t console[6], runtime, boot, nr_config_entries, config_table;
};

struct memory_descriptor {
	uint32_t type, pad;
	uint64_t start, virt, nr_pages, attr;
};

static bool can_reach(uint64_t maddr, uint64_t size)
{
	return maddr && maddr < IDENTITY_END && size <= IDENTITY_END - maddr;
}

static void copy_vendor(uint64_t maddr)
{
	const uint16_t *text = (const uint16_t *)maddr; /* identity map */

	if (!can_reach(maddr, sizeof(efi.vendor)))
		return;
	for (unsigned int i = 0; i < MAX_EFI_VENDOR - 1 && text[i]; i++)
		efi.vendor[i] = text[i];
}

void efi_read_system_table(uint64_t maddr)
{
	const struct system_table *t = (const struct system_table *)maddr;

	if (!can_reach(maddr, sizeof(*t))) {
		log_warn("EFI: system table at 0x%lx is out of reach, not "
			 "used\n",
			 maddr);
		return;
	}
	if (t->signature != SIGNATURE) {
		log_warn("EFI: there is no system table at 0x%lx\n", maddr);
		return;
	}
	efi.present = true;
	efi.revision = t->revision;
	efi.fw_revision = t->fw_revision;
	efi.runtime = t->runtime;
	efi.config_table = t->config_table;
	efi.nr_config_entries = (uint32_t)t->nr_config_entries;
	copy_vendor(t->vendor);
}

/* Neighbours that are alike become one. */
static void add_range(const struct memory_descriptor *m)
{
	struct efi_range *last = &efi.range[efi.nr_ranges - 1];
	uint64_t size = m->nr_pages << PAGE_SHIFT;

	if (efi.nr_ranges && last->start + last->size == m->start &&
	    last->type == m->type && last->attr == m->attr) {
		last->size += size;
		return;
	}
	if (efi.nr_ranges == MAX_EFI_RANGES) {
		log_warn("EFI: memory map has more than %u ranges\n",
			 MAX_EFI_RANGES);
		return;
	}
	efi.range[efi.nr_ranges++] = (struct efi_range){
		.start = m->start,
		.size = size,
		.attr = m->attr,
		.type = m->type,
	};
}

void efi_read_memory_map(const void *map, size_t size, size_t entry_size)
{
	struct memory_descriptor m;

	if (entry_size < sizeof(m))
		return;
	for (size_t off = 0; off + entry_size <= size; off += entry_size) {
		memcpy(&m, (const char *)map + off, sizeof(m));
		add_range(&m);
	}
}

const struct efi_range *efi_find_range(uint64_t maddr)
{
	for (unsigned int i = 0; i < efi.nr_ranges; i++)
		if (maddr >= efi.range[i].start &&
		    maddr - efi.range[i].start < efi.range[i].size)
			return &efi.range[i];
	return NULL;
}
