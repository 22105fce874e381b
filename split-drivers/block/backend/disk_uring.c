// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files and block devices by io_uring. One io_uring_enter hands on all that
 * was submitted and fetches what is done; another one sleeps, for the disk and
 * the descriptors of the caller alike.
 *
 * A write to the page cache is a system call of its own: it does not wait for
 * the disk, unless too much is dirty, and what io_uring cannot be sure of it
 * leaves to a thread (Linux 6.1 with ext4: every such write).
 *
 * The ring is restricted to what is used here: a process that is confined by
 * seccomp could otherwise open files through it.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define SQ_ENTRIES 512u
#define CQ_ENTRIES 4096u
#define FDS_MAX 16u

struct uring_disk {
	struct disk d;
	struct io_uring ring;
	int fd;
	bool is_block, is_fixed;
	unsigned int nr_busy;
	struct disk_io *written; /* to the page cache; not yet told of */
	uint16_t armed;		 /* descriptors that are polled */
	uint16_t ready;		 /* and that have become readable */
};

static struct uring_disk *uring_of(struct disk *d)
{
	return (struct uring_disk *)(void *)d;
}

static struct io_uring_sqe *get_sqe(struct uring_disk *u)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

	while (!sqe) {
		io_uring_submit(&u->ring);
		sqe = io_uring_get_sqe(&u->ring);
	}
	return sqe;
}

/* --- operations --- */

static void prepare_data(struct uring_disk *u, struct io_uring_sqe *sqe,
			 struct disk_io *io)
{
	const struct iovec *v = io->iov;
	uint64_t at = io->offset + io->progress;
	unsigned int len = (unsigned int)v->iov_len;
	bool is_read = io->op == DISK_READ;

	if (io->nr_iov > 1 && is_read)
		io_uring_prep_readv(sqe, 0, v, io->nr_iov, at);
	else if (io->nr_iov > 1)
		io_uring_prep_writev(sqe, 0, v, io->nr_iov, at);
	else if (io->is_bounced && u->is_fixed && is_read)
		io_uring_prep_read_fixed(sqe, 0, v->iov_base, len, at, 0);
	else if (io->is_bounced && u->is_fixed)
		io_uring_prep_write_fixed(sqe, 0, v->iov_base, len, at, 0);
	else if (is_read)
		io_uring_prep_read(sqe, 0, v->iov_base, len, at);
	else
		io_uring_prep_write(sqe, 0, v->iov_base, len, at);
}

static void prepare(struct uring_disk *u, struct disk_io *io)
{
	struct io_uring_sqe *sqe = get_sqe(u);

	switch (io->op) {
	case DISK_FLUSH:
		io_uring_prep_fsync(sqe, 0, IORING_FSYNC_DATASYNC);
		break;
	case DISK_DISCARD:
		io_uring_prep_fallocate(
			sqe, 0, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			(off_t)io->offset, (off_t)io->bytes);
		break;
	default:
		prepare_data(u, sqe, io);
	}
	io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
	io_uring_sqe_set_data(sqe, io);
}

/* Only part of the data was moved: leave the rest in iov. */
static void advance(struct disk_io *io, size_t bytes)
{
	io->progress += bytes;
	while (bytes >= io->iov->iov_len) {
		bytes -= io->iov->iov_len;
		io->iov++;
		io->nr_iov--;
	}
	io->iov->iov_base = (char *)io->iov->iov_base + bytes;
	io->iov->iov_len -= bytes;
}

static void write_cached(struct uring_disk *u, struct disk_io *io)
{
	ssize_t n;

	io->rc = 0;
	while (!io->rc && io->progress < io->bytes) {
		const struct iovec *v = io->iov;
		off_t at = (off_t)(io->offset + io->progress);

		n = io->nr_iov == 1
			    ? pwrite(u->fd, v->iov_base, v->iov_len, at)
			    : pwritev(u->fd, io->iov, (int)io->nr_iov, at);
		if (n < 0 && errno != EINTR)
			io->rc = -errno;
		else if (n == 0)
			io->rc = -EIO;
		else if (n > 0 && io->progress + (size_t)n < io->bytes)
			advance(io, (size_t)n);
		else if (n > 0)
			io->progress = io->bytes;
	}
	io->next = u->written;
	u->written = io;
}

static void uring_submit(struct disk *d, struct disk_io *io)
{
	struct uring_disk *u = uring_of(d);

	io->progress = 0;
	u->nr_busy++;
	if (io->op == DISK_WRITE && d->is_cached)
		write_cached(u, io);
	else
		prepare(u, io);
}

static void end(struct uring_disk *u, struct disk_io *io)
{
	u->nr_busy--;
	io->done(io);
}

