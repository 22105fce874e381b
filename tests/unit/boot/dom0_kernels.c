/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernels named as arguments are built into a Dom0 that passes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit_test.h"
#include "dom0_check.h"
#include "machine.h"

void unit_test_fail(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fprintf(stderr, "%s:%d: ", file, line);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	_exit(1);
}

static void build(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = malloc(256 * MIB);
	const char *why = "";
	struct domain *d;

	EXPECT(f && p);
	machine_init(768);
	machine_module(p, fread(p, 1, 256 * MIB, f), "console=hvc0");
	machine_module(p, 30 * MIB, "");
	machine_ready();
	strcpy(boot_info.loader, "GRUB 2.06");
	d = dom0_build(&why);
	if (!d)
		fprintf(stderr, "%s: %s\n", path, why);
	EXPECT(d);
	dom0_check(d, 0xffffffff80000000);
}

int main(int argc, char **argv)
{
	unsigned int nr_passed = 0, nr_failed = 0;

	for (int i = 1; i < argc; i++) {
		pid_t pid = fork();
		int status = 1;

		if (pid == 0) {
			build(argv[i]);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
			fprintf(stderr, "FAIL %s\n", argv[i]);
			nr_failed++;
		} else {
			nr_passed++;
		}
	}
	printf("%u passed, %u failed\n", nr_passed, nr_failed);
	return nr_failed != 0;
}
