/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that wants a CPU, always: it counts and does nothing else.  At PAUSE
 * an emulator with one thread goes on with the next CPU.  Without, QEMU under
 * icount lets one CPU run to the next timer, and the others hardly at all.
 */
#include "../lib/guest.h"

void guest_main(void)
{
	for (;;) {
		for (unsigned int i = 0; i < 5000; i++)
			__asm__ volatile("");
		__asm__ volatile("pause");
	}
}