static void finish(struct uring_disk *u, struct disk_io *io, int res)
{
	bool is_data = io->op == DISK_READ || io->op == DISK_WRITE;

	if (res == -EAGAIN || res == -EINTR) {
		prepare(u, io);
		return;
	}
	if (res > 0 && is_data && io->progress + (size_t)res < io->bytes) {
		advance(io, (size_t)res);
		prepare(u, io);
		return;
	}
	/* 0 bytes: the file has been cut */
	io->rc = res < 0 ? res : is_data && res == 0 ? -EIO : 0;
	end(u, io);
}

/* --- completions --- */

/* A descriptor's poll has the descriptor's number for data, from 1 on. */
static void descriptor_ready(struct uring_disk *u, const struct io_uring_cqe *c)
{
	uint16_t bit = (uint16_t)(1u << (c->user_data - 1));

	u->ready |= bit;
	if (!(c->flags & IORING_CQE_F_MORE))
		u->armed &= (uint16_t)~bit;
}

static unsigned int take_completions(struct uring_disk *u)
{
	struct io_uring_cqe *cqe;
	struct disk_io *io;
	unsigned int nr = 0;

	/* done() may submit, but never takes completions */
	for (; (io = u->written); nr++) {
		u->written = io->next;
		end(u, io);
	}
	while (io_uring_peek_cqe(&u->ring, &cqe) == 0) {
		struct io_uring_cqe c = *cqe;

		io_uring_cqe_seen(&u->ring, cqe);
		nr++;
		if (c.user_data <= FDS_MAX)
			descriptor_ready(u, &c);
		else
			finish(u, (struct disk_io *)(uintptr_t)c.user_data,
			       c.res);
	}
	return nr;
}

static unsigned int uring_reap(struct disk *d)
{
	struct uring_disk *u = uring_of(d);

	if (io_uring_sq_ready(&u->ring))
		io_uring_submit_and_get_events(&u->ring);
	return take_completions(u);
}

static void arm(struct uring_disk *u, const int *fds, unsigned int nr)
{
	for (unsigned int i = 0; i < nr && i < FDS_MAX; i++) {
		struct io_uring_sqe *sqe;

		if (u->armed >> i & 1)
			continue;
		sqe = get_sqe(u);
		io_uring_prep_poll_multishot(sqe, fds[i], POLLIN);
		io_uring_sqe_set_data64(sqe, i + 1);
		u->armed |= (uint16_t)(1u << i);
	}
}

static unsigned int uring_wait(struct disk *d, const int *fds, unsigned int nr,
			       int64_t timeout_ns)
{
	struct uring_disk *u = uring_of(d);
	struct __kernel_timespec t = {
		.tv_sec = timeout_ns / 1000000000,
		.tv_nsec = timeout_ns % 1000000000,
	};
	struct io_uring_cqe *cqe;
	unsigned int ready;

	arm(u, fds, nr);
	if (u->written || u->ready & ((1u << nr) - 1))
		io_uring_submit_and_get_events(&u->ring);
	else if (timeout_ns < 0)
		io_uring_submit_and_wait(&u->ring, 1);
	else
		io_uring_submit_and_wait_timeout(&u->ring, &cqe, 1, &t, NULL);
	take_completions(u);
	/* of a caller that looks at none, none is lost */
	ready = u->ready & ((1u << nr) - 1);
	u->ready &= (uint16_t)~ready;
	return ready;
}

/* --- opening --- */

static int uring_measure(struct disk *d)
{
	struct uring_disk *u = uring_of(d);
	uint64_t bytes;
	struct stat st;

	if (u->is_block && ioctl(u->fd, BLKGETSIZE64, &bytes))
		return -errno;
	if (!u->is_block) {
		if (fstat(u->fd, &st))
			return -errno;
		bytes = (uint64_t)st.st_size;
	}
	d->sectors = bytes / d->block_bytes * (d->block_bytes / 512);
	return 0;
}

static void uring_close(struct disk *d)
{
	struct uring_disk *u = uring_of(d);

	while (u->nr_busy)
		uring_wait(d, NULL, 0, -1);
	io_uring_queue_exit(&u->ring);
	free(u);
}

static const struct disk_ops uring_ops = {
	.submit = uring_submit,
	.reap = uring_reap,
	.wait = uring_wait,
	.measure = uring_measure,
	.close = uring_close,
};

/* Past the page cache; false: the kernel cannot with blocks of @bytes. */
static bool make_direct(int fd, size_t bytes)
{
	static _Alignas(4096) char block[4096];
	int flags = fcntl(fd, F_GETFL);

	if (fcntl(fd, F_SETFL, flags | O_DIRECT))
		return false;
	if (pread(fd, block, bytes, 0) >= 0)
		return true;
	fcntl(fd, F_SETFL, flags);
	return false;
}

