// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel files: every packing, every way of being damaged, and the cache.
 */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "kcache.h"
#include "kernels.h"
#include "req.h"

static const enum packing packings[] = {PACKING_GZIP, PACKING_XZ, PACKING_ZSTD,
					PACKING_LZ4};
#define NR_PACKINGS (sizeof(packings) / sizeof(packings[0]))

/* Make a blob; 0 or -errno, with the message in @r. */
static int make(struct req *r, const uint8_t *data, size_t len)
{
	int fd = memfd_create("blob", 0);
	int rc = kimage_make(r, data, len, fd);

	if (rc == 0) {
		struct kimage k;

		rc = kimage_map(r, fd, &k);
		if (rc == 0)
			kimage_unmap(&k);
	}
	close(fd);
	return rc;
}

static int make_and_say(const uint8_t *data, size_t len, const char *what)
{
	struct req r = {0};
	int rc = make(&r, data, len);

	if (rc < 0 && (r.what == NULL || strstr(r.what, what) == NULL))
		unit_test_fail(__FILE__, __LINE__, "\"%s\" says not \"%s\"",
			       r.what, what);
	req_free(&r);
	return rc;
}

/* The blob of @data has the bytes of a kernel_elf(). */
static void check_content(const uint8_t *data, size_t len)
{
	int fd = memfd_create("blob", 0);
	uint64_t covered = 0, stored = 0;
	struct req r = {0};
	struct kimage k;

	EXPECT_EQ(kimage_make(&r, data, len, fd), 0);
	EXPECT_EQ(kimage_map(&r, fd, &k), 0);
	EXPECT_EQ(k.head->notes.virt_base, KERNEL_VIRT_BASE);
	EXPECT_EQ(k.head->notes.entry, KERNEL_ENTRY);
	EXPECT_EQ(strcmp(k.head->notes.guest_os, "test"), 0);
	EXPECT_EQ(k.head->start_pfn, KERNEL_PADDR >> 12);
	for (uint32_t i = 0; i < k.head->nr_runs; i++) {
		const struct kimage_run *run = &k.head->runs[i];
		const uint8_t *p = (const uint8_t *)k.head + run->offset;

		covered += run->nr;
		if (run->offset == 0)
			continue;
		stored += run->nr;
		for (uint64_t b = 0; b < (uint64_t)run->nr << 12; b++) {
			uint64_t a = ((uint64_t)run->pfn << 12) + b;
			uint64_t end = KERNEL_PADDR + KERNEL_TEXT_PAGES * 4096 +
				       KERNEL_DATA_BYTES;

			EXPECT_EQ(p[b], a < end ? kernel_byte(a) : 0);
		}
	}
	EXPECT_EQ(covered, k.head->end_pfn - k.head->start_pfn);
	EXPECT_EQ(stored, KERNEL_TEXT_PAGES - 1 + 2); /* zeros are left out */
	kimage_unmap(&k);
	close(fd);
	req_free(&r);
}

UNIT_TEST(every_packing_gives_the_same_image)
{
	struct kernel_options o = {.bss_bytes = 100000};
	size_t elf_len, len;
	uint8_t *elf = kernel_elf(&o, &elf_len), *f;

	check_content(elf, elf_len);
	for (size_t i = 0; i < NR_PACKINGS; i++) {
		f = kernel_bzimage(elf, elf_len, packings[i], &len);
		check_content(f, len);
		free(f);
		f = kernel_pack(elf, elf_len, packings[i], &len);
		check_content(f, len);
		free(f);
	}
	free(elf);
}

UNIT_TEST(a_truncated_kernel_is_an_error_wherever_it_ends)
{
	struct kernel_options o = {0};
	size_t elf_len, len;
	uint8_t *elf = kernel_elf(&o, &elf_len), *f;

	for (size_t i = 0; i < NR_PACKINGS; i++) {
		f = kernel_bzimage(elf, elf_len, packings[i], &len);
		for (size_t cut = 0; cut < len; cut += cut < 700 ? 13 : 1009) {
			uint8_t *part = malloc(cut + 1);

			memcpy(part, f, cut);
			EXPECT(make_and_say(part, cut, "") < 0);
			free(part);
		}
		free(f);
	}
	for (size_t cut = 0; cut < elf_len; cut += cut < 700 ? 7 : 1009) {
		uint8_t *part = malloc(cut + 1);

		memcpy(part, elf, cut);
		EXPECT(make_and_say(part, cut, "") < 0);
		free(part);
	}
	free(elf);
}

