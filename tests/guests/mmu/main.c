/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables: what a guest may do with its frames, what it may not, and the
 * direct stores to L1 tables that are emulated.
 */
#include "../lib/guest.h"

#include <abi/errno.h>
#include <abi/memory.h>

/* The real Xen sets GLOBAL in user entries; it means nothing to a guest. */
#define GLOBAL 0x100UL
#define MADDR(p) (mfn_of(p) * PAGE_SIZE)

/* Writable memory can not become a table, a table can not become writable. */
static void exclusion(void)
{
	uint64_t *page = fresh_page();

	EXPECT(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page), 0) < 0);
	EXPECT_EQ(map_ro(page), 0);
	EXPECT_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page), 0), 0);
	EXPECT(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page), 0) < 0);
	EXPECT(mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(page), 0) < 0);
	EXPECT(map_rw(page) < 0);
	EXPECT(mmu_write(l1e_maddr(page), MADDR(page) | 7) < 0);
	EXPECT_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(page), 0), 0);
	EXPECT(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(page), 0) < 0);
	EXPECT_EQ(map_rw(page), 0);
	page[0] = 1;
}

/* Contents are checked when a table is pinned. */
static void validation(void)
{
	uint64_t *l1 = fresh_page(), *data = fresh_page();
	const uint64_t bad[] = {
		MADDR(l1) | 7,				/* itself, writable */
		0x200000 | 7,				/* the hypervisor */
		0xfee00000 | 7,				/* the local APIC */
		MADDR((void *)start_info->pt_base) | 7, /* a table, writable */
		1ULL << 51 | 7, /* address bits nobody has */
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_EQ(map_rw(l1), 0);
		l1[7] = bad[i];
		EXPECT_EQ(map_ro(l1), 0);
		EXPECT(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(l1), 0) < 0);
	}
	EXPECT_EQ(map_rw(l1), 0);
	l1[7] = MADDR(data) | 7;
	l1[8] = 0xdeadbeef000 | 6; /* not present: anything goes */
	EXPECT_EQ(map_ro(l1), 0);
	EXPECT_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(l1), 0), 0);
	EXPECT_EQ(l1[8], 0xdeadbeef000 | 6);
	/* data is mapped writable twice now: neither can make it a table */
	EXPECT_EQ(map_ro(data), 0);
	EXPECT(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(data), 0) < 0);
	EXPECT_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l1), 0), 0);
	EXPECT_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(data), 0), 0);
	EXPECT_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(data), 0), 0);
	EXPECT_EQ(map_rw(l1), 0);
	EXPECT_EQ(map_rw(data), 0);
	l1[7] = l1[8] = 0;
}

/* mmu_update: its commands, its counter, its errors. */
static void updates(void)
{
	uint64_t *l1 = fresh_page(), *data = fresh_page();
	struct mmu_update u[4];
	uint32_t done = 77;
	uint64_t m;

	EXPECT_EQ(map_ro(l1), 0);
	EXPECT_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(l1), 0), 0);
	m = MADDR(l1);
	u[0] = (struct mmu_update){m + 8, MADDR(data) | 0x27};
	u[1] = (struct mmu_update){(m + 16) | MMU_PT_UPDATE_NO_TRANSLATE,
				   MADDR(data) | 5};
	u[2] = (struct mmu_update){m + 24, 0x200000 | 7};
	u[3] = (struct mmu_update){m + 32, MADDR(data) | 5};
	EXPECT(HYPERVISOR_mmu_update(u, 4, &done, DOMID_SELF) < 0);
	EXPECT_EQ(done, 2);
	EXPECT_EQ(l1[1] & 0xfff & ~GLOBAL, 0x27);
	EXPECT_EQ(l1[2] & 7, 5);
	EXPECT_EQ(l1[3], 0);
	EXPECT_EQ(l1[4], 0);
	EXPECT_EQ(
		mmu_write((m + 8) | MMU_PT_UPDATE_PRESERVE_AD, MADDR(data) | 5),
		0);
	EXPECT_EQ(l1[1] & 0x27, 0x25); /* accessed stays, RW goes */
	EXPECT(mmu_write((m + 8) | 5, 0) < 0);
	EXPECT(mmu_write(m + 12, 0) < 0);
	/* what the guest wrote without USER is a page of its kernel */
	EXPECT_EQ(mmu_write(m + 8, MADDR(data) | 3), 0);
	EXPECT_EQ(l1[1] & 7, 7);
	/* caching bits are Dom0's to choose */
	EXPECT_EQ(mmu_write(m + 8, MADDR(data) | 5 | 0x18), 0);
	EXPECT_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l1), 0), 0);
	EXPECT_EQ(map_rw(l1), 0);
	l1[1] = l1[2] = 0;
}

