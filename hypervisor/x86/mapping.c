/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's address space (layout in hv/x86/layout.h): direct map,
 * frame table, M2P, image, device mappings, and each pcpu's GDT/LDT window.
 * Its third-level tables are built once and shared by every address space.
 */
#include <hv/assert.h>
#include <hv/boot.h>
#include <hv/mmu.h>
#include <hv/page.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/x86/cpu_info.h>
#include <hv/x86/io.h>
#include <hv/x86/mapping.h>
#include <hv/x86/pte.h>

extern char _start[], _text_end[], _rodata_end[], _end[];

uint64_t idle_cr3, image_maddr;
struct page *frame_table = (struct page *)FRAME_TABLE_START;
struct section *section_table;
uint64_t max_page;

static uint64_t *root; /* hypervisor L4; every other one copies its slots */
static bool heap_ready;
static bool direct_map_active;

static uint64_t new_table(void)
{
	void *p;

	if (heap_ready) {
		p = hv_pages_alloc(0);
		return p ? virt_to_maddr(p) : 0;
	}
	p = boot_alloc(PAGE_SIZE, PAGE_SIZE, 0);
	return direct_map_active ? virt_to_maddr(p) : (uint64_t)p;
}

static uint64_t *table_at(uint64_t entry)
{
	uint64_t maddr = entry & PTE_ADDR_MASK;

	return direct_map_active ? maddr_to_virt(maddr) : (void *)maddr;
}

/* The entry for @va at @level (1: 4 KiB, 2: 2 MiB), making what is missing. */
static uint64_t *walk_from(uint64_t *t, uint64_t va, unsigned int level)
{
	for (unsigned int l = 4; l > level; l--) {
		uint64_t *e = &t[(va >> (12 + 9 * (l - 1))) & 511];

		if (!(*e & PTE_P)) {
			uint64_t maddr = new_table();

			if (!maddr)
				return NULL;
			/* rights are decided by the leaves */
			*e = maddr | PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D;
		}
		t = table_at(*e);
	}
	return &t[(va >> (12 + 9 * (level - 1))) & 511];
}

static uint64_t *walk(uint64_t va, unsigned int level)
{
	return walk_from(root, va, level);
}

static void map_2m(uint64_t va, uint64_t maddr, uint64_t flags)
{
	*walk(va, 2) = maddr | flags | PTE_PS | PTE_P | PTE_A | PTE_D;
}

static void map_4k(uint64_t va, uint64_t maddr, uint64_t flags)
{
	*walk(va, 1) = maddr | flags | PTE_P | PTE_A | PTE_D;
}

static uint64_t end_of_ram(void)
{
	uint64_t end = 0;

	for (unsigned int i = 0; i < boot_info.nr_e820; i++) {
		const struct e820_entry *e = &boot_info.e820[i];

		if (e->type == E820_RAM)
			end = max(end, e->addr + e->size);
	}
	return end;
}

/* RAM and the tables firmware left beside it, in whole 2 MiB pages. */
static void map_direct(uint64_t ram_end)
{
	for (unsigned int i = 0; i < boot_info.nr_e820; i++) {
		const struct e820_entry *e = &boot_info.e820[i];
		uint64_t a = round_down(e->addr, 0x200000ULL);
		uint64_t end = min(e->addr + e->size, ram_end + 0x400000);

		if (e->type == E820_UNUSABLE)
			continue;
		for (; a < end; a += 0x200000)
			map_2m(DIRECTMAP_START + a, a, PTE_RW | PTE_NX | PTE_G);
	}
	map_2m(DIRECTMAP_START, 0, PTE_RW | PTE_NX | PTE_G);
}

/* Memory for [va, va + size) in 2 MiB pieces, every byte of it @fill. */
static void map_fresh(uint64_t va, uint64_t size, uint64_t flags,
		      uint64_t alias, int fill)
{
	for (uint64_t off = 0; off < size; off += 0x200000) {
		uint64_t maddr = (uint64_t)boot_alloc(0x200000, 0x200000, fill);

		if (direct_map_active)
			maddr = virt_to_maddr((void *)maddr);
		map_2m(va + off, maddr, flags);
		if (alias)
			map_2m(alias + off, maddr, PTE_RW | PTE_NX | PTE_G);
	}
}

static void map_image(void)
{
	uint64_t va = (uint64_t)_start;

	for (; va < (uint64_t)_end; va += PAGE_SIZE) {
		uint64_t flags = PTE_G;

		if (va >= round_up((uint64_t)_text_end, PAGE_SIZE))
			flags |= PTE_NX;
		if (va >= (uint64_t)_rodata_end)
			flags |= PTE_RW;
		map_4k(va, image_to_maddr((void *)va), flags);
	}
}

