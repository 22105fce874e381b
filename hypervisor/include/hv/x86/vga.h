/* SPDX-License-Identifier: GPL-2.0-only */
/* The VGA text screen, as firmware and GRUB leave it: 80 by 25. */
#ifndef HV_X86_VGA_H
#define HV_X86_VGA_H

#include <hv/types.h>

#define VGA_COLUMNS 80
#define VGA_ROWS 25

void vga_init(void);
void vga_write(const char *s, size_t n);
/* Dom0 takes the screen over: nothing is written there any more. */
void vga_release(void);

#endif