/* What is not present is the guest's, to the bit: Linux keeps swap there. */
static void absent_entries(void)
{
	static const uint64_t values[] = {
		~1UL,
		1UL << 62,
		0xd7ffe7ffffc3fa02,
		0x5555555555555554,
		0xaaaaaaaaaaaaaaaa,
	};
	uint64_t *l1 = fresh_page(), *data = fresh_page();
	uint64_t m = MADDR(l1), old;

	EXPECT_EQ(map_ro(l1), 0);
	EXPECT_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(l1), 0), 0);
	for (unsigned int i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		uint64_t v = values[i];

		EXPECT_EQ(mmu_write(m + 8, v), 0); /* over another such */
		EXPECT_EQ(l1[1], v);
		EXPECT_EQ(mmu_write(m + 16, MADDR(data) | 0x67), 0);
		EXPECT_EQ(mmu_write(m + 16, v), 0);
		EXPECT_EQ(l1[2], v);
		*(volatile uint64_t *)&l1[3] = MADDR(data) | 0x67;
		old = v;
		__asm__ volatile("xchgq %1, %0" : "+m"(l1[3]), "+r"(old));
		EXPECT_EQ(l1[3], v);
		*(volatile uint64_t *)&l1[3] = ~v & ~1UL;
		EXPECT_EQ(l1[3], ~v & ~1UL);
	}
	EXPECT_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l1), 0), 0);
	EXPECT_EQ(map_rw(l1), 0);
	l1[1] = l1[2] = l1[3] = 0;
}

/* Stores of a guest kernel to its L1 tables, as Linux makes them. */
static void direct_writes(void)
{
	uint64_t *l1 = fresh_page(), *data = fresh_page();
	uint64_t e = MADDR(data) | 0x67, old;
	uint8_t carry, equal;

	EXPECT_EQ(map_ro(l1), 0);
	EXPECT_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(l1), 0), 0);
	*(volatile uint64_t *)&l1[3] = e;
	EXPECT_EQ(l1[3] & ~GLOBAL, e);
	__asm__ volatile("lock andb $0xfd, %0; setc %1"
			 : "+m"(*(uint8_t *)&l1[3]), "=r"(carry));
	EXPECT_EQ(l1[3] & ~GLOBAL, e & ~2UL);
	__asm__ volatile("lock btrq $5, %0; setc %1"
			 : "+m"(l1[3]), "=r"(carry));
	EXPECT_EQ(carry, 1);
	EXPECT_EQ(l1[3] & ~GLOBAL, e & ~0x22UL);
	__asm__ volatile("lock btrq $5, %0; setc %1"
			 : "+m"(l1[3]), "=r"(carry));
	EXPECT_EQ(carry, 0);
	old = l1[3];
	__asm__ volatile("lock cmpxchgq %2, %0; sete %1"
			 : "+m"(l1[3]), "=r"(equal)
			 : "r"(e), "a"(old));
	EXPECT_EQ(equal, 1);
	EXPECT_EQ(l1[3] & ~GLOBAL, e);
	__asm__ volatile("lock cmpxchgq %3, %0; sete %2"
			 : "+m"(l1[3]), "+a"(old), "=r"(equal)
			 : "r"(0UL));
	EXPECT_EQ(equal, 0);
	EXPECT_EQ(old & ~GLOBAL, e);
	old = 0;
	__asm__ volatile("xchgq %1, %0" : "+m"(l1[3]), "+r"(old));
	EXPECT_EQ(old & ~GLOBAL, e);
	EXPECT_EQ(l1[3], 0);
	EXPECT_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l1), 0), 0);
	EXPECT_EQ(map_rw(l1), 0);
}

static uint64_t *bad_l1;

static void store_bad_entry(void)
{
	*(volatile uint64_t *)&bad_l1[3] = 0x200000 | 7;
}

static void store_to_l4(void)
{
	*(volatile uint64_t *)start_info->pt_base = 0;
}

/* A store that may not be carried out is a page fault like any other. */
static void refused_writes(void)
{
	bad_l1 = fresh_page();
	EXPECT_EQ(map_ro(bad_l1), 0);
	EXPECT_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(bad_l1), 0), 0);
	EXPECT_EQ(probe(store_bad_entry), 14);
	EXPECT_EQ(last_trap.error, 3);
	EXPECT_EQ(last_cr2, (uint64_t)&bad_l1[3]);
	EXPECT_EQ(bad_l1[3], 0);
	EXPECT_EQ(probe(store_to_l4), 14);
	EXPECT_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(bad_l1), 0), 0);
}

