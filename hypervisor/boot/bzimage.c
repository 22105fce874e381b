/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a module is.  Linux's bzImage has the compressed ELF file at an offset
 * in its header (Linux, Documentation/x86/boot.rst, protocol 2.08); its last
 * four bytes are the size of the contents, for any compression.
 */
#include <abi/errno.h>
#include <hv/string.h>

#include "kernel_image.h"
#include "unpack.h"

#define SETUP_SECTS 0x1f1
#define BOOT_FLAG 0x1fe
#define HEADER_MAGIC 0x202
#define VERSION 0x206
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c
#define HEADER_END 0x250
#define MAX_KERNEL_SIZE (1UL << 30)

static const uint8_t elf_magic[4] = {0x7f, 'E', 'L', 'F'};

static uint32_t le32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static int bad(const char **why, const char *reason)
{
	*why = reason;
	return -EINVAL;
}

static bool begins_with(const uint8_t *src, size_t len, const void *magic,
			size_t n)
{
	return len >= n && !memcmp(src, magic, n);
}

static bool is_bzimage(const uint8_t *src, size_t len)
{
	return len >= HEADER_END && src[BOOT_FLAG] == 0x55 &&
	       src[BOOT_FLAG + 1] == 0xaa &&
	       !memcmp(src + HEADER_MAGIC, "HdrS", 4);
}

/* What people put in the wrong line of a boot menu. */
static const char *describe(const uint8_t *src, size_t len)
{
	if (len == 0)
		return "is empty";
	if (begins_with(src, len, "070701", 6) ||
	    begins_with(src, len, "070702", 6))
		return "is a cpio archive (an initrd?), not a kernel";
	if (begins_with(src, len, "#!", 2))
		return "is a script, not a kernel";
	if (begins_with(src, len, "MZ", 2))
		return "is an EFI program or Linux image without a boot "
		       "header, not a bzImage";
	for (size_t i = 0; i < len && i < 64; i++)
		if (src[i] == 0 || src[i] >= 0x80)
			return "is neither an ELF file nor a bzImage";
	return "is a text file, not a kernel";
}

static int bzimage_payload(const uint8_t *src, size_t len,
			   const uint8_t **payload, size_t *payload_len,
			   const char **why)
{
	uint64_t setup = src[SETUP_SECTS] ? src[SETUP_SECTS] : 4;
	uint64_t start = (setup + 1) * 512 + le32(src + PAYLOAD_OFFSET);
	uint64_t n = le32(src + PAYLOAD_LENGTH);

	if ((src[VERSION] | src[VERSION + 1] << 8) < 0x208)
		return bad(why, "is a bzImage of before Linux 2.6.24, which "
				"does not say where its payload is");
	if (start > len || n > len - start)
		return bad(why, "is a truncated bzImage");
	if (n < 4)
		return bad(why, "is a bzImage with no payload");
	*payload = src + start;
	*payload_len = n;
	if (begins_with(*payload, n, elf_magic, 4) ||
	    unpack_format(*payload, n))
		return 0;
	return bad(why, "is a bzImage with a payload that is not gzip, xz, "
			"zstd or lz4");
}

int kernel_payload(const uint8_t *src, size_t len, const uint8_t **payload,
		   size_t *payload_len, const char **why)
{
	if (is_bzimage(src, len))
		return bzimage_payload(src, len, payload, payload_len, why);
	*payload = src;
	*payload_len = len;
	if (begins_with(src, len, elf_magic, 4) || unpack_format(src, len))
		return 0;
	return bad(why, describe(src, len));
}

int kernel_unpacked_size(const uint8_t *src, const uint8_t *payload,
			 size_t payload_len, size_t *size, const char **why)
{
	int rc = 0;

	*size = 0;
	if (begins_with(payload, payload_len, elf_magic, 4))
		return 0;
	if (payload != src)
		*size = le32(payload + payload_len - 4);
	else
		rc = unpack_size(payload, payload_len, size, why);
	if (rc)
		return rc;
	if (*size < 64)
		return bad(why, "is an archive of nothing");
	if (*size > MAX_KERNEL_SIZE)
		return bad(why, "claims to be larger than 1 GiB unpacked");
	return 0;
}
