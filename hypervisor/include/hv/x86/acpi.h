/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hypervisor takes from the firmware's ACPI tables.  Dom0 reads the
 * same tables itself; we need only CPUs, interrupts, clocks and the way to
 * power off.  ACPI Specification 6.4, chapter 5.
 */
#ifndef HV_X86_ACPI_H
#define HV_X86_ACPI_H

#include <hv/cpu.h>
#include <hv/types.h>

#define MAX_IOAPICS 16
#define MAX_OVERRIDES 32
#define MAX_MCFG 8

/* Where a register is: generic address structure. */
enum acpi_space { ACPI_MEMORY = 0, ACPI_IO = 1, ACPI_PCI = 2 };
struct acpi_gas {
	uint8_t space; /* enum acpi_space */
	uint8_t bit_width, bit_offset, access_size;
	uint64_t address; /* 0: no such register */
};

struct acpi_cpu {
	uint32_t apic_id, acpi_id;
};

struct acpi_ioapic {
	uint8_t id;
	uint32_t maddr;
	uint32_t gsi_base;
};

/* ISA interrupt @source is wired to @gsi. */
struct acpi_override {
	uint8_t source;
	bool level, active_low;
	uint32_t gsi;
};

struct acpi_mcfg {
	uint64_t base; /* of bus 0, even when first_bus is not */
	uint16_t segment;
	uint8_t first_bus, last_bus;
};

struct acpi_info {
	bool present;
	/* MADT */
	uint64_t lapic_maddr;
	struct acpi_cpu cpu[NR_CPUS]; /* usable ones, in firmware's order */
	unsigned int nr_cpus, nr_cpus_ignored;
	struct acpi_ioapic ioapic[MAX_IOAPICS];
	unsigned int nr_ioapics;
	struct acpi_override override[MAX_OVERRIDES];
	unsigned int nr_overrides;
	/* FADT */
	uint32_t sci_irq;
	struct acpi_gas pm1a_event, pm1b_event, pm1a_control, pm1b_control;
	struct acpi_gas pm_timer, sleep_control, reset;
	bool pm_timer_is_32bit, can_reset;
	uint8_t reset_value;
	/* SLP_TYP values of \_S5_, from the DSDT's byte code */
	bool has_s5;
	uint8_t s5_a, s5_b;
	/* HPET: 0, none */
	uint64_t hpet_maddr;
	struct acpi_mcfg mcfg[MAX_MCFG];
	unsigned int nr_mcfg;
};

extern struct acpi_info acpi;

/*
 * Find the root pointer (@rsdp_maddr, or the BIOS area if 0) and read the
 * tables into acpi.  -ENOENT: no usable root pointer or no MADT.
 */
int acpi_init(uint64_t rsdp_maddr);

#endif
