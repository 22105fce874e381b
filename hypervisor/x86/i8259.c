/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two 8259 interrupt controllers: initialised so that a spurious interrupt
 * of theirs can not look like an exception, and masked for good.
 */
#include <hv/printk.h>
#include <hv/x86/apic.h>
#include <hv/x86/io.h>

#define PIC1 0x20
#define PIC2 0xa0
#define ICW1_INIT_ICW4 0x11
#define ICW4_8086 0x01
#define OCW3_READ_ISR 0x0b
#define EOI_NON_SPECIFIC 0x20

static uint64_t nr_spurious;

void i8259_disable(void)
{
	outb(PIC1 + 1, 0xff);
	outb(PIC2 + 1, 0xff);
	outb(PIC1, ICW1_INIT_ICW4);
	outb(PIC2, ICW1_INIT_ICW4);
	outb(PIC1 + 1, VEC_PIC);
	outb(PIC2 + 1, VEC_PIC + 8);
	outb(PIC1 + 1, 1 << 2); /* the second is at input 2 */
	outb(PIC2 + 1, 2);
	outb(PIC1 + 1, ICW4_8086);
	outb(PIC2 + 1, ICW4_8086);
	outb(PIC1 + 1, 0xff);
	outb(PIC2 + 1, 0xff);
}

/* Real if the in-service bit is set; then it wants an EOI, unlike a glitch. */
void i8259_spurious(unsigned int vector)
{
	unsigned int line = vector - VEC_PIC;
	uint16_t pic = line < 8 ? PIC1 : PIC2;

	outb(pic, OCW3_READ_ISR);
	if (inb(pic) & 1u << (line & 7)) {
		outb(pic, EOI_NON_SPECIFIC);
		if (pic == PIC2)
			outb(PIC1, EOI_NON_SPECIFIC);
	}
	if (!nr_spurious++)
		log_warn("8259: spurious interrupt %u\n", line);
}