/* No crash, no hang, no message missing; some damage is not to be noticed. */
UNIT_TEST(a_flipped_bit_is_survived_wherever_it_is)
{
	struct kernel_options o = {0};
	size_t elf_len, len;
	uint8_t *elf = kernel_elf(&o, &elf_len), *f;

	for (size_t i = 0; i < NR_PACKINGS; i++) {
		f = kernel_bzimage(elf, elf_len, packings[i], &len);
		for (size_t at = 0x1f0; at < len; at += at < 4000 ? 1 : 251) {
			f[at] ^= (uint8_t)(1u << at % 8);
			make_and_say(f, len, "");
			f[at] ^= (uint8_t)(1u << at % 8);
		}
		free(f);
	}
	for (size_t at = 0; at < 4096; at++) {
		elf[at] ^= (uint8_t)(1u << at % 8);
		make_and_say(elf, elf_len, "");
		elf[at] ^= (uint8_t)(1u << at % 8);
	}
	free(elf);
}

UNIT_TEST(what_is_wrong_is_named)
{
	struct kernel_options o = {.no_notes = true};
	static uint8_t text[4096] = "#!/bin/sh\necho not a kernel\n";
	size_t len;
	uint8_t *f;

	EXPECT(make_and_say(text, 0, "empty") < 0);
	EXPECT(make_and_say(text, sizeof(text), "not an ELF") < 0);
	f = kernel_elf(&o, &len);
	EXPECT(make_and_say(f, len, "no Xen ELF notes") < 0);
	f[EI_CLASS] = ELFCLASS32;
	EXPECT(make_and_say(f, len, "another machine") < 0);
	free(f);
	o = (struct kernel_options){.xen_version = "xen-2.0"};
	f = kernel_elf(&o, &len);
	EXPECT(make_and_say(f, len, "interface xen-2.0") < 0);
	free(f);
	o = (struct kernel_options){.paddr = 2ull << 30};
	f = kernel_elf(&o, &len);
	EXPECT(make_and_say(f, len, "first GiB") < 0);
	free(f);
	memcpy(text, "BZh9", 4);
	EXPECT(make_and_say(text, sizeof(text), "packed with bzip2") < 0);
	memcpy(text, "\x89LZO", 4);
	EXPECT(make_and_say(text, sizeof(text), "packed with lzo") < 0);
}

UNIT_TEST(overlapping_segments_are_refused)
{
	struct kernel_options o = {0};
	size_t len;
	uint8_t *f = kernel_elf(&o, &len);
	Elf64_Phdr *ph = (Elf64_Phdr *)(f + sizeof(Elf64_Ehdr));

	ph[1].p_paddr -= 4096;
	EXPECT(make_and_say(f, len, "overlap") < 0);
	free(f);
}

UNIT_TEST(a_damaged_blob_is_not_used)
{
	struct kernel_options o = {0};
	size_t len;
	uint8_t *elf = kernel_elf(&o, &len), byte;
	int fd = memfd_create("blob", 0);
	struct req r = {0};
	struct kimage k;
	size_t checked;
	off_t size;

	EXPECT_EQ(kimage_make(&r, elf, len, fd), 0);
	size = lseek(fd, 0, SEEK_END);
	/* the header and the runs are checked; pages are only data */
	EXPECT_EQ(kimage_map(&r, fd, &k), 0);
	checked = sizeof(*k.head) + k.head->nr_runs * sizeof(k.head->runs[0]);
	kimage_unmap(&k);
	for (off_t at = 0; at < (off_t)checked; at++) {
		EXPECT_EQ(pread(fd, &byte, 1, at), 1);
		byte ^= 0x10;
		EXPECT_EQ(pwrite(fd, &byte, 1, at), 1);
		EXPECT(kimage_map(&r, fd, &k) < 0 || at == 15);
		byte ^= 0x10;
		EXPECT_EQ(pwrite(fd, &byte, 1, at), 1);
	}
	EXPECT_EQ(ftruncate(fd, size - 4096), 0);
	EXPECT(kimage_map(&r, fd, &k) < 0);
	EXPECT_EQ(ftruncate(fd, 10), 0);
	EXPECT(kimage_map(&r, fd, &k) < 0);
	free(elf);
	req_free(&r);
}

