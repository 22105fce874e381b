// SPDX-License-Identifier: GPL-2.0-only
/* See cmd_scene.h. */
#include "cmd_scene.h"

#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "fixture.h"
#include "kernels.h"

char cmd_out[65536], cmd_err[65536];

static void read_back(const char *name, char *buf, size_t size)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fixture_root(), name);
	fd = open(path, O_RDONLY);
	n = read(fd, buf, size - 1);
	buf[n > 0 ? n : 0] = '\0';
	close(fd);
}

static int redirect(const char *name, int to)
{
	char path[128];
	int saved = dup(to), fd;

	snprintf(path, sizeof(path), "%s/%s", fixture_root(), name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, to);
	close(fd);
	return saved;
}

/* Run pavo with the words of @line; what it prints is in out and err. */
int pavo(const char *line)
{
	char copy[1024], *argv[64], *save = NULL;
	int argc = 0, rc, saved_out, saved_err;
	struct tool t = {0};

	snprintf(copy, sizeof(copy), "%s", line);
	argv[argc++] = (char *)(uintptr_t) "pavo";
	for (char *w = strtok_r(copy, " ", &save); w != NULL && argc < 63;
	     w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	argv[argc] = NULL;
	optind = 0; /* getopt begins anew */
	fflush(NULL);
	saved_out = redirect("out", STDOUT_FILENO);
	saved_err = redirect("err", STDERR_FILENO);
	rc = pavo_run(&t, argc, argv);
	fflush(NULL);
	dup2(saved_out, STDOUT_FILENO);
	dup2(saved_err, STDERR_FILENO);
	close(saved_out);
	close(saved_err);
	tool_close(&t);
	read_back("out", cmd_out, sizeof(cmd_out));
	read_back("err", cmd_err, sizeof(cmd_err));
	return rc;
}

void expect_run(const char *line, const char *want)
{
	int rc = pavo(line);

	if (rc != 0 || strcmp(cmd_out, want) != 0)
		unit_test_fail(__FILE__, __LINE__, "%s: %d\n%s%s\nnot\n%s",
			       line, rc, cmd_out, cmd_err, want);
}

void expect_ok(const char *line)
{
	int rc = pavo(line);

	if (rc != 0)
		unit_test_fail(__FILE__, __LINE__, "%s: %d %s", line, rc,
			       cmd_err);
}

void expect_fail(const char *line, const char *says)
{
	int rc = pavo(line);

	if (rc == 0 || strstr(cmd_err, says) == NULL)
		unit_test_fail(__FILE__, __LINE__, "%s: %d\n%s\nnot %s", line,
			       rc, cmd_err, says);
}

char cfg_path[160];

/* A machine with a kernel, a ramdisk and a configuration "demo". */
void begin(unsigned int free_mib)
{
	struct kernel_options o = {0};
	const char *kernel, *ramdisk;
	char text[512];
	size_t len;
	uint8_t *elf = kernel_elf(&o, &len);

	fake_reset(free_mib);
	fake_store_start(fixture_root());
	kernel = fixture_file("vmlinux", elf, len);
	ramdisk = fixture_file("initrd", elf, 5000);
	snprintf(text, sizeof(text),
		 "name = \"demo\"\nkernel = \"%s\"\nramdisk = \"%s\"\n"
		 "memory = 16\nmaxmem = 32\nvcpus = 1\nmaxvcpus = 2\n"
		 "extra = \"quiet\"\n"
		 "uuid = \"01234567-89ab-cdef-0123-456789abcdef\"\n",
		 kernel, ramdisk);
	strcpy(cfg_path, fixture_text("demo.cfg", text));
	free(elf);
}

int create(const char *options)
{
	char line[400];

	snprintf(line, sizeof(line), "create -q -e %s %s", cfg_path, options);
	return pavo(line);
}

void begin_with_demo(void)
{
	begin(128);
	if (create("") != 0)
		unit_test_fail(__FILE__, __LINE__, "create: %s", cmd_err);
}

unsigned int files_in(const char *dir)
{
	char path[160];
	unsigned int nr = 0;
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "%s%s", fixture_root(), dir);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL)
		nr += e->d_name[0] != '.';
	if (d != NULL)
		closedir(d);
	return nr;
}

void expect_nothing_left(void)
{
	EXPECT_EQ(fake_store_count("/local/domain/1"), 0);
	EXPECT_EQ(fake_store_count("/vm/01234567-89ab-cdef-0123-456789abcdef"),
		  0);
	EXPECT_EQ(fake_store_count("/libxl/1"), 0);
	EXPECT_EQ(fake_store_count("/tool/pavo/domains") <= 1, 1);
	EXPECT_EQ(files_in("/var/lib/pavo/domains"), 0);
	EXPECT(fake_domain(1) == NULL);
	EXPECT_EQ(fake.free_pages, 128 << 8);
	EXPECT_EQ(fake.nr_mapped, 0);
}
