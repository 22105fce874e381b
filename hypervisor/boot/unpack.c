/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unpacks kernels with the distribution's libraries (liblzma, libzstd, zlib,
 * liblz4): one table of formats, each with its own way to know the size ahead.
 */
#define Z_SOLO /* no C library headers, our allocator */
#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <abi/errno.h>
#include <hv/string.h>
#include <hv/types.h>

#include "unpack.h"

/* What the libraries call, and zlib through us. */
void *malloc(size_t size);
void free(void *p);

static const char corrupt[] = "is corrupt";
static const char truncated[] = "ends too early";
static const char too_large[] = "holds more than it says";
static const char no_memory[] = "needs more memory than there is to unpack";

static int bad(const char **why, const char *reason)
{
	*why = reason;
	return reason == no_memory ? -ENOMEM : -EINVAL;
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* --- gzip: RFC 1952 ----------------------------------------------------- */

static void *zlib_alloc(void *opaque, unsigned int n, unsigned int size)
{
	(void)opaque;
	return malloc((size_t)n * size);
}

static void zlib_free(void *opaque, void *p)
{
	(void)opaque;
	free(p);
}

static int gzip_size(const uint8_t *src, size_t len, size_t *size,
		     const char **why)
{
	if (len < 18)
		return bad(why, truncated);
	*size = le32(src + len - 4); /* ISIZE ends the file */
	return 0;
}

static int gzip_unpack(const uint8_t *src, size_t len, uint8_t *dst,
		       size_t dst_size, size_t *out, const char **why)
{
	z_stream s = {.zalloc = zlib_alloc, .zfree = zlib_free};
	int rc;

	if (len > UINT32_MAX || dst_size > UINT32_MAX)
		return bad(why, "is larger than 4 GiB");
	/* 15: the largest window; 16: a gzip header and check */
	if (inflateInit2(&s, 15 + 16) != Z_OK)
		return bad(why, no_memory);
	s.next_in = (z_const Bytef *)(uintptr_t)src;
	s.avail_in = (unsigned int)len;
	s.next_out = dst;
	s.avail_out = (unsigned int)dst_size;
	rc = inflate(&s, Z_FINISH);
	*out = s.total_out;
	inflateEnd(&s);
	if (rc == Z_STREAM_END)
		return 0;
	if (rc == Z_MEM_ERROR)
		return bad(why, no_memory);
	if (rc != Z_BUF_ERROR && rc != Z_OK)
		return bad(why, corrupt);
	return bad(why, s.avail_out ? truncated : too_large);
}

/* --- xz ----------------------------------------------------------------- */

static int xz_size(const uint8_t *src, size_t len, size_t *size,
		   const char **why)
{
	const uint8_t *footer = src + len - LZMA_STREAM_HEADER_SIZE;
	lzma_stream_flags flags;
	lzma_index *index = NULL;
	uint64_t memlimit = UINT64_MAX;
	size_t pos = 0;

	if (len < 2 * LZMA_STREAM_HEADER_SIZE ||
	    lzma_stream_footer_decode(&flags, footer) != LZMA_OK ||
	    flags.backward_size > len - 2 * LZMA_STREAM_HEADER_SIZE ||
	    lzma_index_buffer_decode(&index, &memlimit, NULL,
				     footer - flags.backward_size, &pos,
				     flags.backward_size) != LZMA_OK)
		return bad(why, truncated); /* the end is what is wrong */
	*size = lzma_index_uncompressed_size(index);
	lzma_index_end(index, NULL);
	return 0;
}

static int xz_unpack(const uint8_t *src, size_t len, uint8_t *dst,
		     size_t dst_size, size_t *out, const char **why)
{
	uint64_t memlimit = UINT64_MAX;
	size_t in_pos = 0;

	*out = 0;
	switch (lzma_stream_buffer_decode(&memlimit, 0, NULL, src, &in_pos, len,
					  dst, out, dst_size)) {
	case LZMA_OK:
		return 0;
	case LZMA_MEM_ERROR:
		return bad(why, no_memory);
	case LZMA_BUF_ERROR:
		return bad(why, too_large);
	case LZMA_OPTIONS_ERROR:
		return bad(why, "uses an xz filter we do not have");
	default: /* the decoder does not tell one from the other */
		return bad(why, "is corrupt or ends too early");
	}
}

/* --- zstd: RFC 8878 ----------------------------------------------------- */

static int zstd_size(const uint8_t *src, size_t len, size_t *size,
		     const char **why)
{
	unsigned long long n = ZSTD_getFrameContentSize(src, len);

	if (n == ZSTD_CONTENTSIZE_UNKNOWN)
		return bad(why, "does not say its size (zstd's "
				"--no-content-size, or packed from a pipe)");
	if (n == ZSTD_CONTENTSIZE_ERROR)
		return bad(why, corrupt);
	*size = n;
	return 0;
}

static int zstd_unpack(const uint8_t *src, size_t len, uint8_t *dst,
		       size_t dst_size, size_t *out, const char **why)
{
	/* One frame: in a bzImage the size in four bytes follows it. */
	size_t frame = ZSTD_findFrameCompressedSize(src, len), n;
	ZSTD_DCtx *ctx;

	if (ZSTD_isError(frame))
		return bad(why,
			   ZSTD_getErrorCode(frame) == ZSTD_error_srcSize_wrong
				   ? truncated
				   : corrupt);
	ctx = ZSTD_createDCtx();
	if (!ctx)
		return bad(why, no_memory);
	n = ZSTD_decompressDCtx(ctx, dst, dst_size, src, frame);
	ZSTD_freeDCtx(ctx);
	*out = 0;
	if (!ZSTD_isError(n)) {
		*out = n;
		return 0;
	}
	switch (ZSTD_getErrorCode(n)) {
	case ZSTD_error_memory_allocation:
		return bad(why, no_memory);
	case ZSTD_error_dstSize_tooSmall:
		return bad(why, too_large);
	default:
		return bad(why, corrupt);
	}
}

/* --- lz4, legacy frame: what lz4 -l writes and Linux uses --------------- */

#define LZ4_LEGACY_MAGIC 0x184c2102
#define LZ4_LEGACY_BLOCK (8UL << 20)

/*
 * The next block of @src from @pos: its size, with @pos behind the size; 0 at
 * the end.  There is no end mark: the data end, or four bytes with the size
 * of the whole follow (in a bzImage).  *bad_block: it does not fit.
 */
static uint32_t lz4_next_block(const uint8_t *src, size_t len, size_t *pos,
			       bool *bad_block)
{
	uint32_t n;

	*bad_block = false;
	if (len - *pos <= 4)
		return 0;
	n = le32(src + *pos);
	*pos += 4;
	*bad_block = n == 0 || n > len - *pos;
	return n;
}

static int lz4_legacy_size(const uint8_t *src, size_t len, size_t *size,
			   const char **why)
{
	size_t pos = 4;
	bool bad_block;
	uint32_t n;

	*size = 0;
	while ((n = lz4_next_block(src, len, &pos, &bad_block)) != 0) {
		if (bad_block)
			return bad(why, truncated);
		pos += n;
		*size += LZ4_LEGACY_BLOCK;
	}
	return 0;
}

static int lz4_legacy_unpack(const uint8_t *src, size_t len, uint8_t *dst,
			     size_t dst_size, size_t *out, const char **why)
{
	size_t pos = 4;
	bool bad_block;
	uint32_t n;

	*out = 0;
	while ((n = lz4_next_block(src, len, &pos, &bad_block)) != 0) {
		size_t room = min(dst_size - *out, LZ4_LEGACY_BLOCK);
		int rc;

		if (bad_block)
			return bad(why, truncated);
		if (n > LZ4_COMPRESSBOUND(LZ4_LEGACY_BLOCK))
			return bad(why, corrupt);
		rc = LZ4_decompress_safe((const char *)src + pos,
					 (char *)dst + *out, (int)n, (int)room);
		if (rc < 0)
			return bad(why, room < LZ4_LEGACY_BLOCK &&
							*out + room == dst_size
						? too_large
						: corrupt);
		*out += (size_t)rc;
		pos += n;
	}
	return 0;
}

/* --- lz4, modern frame --------------------------------------------------- */

static int lz4_size(const uint8_t *src, size_t len, size_t *size,
		    const char **why)
{
	LZ4F_frameInfo_t info;
	LZ4F_dctx *ctx;
	size_t rc;

	if (LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION)))
		return bad(why, no_memory);
	rc = LZ4F_getFrameInfo(ctx, &info, src, &len);
	LZ4F_freeDecompressionContext(ctx);
	if (LZ4F_isError(rc))
		return bad(why, corrupt);
	if (!info.contentSize)
		return bad(why, "does not say its size (lz4 --content-size "
				"writes it)");
	*size = info.contentSize;
	return 0;
}

