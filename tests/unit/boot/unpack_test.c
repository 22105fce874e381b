/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every format unpacks to what the distribution's tools packed, as a file and
 * with the four bytes behind it that a bzImage has; and no damage to it does
 * more than return an error.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../hypervisor/boot/unpack.h"
#include "../unit_test.h"

#define TEXT_SIZE 1000000

void unpack_env_enter(void)
{
}

void unpack_env_leave(void)
{
}

static const struct tool {
	const char *format, *command;
} tools[] = {
	{"gzip", "gzip -9 -c $IN >$OUT"},
	{"xz", "xz --check=crc32 --x86 --lzma2=dict=32MiB -c $IN >$OUT"},
	{"xz", "xz -c $IN >$OUT"}, /* CRC64 */
	{"xz", "xz --check=sha256 -c $IN >$OUT"},
	{"xz", "xz --check=none -c $IN >$OUT"},
	{"zstd", "zstd -19 -q $IN -o $OUT"},
	{"lz4", "lz4 -l -9 -q $IN $OUT"},
	{"lz4", "lz4 -9 --content-size -q $IN $OUT"},
};
#define NR_TOOLS (sizeof(tools) / sizeof(tools[0]))

static uint8_t *text;

/* Something to pack: neither random nor all the same. */
static void make_text(void)
{
	unsigned int seed = 1;

	text = malloc(TEXT_SIZE);
	for (size_t i = 0; i < TEXT_SIZE; i++) {
		seed = seed * 1103515245 + 12345;
		text[i] = i > 1000 && seed % 8 ? text[i - 900]
					       : (uint8_t)(seed >> 16);
	}
}

static uint8_t *read_all(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = malloc(TEXT_SIZE * 2);

	EXPECT(f);
	*len = fread(p, 1, TEXT_SIZE * 2, f);
	fclose(f);
	return p;
}

