/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest's port accesses do.  A domain reaches the ports in its
 * permission set; a few of the hardware domain's are shared with us, and those
 * go through code that knows both users.  What is refused reads as all ones.
 */
#include <hv/boot.h>
#include <hv/domain.h>
#include <hv/x86/io.h>
#include <hv/x86/pci.h>
#include <hv/x86/platform.h>
#include <hv/x86/serial.h>

#define PIT_CH2 0x42
#define PIT_COMMAND 0x43
#define PORT_B 0x61

struct port_range {
	uint16_t first, last;
};

/* Ours, or emulated below. */
static const struct port_range denied[] = {
	{0x20, 0x21},	/* PIC */
	{0x40, 0x43},	/* PIT */
	{0x61, 0x61},	/* its channel 2 */
	{0x70, 0x71},	/* RTC */
	{0xa0, 0xa1},	/* PIC */
	{0xcf8, 0xcf8}, /* PCI configuration; 0xcf9 resets the machine */
	{0xcfc, 0xcff},
};

static bool is_between(uint16_t port, uint64_t first, uint64_t last)
{
	return port >= first && port <= last;
}

bool ioport_dom0_denied(unsigned int i, uint16_t *first, uint16_t *last)
{
	struct port_range more[2];
	const struct port_range *r;
	unsigned int n = 0;

	if (opt.console_com1)
		more[n++] = (struct port_range){SERIAL_PORT, SERIAL_PORT + 7};
	if (acpi.pm_timer.space == ACPI_IO && acpi.pm_timer.address)
		more[n++] = (struct port_range){
			(uint16_t)acpi.pm_timer.address,
			(uint16_t)(acpi.pm_timer.address + 3)};
	if (i >= ARRAY_SIZE(denied) + n)
		return false;
	r = i < ARRAY_SIZE(denied) ? &denied[i] : &more[i - ARRAY_SIZE(denied)];
	*first = r->first;
	*last = r->last;
	return true;
}

static uint32_t port_in(uint16_t port, unsigned int bytes)
{
	return bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
}

static void port_out(uint16_t port, unsigned int bytes, uint32_t v)
{
	if (bytes == 1)
		outb(port, (uint8_t)v);
	else if (bytes == 2)
		outw(port, (uint16_t)v);
	else
		outl(port, v);
}

static bool is_permitted(struct domain *d, uint16_t port, unsigned int bytes)
{
	bool ok;

	spin_lock(&d->lock);
	ok = rangeset_contains(&d->ioport, port, port + bytes - 1);
	spin_unlock(&d->lock);
	return ok;
}

/* The speaker and delays: channel 2 is Dom0's, the others are nobody's. */
static bool is_pit_command_for_ch2(uint32_t v)
{
	return (v & 0xc0) == 0x80;
}

static bool shared_in(struct vcpu *v, uint16_t port, unsigned int bytes,
		      uint32_t *value)
{
	if (port == 0xcf8 && bytes == 4)
		*value = v->arch.cf8;
	else if (is_between(port, 0xcfc, 0xcff))
		*value = pci_port_in(v->arch.cf8, port, bytes);
	else if (bytes != 1)
		return false;
	else if (is_between(port, 0x70, 0x71))
		*value = rtc_port_in(port);
	else if (port == PIT_CH2 || port == PORT_B)
		*value = inb(port);
	else
		return false;
	return true;
}

static bool shared_out(struct vcpu *v, uint16_t port, unsigned int bytes,
		       uint32_t value)
{
	if (port == 0xcf8 && bytes == 4)
		v->arch.cf8 = value;
	else if (is_between(port, 0xcfc, 0xcff))
		pci_port_out(v->arch.cf8, port, bytes, value);
	else if (bytes != 1)
		return false;
	else if (is_between(port, 0x70, 0x71))
		rtc_port_out(port, (uint8_t)value);
	else if (port == PIT_CH2 ||
		 (port == PIT_COMMAND && is_pit_command_for_ch2(value)))
		outb(port, (uint8_t)value);
	else if (port == PORT_B) /* gate and speaker; not the NMI enables */
		outb(port, (uint8_t)((inb(port) & 0x0c) | (value & 0x03)));
	else
		return false;
	return true;
}

uint32_t guest_port_in(struct vcpu *v, uint16_t port, unsigned int bytes)
{
	uint32_t value;

	if (v->domain->is_privileged && shared_in(v, port, bytes, &value))
		return value;
	if (!is_permitted(v->domain, port, bytes))
		return ~0u;
	return port_in(port, bytes);
}

void guest_port_out(struct vcpu *v, uint16_t port, unsigned int bytes,
		    uint32_t value)
{
	if (v->domain->is_privileged && shared_out(v, port, bytes, value))
		return;
	if (is_permitted(v->domain, port, bytes))
		port_out(port, bytes, value);
}