static int lz4_unpack(const uint8_t *src, size_t len, uint8_t *dst,
		      size_t dst_size, size_t *out, const char **why)
{
	size_t pos = 0, rc = 1;
	LZ4F_dctx *ctx;

	*out = 0;
	if (LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION)))
		return bad(why, no_memory);
	while (rc && pos < len && !LZ4F_isError(rc)) {
		size_t in = len - pos, n = dst_size - *out;

		rc = LZ4F_decompress(ctx, dst + *out, &n, src + pos, &in, NULL);
		pos += in;
		*out += n;
		if (!in && !n)
			break;
	}
	LZ4F_freeDecompressionContext(ctx);
	if (LZ4F_isError(rc))
		return bad(why, corrupt);
	if (rc)
		return bad(why, pos < len ? too_large : truncated);
	return 0;
}

/* --- the table ----------------------------------------------------------- */

static const struct format {
	const char *name;
	uint8_t magic_len;
	uint8_t magic[6];
	int (*size)(const uint8_t *src, size_t len, size_t *size,
		    const char **why);
	int (*unpack)(const uint8_t *src, size_t len, uint8_t *dst,
		      size_t dst_size, size_t *out, const char **why);
} formats[] = {
	{"gzip", 3, {0x1f, 0x8b, 8}, gzip_size, gzip_unpack},
	{"xz", 6, {0xfd, '7', 'z', 'X', 'Z', 0}, xz_size, xz_unpack},
	{"zstd", 4, {0x28, 0xb5, 0x2f, 0xfd}, zstd_size, zstd_unpack},
	{"lz4", 4, {0x04, 0x22, 0x4d, 0x18}, lz4_size, lz4_unpack},
	{"lz4",
	 4,
	 {0x02, 0x21, 0x4c, 0x18},
	 lz4_legacy_size,
	 lz4_legacy_unpack},
};

static const struct format *find(const void *src, size_t len)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(formats); i++)
		if (len >= formats[i].magic_len &&
		    !memcmp(src, formats[i].magic, formats[i].magic_len))
			return &formats[i];
	return NULL;
}

const char *unpack_format(const void *src, size_t len)
{
	const struct format *f = find(src, len);

	return f ? f->name : NULL;
}

int unpack_size(const void *src, size_t len, size_t *size, const char **why)
{
	const struct format *f = find(src, len);
	int rc;

	if (!f)
		return bad(why, "is not compressed as gzip, xz, zstd or lz4");
	unpack_env_enter();
	rc = f->size(src, len, size, why);
	unpack_env_leave();
	return rc;
}

int unpack(const void *src, size_t len, void *dst, size_t dst_size, size_t *out,
	   const char **why)
{
	const struct format *f = find(src, len);
	int rc;

	*out = 0;
	if (!f)
		return bad(why, "is not compressed as gzip, xz, zstd or lz4");
	unpack_env_enter();
	rc = f->unpack(src, len, dst, dst_size, out, why);
	unpack_env_leave();
	return rc;
}
