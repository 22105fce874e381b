// SPDX-License-Identifier: GPL-2.0-only
/*
 * The disk behind a worker, on real files: data in pieces, holes, sizes that
 * change, and a ring that does nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../../../split-drivers/block/backend/disk.h"
#include "unit_test.h"

#define BYTES (1u << 20)

static struct disk *d;
static char *memory;
static int file = -1;
static unsigned int nr_done;

static void on_done(struct disk_io *io)
{
	(void)io;
	nr_done++;
}

static void open_file_so(bool is_direct)
{
	/* not /tmp, which is often memory, and that has no O_DIRECT */
	char name[] = "/var/tmp/disk_uring_XXXXXX";
	struct disk_source s = {
		.lock = -1, .memory_bytes = 1u << 16, .is_direct = is_direct};

	file = mkstemp(name);
	EXPECT(file >= 0);
	unlink(name);
	EXPECT_EQ(ftruncate(file, BYTES), 0);
	memory = mmap(NULL, s.memory_bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	s.memory = memory;
	s.fd = file;
	EXPECT_EQ(disk_open(&s, &d), 0);
}

/* Can this file system do without its cache? */
static bool can_be_direct(void)
{
	static _Alignas(4096) char block[4096];
	char path[32];
	int fd, n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	fd = open(path, O_RDONLY | O_DIRECT);
	n = fd < 0 ? -1 : (int)pread(fd, block, sizeof(block), 0);
	if (fd >= 0)
		close(fd);
	return n >= 0;
}

static void open_file(void)
{
	open_file_so(false);
}

static void close_file(void)
{
	d->ops->close(d);
	close(file);
	munmap(memory, 1u << 16);
}

static int run(struct disk_io *io)
{
	unsigned int before = nr_done;

	io->done = on_done;
	for (unsigned int i = 0; i < io->nr_iov; i++)
		io->bytes += io->iov[i].iov_len;
	d->ops->submit(d, io);
	while (nr_done == before)
		d->ops->wait(d, NULL, 0, -1);
	return io->rc;
}

static int move(enum disk_op op, uint64_t offset, void *at, size_t bytes,
		bool is_bounced)
{
	struct iovec v = {.iov_base = at, .iov_len = bytes};
	struct disk_io io = {.op = op,
			     .nr_iov = 1,
			     .iov = &v,
			     .offset = offset,
			     .is_bounced = is_bounced};

	return run(&io);
}

UNIT_TEST(a_file_keeps_what_is_written)
{
	for (unsigned int mode = 0; mode < 4; mode++) {
		bool is_bounced = mode & 1;

		open_file_so(mode & 2);
		EXPECT_EQ(d->sectors, BYTES / 512);
		EXPECT_EQ(d->is_cached, !(mode & 2 && can_be_direct()));
		memset(memory, 'a' + (int)mode, 8192);
		EXPECT_EQ(move(DISK_WRITE, 4096, memory, 8192, is_bounced), 0);
		memset(memory, 0, 8192);
		EXPECT_EQ(move(DISK_READ, 8192, memory, 4096, is_bounced), 0);
		EXPECT_EQ(memory[0], 'a' + (int)mode);
		EXPECT_EQ(memory[4095], 'a' + (int)mode);
		EXPECT_EQ(memory[4096], 0);
		close_file();
	}
}

UNIT_TEST(what_cannot_be_written_is_an_error_of_that_write)
{
	struct rlimit all, some = {BYTES / 2, RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &all), 0);
	open_file();
	EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &some), 0);
	EXPECT_EQ(move(DISK_WRITE, BYTES / 2, memory, 4096, true), -EFBIG);
	/* the first half of it can */
	EXPECT_EQ(move(DISK_WRITE, BYTES / 2 - 4096, memory, 8192, true),
		  -EFBIG);
	EXPECT_EQ(move(DISK_WRITE, BYTES / 2 - 4096, memory, 4096, true), 0);
	EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &all), 0);
	close_file();
}

UNIT_TEST(pieces_of_memory_are_one_operation)
{
	struct iovec v[4];
	struct disk_io io = {.op = DISK_WRITE, .nr_iov = 4, .iov = v};

	open_file();
	for (unsigned int i = 0; i < 4; i++) {
		v[i] = (struct iovec){memory + 16384 - 4096 * i, 512};
		memset(v[i].iov_base, '0' + (int)i, 512);
	}
	EXPECT_EQ(run(&io), 0);
	EXPECT_EQ(move(DISK_READ, 0, memory, 4096, true), 0);
	for (unsigned int i = 0; i < 4; i++)
		EXPECT_EQ(memory[i * 512], '0' + (int)i);
	close_file();
}

UNIT_TEST(a_discard_leaves_a_hole)
{
	struct disk_io io = {.op = DISK_DISCARD, .offset = 4096, .bytes = 8192};

	open_file();
	memset(memory, 'x', 16384);
	EXPECT_EQ(move(DISK_WRITE, 0, memory, 16384, true), 0);
	EXPECT_EQ(run(&io), 0);
	EXPECT_EQ(move(DISK_READ, 0, memory, 16384, true), 0);
	EXPECT(memory[0] == 'x' && memory[12288] == 'x');
	EXPECT(memory[4096] == 0 && memory[12287] == 0);
	io = (struct disk_io){.op = DISK_FLUSH};
	EXPECT_EQ(run(&io), 0);
	close_file();
}

UNIT_TEST(a_file_that_was_cut_is_an_error_and_measured_anew)
{
	open_file();
	EXPECT_EQ(ftruncate(file, BYTES / 2), 0);
	EXPECT_EQ(move(DISK_READ, BYTES / 2, memory, 4096, true), -EIO);
	EXPECT_EQ(move(DISK_READ, BYTES / 2 - 4096, memory, 8192, true), -EIO);
	EXPECT_EQ(d->ops->measure(d), 0);
	EXPECT_EQ(d->sectors, BYTES / 1024);
	close_file();
}

UNIT_TEST(a_descriptor_that_becomes_readable_ends_the_sleep)
{
	int pair[2];

	open_file();
	EXPECT_EQ(pipe(pair), 0);
	EXPECT_EQ(d->ops->wait(d, pair, 1, 1000), 0);
	EXPECT_EQ(write(pair[1], "x", 1), 1);
	EXPECT_EQ(d->ops->wait(d, pair, 1, -1), 1);
	EXPECT_EQ(d->ops->wait(d, pair, 1, 1000), 0); /* told once */
	EXPECT_EQ(write(pair[1], "x", 1), 1);
	EXPECT_EQ(d->ops->wait(d, pair, 1, -1), 1);
	close_file();
	close(pair[0]);
	close(pair[1]);
}
