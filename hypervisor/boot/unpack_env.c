/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the decompression libraries expect of a C library and of a process:
 * memory, the stack-protector word, the FPU.  Used at boot only; on the host
 * the real C library takes its place.
 */
#include <hv/assert.h>
#include <hv/page_alloc.h>
#include <hv/string.h>
#include <hv/types.h>
#include <hv/x86/io.h>

#include "unpack.h"

#define MSR_FS_BASE 0xc0000100

/* Each allocation is whole pages; a decoder makes a dozen, one of 32 MiB. */
#define MAX_BLOCKS 128
static struct block {
	struct page *pg;
	unsigned int order;
} blocks[MAX_BLOCKS];

void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void free(void *p);

void *malloc(size_t size)
{
	unsigned int order = 0;

	while (order <= MAX_ORDER && (PAGE_SIZE << order) < size)
		order++;
	if (order > MAX_ORDER)
		return NULL;
	for (unsigned int i = 0; i < MAX_BLOCKS; i++) {
		struct block *b = &blocks[i];

		if (b->pg)
			continue;
		b->pg = heap_alloc(order, ANY_ADDRESS);
		b->order = order;
		return b->pg ? page_to_virt(b->pg) : NULL;
	}
	return NULL;
}

void *calloc(size_t n, size_t size)
{
	void *p = size && n > SIZE_MAX / size ? NULL : malloc(n * size);

	return p ? memset(p, 0, n * size) : NULL;
}

void free(void *p)
{
	if (!p)
		return;
	for (unsigned int i = 0; i < MAX_BLOCKS; i++) {
		struct block *b = &blocks[i];

		if (!b->pg || page_to_virt(b->pg) != p)
			continue;
		heap_free(b->pg, b->order);
		b->pg = NULL;
		return;
	}
	panic("free: %p was not allocated", p);
}

__attribute__((noreturn)) void __stack_chk_fail(void);
__attribute__((noreturn)) void __stack_chk_fail(void)
{
	panic("stack overflow in a decompression library");
}

/*
 * libzstd's weak hooks: left undefined they are address 0, which is out of
 * reach of code at our address.  0: no tracing.
 */
unsigned long long ZSTD_trace_decompress_begin(const void *ctx);
void ZSTD_trace_decompress_end(unsigned long long trace, const void *what);
unsigned long long ZSTD_trace_decompress_begin(const void *ctx)
{
	(void)ctx;
	return 0;
}
void ZSTD_trace_decompress_end(unsigned long long trace, const void *what)
{
	(void)trace;
	(void)what;
}

/*
 * liblzma's own chooses an implementation in a constructor, which nobody runs
 * here.  With ours that object is not linked.  ECMA-182, bits reversed.
 */
uint64_t lzma_crc64(const uint8_t *buf, size_t size, uint64_t crc);
uint64_t lzma_crc64(const uint8_t *buf, size_t size, uint64_t crc)
{
	static uint64_t table[256];

	if (!table[1])
		for (unsigned int i = 0; i < 256; i++) {
			table[i] = i;
			for (int bit = 0; bit < 8; bit++)
				table[i] =
					table[i] >> 1 ^
					(table[i] & 1 ? 0xc96c5795d7870f42 : 0);
		}
	crc = ~crc;
	while (size--)
		crc = table[(uint8_t)(crc ^ *buf++)] ^ crc >> 8;
	return ~crc;
}

static uint64_t process_words[6]; /* %fs:0x28 is the last */
static uint64_t saved_fs_base, saved_cr0;

void unpack_env_enter(void)
{
	saved_fs_base = rdmsr(MSR_FS_BASE);
	saved_cr0 = read_cr0();
	wrmsr(MSR_FS_BASE, (uint64_t)process_words);
	write_cr0(saved_cr0 & ~8ULL); /* TS */
}

void unpack_env_leave(void)
{
	write_cr0(saved_cr0);
	wrmsr(MSR_FS_BASE, saved_fs_base);
}
