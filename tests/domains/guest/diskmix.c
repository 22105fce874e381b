// SPDX-License-Identifier: GPL-2.0-only
/*
 * In a guest: use a disk hard, from several processes at once, and check that
 * it keeps what is written.
 *
 *	diskmix DEVICE OPERATIONS SEED	reads, writes, flushes, discards
 *	diskmix --hash FILE		print the hash of all of it
 *
 * Each process has a part of the disk; mix.h says what it writes. Prints
 * "@disk at N" as it goes, "@disk hash H" at the end, and "@disk bad ..." and
 * ends when a block is not what it was.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mix.h"

#define BLOCK MIX_BLOCK
#define BLOCKS_MAX 64u /* in one operation */
#define PROCESSES 4u
#define UNKNOWN 0 /* count of a block that was never written, or discarded */

static void check(const uint64_t *block, uint64_t number, uint64_t count)
{
	if (mix_is(block, number, count))
		return;
	printf("@disk bad block %llu: has %llu count %llu, not count %llu\n",
	       (unsigned long long)number, (unsigned long long)block[0],
	       (unsigned long long)block[1], (unsigned long long)count);
	exit(1);
}

struct part {
	int fd;
	uint64_t first, nr; /* blocks */
	uint64_t random;
	uint32_t *counts;
	uint8_t *buffer;
};

static void do_write(struct part *p, uint64_t at, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		mix_fill((uint64_t *)(void *)(p->buffer + i * BLOCK),
			 p->first + at + i, ++p->counts[at + i]);
	if (pwrite(p->fd, p->buffer, nr * BLOCK,
		   (off_t)((p->first + at) * BLOCK)) != nr * BLOCK)
		err(1, "@disk bad write");
}

static void do_read(struct part *p, uint64_t at, unsigned int nr)
{
	if (pread(p->fd, p->buffer, nr * BLOCK,
		  (off_t)((p->first + at) * BLOCK)) != nr * BLOCK)
		err(1, "@disk bad read");
	for (unsigned int i = 0; i < nr; i++)
		if (p->counts[at + i] != UNKNOWN)
			check((uint64_t *)(void *)(p->buffer + i * BLOCK),
			      p->first + at + i, p->counts[at + i]);
}

static void do_discard(struct part *p, uint64_t at, unsigned int nr)
{
	uint64_t range[2] = {(p->first + at) * BLOCK, nr * BLOCK};

	if (ioctl(p->fd, BLKDISCARD, range) && errno != EOPNOTSUPP)
		err(1, "@disk bad discard");
	for (unsigned int i = 0; i < nr; i++)
		p->counts[at + i] = UNKNOWN;
}

static void do_one(struct part *p)
{
	unsigned int nr;
	enum mix_op op = mix_next(&p->random);
	uint64_t at = mix_range(&p->random, p->nr, BLOCKS_MAX, &nr);

	switch (op) {
	case MIX_DISCARD:
		do_discard(p, at, nr);
		break;
	case MIX_FLUSH:
		if (fdatasync(p->fd))
			err(1, "@disk bad flush");
		break;
	case MIX_READ:
		do_read(p, at, nr);
		break;
	default:
		do_write(p, at, nr);
	}
}

static void work(const char *device, unsigned int number, uint64_t nr_blocks,
		 unsigned long operations, uint64_t seed)
{
	struct part p = {.nr = nr_blocks / PROCESSES};

	p.first = p.nr * number;
	p.random = mix_seed(seed * PROCESSES + number);
	p.fd = open(device, O_RDWR | O_DIRECT);
	p.counts = calloc(p.nr, sizeof(*p.counts));
	p.buffer = mmap(NULL, BLOCKS_MAX * BLOCK, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p.fd < 0 || !p.counts || p.buffer == MAP_FAILED)
		err(1, "@disk bad %s", device);
	for (unsigned long i = 1; i <= operations; i++) {
		do_one(&p);
		if (number == 0 && operations >= 20 &&
		    i % (operations / 20) == 0)
			printf("@disk at %lu\n", i * 20 / operations);
	}
	for (uint64_t at = 0; at < p.nr; at += BLOCKS_MAX)
		do_read(&p, at,
			p.nr - at < BLOCKS_MAX ? (unsigned int)(p.nr - at)
					       : BLOCKS_MAX);
	exit(fdatasync(p.fd) != 0);
}

static uint64_t hash(const char *path)
{
	static uint64_t block[BLOCK * BLOCKS_MAX / 8];
	uint64_t h = MIX_HASH;
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		err(1, "%s", path);
	while ((n = read(fd, block, sizeof(block))) > 0)
		h = mix_hash(h, block, (size_t)n / 8);
	if (n < 0)
		err(1, "%s", path);
	close(fd);
	return h;
}

/* The device appears when the backend has connected. */
static void wait_for(const char *device)
{
	char event[4096];
	int fd = inotify_init();

	if (fd < 0 || inotify_add_watch(fd, "/dev", IN_CREATE) < 0)
		err(1, "inotify");
	while (access(device, F_OK))
		if (read(fd, event, sizeof(event)) < 0)
			err(1, "inotify");
	close(fd);
}

static uint64_t blocks_of(const char *device)
{
	int fd = open(device, O_RDONLY);
	uint64_t bytes;

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &bytes))
		err(1, "%s", device);
	close(fd);
	return bytes / BLOCK;
}

int main(int argc, char **argv)
{
	uint64_t nr_blocks;
	int status, bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3) {
		printf("%llx\n", (unsigned long long)hash(argv[2]));
		return 0;
	}
	if (argc != 4)
		errx(2, "usage: diskmix DEVICE OPERATIONS SEED");
	wait_for(argv[1]);
	nr_blocks = blocks_of(argv[1]);
	printf("@disk has %llu blocks\n", (unsigned long long)nr_blocks);
	for (unsigned int i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			work(argv[1], i, nr_blocks, strtoul(argv[2], NULL, 10),
			     strtoul(argv[3], NULL, 10));
	while (wait(&status) > 0)
		bad |= status;
	if (bad)
		return 1;
	printf("@disk hash %llx\n", (unsigned long long)hash(argv[1]));
	return 0;
}
