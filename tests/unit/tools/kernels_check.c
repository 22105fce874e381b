// SPDX-License-Identifier: GPL-2.0-only
/*
 * Distributions' own kernels, built into domains of several sizes on the
 * simulated machine and looked at. Arguments: kernel files.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build_scene.h"
#include "unit_test.h"

/* Called by EXPECT; here a failure ends the child that builds. */
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

static void build(const char *path, unsigned int mib, int has_extras)
{
	int fd = open(path, O_RDONLY);
	struct scene s = {0};
	struct stat st;
	void *file;

	EXPECT(fd >= 0 && fstat(fd, &st) == 0);
	file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	EXPECT(file != MAP_FAILED);
	fake_reset(250);
	fake.no_write = fake.no_clear = !has_extras;
	if (scene_kernel(&s, file, (size_t)st.st_size) < 0)
		unit_test_fail(path, 0, "%s", s.r.what);
	s.p.initrd = file;
	s.p.initrd_bytes = 5000001;
	scene_domain(&s, mib);
	if (scene_build(&s) < 0)
		unit_test_fail(path, 0, "%s", s.r.what);
	scene_check(&s);
	_exit(0);
}

int main(int argc, char **argv)
{
	static const unsigned int sizes[] = {96, 127, 240};
	int nr_passed = 0, nr_failed = 0;

	for (int i = 1; i < argc; i++) {
		for (size_t k = 0; k < 3; k++) {
			int status = -1;
			pid_t pid = fork();

			if (pid == 0)
				build(argv[i], sizes[k], k != 1);
			waitpid(pid, &status, 0);
			if (status == 0)
				nr_passed++;
			else
				nr_failed++;
			if (status != 0)
				fprintf(stderr, "FAIL %s in %u MiB\n", argv[i],
					sizes[k]);
		}
	}
	printf("%d passed, %d failed\n", nr_passed, nr_failed);
	return nr_failed != 0;
}