/* The text as @t packs it, from a file, so that sizes are known. */
static uint8_t *pack(const struct tool *t, size_t *len)
{
	char dir[] = "/tmp/unpack.XXXXXX", cmd[512], path[64];
	uint8_t *p;
	FILE *f;

	if (!text)
		make_text();
	EXPECT(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/text", dir);
	f = fopen(path, "wb");
	EXPECT(f && fwrite(text, 1, TEXT_SIZE, f) == TEXT_SIZE);
	fclose(f);
	snprintf(cmd, sizeof(cmd), "IN=%s OUT=%s/packed; %s", path, dir,
		 t->command);
	EXPECT_EQ(system(cmd), 0);
	snprintf(path, sizeof(path), "%s/packed", dir);
	p = read_all(path, len);
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	EXPECT_EQ(system(cmd), 0);
	return p;
}

UNIT_TEST(what_was_packed_comes_back)
{
	for (unsigned int i = 0; i < NR_TOOLS; i++) {
		size_t len, size, out;
		uint8_t *p = pack(&tools[i], &len), *dst;
		const char *why = NULL;

		EXPECT_EQ(strcmp(unpack_format(p, len), tools[i].format), 0);
		EXPECT_EQ(unpack_size(p, len, &size, &why), 0);
		EXPECT(size == TEXT_SIZE ||
		       (strstr(tools[i].command, "-l") && size > TEXT_SIZE));
		dst = malloc(TEXT_SIZE);
		EXPECT_EQ(unpack(p, len, dst, TEXT_SIZE, &out, &why), 0);
		EXPECT_EQ(out, TEXT_SIZE);
		EXPECT_EQ(memcmp(dst, text, TEXT_SIZE), 0);
		memset(dst, 0, TEXT_SIZE);
		memcpy(p + len, &(uint32_t){TEXT_SIZE}, 4);
		EXPECT_EQ(unpack(p, len + 4, dst, TEXT_SIZE, &out, &why), 0);
		EXPECT_EQ(memcmp(dst, text, TEXT_SIZE), 0);
		free(p);
		free(dst);
	}
}

UNIT_TEST(an_output_too_small_is_refused)
{
	for (unsigned int i = 0; i < NR_TOOLS; i++) {
		size_t len, out;
		uint8_t *p = pack(&tools[i], &len), *dst;
		const char *why = NULL;

		dst = malloc(TEXT_SIZE - 1); /* ASan watches the end */
		EXPECT_EQ(unpack(p, len, dst, TEXT_SIZE - 1, &out, &why),
			  -EINVAL);
		EXPECT(why);
		EXPECT_EQ(unpack(p, len, dst, 0, &out, &why), -EINVAL);
		free(p);
		free(dst);
	}
}

/* A copy that ends where the data do, for ASan. */
static int unpack_exact(const uint8_t *p, size_t len, uint8_t *dst,
			const char **why)
{
	uint8_t *exact = malloc(len ? len : 1);
	size_t out, size;
	int rc;

	memcpy(exact, p, len);
	*why = NULL;
	unpack_size(exact, len, &size, why);
	*why = NULL;
	rc = unpack(exact, len, dst, TEXT_SIZE, &out, why);
	/* lz4's legacy form has no end: less is all that shows there */
	if (!rc && out != TEXT_SIZE)
		rc = -EINVAL;
	else
		EXPECT((rc == 0) == (*why == NULL));
	free(exact);
	return rc;
}

UNIT_TEST(truncation_is_an_error_at_every_length)
{
	uint8_t *dst = malloc(TEXT_SIZE);

	for (unsigned int i = 0; i < NR_TOOLS; i++) {
		size_t len;
		uint8_t *p = pack(&tools[i], &len);
		const char *why;

		for (size_t n = 0; n < 64; n++)
			EXPECT_EQ(unpack_exact(p, n, dst, &why), -EINVAL);
		for (size_t n = 64; n < len; n += len / 40)
			EXPECT_EQ(unpack_exact(p, n, dst, &why), -EINVAL);
		for (size_t n = len - 6; n < len - 1; n++)
			if (!strstr(tools[i].command, "lz4"))
				EXPECT_EQ(unpack_exact(p, n, dst, &why),
					  -EINVAL);
		free(p);
	}
	free(dst);
}

UNIT_TEST(damage_is_noticed_where_there_is_a_check)
{
	uint8_t *dst = malloc(TEXT_SIZE);
	unsigned int seed = 7;

	for (unsigned int i = 0; i < NR_TOOLS; i++) {
		size_t len;
		uint8_t *p = pack(&tools[i], &len);
		const char *why;
		int errors = 0;

		for (int n = 0; n < 60; n++) {
			size_t at;
			int rc;

			seed = seed * 1103515245 + 12345;
			/* headers hold a few things without meaning */
			at = n < 32 ? (size_t)n : 32 + (seed >> 8) % (len - 32);
			p[at] ^= (uint8_t)(1u << (seed >> 4) % 8);
			rc = unpack_exact(p, len, dst, &why);
			errors += n >= 32 && rc;
			p[at] ^= (uint8_t)(1u << (seed >> 4) % 8);
		}
		if (!strstr(tools[i].command, "none") &&
		    !strstr(tools[i].command, "-l"))
			EXPECT_EQ(errors, 60 - 32);
		free(p);
	}
	free(dst);
}

UNIT_TEST(other_data_are_no_archive)
{
	size_t out, size;
	const char *why;
	uint8_t dst[16];

	EXPECT(!unpack_format("\177ELF\2\1\1", 7));
	EXPECT(!unpack_format("", 0));
	EXPECT_EQ(unpack("\177ELF\2\1\1", 7, dst, 16, &out, &why), -EINVAL);
	EXPECT(strstr(why, "gzip"));
	EXPECT_EQ(unpack_size("\177ELF\2\1\1", 7, &size, &why), -EINVAL);
}

/* --- the boot stack ------------------------------------------------------ */

#define STACK (256 << 10)
#define ALLOWED (16 << 10)

static void *unpack_all(void *arg)
{
	struct {
		uint8_t *p, *dst;
		size_t len;
	} *a = arg;
	const char *why;
	size_t out, size;

	EXPECT_EQ(unpack_size(a->p, a->len, &size, &why), 0);
	EXPECT_EQ(unpack(a->p, a->len, a->dst, TEXT_SIZE, &out, &why), 0);
	return NULL;
}

UNIT_TEST(half_of_the_boot_stack_is_enough)
{
	for (unsigned int i = 0; i < NR_TOOLS; i++) {
		struct {
			uint8_t *p, *dst;
			size_t len;
		} a;
		uint8_t *stack = aligned_alloc(4096, STACK);
		pthread_attr_t attr;
		pthread_t t;
		size_t used = 0;

		a.p = pack(&tools[i], &a.len);
		a.dst = malloc(TEXT_SIZE);
		memset(stack, 0xa5, STACK);
		pthread_attr_init(&attr);
		EXPECT_EQ(pthread_attr_setstack(&attr, stack, STACK), 0);
		EXPECT_EQ(pthread_create(&t, &attr, unpack_all, &a), 0);
		pthread_join(t, NULL);
		while (used < STACK && stack[used] == 0xa5)
			used++;
		used = STACK - used; /* with the thread's own block */
		printf("%-40s %zu bytes of stack\n", tools[i].command, used);
		EXPECT(used < ALLOWED);
		free(a.p);
		free(a.dst);
		free(stack);
	}
}
