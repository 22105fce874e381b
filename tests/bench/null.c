/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The smallest program: exits at once, without a C library.
 */
_Noreturn void _start(void);

_Noreturn void _start(void)
{
	for (;;)
		__asm__ volatile("syscall"
				 :
				 : "a"(231), "D"(0) /* exit_group(0) */
				 : "rcx", "r11");
}