/* Tables above L1: children are typed, superpages are refused. */
static void upper_levels(void)
{
	uint64_t *l1 = fresh_page(), *l2 = fresh_page(), *l4 = fresh_page();

	l2[0] = MADDR(l1) | 0x63;
	l2[1] = 0x400000 | 0xe3; /* a superpage */
	EXPECT_EQ(map_ro(l1), 0);
	EXPECT_EQ(map_ro(l2), 0);
	EXPECT(mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(l2), 0) < 0);
	EXPECT_EQ(map_rw(l2), 0);
	l2[1] = 0;
	EXPECT_EQ(map_ro(l2), 0);
	EXPECT_EQ(mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(l2), 0), 0);
	EXPECT(map_rw(l1) < 0); /* in use as a table now */
	EXPECT_EQ(l2[0] & 7, 7);
	EXPECT(mmu_write(MADDR(l2) + 8, MADDR(l2) | 7) < 0); /* no recursion */
	EXPECT_EQ(mmu_write(MADDR(l2), 0), 0);
	EXPECT_EQ(map_rw(l1), 0);
	EXPECT_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l2), 0), 0);

	/* an L4 gets the hypervisor's part whatever the guest put there */
	l4[256] = 0x1234567;
	EXPECT_EQ(map_ro(l4), 0);
	EXPECT_EQ(mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(l4), 0), 0);
	EXPECT(l4[256] != 0x1234567);
	EXPECT(mmu_write(MADDR(l4) + 256 * 8, 0) < 0);
	EXPECT_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(l4), 0), 0);
	EXPECT_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l4), 0), 0);
	EXPECT(map_rw(l4) < 0); /* still the user's tables */
	EXPECT_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
	EXPECT_EQ(map_rw(l4), 0);
}

/* Descriptor tables: read-only, and only harmless descriptors. */
static void descriptors(void)
{
	uint64_t *gdt = fresh_page(), frame = mfn_of(gdt);

	gdt[1] = 0x00af9b000000ffff; /* ring 0 code: becomes ring 3 */
	EXPECT(HYPERVISOR_set_gdt(&frame, 16) < 0); /* mapped writable */
	EXPECT_EQ(map_ro(gdt), 0);
	EXPECT_EQ(HYPERVISOR_set_gdt(&frame, 16), 0);
	EXPECT_EQ(gdt[1] >> 45 & 3, 3);
	EXPECT(map_rw(gdt) < 0);
	EXPECT_EQ(HYPERVISOR_update_descriptor(MADDR(gdt) + 16,
					       0x00cf93000000ffff),
		  0);
	EXPECT_EQ(gdt[2] >> 45 & 3, 3);
	EXPECT(HYPERVISOR_update_descriptor(MADDR(gdt) + 24,
					    0x0000890000000067) < 0); /* TSS */
	EXPECT(HYPERVISOR_update_descriptor(MADDR(gdt) + 24,
					    0x00008e0000080000) < 0); /* gate */
	EXPECT_EQ(HYPERVISOR_set_gdt(NULL, 0), 0);
	EXPECT_EQ(map_rw(gdt), 0);
}

/* Memory given back is gone; memory got back is mapped again. */
static void reservations(void)
{
	uint64_t *page = fresh_page(), mfn = mfn_of(page);
	uint64_t pfn = ((uint64_t)page - VIRT_BASE) / PAGE_SIZE;
	static domid_t self = DOMID_SELF;
	struct xen_memory_reservation r = {
		.extent_start = (uint64_t)&mfn,
		.nr_extents = 1,
		.domid = DOMID_SELF,
	};
	int64_t before =
		HYPERVISOR_memory_op(XENMEM_current_reservation, &self);
	const uint64_t *m2p = (const uint64_t *)MACH2PHYS_VIRT_START;

	EXPECT_EQ(m2p[mfn], pfn);
	EXPECT_EQ(HYPERVISOR_update_va_mapping((uint64_t)page, 0, UVMF_INVLPG),
		  0);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r), 1);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_current_reservation, &self),
		  before - 1);
	EXPECT(map_rw(page) < 0); /* no longer ours */
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r), 0);
	mfn = pfn;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_populate_physmap, &r), 1);
	EXPECT_EQ(m2p[mfn], pfn);
	((uint64_t *)start_info->mfn_list)[pfn] = mfn;
	EXPECT_EQ(map_rw(page), 0);
	EXPECT_EQ(page[0] | page[511], 0); /* clean */
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_current_reservation, &self),
		  before);
}

void guest_main(void)
{
	exclusion();
	validation();
	updates();
	absent_entries();
	direct_writes();
	refused_writes();
	upper_levels();
	descriptors();
	reservations();
}
