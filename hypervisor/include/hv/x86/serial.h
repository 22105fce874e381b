/* SPDX-License-Identifier: GPL-2.0-only */
/* The first serial port, an NS16550 at its PC address. */
#ifndef HV_X86_SERIAL_H
#define HV_X86_SERIAL_H

#include <hv/types.h>

#define SERIAL_PORT 0x3f8
#define SERIAL_GSI 4

bool serial_init(uint32_t baud); /* 0: leave the speed; false: no UART */
void serial_write(const char *s, size_t n); /* "\n" becomes "\r\n" */
int serial_getc(void);			    /* -1: nothing there */
void serial_enable_interrupt(void);

#endif
