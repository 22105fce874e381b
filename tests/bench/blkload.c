/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a request to a disk costs: blkload DEVICE SUFFIX. Direct, by Linux's
 * aio, with so many requests under way at any time.
 */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define DEPTH_MAX 32u
#define SMALL 4096u
#define LARGE (1u << 20)

static int fd;
static uint64_t disk_bytes, next, seed = 1;
static aio_context_t context;
static char *memory;
static struct iocb iocbs[DEPTH_MAX];

static uint64_t random_place(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % (disk_bytes / SMALL) * SMALL;
}

static uint64_t next_place(void)
{
	uint64_t at = next;

	next = at + 2 * LARGE > disk_bytes ? 0 : at + LARGE;
	return at;
}

static void prepare(struct iocb *io, unsigned int op, uint32_t bytes)
{
	io->aio_lio_opcode = (uint16_t)op;
	io->aio_fildes = (uint32_t)fd;
	io->aio_nbytes = bytes;
	io->aio_offset =
		(int64_t)(bytes == SMALL ? random_place() : next_place());
}

static void submit(struct iocb **list, long nr)
{
	while (nr) {
		long n = syscall(SYS_io_submit, context, nr, list);

		MUST(n > 0);
		list += n;
		nr -= n;
	}
}

static void run(unsigned int ops, unsigned int op, uint32_t bytes,
		unsigned int depth)
{
	struct io_event events[DEPTH_MAX];
	struct iocb *list[DEPTH_MAX];
	unsigned int started = 0, ended = 0;

	for (; started < depth; started++) {
		list[started] = &iocbs[started];
		iocbs[started].aio_buf =
			(uint64_t)(uintptr_t)memory + (uint64_t)started * bytes;
		prepare(list[started], op, bytes);
	}
	submit(list, depth);
	while (ended < ops) {
		long n = syscall(SYS_io_getevents, context, 1, DEPTH_MAX,
				 events, NULL);
		long again = 0;

		MUST(n > 0);
		ended += (unsigned int)n;
		for (long i = 0; i < n; i++) {
			MUST(events[i].res == (int64_t)bytes);
			if (started == ops)
				continue;
			started++;
			list[again] = (struct iocb *)(uintptr_t)events[i].obj;
			prepare(list[again++], op, bytes);
		}
		submit(list, again);
	}
}

static void read4k(unsigned int ops)
{
	run(ops, IOCB_CMD_PREAD, SMALL, 1);
}

static void read4k_depth32(unsigned int ops)
{
	run(ops, IOCB_CMD_PREAD, SMALL, 32);
}

static void write4k(unsigned int ops)
{
	run(ops, IOCB_CMD_PWRITE, SMALL, 1);
}

static void write4k_depth32(unsigned int ops)
{
	run(ops, IOCB_CMD_PWRITE, SMALL, 32);
}

static void read1m(unsigned int ops)
{
	run(ops, IOCB_CMD_PREAD, LARGE, 2);
}

static void write1m(unsigned int ops)
{
	run(ops, IOCB_CMD_PWRITE, LARGE, 2);
}

static const struct bench benches[] = {
	{"read4k", 500, read4k, NULL, NULL},
	{"read4k_depth32", 2000, read4k_depth32, NULL, NULL},
	{"write4k", 500, write4k, NULL, NULL},
	{"write4k_depth32", 2000, write4k_depth32, NULL, NULL},
	{"read1m", 16, read1m, NULL, NULL},
	{"write1m", 16, write1m, NULL, NULL},
	{NULL, 0, NULL, NULL, NULL},
};

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: blkload DEVICE SUFFIX\n");
		return 2;
	}
	fd = open(argv[1], O_RDWR | O_DIRECT);
	MUST(fd >= 0);
	MUST(ioctl(fd, BLKGETSIZE64, &disk_bytes) == 0);
	memory = mmap(NULL, DEPTH_MAX * LARGE / 16, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	MUST(memory != MAP_FAILED);
	MUST(syscall(SYS_io_setup, DEPTH_MAX, &context) == 0);
	measure_all(benches, argv[2]);
	return 0;
}