/* No time is noted for each read, if the file is ours. */
static void leave_time(int fd)
{
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NOATIME);
}

/* A number of the device's queue in sysfs; 0: none. */
static uint32_t queue_limit(dev_t dev, const char *name)
{
	char path[128];
	unsigned long value = 0;
	FILE *f;

	/* a partition has its disk's */
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/queue/%s",
		 major(dev), minor(dev), name);
	f = fopen(path, "re");
	if (!f) {
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../queue/%s",
			 major(dev), minor(dev), name);
		f = fopen(path, "re");
	}
	if (f) {
		if (fscanf(f, "%lu", &value) != 1)
			value = 0;
		fclose(f);
	}
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static int describe(struct uring_disk *u, bool is_direct)
{
	struct stat st;
	int block = 512;
	unsigned int physical = 512;

	if (fstat(u->fd, &st))
		return -errno;
	u->is_block = S_ISBLK(st.st_mode);
	if (!u->is_block && !S_ISREG(st.st_mode))
		return -EINVAL;
	if (u->is_block) {
		if (ioctl(u->fd, BLKSSZGET, &block) ||
		    ioctl(u->fd, BLKPBSZGET, &physical))
			return -errno;
		if (queue_limit(st.st_rdev, "write_zeroes_max_bytes"))
			u->d.discard_bytes =
				queue_limit(st.st_rdev, "discard_granularity");
	} else {
		u->d.discard_bytes = (uint32_t)st.st_blksize;
	}
	leave_time(u->fd);
	u->d.is_cached = !(is_direct || u->is_block) ||
			 !make_direct(u->fd, (size_t)block);
	u->d.block_bytes = (uint32_t)block;
	u->d.physical_bytes = physical;
	u->d.can_flush = true;
	return uring_measure(&u->d);
}

static int open_ring(struct uring_disk *u)
{
	struct io_uring_params p = {
		.flags = IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED |
			 IORING_SETUP_SINGLE_ISSUER |
			 IORING_SETUP_DEFER_TASKRUN,
		.cq_entries = CQ_ENTRIES,
	};
	int rc = io_uring_queue_init_params(SQ_ENTRIES, &u->ring, &p);

	if (rc != -EINVAL)
		return rc;
	p = (struct io_uring_params){
		.flags = IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED,
		.cq_entries = CQ_ENTRIES,
	};
	return io_uring_queue_init_params(SQ_ENTRIES, &u->ring, &p);
}

static int restrict_ring(struct uring_disk *u)
{
	static const uint8_t ops[] = {
		IORING_OP_READ,	       IORING_OP_WRITE,
		IORING_OP_READV,       IORING_OP_WRITEV,
		IORING_OP_FSYNC,       IORING_OP_READ_FIXED,
		IORING_OP_WRITE_FIXED, IORING_OP_FALLOCATE,
		IORING_OP_POLL_ADD,
	};
	struct io_uring_restriction r[sizeof(ops) + 1] = {0};
	int rc;

	for (unsigned int i = 0; i < sizeof(ops); i++) {
		r[i].opcode = IORING_RESTRICTION_SQE_OP;
		r[i].sqe_op = ops[i];
	}
	r[sizeof(ops)].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
	r[sizeof(ops)].sqe_flags = IOSQE_FIXED_FILE;
	rc = io_uring_register_restrictions(&u->ring, r, sizeof(ops) + 1);
	return rc ? rc : io_uring_enable_rings(&u->ring);
}

int disk_open(const struct disk_source *s, struct disk **out)
{
	struct uring_disk *u = calloc(1, sizeof(*u));
	struct iovec v = {.iov_base = s->memory, .iov_len = s->memory_bytes};
	int files[] = {s->fd, s->lock};
	int rc;

	if (!u)
		return -ENOMEM;
	u->fd = s->fd;
	u->d.ops = &uring_ops;
	u->d.is_readonly = s->is_readonly;
	rc = describe(u, s->is_direct);
	if (!rc)
		rc = open_ring(u);
	if (rc)
		goto free_disk;
	rc = io_uring_register_files(&u->ring, files, 2);
	if (rc)
		goto exit_ring;
	/* locked memory may be limited: then without */
	u->is_fixed = s->memory && !io_uring_register_buffers(&u->ring, &v, 1);
	rc = restrict_ring(u);
	if (rc)
		goto exit_ring;
	*out = &u->d;
	return 0;

exit_ring:
	io_uring_queue_exit(&u->ring);
free_disk:
	free(u);
	return rc;
}
