// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an NBD server has, by libnbd: qcow2 and other formats (qemu-nbd), and
 * remote disks. One connection; operations are answered as the server likes.
 *
 * NBD has no scatter and gather, so an operation of several pieces of memory is
 * several commands, and done when the last of them is. When the connection is
 * lost this process ends: the next one connects anew, and does again what the
 * journal has.
 */
#include "disk.h"

#include <errno.h>
#include <libnbd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define FDS_MAX 16u

struct nbd_disk {
	struct disk d;
	struct nbd_handle *nbd;
	struct disk_io *answered; /* to be told of */
	unsigned int nr_busy;
	bool is_lost;
};

static struct nbd_disk *nbd_of(struct disk *d)
{
	return (struct nbd_disk *)(void *)d;
}

/* --- operations; progress counts the commands that are not answered --- */

static void answer(struct disk_io *io, int error)
{
	struct nbd_disk *n = nbd_of(io->disk);

	if (error == ENOTCONN || error == ESHUTDOWN || error == EPIPE)
		n->is_lost = true;
	if (error && !io->rc)
		io->rc = -error;
	if (--io->progress)
		return;
	io->next = n->answered;
	n->answered = io;
}

static int on_answer(void *io, int *error)
{
	answer(io, *error);
	return 1; /* it need not be kept */
}

static void submit_data(struct nbd_disk *n, struct disk_io *io)
{
	nbd_completion_callback done = {.callback = on_answer, .user_data = io};
	uint64_t at = io->offset;

	for (unsigned int i = 0; i < io->nr_iov; i++) {
		const struct iovec *v = &io->iov[i];
		int64_t cookie;

		io->progress++;
		if (io->op == DISK_READ)
			cookie = nbd_aio_pread(n->nbd, v->iov_base, v->iov_len,
					       at, done, 0);
		else
			cookie = nbd_aio_pwrite(n->nbd, v->iov_base, v->iov_len,
						at, done, 0);
		if (cookie < 0)
			answer(io, nbd_get_errno() ?: EIO);
		at += v->iov_len;
	}
}

static void submit_other(struct nbd_disk *n, struct disk_io *io)
{
	nbd_completion_callback done = {.callback = on_answer, .user_data = io};
	uint64_t at = io->offset, left = io->bytes;
	const uint64_t most = 1u << 30; /* of one command */

	if (io->op == DISK_FLUSH) {
		io->progress++;
		if (nbd_aio_flush(n->nbd, done, 0) < 0)
			answer(io, nbd_get_errno() ?: EIO);
		return;
	}
	for (; left; at += most, left -= left < most ? left : most) {
		io->progress++;
		if (nbd_aio_trim(n->nbd, left < most ? left : most, at, done,
				 0) < 0)
			answer(io, nbd_get_errno() ?: EIO);
	}
}

static void nbd_submit(struct disk *d, struct disk_io *io)
{
	struct nbd_disk *n = nbd_of(d);

	io->disk = d;
	io->rc = 0;
	io->progress = 1; /* ours, until all are submitted */
	n->nr_busy++;
	if (io->op == DISK_READ || io->op == DISK_WRITE)
		submit_data(n, io);
	else
		submit_other(n, io);
	answer(io, 0);
}

/* --- completions --- */

static unsigned int tell_answered(struct nbd_disk *n)
{
	struct disk_io *io = n->answered, *next;
	unsigned int nr = 0;

	if (n->is_lost) {
		fprintf(stderr, "blkbackd: the NBD server has gone\n");
		_Exit(1);
	}
	n->answered = NULL;
	for (; io; io = next, nr++) {
		next = io->next;
		n->nr_busy--;
		io->done(io);
	}
	return nr;
}

