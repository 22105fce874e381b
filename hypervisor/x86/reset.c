/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Turning the machine off and starting it again.  Each way is tried for as
 * long as hardware may need to act on it, then the next.
 */
#include <hv/boot.h>
#include <hv/printk.h>
#include <hv/time.h>
#include <hv/x86/io.h>
#include <hv/x86/mapping.h>
#include <hv/x86/platform.h>
#include <abi/errno.h>

#define SLP_TYP_SHIFT 10
#define SLP_EN (1u << 13)
/* ACPI, "Sleep Control Register" of hardware-reduced machines: 8 bits */
#define SLEEP_CONTROL_TYP_SHIFT 2
#define SLEEP_CONTROL_EN (1u << 5)

void machine_halt(void)
{
	smp_stop_others();
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* now_ns() may not work yet, or any more: count port accesses (about 1 us). */
static void wait_ms(unsigned int ms)
{
	for (unsigned int i = 0; i < ms * 1000; i++)
		(void)inb(0x80);
}

static void gas_write(const struct acpi_gas *g, uint16_t value)
{
	if (!g->address)
		return;
	if (g->space == ACPI_IO && g->bit_width <= 8)
		outb((uint16_t)g->address, (uint8_t)value);
	else if (g->space == ACPI_IO)
		outw((uint16_t)g->address, value);
	else if (g->space == ACPI_MEMORY) {
		volatile uint16_t *p = ioremap_hv(g->address, 2);

		if (p && g->bit_width <= 8)
			*(volatile uint8_t *)p = (uint8_t)value;
		else if (p)
			*p = value;
	}
}

static void reset_by_acpi(void)
{
	if (acpi.can_reset)
		gas_write(&acpi.reset, acpi.reset_value);
}

/* The chipset's reset control: prepare, then do. */
static void reset_by_chipset(void)
{
	outb(0xcf9, 0x02);
	outb(0xcf9, 0x06);
}

static void reset_by_keyboard(void)
{
	outb(0x64, 0xfe); /* pulse the reset line */
}

/* An exception with no IDT is a triple fault, which resets. */
static void reset_by_fault(void)
{
	__asm__ volatile("lidt %0; int3"
			 :
			 : "m"((struct { char b[10]; }){{0}}));
}

static const struct {
	char letter; /* of the option reboot= */
	void (*fn)(void);
} resets[] = {
	{'a', reset_by_acpi},
	{'p', reset_by_chipset},
	{'k', reset_by_keyboard},
	{'t', reset_by_fault},
};

static void try_resets(char letter)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(resets); i++) {
		if (letter && letter != resets[i].letter)
			continue;
		resets[i].fn();
		wait_ms(100);
	}
}

void machine_restart(void)
{
	local_irq_disable();
	smp_stop_others();
	if (opt.reboot_first)
		try_resets(opt.reboot_first);
	try_resets(0);
	machine_halt();
}

int acpi_enter_sleep(unsigned int state, uint16_t val_a, uint16_t val_b)
{
	if (state != 5)
		return -EOPNOTSUPP;
	if (!acpi.pm1a_control.address && !acpi.sleep_control.address)
		return -ENODEV;
	log_info("Powering off.\n");
	local_irq_disable();
	smp_stop_others();
	__asm__ volatile("wbinvd" : : : "memory");
	if (acpi.pm1a_control.address) {
		gas_write(&acpi.pm1a_control, (uint16_t)(val_a | SLP_EN));
		gas_write(&acpi.pm1b_control, (uint16_t)(val_b | SLP_EN));
	} else {
		gas_write(&acpi.sleep_control,
			  (uint16_t)(val_a | SLEEP_CONTROL_EN));
	}
	wait_ms(1000);
	log_err("The machine ignores ACPI power-off; it is halted.\n");
	machine_halt();
}

void machine_power_off(void)
{
	unsigned int shift = acpi.pm1a_control.address
				     ? SLP_TYP_SHIFT
				     : SLEEP_CONTROL_TYP_SHIFT;

	if (acpi.has_s5)
		(void)acpi_enter_sleep(5, (uint16_t)(acpi.s5_a << shift),
				       (uint16_t)(acpi.s5_b << shift));
	log_err("ACPI does not say how to power off; the machine is halted.\n");
	machine_halt();
}