void mapping_init(void)
{
	uint64_t ram_end = end_of_ram();
	uint64_t m2p_size;

	/* 5 TiB: what the direct map has room for */
	ram_end = min(ram_end, DIRECTMAP_END - DIRECTMAP_START);
	max_page = ram_end >> PAGE_SHIFT;
	root = boot_alloc(PAGE_SIZE, PAGE_SIZE, 0);
	idle_cr3 = (uint64_t)root;
	map_image();
	map_direct(ram_end);
	/* The slots every table shares exist from now on, even if empty. */
	for (unsigned int slot = HV_L4_FIRST; slot <= HV_L4_LAST; slot++)
		(void)walk(0xffff000000000000ULL | (uint64_t)slot << 39, 3);
	map_fresh(FRAME_TABLE_START,
		  round_up(max_page * sizeof(struct page), 0x200000ULL),
		  PTE_RW | PTE_NX | PTE_G, 0, 0);
	m2p_size = round_up(max_page * 8, 0x200000ULL);
	map_fresh(M2P_VIRT_START, m2p_size, PTE_US | PTE_NX, M2P_RW_START,
		  0xff);
	write_cr3(idle_cr3);
	direct_map_active = true;
	root = maddr_to_virt(idle_cr3);
	boot_alloc_direct_map();
	section_table = boot_alloc(div_round_up(max_page, SECTION_FRAMES) *
					   sizeof(*section_table),
				   PAGE_SIZE, 0);
}

void mapping_use_heap(void)
{
	heap_ready = true;
}

void *mfn_to_virt(mfn_t m)
{
	return maddr_to_virt(m.v << PAGE_SHIFT);
}

mfn_t virt_to_mfn(const void *va)
{
	return MFN(virt_to_maddr(va) >> PAGE_SHIFT);
}

void init_hv_l4_slots(uint64_t *l4)
{
	memcpy(&l4[HV_L4_FIRST], &root[HV_L4_FIRST],
	       (HV_L4_LAST - HV_L4_FIRST + 1) * 8);
}

/* Boot and Dom0 device set-up only: one caller at a time, never unmapped. */
static void *ioremap(uint64_t maddr, size_t len, uint64_t flags)
{
	static uint64_t next = IOREMAP_START;
	uint64_t first = round_down(maddr, PAGE_SIZE), va = next;

	len = round_up(maddr + len - first, PAGE_SIZE);
	if (next + len > IOREMAP_END)
		return NULL;
	for (uint64_t off = 0; off < len; off += PAGE_SIZE) {
		uint64_t *e = walk(va + off, 1);

		if (!e)
			return NULL;
		*e = (first + off) | flags | PTE_P | PTE_A | PTE_D | PTE_G |
		     PTE_NX;
	}
	next += len + PAGE_SIZE;
	return (void *)(va + (maddr - first));
}

void *ioremap_hv(uint64_t maddr, size_t len)
{
	return ioremap(maddr, len, PTE_RW | PTE_PCD | PTE_PWT);
}

void *ioremap_wc(uint64_t maddr, size_t len)
{
	return ioremap(maddr, len, PTE_RW | PTE_PAT); /* cpu_setup.c: PAT */
}

const void *map_firmware(uint64_t maddr, size_t len)
{
	if (maddr + len <= 0x100000)
		return maddr_to_virt(maddr);
	return ioremap(maddr, len, 0);
}

static uint64_t window(unsigned int cpu)
{
	return WINDOW_START + (uint64_t)cpu * WINDOW_SIZE;
}

bool window_prepare(unsigned int cpu)
{
	return walk(window(cpu), 1) != NULL;
}

void window_map(unsigned int cpu, unsigned int i, uint64_t maddr)
{
	uint64_t *e = walk(window(cpu) + (uint64_t)i * PAGE_SIZE, 1);

	*e = maddr ? maddr | PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX : 0;
}

uint64_t window_zero_page(void)
{
	static uint8_t zero_page[PAGE_SIZE] __attribute__((aligned(4096)));

	return image_to_maddr(zero_page);
}

void mapping_identity_low(bool on)
{
	for (uint64_t a = 0; a < 0x100000; a += PAGE_SIZE)
		*walk(a, 1) = on ? a | PTE_P | PTE_RW : 0;
	write_cr3(read_cr3());
}

bool map_identity(uint64_t *l4, uint64_t maddr, uint64_t size, bool cached)
{
	for (uint64_t a = maddr; a < maddr + size; a += PAGE_SIZE) {
		uint64_t *e = walk_from(l4, a, 1);

		if (!e)
			return false;
		*e = a | PTE_P | PTE_RW | PTE_A | PTE_D |
		     (cached ? 0 : PTE_PCD | PTE_PWT);
	}
	return true;
}

/* --- M2P --- */

void m2p_set(mfn_t m, uint64_t gfn)
{
	if (mfn_valid(m))
		((uint64_t *)M2P_RW_START)[m.v] = gfn;
}

void m2p_set_range(mfn_t m, uint64_t gfn, uint64_t n)
{
	uint64_t *e = (uint64_t *)M2P_RW_START + m.v;

#pragma GCC unroll 8
	for (uint64_t i = 0; i < n; i++)
		e[i] = gfn + i;
}

uint64_t m2p_get(mfn_t m)
{
	return mfn_valid(m) ? ((uint64_t *)M2P_RW_START)[m.v]
			    : INVALID_M2P_ENTRY;
}

mfn_t m2p_frame(unsigned int i)
{
	return pte_mfn(*walk(M2P_RW_START + i * 0x200000ULL, 2));
}