/* One look at the socket and the descriptors; those that are readable. */
static unsigned int look(struct nbd_disk *n, const int *fds, unsigned int nr,
			 const struct timespec *timeout)
{
	unsigned int direction = nbd_aio_get_direction(n->nbd), ready = 0;
	struct pollfd p[FDS_MAX + 1] = {{.fd = nbd_aio_get_fd(n->nbd)}};

	if (direction & LIBNBD_AIO_DIRECTION_READ)
		p[0].events |= POLLIN;
	if (direction & LIBNBD_AIO_DIRECTION_WRITE)
		p[0].events |= POLLOUT;
	for (unsigned int i = 0; i < nr; i++)
		p[i + 1] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	if (ppoll(p, nr + 1, timeout, NULL) <= 0)
		return 0;
	if (p[0].revents & (POLLIN | POLLHUP | POLLERR) &&
	    direction & LIBNBD_AIO_DIRECTION_READ)
		(void)nbd_aio_notify_read(n->nbd);
	else if (p[0].revents & POLLOUT)
		(void)nbd_aio_notify_write(n->nbd);
	if (nbd_aio_is_dead(n->nbd) || nbd_aio_is_closed(n->nbd))
		n->is_lost = true;
	for (unsigned int i = 0; i < nr; i++)
		if (p[i + 1].revents)
			ready |= 1u << i;
	return ready;
}

static unsigned int nbd_reap(struct disk *d)
{
	const struct timespec now = {0};
	struct nbd_disk *n = nbd_of(d);

	if (n->nr_busy)
		(void)look(n, NULL, 0, &now);
	return tell_answered(n);
}

static unsigned int nbd_wait(struct disk *d, const int *fds, unsigned int nr,
			     int64_t timeout_ns)
{
	const struct timespec t = {.tv_sec = timeout_ns / 1000000000,
				   .tv_nsec = timeout_ns % 1000000000};
	struct nbd_disk *n = nbd_of(d);
	unsigned int ready = 0;

	if (!n->answered)
		ready = look(n, fds, nr, timeout_ns < 0 ? NULL : &t);
	tell_answered(n);
	return ready;
}

/* --- opening --- */

/* NBD's size is fixed for a connection. */
static int nbd_measure(struct disk *d)
{
	struct nbd_disk *n = nbd_of(d);
	int64_t bytes = nbd_get_size(n->nbd);

	if (bytes < 0)
		return -EIO;
	d->sectors = (uint64_t)bytes / d->block_bytes * (d->block_bytes / 512);
	return 0;
}

static void nbd_close_disk(struct disk *d)
{
	struct nbd_disk *n = nbd_of(d);

	while (n->nr_busy)
		nbd_wait(d, NULL, 0, -1);
	nbd_close(n->nbd);
	free(n);
}

static const struct disk_ops nbd_ops = {
	.submit = nbd_submit,
	.reap = nbd_reap,
	.wait = nbd_wait,
	.measure = nbd_measure,
	.close = nbd_close_disk,
};

static int describe(struct nbd_disk *n, bool is_readonly)
{
	int64_t least = nbd_get_block_size(n->nbd, LIBNBD_SIZE_MINIMUM);

	n->d.block_bytes = least > 512 ? (uint32_t)least : 512;
	n->d.physical_bytes = n->d.block_bytes;
	n->d.can_flush = nbd_can_flush(n->nbd) == 1;
	n->d.discard_bytes = nbd_can_trim(n->nbd) == 1 ? n->d.block_bytes : 0;
	n->d.is_readonly = is_readonly || nbd_is_read_only(n->nbd) == 1;
	if (n->d.block_bytes > 4096)
		return -EOPNOTSUPP;
	return nbd_measure(&n->d);
}

int disk_open(const struct disk_source *s, struct disk **out)
{
	struct nbd_disk *n = calloc(1, sizeof(*n));
	int rc = -ENOMEM;

	if (!n)
		return rc;
	n->d.ops = &nbd_ops;
	n->nbd = nbd_create();
	if (!n->nbd)
		goto free_disk;
	if (s->uri[0] ? nbd_connect_uri(n->nbd, s->uri)
		      : nbd_connect_socket(n->nbd, s->fd)) {
		fprintf(stderr, "blkbackd: %s\n", nbd_get_error());
		rc = -(nbd_get_errno() ?: EIO);
		goto close_nbd;
	}
	rc = describe(n, s->is_readonly);
	if (rc)
		goto close_nbd;
	*out = &n->d;
	return 0;

close_nbd:
	nbd_close(n->nbd);
free_disk:
	free(n);
	return rc;
}
