// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both block ends at the same time, in two threads that sleep whenever they
 * may, on a real file by io_uring: no wake-up is lost, and every operation is
 * done.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fixture.h"

#define NR_OPS 20000u
#define DEPTH 48u

static int over_fd;

static struct disk *open_file(bool is_direct)
{
	char name[] = "/var/tmp/threads_XXXXXX";
	int fd = mkstemp(name);
	struct disk_source s = {
		.is_direct = is_direct,
		.fd = fd,
		.lock = -1,
		.memory = bounce.memory,
		.memory_bytes = (size_t)BOUNCE_PAGES * BOUNCE_PAGE,
	};
	struct disk *d;

	unlink(name);
	EXPECT_EQ(ftruncate(fd, FAKE_DISK_SECTORS / 2 * 512), 0);
	EXPECT_EQ(disk_open(&s, &d), 0);
	return d;
}

static void *serve(void *arg)
{
	int rc = 0;

	back->disk = open_file(arg != NULL); /* its ring is one thread's */
	while (rc != 1) {
		do
			rc = blkback_pass(back);
		while (rc > 0);
		if (rc == 0)
			rc = blkback_wait(back, over_fd);
		EXPECT(rc >= 0);
	}
	back_stop();
	back->disk->ops->close(back->disk);
	return NULL;
}

static struct blkfront_io ios[DEPTH];
static unsigned int nr_free, nr_done;
static struct blkfront_io *unused[DEPTH];

static void ended(struct blkfront_io *io)
{
	EXPECT_EQ(io->rc, 0);
	unused[nr_free++] = io;
	nr_done++;
}

/* A few more, on any queue; never more than fit. */
static unsigned int start_some(uint64_t *random)
{
	unsigned int nr = 0;

	while (nr_free && fake_random(random) % 4) {
		struct blkfront_io *io = unused[nr_free - 1];
		unsigned int queue =
			(unsigned int)(fake_random(random) % front->nr_queues);

		io->op = (enum blkfront_op)(fake_random(random) % 16);
		if (io->op > BLKFRONT_DISCARD)
			io->op = (enum blkfront_op)(io->op % 2);
		io->nr_pages = io->op <= BLKFRONT_WRITE ? 1 : 0;
		io->sector = fake_random(random) % 256 * 8;
		io->nr_sectors = 8;
		if (blkfront_submit(front, queue, io))
			break;
		nr_free--;
		nr++;
		if (fake_random(random) % 2)
			blkfront_push(front, queue);
	}
	for (unsigned int i = 0; i < front->nr_queues; i++)
		blkfront_push(front, i);
	return nr;
}

static void take_answers(void)
{
	for (unsigned int i = 0; i < front->nr_queues; i++)
		if (fake_front_event(front->queues[i].port))
			while (blkfront_sleep(front, i) > 0)
				;
}

static void together(const struct blkfront_wish *wish, bool is_direct)
{
	uint64_t random = 0x853c49e6748fea9bu, one = 1;
	unsigned int nr_started = 0;
	pthread_t thread;

	world_connect(wish);
	nr_free = nr_done = 0;
	for (unsigned int i = 0; i < DEPTH; i++) {
		ios[i].pages[0].page = front_pages_alloc(1);
		ios[i].pages[0].last = 7;
		ios[i].done = ended;
		unused[nr_free++] = &ios[i];
	}
	over_fd = eventfd(0, 0);
	EXPECT_EQ(pthread_create(&thread, NULL, serve,
				 is_direct ? &thread : NULL),
		  0);
	while (nr_done < NR_OPS) {
		if (nr_started < NR_OPS)
			nr_started += start_some(&random);
		if (nr_done < nr_started)
			fake_front_wait();
		take_answers();
	}
	while (nr_done < nr_started) {
		fake_front_wait();
		take_answers();
	}
	EXPECT_EQ(write(over_fd, &one, sizeof(one)), sizeof(one));
	pthread_join(thread, NULL);
	for (unsigned int i = 0; i < DEPTH; i++)
		front_pages_free(ios[i].pages[0].page, 1);
	close(over_fd);
	world_end();
}

UNIT_TEST(two_threads_lose_no_event_with_copies)
{
	together(&(struct blkfront_wish){0}, true);
}

UNIT_TEST(two_threads_lose_no_event_with_mappings)
{
	together(&(struct blkfront_wish){.nr_queues = 2, .is_persistent = true},
		 false);
}
