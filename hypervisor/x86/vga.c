/* SPDX-License-Identifier: GPL-2.0-only */
/* VGA text: write at the cursor, scroll at the bottom. */
#include <hv/string.h>
#include <hv/x86/mapping.h>
#include <hv/x86/vga.h>

#define ATTRIBUTE 0x0700

static uint16_t *screen;
static unsigned int column, row;

void vga_init(void)
{
	screen = maddr_to_virt(0xb8000);
	memset(screen, 0, VGA_COLUMNS * VGA_ROWS * 2);
	column = row = 0;
}

static void newline(void)
{
	column = 0;
	if (++row < VGA_ROWS)
		return;
	row = VGA_ROWS - 1;
	memmove(screen, screen + VGA_COLUMNS, VGA_COLUMNS * (VGA_ROWS - 1) * 2);
	memset(screen + row * VGA_COLUMNS, 0, VGA_COLUMNS * 2);
}

void vga_write(const char *s, size_t n)
{
	if (!screen)
		return;
	for (; n; n--, s++) {
		if (*s == '\n') {
			newline();
			continue;
		}
		if (column == VGA_COLUMNS)
			newline();
		if (*s >= ' ')
			screen[row * VGA_COLUMNS + column++] =
				(uint16_t)(ATTRIBUTE | (uint8_t)*s);
	}
}

void vga_release(void)
{
	screen = NULL;
}
