/* SPDX-License-Identifier: GPL-2.0-only */
/* The table reader against a machine we build, and against broken ones. */
#include <stdlib.h>
#include <string.h>

#include <hv/x86/acpi.h>
#include <abi/errno.h>

#include "../unit_test.h"
#include "machine.h"

enum {
	RSDP = 0xe0010,
	ROOT = 0x1000,
	MADT = 0x2000,
	FADT = 0x3000,
	HPET = 0x4000,
	MCFG = 0x5000,
	DSDT = 0x6000,
};

static void put(uint32_t at, uint64_t v, unsigned int bytes)
{
	memcpy(firmware + at, &v, bytes);
}

static void fix_sum(uint32_t at, uint32_t len, uint32_t sum_at)
{
	uint8_t sum = 0;

	firmware[at + sum_at] = 0;
	for (uint32_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + firmware[at + i]);
	firmware[at + sum_at] = (uint8_t)-sum;
}

static void table(uint32_t at, const char *signature, uint32_t len)
{
	memcpy(firmware + at, signature, 4);
	put(at + 4, len, 4);
	fix_sum(at, len, 9);
}

static void rsdp(unsigned int revision)
{
	memcpy(firmware + RSDP, "RSD PTR ", 8);
	firmware[RSDP + 15] = (uint8_t)revision;
	put(RSDP + 16, ROOT, 4);
	put(RSDP + 20, 36, 4);
	put(RSDP + 24, revision >= 2 ? ROOT : 0, 8);
	fix_sum(RSDP, 20, 8);
}

static uint32_t madt_entry(uint32_t at, const void *bytes, uint32_t len)
{
	memcpy(firmware + MADT + at, bytes, len);
	return at + len;
}

static void madt(void)
{
	static const uint8_t cpu0[8] = {0, 8, 0, 4, 1};
	static const uint8_t cpu1[8] = {0, 8, 1, 6, 1};
	static const uint8_t off[8] = {0, 8, 2, 8, 0};
	static const uint8_t ioapic[12] = {1, 12, 7, 0, 0, 0, 0xc0, 0xfe};
	static const uint8_t timer[] = {2, 10, 0, 0, 2, 0, 0, 0, 0, 0};
	static const uint8_t sci[] = {2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0};
	static const uint8_t x2apic[16] = {9, 16, 0, 0, 0, 1, 0, 0,
					   1, 0,  0, 0, 5, 0, 0, 0};
	uint32_t at = 44;

	put(MADT + 36, 0xfee00000, 4);
	at = madt_entry(at, cpu0, 8);
	at = madt_entry(at, cpu1, 8);
	at = madt_entry(at, off, 8);
	at = madt_entry(at, ioapic, 12);
	at = madt_entry(at, timer, 10);
	at = madt_entry(at, sci, 10);
	at = madt_entry(at, x2apic, 16);
	table(MADT, "APIC", at);
}

static void fadt(void)
{
	put(FADT + 40, DSDT, 4);
	put(FADT + 46, 9, 2);
	put(FADT + 64, 0x604, 4);
	put(FADT + 76, 0x608, 4);
	put(FADT + 112, 1u << 8 | 1u << 10, 4);
	firmware[FADT + 116] = 1;
	put(FADT + 120, 0xcf9, 8);
	firmware[FADT + 128] = 0x0f;
	table(FADT, "FACP", 132);
}

/* Name (\_S5_, Package (4) { 7, One, Zero, Zero }) */
static void dsdt(void)
{
	static const uint8_t s5[] = {0x08, '\\', '_',  'S', '5',  '_',	0x12,
				     0x08, 4,	 0x0a, 7,   0x01, 0x00, 0x00};

	memset(firmware + DSDT + 36, 0x5a, 64);
	memcpy(firmware + DSDT + 60, s5, sizeof(s5));
	table(DSDT, "DSDT", 200);
}

static void build(unsigned int revision)
{
	static const uint32_t tables[] = {MADT, FADT, HPET, MCFG};
	unsigned int size = revision >= 2 ? 8 : 4;

	firmware_reset();
	madt();
	fadt();
	dsdt();
	put(HPET + 44, 0xfed00000, 8);
	table(HPET, "HPET", 56);
	put(MCFG + 44, 0xb0000000, 8);
	firmware[MCFG + 55] = 255;
	table(MCFG, "MCFG", 60);
	for (unsigned int i = 0; i < 4; i++)
		put(ROOT + 36 + i * size, tables[i], size);
	table(ROOT, revision >= 2 ? "XSDT" : "RSDT", 36 + 4 * size);
	rsdp(revision);
}

UNIT_TEST(tables_are_read_through_rsdt_and_xsdt)
{
	for (unsigned int revision = 0; revision <= 2; revision += 2) {
		build(revision);
		EXPECT_EQ(acpi_init(0), 0);
		EXPECT_EQ(acpi.nr_cpus, 3);
		EXPECT_EQ(acpi.cpu[1].apic_id, 6);
		EXPECT_EQ(acpi.cpu[2].apic_id, 256);
		EXPECT_EQ(acpi.cpu[2].acpi_id, 5);
		EXPECT_EQ(acpi.nr_ioapics, 1);
		EXPECT_EQ(acpi.ioapic[0].maddr, 0xfec00000);
		EXPECT_EQ(acpi.nr_overrides, 2);
		EXPECT_EQ(acpi.override[0].gsi, 2);
		EXPECT(!acpi.override[0].level && !acpi.override[0].active_low);
		EXPECT(acpi.override[1].level && !acpi.override[1].active_low);
		EXPECT_EQ(acpi.pm1a_control.address, 0x604);
		EXPECT_EQ(acpi.pm_timer.address, 0x608);
		EXPECT(acpi.pm_timer_is_32bit);
		EXPECT(acpi.can_reset);
		EXPECT_EQ(acpi.reset.address, 0xcf9);
		EXPECT_EQ(acpi.hpet_maddr, 0xfed00000);
		EXPECT_EQ(acpi.nr_mcfg, 1);
		EXPECT_EQ(acpi.mcfg[0].last_bus, 255);
	}
}

