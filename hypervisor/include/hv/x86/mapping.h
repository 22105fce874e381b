/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses of memory and devices in the hypervisor's own tables. */
#ifndef HV_X86_MAPPING_H
#define HV_X86_MAPPING_H

#include <hv/types.h>
#include <hv/x86/layout.h>

/* All RAM, and the firmware's tables below the top of RAM. */
static inline void *maddr_to_virt(uint64_t maddr)
{
	return (void *)(DIRECTMAP_START + maddr);
}

static inline uint64_t virt_to_maddr(const void *va)
{
	return (uint64_t)va - DIRECTMAP_START;
}

/* Our image: where the boot loader put it, and its addresses elsewhere. */
extern uint64_t image_maddr;

static inline uint64_t image_to_maddr(const void *va)
{
	return (uint64_t)va - IMAGE_VIRT_START + image_maddr;
}

/* The same bytes in the direct map, where text can be written. */
static inline void *image_alias(const void *va)
{
	return maddr_to_virt(image_to_maddr(va));
}

/*
 * An uncached mapping of device memory [maddr, +len); for ever.  NULL: no
 * memory for tables.  Boot and Dom0's device set-up only.
 */
void *ioremap_hv(uint64_t maddr, size_t len);
/* The same where writes may be combined: video memory. */
void *ioremap_wc(uint64_t maddr, size_t len);
/* A cached, read-only look at firmware tables wherever they are. */
const void *map_firmware(uint64_t maddr, size_t len);

/* Boot: build the tables; from here the direct map is valid. */
void mapping_init(void);
void mapping_use_heap(void); /* new tables come from the heap from now on */
/* The decompressors' part of the image goes to the heap: no more unpack(). */
void mapping_free_unpackers(void);

/* Boot: section @nr of the frame table is of frames that are no RAM. */
void section_is_no_ram(uint64_t nr);

/* The first MiB at its own address, while APs start (and not otherwise). */
void mapping_identity_low(bool on);

/* Contiguous boot-time memory, each byte @fill; panics when there is none. */
void *boot_alloc(size_t size, size_t align, int fill);
void boot_alloc_init(void);
/* From here on it hands out direct-map addresses, anywhere in RAM. */
void boot_alloc_direct_map(void);
/* Everything left goes to the heap; no boot_alloc afterwards. */
void boot_alloc_finish(void);

/* The boot page-table root: used by idle vcpus and by APs coming up. */
extern uint64_t idle_cr3;

/* [maddr, +size) at its own address in other tables; false: no memory. */
bool map_identity(uint64_t *l4, uint64_t maddr, uint64_t size, bool cached);

/* Copy the hypervisor's L4 slots into a guest's top-level table. */
void init_hv_l4_slots(uint64_t *l4);

bool window_prepare(unsigned int cpu); /* its table; false: no memory */
/* Map GDT page @i (0..13) or LDT page @i (16..31) of @cpu's window; 0: none. */
void window_map(unsigned int cpu, unsigned int i, uint64_t maddr);
/* What an unused GDT page of a window shows. */
uint64_t window_zero_page(void);

#endif