static unsigned int entries(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned int nr = 0;
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		nr += e->d_name[0] != '.';
	if (d != NULL)
		closedir(d);
	return nr;
}

static int open_cached(const char *dir, const char *path)
{
	struct req r = {0};
	struct kimage k;
	int rc = kcache_open(&r, dir, path, &k);

	if (rc == 0)
		kimage_unmap(&k);
	else
		EXPECT(strstr(r.what, path) != NULL);
	req_free(&r);
	return rc;
}

UNIT_TEST(a_kernel_is_unpacked_once)
{
	struct kernel_options o = {0};
	char dir[128];
	size_t elf_len, len;
	uint8_t *elf = kernel_elf(&o, &elf_len);
	uint8_t *f = kernel_bzimage(elf, elf_len, PACKING_ZSTD, &len);
	const char *path = fixture_file("kernel", f, len);
	struct timespec times[2] = {{0, UTIME_OMIT}, {1000000000, 0}};

	snprintf(dir, sizeof(dir), "%s/a/cache", fixture_root());
	EXPECT_EQ(open_cached(dir, path), 0);
	EXPECT_EQ(entries(dir), 1);
	EXPECT_EQ(open_cached(dir, path), 0);
	EXPECT_EQ(entries(dir), 1);
	/* the same name with other content is another kernel */
	fixture_file("kernel", "#!/bin/sh", 9);
	EXPECT_EQ(utimensat(AT_FDCWD, path, times, 0), 0);
	EXPECT(open_cached(dir, path) < 0);
	EXPECT_EQ(entries(dir), 1);
	free(elf);
	free(f);
}

UNIT_TEST(the_cache_is_bounded)
{
	struct kernel_options o = {0};
	char dir[128], name[16];
	size_t len;
	uint8_t *elf = kernel_elf(&o, &len);

	snprintf(dir, sizeof(dir), "%s/cache", fixture_root());
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "k%d", i);
		EXPECT_EQ(open_cached(dir, fixture_file(name, elf, len)), 0);
	}
	EXPECT_EQ(entries(dir), 8);
	free(elf);
}

UNIT_TEST(a_damaged_or_foreign_cache_does_no_harm)
{
	struct kernel_options o = {0};
	char dir[128], path[400];
	size_t len;
	uint8_t *elf = kernel_elf(&o, &len);
	const char *kernel = fixture_file("kernel", elf, len);
	struct dirent *e;
	DIR *d;

	snprintf(dir, sizeof(dir), "%s/cache", fixture_root());
	EXPECT_EQ(open_cached(dir, kernel), 0);
	d = opendir(dir);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
	closedir(d);
	EXPECT_EQ(truncate(path, 5000), 0);
	EXPECT_EQ(open_cached(dir, kernel), 0);
	EXPECT_EQ(chmod(dir, 0777), 0); /* others could put kernels there */
	EXPECT_EQ(unlink(path), 0);
	EXPECT_EQ(open_cached(dir, kernel), 0);
	EXPECT_EQ(entries(dir), 0);
	free(elf);
}

UNIT_TEST(a_kernel_that_is_no_file_is_refused)
{
	EXPECT_EQ(open_cached("/nonexistent", "/nonexistent/kernel"), -ENOENT);
	EXPECT_EQ(open_cached("/nonexistent", fixture_root()), -EINVAL);
}
