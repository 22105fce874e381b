/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decompression of kernel payloads, with the libraries that own the formats.
 */
#ifndef UNPACK_H
#define UNPACK_H

#include <stddef.h>
#include <stdint.h>

struct req;

enum packing {
	PACKING_NONE,
	PACKING_GZIP,
	PACKING_XZ,
	PACKING_ZSTD,
	PACKING_LZ4,
	/* recognised, to be named in a refusal */
	PACKING_BZIP2,
	PACKING_LZMA,
	PACKING_LZO,
};

/* Nothing larger is accepted: a kernel of this size is a mistake. */
#define UNPACK_MAX ((size_t)512 << 20)

struct unpacked {
	uint8_t *data; /* page aligned */
	size_t size;   /* of the content */
	size_t mapped;
};

/* By the first bytes; PACKING_NONE: none of these. */
enum packing packing_of(const uint8_t *data, size_t len);
const char *packing_name(enum packing p);

/*
 * Unpack @len bytes at @src. @size_hint: the size expected, 0 if not known.
 * -EINVAL: damaged. -EOPNOTSUPP: a format we do not unpack. -EFBIG.
 */
int unpack(struct req *r, enum packing p, const uint8_t *src, size_t len,
	   size_t size_hint, struct unpacked *out);
void unpacked_free(struct unpacked *u);

#endif