UNIT_TEST(root_pointer_in_the_ebda_is_found)
{
	build(0);
	memmove(firmware + 0x9fc20, firmware + RSDP, 36);
	memset(firmware + RSDP, 0, 36);
	put(0x40e, 0x9fc0, 2);
	EXPECT_EQ(acpi_init(0), 0);
	EXPECT_EQ(acpi.nr_cpus, 3);
}

UNIT_TEST(given_root_pointer_is_used)
{
	build(2);
	memmove(firmware + 0x700, firmware + RSDP, 36);
	memset(firmware + RSDP, 0, 36);
	EXPECT_EQ(acpi_init(0), -ENOENT);
	EXPECT_EQ(acpi_init(0x700), 0);
}

UNIT_TEST(no_tables_at_all_is_an_error)
{
	firmware_reset();
	EXPECT_EQ(acpi_init(0), -ENOENT);
	EXPECT(!acpi.present);
}

UNIT_TEST(short_fadt_leaves_the_rest_unset)
{
	build(0);
	table(FADT, "FACP", 80);
	EXPECT_EQ(acpi_init(0), 0);
	EXPECT_EQ(acpi.pm_timer.address, 0x608);
	EXPECT(!acpi.can_reset);
}

UNIT_TEST(madt_entry_of_length_zero_ends_the_reading)
{
	build(0);
	firmware[MADT + 44 + 8 + 1] = 0;
	EXPECT_EQ(acpi_init(0), 0);
	EXPECT_EQ(acpi.nr_cpus, 1);
}

UNIT_TEST(more_cpus_than_we_can_hold_are_counted)
{
	static const uint8_t cpu[] = {0, 8, 0, 4, 1, 0, 0, 0};
	uint32_t at = 44;

	build(0);
	for (unsigned int i = 0; i < NR_CPUS + 3; i++)
		at = madt_entry(at, cpu, 8);
	table(MADT, "APIC", at);
	EXPECT_EQ(acpi_init(0), 0);
	EXPECT_EQ(acpi.nr_cpus, NR_CPUS);
	EXPECT_EQ(acpi.nr_cpus_ignored, 3);
}

UNIT_TEST(power_off_values_are_found_in_byte_code)
{
	build(0);
	EXPECT_EQ(acpi_init(0), 0);
	EXPECT(acpi.has_s5);
	EXPECT_EQ(acpi.s5_a, 7);
	EXPECT_EQ(acpi.s5_b, 1);
}

UNIT_TEST(name_that_only_looks_like_s5_is_passed_over)
{
	build(0);
	firmware[DSDT + 60] = 0x14; /* a method, no name */
	EXPECT_EQ(acpi_init(0), 0);
	EXPECT(!acpi.has_s5);
}

UNIT_TEST(s5_cut_off_at_any_byte_is_not_read_past)
{
	for (uint32_t len = 36; len < 80; len++) {
		build(0);
		table(DSDT, "DSDT", len);
		EXPECT_EQ(acpi_init(0), 0);
		EXPECT_EQ(acpi.has_s5, len >= 60 + 12);
	}
}

UNIT_TEST(table_beyond_the_address_space_is_ignored)
{
	static const uint64_t wrong[] = {1ULL << 40, ~0ULL, ~0ULL - 35,
					 (1ULL << 40) - 8};

	for (unsigned int i = 0; i < 4; i++) {
		build(2);
		put(ROOT + 36 + 16, wrong[i], 8); /* where the HPET was */
		put(MADT + 36, 0xfee00000, 4);
		EXPECT_EQ(acpi_init(0), 0);
		EXPECT_EQ(acpi.hpet_maddr, 0);
		EXPECT_EQ(acpi.nr_mcfg, 1);
	}
	build(0);
	put(HPET + 44, 1ULL << 40, 8);
	EXPECT_EQ(acpi_init(0), 0);
	EXPECT_EQ(acpi.hpet_maddr, 0);
}

/* Bytes changed at random; the sanitizer judges. */
UNIT_TEST(broken_tables_never_lead_out_of_bounds)
{
	static const uint32_t where[] = {RSDP, ROOT, MADT, FADT,
					 HPET, MCFG, DSDT};

	srand(1);
	for (unsigned int n = 0; n < 3000; n++) {
		build(n & 1 ? 2 : 0);
		for (int i = rand() % 6; i >= 0; i--)
			firmware[where[rand() % 7] + (uint32_t)rand() % 160] =
				(uint8_t)(rand() & 1 ? rand() : 0xff);
		fix_sum(RSDP, 20, 8);
		(void)acpi_init(0);
		EXPECT(acpi.nr_cpus <= NR_CPUS);
		EXPECT(acpi.nr_ioapics <= MAX_IOAPICS);
		EXPECT(acpi.nr_overrides <= MAX_OVERRIDES);
		EXPECT(acpi.nr_mcfg <= MAX_MCFG);
	}
}
