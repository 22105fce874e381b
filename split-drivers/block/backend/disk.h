/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a block backend needs from the storage behind it: to start operations
 * and to be told when they are done. disk_uring.c is files and block devices
 * (blkbackd), disk_nbd.c whatever an NBD server has (blkbackd-nbd).
 */
#ifndef BLOCK_DISK_H
#define BLOCK_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum disk_op { DISK_READ, DISK_WRITE, DISK_FLUSH, DISK_DISCARD };

/* One operation; the caller's until it is submitted and after it is done. */
struct disk_io {
	enum disk_op op;
	unsigned int nr_iov;
	uint64_t offset, bytes; /* bytes: the sum of iov's for data */
	struct iovec *iov;	/* may be changed */
	bool is_bounced;	/* iov lies in the memory given at opening */
	int rc;			/* out: 0 or -errno */
	void (*done)(struct disk_io *io);
	/* the disk's */
	uint64_t progress;
	struct disk *disk;
	struct disk_io *next;
};

struct disk;

struct disk_ops {
	/* Take @io; it may be done, by a call of done(), from reap() on. */
	void (*submit)(struct disk *d, struct disk_io *io);
	/* Hand on what was submitted and look for what is done; how many. */
	unsigned int (*reap)(struct disk *d);
	/*
	 * The same, but sleep until something is done, one of the @nr
	 * descriptors has become readable, or @timeout_ns (-1: none) have
	 * passed. Bit i: fds[i] has; it is told once, so read all. The
	 * descriptors must be the same ones in every call.
	 */
	unsigned int (*wait)(struct disk *d, const int *fds, unsigned int nr,
			     int64_t timeout_ns);
	/* Ask for the size again, which goes to sectors. 0 or -errno. */
	int (*measure)(struct disk *d);
	/* Wait for what is under way, then free everything. */
	void (*close)(struct disk *d);
};

struct disk {
	const struct disk_ops *ops;
	uint64_t sectors; /* of 512 bytes */
	uint32_t block_bytes, physical_bytes;
	uint32_t discard_bytes; /* granularity; 0: no discard */
	bool can_flush;
	bool is_readonly;
	bool is_cached; /* data is copied, so memory of any kind will do */
};

struct disk_source {
	bool is_readonly;
	bool is_direct;	 /* a file, too, past the page cache, if it can be */
	int fd;		 /* a file or block device; a socket to an NBD server */
	const char *uri; /* or its address, if it has one; else "" */
	/*
	 * What was submitted may still be under way when the process has been
	 * killed; until it is not the kernel keeps this descriptor open, and
	 * with it a lock.
	 */
	int lock;
	void *memory; /* where most data will lie */
	size_t memory_bytes;
};

/* The one that is linked: files or NBD. 0 or -errno. */
int disk_open(const struct disk_source *s, struct disk **out);

#endif
