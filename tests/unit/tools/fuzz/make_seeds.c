// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernels for the fuzzer to begin with, one for each packing, in a directory.
 */
#include <stdio.h>
#include <stdlib.h>

#include "kernels.h"

int main(int argc, char **argv)
{
	struct kernel_options o = {.hypercall_page = true, .bss_bytes = 9000};
	size_t elf_len, len;
	uint8_t *elf = kernel_elf(&o, &elf_len);

	if (argc != 2)
		return 2;
	for (int p = PACKING_NONE; p <= PACKING_LZ4; p++) {
		uint8_t *f =
			kernel_bzimage(elf, elf_len, (enum packing)p, &len);
		char path[4096];
		FILE *out;

		snprintf(path, sizeof(path), "%s/%s", argv[1],
			 packing_name((enum packing)p));
		out = fopen(path, "w");
		if (out == NULL || fwrite(f, 1, len, out) != len ||
		    fclose(out) != 0)
			return 1;
		free(f);
	}
	free(elf);
	return 0;
}
