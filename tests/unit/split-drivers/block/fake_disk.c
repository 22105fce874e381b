// SPDX-License-Identifier: GPL-2.0-only
/*
 * The disk in memory. See fake_disk.h.
 */
#include "fake_disk.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

uint64_t fake_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static struct fake_disk *fake_of(struct disk *d)
{
	return (struct fake_disk *)(void *)d;
}

static void move_data(struct fake_disk *f, struct disk_io *io)
{
	uint8_t *at = f->data + io->offset;

	for (unsigned int i = 0; i < io->nr_iov; i++) {
		if (io->op == DISK_READ)
			memcpy(io->iov[i].iov_base, at, io->iov[i].iov_len);
		else
			memcpy(at, io->iov[i].iov_base, io->iov[i].iov_len);
		at += io->iov[i].iov_len;
	}
}

static bool is_bad(const struct fake_disk *f, const struct disk_io *io)
{
	uint64_t at = f->bad_sector * 512;

	return f->bad_rc && at >= io->offset && at < io->offset + io->bytes;
}

static void perform(struct fake_disk *f, struct disk_io *io)
{
	if (f->nr_log < 256) {
		f->log[f->nr_log].what = "RWFD"[io->op];
		f->log[f->nr_log++].sector = io->offset / 512;
	}
	io->rc = is_bad(f, io) ? f->bad_rc : 0;
	if (io->op != DISK_FLUSH && io->offset + io->bytes > f->d.sectors * 512)
		abort(); /* the backend must have seen to that */
	if (io->rc)
		return;
	if (io->op == DISK_DISCARD)
		memset(f->data + io->offset, 0, io->bytes);
	else if (io->op != DISK_FLUSH)
		move_data(f, io);
}

static void fake_submit(struct disk *d, struct disk_io *io)
{
	struct fake_disk *f = fake_of(d);

	if (f->nr_pending == 4096)
		abort();
	f->pending[f->nr_pending++] = io;
}

static unsigned int fake_reap(struct disk *d)
{
	struct fake_disk *f = fake_of(d);
	unsigned int nr = 0, left = f->nr_pending;

	while (left-- && f->nr_pending && !f->is_held) {
		unsigned int i = 0;
		struct disk_io *io;

		if (!f->is_in_order) {
			i = fake_random(&f->random) % f->nr_pending;
			if (fake_random(&f->random) % 3 == 0)
				continue;
		}
		io = f->pending[i];
		memmove(&f->pending[i], &f->pending[i + 1],
			(--f->nr_pending - i) * sizeof(f->pending[0]));
		perform(f, io);
		io->done(io);
		nr++;
	}
	return nr;
}

static unsigned int fake_wait(struct disk *d, const int *fds, unsigned int nr,
			      int64_t timeout_ns)
{
	unsigned int ready = 0;
	struct pollfd p[16];

	(void)timeout_ns;
	for (unsigned int i = 0; i < nr; i++)
		p[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	poll(p, nr, 0);
	for (unsigned int i = 0; i < nr; i++)
		ready |= (unsigned int)(p[i].revents & POLLIN ? 1 : 0) << i;
	fake_reap(d);
	return ready;
}

static int fake_measure(struct disk *d)
{
	(void)d;
	return 0;
}

static const struct disk_ops fake_ops = {
	.submit = fake_submit,
	.reap = fake_reap,
	.wait = fake_wait,
	.measure = fake_measure,
};

void fake_disk_open(struct fake_disk *f)
{
	*f = (struct fake_disk){
		.d = {.ops = &fake_ops,
		      .sectors = FAKE_DISK_SECTORS / 2,
		      .block_bytes = 512,
		      .physical_bytes = 512,
		      .discard_bytes = 512,
		      .can_flush = true},
		.random = 88172645463325252u,
	};
	f->data = mmap(NULL, FAKE_DISK_SECTORS * 512, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (f->data == MAP_FAILED)
		abort();
}

void fake_disk_close(struct fake_disk *f)
{
	munmap(f->data, FAKE_DISK_SECTORS * 512);
}

void fake_disk_backend_died(struct fake_disk *f)
{
	for (unsigned int i = 0; i < f->nr_pending; i++)
		if (fake_random(&f->random) % 2)
			perform(f, f->pending[i]);
	f->nr_pending = 0;
}
