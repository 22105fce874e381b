/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The screen: text as the VGA shows it, or a framebuffer that the boot loader
 * set up, with letters of our own.
 */
#ifndef HV_X86_SCREEN_H
#define HV_X86_SCREEN_H

#include <hv/types.h>

/* false: the machine has none that we can write to. */
bool screen_init(void);
void screen_write(const char *s, size_t n);
/* Dom0 takes it over; a panic takes it back, whatever Dom0 made of it. */
void screen_release(void);
void screen_reclaim(void);

#define SCREEN_FONT_ROWS 7
#define SCREEN_FONT_COLUMNS 5
extern const uint8_t screen_font['~' - ' ' + 1][SCREEN_FONT_ROWS];

#endif
