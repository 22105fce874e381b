/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's address space (layout in hv/x86/layout.h): direct map,
 * frame table, M2P, image, device mappings, and each pcpu's GDT/LDT window.
 * Its third-level tables are built once and shared by every address space.
 */
#include <hv/assert.h>
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/domain.h>
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
extern const char _unpack_text[], _unpack_text_end[], _unpack_rodata[],
	_unpack_rodata_end[];

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

/*
 * The frame table and M2P, of which a section has so many pages each.  Where it
 * has none of its own, every one is this one, read-only: frames that nobody
 * owns or refers to (frames that are no RAM: DOMID_IO's), with no number.  So
 * the tables can be read for any frame, whether or not it has a place in them.
 *
 * These mappings are not global: a plain flush of each CPU ends them.
 */
#define FRAME_TABLE_PAGES (SECTION_FRAMES * sizeof(struct page) / PAGE_SIZE)
#define M2P_PAGES (SECTION_FRAMES * 8 / PAGE_SIZE)
_Static_assert(FRAME_TABLE_PAGES + M2P_PAGES == SECTION_TABLES, "");

static struct page no_frames[PAGE_SIZE / sizeof(struct page)]
	__attribute__((aligned(PAGE_SIZE)));
static struct page device_frames[ARRAY_SIZE(no_frames)]
	__attribute__((aligned(PAGE_SIZE)));
static uint64_t no_gfns[PAGE_SIZE / 8] __attribute__((aligned(PAGE_SIZE)));

static void map_frames(uint64_t section, const struct page *all)
{
	for (uint64_t i = 0; i < FRAME_TABLE_PAGES; i++)
		map_4k(FRAME_TABLE_START +
			       (section * FRAME_TABLE_PAGES + i) * PAGE_SIZE,
		       image_to_maddr(all), PTE_NX);
}

static void map_no_tables(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(device_frames); i++)
		device_frames[i].owner = OWNER_OF(DOMID_IO);
	memset(no_gfns, 0xff, sizeof(no_gfns));
	for (uint64_t s = 0; s < div_round_up(max_page, SECTION_FRAMES); s++) {
		uint64_t off = s * PAGE_SIZE;

		map_frames(s, no_frames);
		map_4k(M2P_VIRT_START + off, image_to_maddr(no_gfns),
		       PTE_US | PTE_NX);
		map_4k(M2P_RW_START + off, image_to_maddr(no_gfns), PTE_NX);
	}
}

void section_is_no_ram(uint64_t nr)
{
	map_frames(nr, device_frames);
}

static void remap(uint64_t va, uint64_t mfn, uint64_t flags)
{
	map_4k(va, mfn << PAGE_SHIFT, flags);
	invlpg(va);
}

void section_set_tables(uint64_t nr, const uint64_t *mfn)
{
	uint64_t va = FRAME_TABLE_START + nr * FRAME_TABLE_PAGES * PAGE_SIZE;
	uint64_t m2p = mfn[FRAME_TABLE_PAGES];

	for (unsigned int i = 0; i < FRAME_TABLE_PAGES; i++) {
		memset(mfn_to_virt(MFN(mfn[i])), 0, PAGE_SIZE);
		remap(va + i * PAGE_SIZE, mfn[i], PTE_RW | PTE_NX | PTE_G);
	}
	memset(mfn_to_virt(MFN(m2p)), 0xff, PAGE_SIZE);
	remap(M2P_VIRT_START + nr * PAGE_SIZE, m2p, PTE_US | PTE_NX);
	remap(M2P_RW_START + nr * PAGE_SIZE, m2p, PTE_RW | PTE_NX | PTE_G);
}

void section_tables_flush(void)
{
	/* before there are CPUs, invlpg was enough */
	if (cpu_online_map)
		tlb_flush_mask(cpu_online_map);
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
	map_no_tables();
	write_cr3(idle_cr3);
	direct_map_active = true;
	root = maddr_to_virt(idle_cr3);
	boot_alloc_direct_map();
	section_table = boot_alloc(div_round_up(max_page, SECTION_FRAMES) *
					   sizeof(*section_table),
				   PAGE_SIZE, 0);
}

static void free_image(const char *from, const char *to)
{
	uint64_t mfn = image_to_maddr(from) >> PAGE_SHIFT;

	for (const char *va = from; va < to; va += PAGE_SIZE) {
		*walk((uint64_t)va, 1) = 0;
		tlb_flush_va_mask(cpu_online_map, (uint64_t)va);
	}
	heap_add(MFN(mfn), MFN(mfn + (uint64_t)(to - from) / PAGE_SIZE));
}

void mapping_free_unpackers(void)
{
	free_image(_unpack_text, _unpack_text_end);
	free_image(_unpack_rodata, _unpack_rodata_end);
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

/* A page of what no_gfns says, for the tools. */
static struct page *tools_no_gfns;

void m2p_window_init(void)
{
	void *va = hv_pages_alloc(0);

	if (!va)
		panic("no memory for the M2P");
	memset(va, 0xff, PAGE_SIZE);
	tools_no_gfns = mfn_to_page(virt_to_mfn(va));
	page_share(tools_no_gfns, dom_xen, false);
}

mfn_t m2p_window(void)
{
	return MFN(round_up(max_page, SECTION_FRAMES));
}

struct page *m2p_window_page(mfn_t m)
{
	static spinlock_t lock = SPINLOCK_INIT(RANK_PAGELIST);
	uint64_t nr = m.v - m2p_window().v;
	struct page *pg;

	if (m.v < m2p_window().v ||
	    nr >= div_round_up(max_page, SECTION_FRAMES))
		return NULL;
	if (!heap_give_tables(nr))
		return tools_no_gfns;
	pg = mfn_to_page(pte_mfn(*walk(M2P_RW_START + nr * PAGE_SIZE, 1)));
	spin_lock(&lock);
	if (!page_is_shared(pg))
		page_share(pg, dom_xen, false);
	spin_unlock(&lock);
	return pg;
}
