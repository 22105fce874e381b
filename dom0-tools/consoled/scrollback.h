/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scrollback: the last bytes of one console and what the daemon knows of it,
 * in a mapped file. Every position is a 64-bit count of bytes since the
 * console's first, so readers (log, pty, clients) are just offsets.
 *
 * The file is the daemon's memory across kill -9 and upgrades. Each change is
 * made visible by one store, so a daemon killed between any two instructions
 * leaves a file that says exactly which ring bytes were taken.
 */
#ifndef SCROLLBACK_H
#define SCROLLBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCROLLBACK_VERSION 1
#define SCROLLBACK_STEP 65536u /* the file grows by this much */
#define SCROLLBACK_NAME 128

/* A write to the log that was begun; lets a restart know if it was done. */
struct scrollback_intent {
	uint64_t ino;	    /* log file, 0: none pending */
	uint64_t pos;	    /* its size before the write */
	uint64_t len;	    /* bytes written, timestamps included */
	uint64_t logged_to; /* hdr.logged once it is done */
};

/* What one store of hdr.current switches between. */
struct scrollback_mark {
	uint64_t first; /* oldest byte still held */
	uint64_t total; /* bytes ever appended */
	uint64_t base;	/* total - base is the ring index taken so far */
};

/* The wire form; page 0 of the file. Little-endian, x86-64 only. */
struct scrollback_hdr {
	char magic[8];
	uint32_t version;
	uint32_t size; /* bytes of ring in use now, a multiple of STEP */
	uint32_t cap;  /* bytes it may grow to, a multiple of STEP */
	uint32_t current;
	struct scrollback_mark mark[2];
	uint64_t logged; /* every byte below this is in the log */
	struct scrollback_intent intent;
	uint64_t born_ms, died_ms; /* wall clock; died 0: alive */
	uint64_t lost;		   /* bytes known to have been lost */
	uint64_t bad_rings;	   /* times the guest's index was impossible */
	uint64_t pty_pos;	   /* first byte no pty reader has seen */
	uint32_t has_base;	   /* mark.base means something */
	uint16_t domid;
	uint16_t pad;
	uint8_t handle[16];
	char name[SCROLLBACK_NAME];
};

struct scrollback {
	struct scrollback_hdr *hdr;
	char *data;
	size_t map_bytes;
	int fd;	       /* -1: anonymous, not kept over a restart */
	char file[64]; /* name in the state directory */
};

/*
 * Create an empty scrollback of at most @cap bytes as @file in @dirfd, over
 * any old one. When the file system has no room the memory is anonymous and
 * the return is 1; 0 otherwise, or -errno.
 */
int scrollback_create(struct scrollback *sb, int dirfd, const char *file,
		      uint32_t cap);

/* Open what an earlier daemon left. -EBADMSG: not (any more) one of ours. */
int scrollback_open(struct scrollback *sb, int dirfd, const char *file);

void scrollback_close(struct scrollback *sb);

uint64_t scrollback_first(const struct scrollback *sb);
uint64_t scrollback_total(const struct scrollback *sb);
/* The ring index up to which bytes were taken. */
uint32_t scrollback_cons(const struct scrollback *sb);

/* Say that the next byte appended is at ring index @cons. */
void scrollback_set_cons(struct scrollback *sb, uint32_t cons);

/* Append @n bytes taken from the ring, advancing the ring index with them. */
void scrollback_append(struct scrollback *sb, const void *buf, size_t n);

/* Append @n bytes of our own; the ring index stays. */
void scrollback_note(struct scrollback *sb, const void *buf, size_t n);

/*
 * The bytes at *@pos, as far as they lie in one piece, at most @max. A *@pos
 * older than what is held moves to the oldest byte. Returns their count.
 */
size_t scrollback_span(const struct scrollback *sb, uint64_t *pos, size_t max,
		       const char **out);

#endif
