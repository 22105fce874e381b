/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Print the TSC: in QEMU's icount mode the instructions since power-on.
 */
#include <stdio.h>
#include <x86intrin.h>

int main(void)
{
	printf("@bench boot_to_userland %llu\n", __rdtsc());
	return 0;
}
