// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decompression of kernel payloads: one loop over the output buffer, which
 * grows by remapping, and one step function per format.
 */
#include <errno.h>
#include <lz4.h>
#include <lzma.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>
#include <zstd.h>

#include "req.h"
#include "unpack.h"

static const struct {
	const char *name;
	uint8_t magic[6];
	uint8_t magic_len;
} packings[] = {
	[PACKING_NONE] = {"none", {0}, 0},
	[PACKING_GZIP] = {"gzip", {0x1f, 0x8b}, 2},
	[PACKING_XZ] = {"xz", {0xfd, '7', 'z', 'X', 'Z', 0}, 6},
	[PACKING_ZSTD] = {"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4},
	[PACKING_LZ4] = {"lz4", {0x02, 0x21, 0x4c, 0x18}, 4},
	[PACKING_BZIP2] = {"bzip2", {'B', 'Z', 'h'}, 3},
	[PACKING_LZMA] = {"lzma", {0x5d, 0, 0}, 3},
	[PACKING_LZO] = {"lzo", {0x89, 'L', 'Z', 'O'}, 4},
};
#define NR_PACKINGS (sizeof(packings) / sizeof(packings[0]))

/* Each block of the kernel's lz4 format holds this much, the last one less. */
#define LZ4_BLOCK_BYTES ((size_t)8 << 20)
#define LZ4_MAGIC 0x184c2102u

enum packing packing_of(const uint8_t *data, size_t len)
{
	for (size_t i = 1; i < NR_PACKINGS; i++)
		if (len >= packings[i].magic_len &&
		    memcmp(data, packings[i].magic, packings[i].magic_len) == 0)
			return (enum packing)i;
	return PACKING_NONE;
}

const char *packing_name(enum packing p)
{
	return packings[p].name;
}

/* Room for at least @more bytes behind the content. */
static int unpacked_room(struct unpacked *u, size_t more)
{
	size_t want = u->mapped;
	void *p;

	if (more <= u->mapped - u->size)
		return 0;
	while (want < u->size + more)
		want = want > 0 ? want * 2 : 4096;
	if (want > UNPACK_MAX)
		want = UNPACK_MAX;
	if (want < u->size + more)
		return -EFBIG;
	if (u->data == NULL)
		p = mmap(NULL, want, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	else
		p = mremap(u->data, u->mapped, want, MREMAP_MAYMOVE);
	if (p == MAP_FAILED)
		return -errno;
	u->data = p;
	u->mapped = want;
	return 0;
}

void unpacked_free(struct unpacked *u)
{
	if (u->data != NULL)
		munmap(u->data, u->mapped);
	*u = (struct unpacked){0};
}

static int unpack_gzip(const uint8_t *src, size_t len, struct unpacked *u)
{
	/* zlib.h: next_in is never written through */
	z_stream z = {.next_in = (Bytef *)(uintptr_t)src,
		      .avail_in = (uInt)len};
	int zrc, rc = 0;

	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return -ENOMEM;
	do {
		rc = unpacked_room(u, 1);
		if (rc < 0)
			break;
		z.next_out = u->data + u->size;
		z.avail_out = (uInt)(u->mapped - u->size);
		zrc = inflate(&z, Z_NO_FLUSH);
		u->size = u->mapped - z.avail_out;
		if (zrc != Z_OK && zrc != Z_STREAM_END)
			rc = zrc == Z_MEM_ERROR ? -ENOMEM : -EINVAL;
	} while (rc == 0 && zrc != Z_STREAM_END);
	inflateEnd(&z);
	return rc;
}

static int unpack_xz(const uint8_t *src, size_t len, struct unpacked *u)
{
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret xrc;
	int rc = 0;

	if (lzma_stream_decoder(&s, UINT64_MAX, 0) != LZMA_OK)
		return -ENOMEM;
	s.next_in = src;
	s.avail_in = len;
	do {
		rc = unpacked_room(u, 1);
		if (rc < 0)
			break;
		s.next_out = u->data + u->size;
		s.avail_out = u->mapped - u->size;
		xrc = lzma_code(&s, LZMA_FINISH);
		u->size = u->mapped - s.avail_out;
		if (xrc != LZMA_OK && xrc != LZMA_STREAM_END)
			rc = xrc == LZMA_MEM_ERROR ? -ENOMEM : -EINVAL;
		else if (xrc == LZMA_OK && s.avail_in == 0 && s.avail_out > 0)
			rc = -EINVAL; /* the end is missing */
	} while (rc == 0 && xrc != LZMA_STREAM_END);
	lzma_end(&s);
	return rc;
}

/*
 * Kernels are packed with windows of up to 128 MiB. With a known size the
 * output buffer itself serves as the window (stable output); else zstd keeps
 * one of its own, so the limit on it is lifted.
 */
static int unpack_zstd(const uint8_t *src, size_t len, struct unpacked *u)
{
	unsigned long long content = ZSTD_getFrameContentSize(src, len);
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	ZSTD_inBuffer in = {src, len, 0};
	size_t left = 1;
	int rc = 0;

	if (ctx == NULL)
		return -ENOMEM;
	ZSTD_DCtx_setParameter(ctx, ZSTD_d_windowLogMax, 31);
	if (content != ZSTD_CONTENTSIZE_UNKNOWN &&
	    content != ZSTD_CONTENTSIZE_ERROR)
		rc = content > UNPACK_MAX ? -EFBIG
					  : unpacked_room(u, (size_t)content);
	while (rc == 0 && left != 0) {
		ZSTD_outBuffer out;

		rc = unpacked_room(u, 1);
		if (rc < 0)
			break;
		out = (ZSTD_outBuffer){u->data, u->mapped, u->size};
		left = ZSTD_decompressStream(ctx, &out, &in);
		u->size = out.pos;
		if (ZSTD_isError(left))
			rc = -EINVAL;
		else if (left != 0 && in.pos == in.size && out.pos < out.size)
			rc = -EINVAL; /* the end is missing */
	}
	ZSTD_freeDCtx(ctx);
	return rc;
}

/* Blocks, each behind its packed size; a magic number may stand in between. */
static int unpack_lz4(const uint8_t *src, size_t len, struct unpacked *u)
{
	size_t pos = 0;
	int rc;

	while (len - pos >= 4) {
		uint32_t packed;
		int n;

		memcpy(&packed, src + pos, 4);
		pos += 4;
		if (packed == LZ4_MAGIC)
			continue;
		if (packed == 0)
			break;
		if (packed > len - pos)
			return -EINVAL;
		rc = unpacked_room(u, LZ4_BLOCK_BYTES);
		if (rc < 0)
			return rc;
		n = LZ4_decompress_safe((const char *)src + pos,
					(char *)u->data + u->size, (int)packed,
					(int)LZ4_BLOCK_BYTES);
		if (n < 0)
			return -EINVAL;
		u->size += (size_t)n;
		pos += packed;
	}
	return u->size > 0 ? 0 : -EINVAL;
}

int unpack(struct req *r, enum packing p, const uint8_t *src, size_t len,
	   size_t size_hint, struct unpacked *out)
{
	int rc;

	*out = (struct unpacked){0};
	if (size_hint > UNPACK_MAX)
		size_hint = 0; /* a damaged file; the data will tell */
	rc = size_hint > 0 ? unpacked_room(out, size_hint) : 0;
	if (rc == 0) {
		switch (p) {
		case PACKING_GZIP:
			rc = unpack_gzip(src, len, out);
			break;
		case PACKING_XZ:
			rc = unpack_xz(src, len, out);
			break;
		case PACKING_ZSTD:
			rc = unpack_zstd(src, len, out);
			break;
		case PACKING_LZ4:
			rc = unpack_lz4(src, len, out);
			break;
		default:
			rc = -EOPNOTSUPP;
			break;
		}
	}
	if (rc == 0)
		return 0;
	unpacked_free(out);
	switch (rc) {
	case -EINVAL:
		return req_fail(r, rc, "its %s data is damaged or incomplete",
				packing_name(p));
	case -EFBIG:
		return req_fail(r, rc, "it unpacks to more than %zu MiB",
				UNPACK_MAX >> 20);
	case -EOPNOTSUPP:
		return req_fail(r, rc,
				"it is packed with %s; known are gzip, xz, "
				"zstd, lz4 and unpacked kernels",
				packing_name(p));
	default:
		return req_fail(r, rc, "no memory to unpack it");
	}
}
