/* SPDX-License-Identifier: GPL-2.0-only */
/* Compressed kernels: gzip, xz, zstd, lz4 (frames, and Linux's legacy form). */
#ifndef BOOT_UNPACK_H
#define BOOT_UNPACK_H

#include <hv/types.h>

/* The format @src begins like, or NULL when it is none we know. */
const char *unpack_format(const void *src, size_t len);

/*
 * How much memory the contents need: what the archive itself says, or for lz4
 * a limit.  -EINVAL, with the reason in @why: it says nothing, or is no
 * archive.
 */
int unpack_size(const void *src, size_t len, size_t *size, const char **why);

/*
 * Unpack the archive at the start of @src to @dst; what follows it is not
 * looked at.  @out: bytes written.  -EINVAL, with the reason in @why, when it
 * is corrupt, truncated, or larger than @dst_size; -ENOMEM.
 */
int unpack(const void *src, size_t len, void *dst, size_t dst_size, size_t *out,
	   const char **why);

/*
 * The libraries are built for processes: they use SSE, a red zone below the
 * stack pointer and the stack-protector word at %fs:0x28.  unpack() is between
 * these two; interrupts must be off.
 */
void unpack_env_enter(void);
void unpack_env_leave(void);

#endif
