/* SPDX-License-Identifier: GPL-2.0-only */
/* NS16550 by polling for output, by interrupt for input. */
#include <hv/x86/io.h>
#include <hv/x86/serial.h>

enum { DATA, IER, FCR, LCR, MCR, LSR, MSR_, SCRATCH };
#define LSR_DATA 1
#define LSR_THRE 0x20

static uint8_t reg_read(unsigned int r)
{
	return inb((uint16_t)(SERIAL_PORT + r));
}

static void reg_write(unsigned int r, uint8_t v)
{
	outb((uint16_t)(SERIAL_PORT + r), v);
}

bool serial_init(uint32_t baud)
{
	reg_write(SCRATCH, 0x5a);
	if (reg_read(SCRATCH) != 0x5a)
		return false;
	reg_write(IER, 0);
	reg_write(LCR, 0x03); /* 8n1 */
	if (baud) {
		uint32_t divisor = 115200 / baud;

		reg_write(LCR, 0x83);
		reg_write(DATA, (uint8_t)divisor);
		reg_write(IER, (uint8_t)(divisor >> 8));
		reg_write(LCR, 0x03);
	}
	reg_write(FCR, 0x07); /* FIFOs on and empty */
	reg_write(MCR, 0x0b); /* DTR, RTS, OUT2 */
	return true;
}

static void serial_putc(char c)
{
	for (unsigned int i = 0; i < 1000000; i++)
		if (reg_read(LSR) & LSR_THRE)
			break;
	reg_write(DATA, (uint8_t)c);
}

void serial_write(const char *s, size_t n)
{
	for (; n; n--, s++) {
		if (*s == '\n')
			serial_putc('\r');
		serial_putc(*s);
	}
}

int serial_getc(void)
{
	if (!(reg_read(LSR) & LSR_DATA))
		return -1;
	return reg_read(DATA);
}

void serial_enable_interrupt(void)
{
	reg_write(IER, 1); /* received data */
}
