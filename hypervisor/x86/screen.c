/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A screen of characters that scrolls at the bottom.  What it shows is kept in
 * cells, as video memory is slow to read, and only cells that change are drawn.
 */
#include <hv/boot.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/x86/mapping.h>
#include <hv/x86/screen.h>

#define VGA_TEXT 0xb8000
#define VGA_COLUMNS 80
#define VGA_ROWS 25
#define ATTRIBUTE 0x0700 /* grey on black */

/* Pixels of a character; each row of the font is two lines high. */
#define CELL_WIDTH 8
#define CELL_HEIGHT 16
#define MAX_COLUMNS 240
#define MAX_ROWS 100

static char cell[MAX_ROWS][MAX_COLUMNS];
static unsigned int columns, rows, column, row;
static bool in_use;

static volatile uint16_t *text;
static volatile uint8_t *pixels; /* NULL: text */

static void draw_line(volatile uint8_t *p, uint8_t dots)
{
	unsigned int bytes = boot_info.screen.bits_per_pixel / 8;

	for (int x = CELL_WIDTH - 1; x >= 0; x--) {
		/* two columns of space, the five of the font, one more */
		uint8_t value = dots << 1 >> x & 1 ? 0xc0 : 0;

		if (bytes == 4) {
			*(volatile uint32_t *)p = value * 0x010101U;
			p += 4;
			continue;
		}
		for (unsigned int i = 0; i < bytes; i++)
			*p++ = value;
	}
}

static void draw_glyph(unsigned int r, unsigned int c, char ch)
{
	const struct boot_screen *s = &boot_info.screen;
	const uint8_t *glyph = screen_font[ch - ' '];
	volatile uint8_t *p = pixels + (uint64_t)r * CELL_HEIGHT * s->pitch +
			      (uint64_t)c * CELL_WIDTH * s->bits_per_pixel / 8;

	for (unsigned int y = 0; y < CELL_HEIGHT; y++, p += s->pitch) {
		unsigned int line = y / 2;

		draw_line(p, line < SCREEN_FONT_ROWS ? glyph[line] : 0);
	}
}

static void put(unsigned int r, unsigned int c, char ch)
{
	if (cell[r][c] == ch)
		return;
	cell[r][c] = ch;
	if (pixels)
		draw_glyph(r, c, ch);
	else
		text[r * columns + c] = (uint16_t)(ATTRIBUTE | (uint8_t)ch);
}

static void clear(void)
{
	memset(cell, 0, sizeof(cell)); /* none of what put() is called with */
	for (unsigned int r = 0; r < rows; r++)
		for (unsigned int c = 0; c < columns; c++)
			put(r, c, ' ');
	column = row = 0;
}

static void newline(void)
{
	column = 0;
	if (++row < rows)
		return;
	row = rows - 1;
	for (unsigned int c = 0; c < columns; c++) {
		for (unsigned int r = 0; r < row; r++)
			put(r, c, cell[r + 1][c]);
		put(row, c, ' ');
	}
}

static bool open_framebuffer(const struct boot_screen *s)
{
	unsigned int bits = s->bits_per_pixel;

	if (bits != 16 && bits != 24 && bits != 32)
		return false;
	pixels = ioremap_wc(s->maddr, (size_t)s->pitch * s->height);
	columns = min(s->width / CELL_WIDTH, (uint32_t)MAX_COLUMNS);
	rows = min(s->height / CELL_HEIGHT, (uint32_t)MAX_ROWS);
	return pixels && columns && rows;
}

bool screen_init(void)
{
	const struct boot_screen *s = &boot_info.screen;

	if (s->kind == SCREEN_NONE ||
	    (s->kind == SCREEN_PIXELS && !open_framebuffer(s)))
		return false;
	if (s->kind == SCREEN_TEXT) {
		text = maddr_to_virt(VGA_TEXT);
		columns = VGA_COLUMNS;
		rows = VGA_ROWS;
	}
	in_use = true;
	clear();
	return true;
}

void screen_write(const char *s, size_t n)
{
	if (!in_use)
		return;
	for (; n; n--, s++) {
		if (*s == '\n') {
			newline();
			continue;
		}
		if (column == columns)
			newline();
		if (*s >= ' ' && *s <= '~')
			put(row, column++, *s);
	}
}

void screen_release(void)
{
	in_use = false;
}

void screen_reclaim(void)
{
	if (in_use || !rows)
		return;
	in_use = true;
	clear();
}
