// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device: connecting its queues, passing over them, sleeping. See blkback.h.
 */
#include "blkback.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#define SPIN_TICKS 60000u /* of the TSC; 20 us or so */
#define SPIN_BACKOFF_MAX 1024u

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* FNV-1a; against confusion, not against malice. */
static uint64_t mix(uint64_t h, uint64_t value)
{
	for (int i = 0; i < 8; i++, value >>= 8)
		h = (h ^ (value & 0xff)) * 0x100000001b3u;
	return h;
}

uint64_t blkback_identity(uint16_t domid, uint32_t devid,
			  const struct blkback_front *front)
{
	uint64_t h = mix(mix(0xcbf29ce484222325u, domid), devid);

	h = mix(mix(h, front->nr_queues), front->ring_pages);
	for (uint32_t i = 0; i < front->nr_queues; i++) {
		h = mix(h, front->queues[i].event_channel);
		for (uint32_t p = 0; p < front->ring_pages; p++)
			h = mix(h, front->queues[i].grefs[p]);
	}
	return h;
}

static bool is_sane(const struct blkback_front *front)
{
	uint32_t pages = front->ring_pages;

	return front->nr_queues && front->nr_queues <= JOURNAL_QUEUES_MAX &&
	       pages && pages <= BLKIF_RING_PAGES_MAX && !(pages & (pages - 1));
}

int blkback_connect(struct blkback *b, struct disk *disk, struct bounce *bounce,
		    struct journal_file *journal, uint64_t identity,
		    const struct blkback_front *front)
{
	bool is_resumed = journal_belongs(journal, identity);
	int rc = is_sane(front) ? 0 : -EINVAL;

	b->disk = disk;
	b->bounce = bounce;
	b->journal = journal;
	b->is_persistent = front->is_persistent;
	b->ring_pages = front->ring_pages;
	b->nr_queues = 0;
	b->nr_copies = 0;
	grants_open(&b->grants);
	if (!rc && !is_resumed)
		journal_begin(journal, identity);
	for (uint32_t i = 0; !rc && i < front->nr_queues; i++) {
		rc = queue_open(&b->queues[i], b, i, front, is_resumed);
		b->nr_queues += !rc;
	}
	if (rc)
		blkback_disconnect(b);
	return rc;
}

static bool is_busy(const struct blkback *b)
{
	for (unsigned int i = 0; i < b->nr_queues; i++)
		if (b->queues[i].nr_busy)
			return true;
	return false;
}

void blkback_disconnect(struct blkback *b)
{
	while (is_busy(b))
		b->disk->ops->wait(b->disk, NULL, 0, -1);
	while (b->nr_queues)
		queue_close(&b->queues[--b->nr_queues]);
	grants_close(&b->grants);
	journal_end(b->journal);
}

int blkback_pass(struct blkback *b)
{
	uint64_t now = limit_is_set(&b->limit) ? now_ns() : 0;
	int did = 0;

	b->is_limited = false;
	for (unsigned int i = 0; i < b->nr_queues; i++) {
		int rc = queue_take(&b->queues[i]);

		if (rc < 0)
			return rc;
		did |= rc > 0;
		queue_start(&b->queues[i], now);
	}
	did |= b->disk->ops->reap(b->disk) > 0;
	for (unsigned int i = 0; i < b->nr_queues; i++)
		did |= queue_answer(&b->queues[i]);
	return did;
}

/* Until the limits let the next request begin; -1: none waits for them. */
static int64_t until_turn_ns(const struct blkback *b)
{
	return b->is_limited ? (int64_t)limit_wait_ns(&b->limit, now_ns()) : -1;
}

/*
 * A frontend that waits for each answer sends the next request soon, and if it
 * has a CPU of its own we see it without an event: it need not send one, and
 * nobody has to be woken. True: there is one. Given up, ever longer, when none
 * came: without a CPU of its own it cannot run as long as we look.
 */
static bool spin(struct blkback *b)
{
	struct blkback_spin *s = &b->spin;
	uint64_t start = __rdtsc();

	if (s->skip) {
		s->skip--;
		return false;
	}
	do {
		for (unsigned int i = 0; i < b->nr_queues; i++)
			if (ring_back_available(&b->queues[i].ring)) {
				s->backoff = 0;
				return true;
			}
		_mm_pause();
	} while (__rdtsc() - start < SPIN_TICKS);
	s->backoff = s->backoff ? 2 * s->backoff : 1;
	if (s->backoff > SPIN_BACKOFF_MAX)
		s->backoff = SPIN_BACKOFF_MAX;
	s->skip = s->backoff;
	return false;
}

static void unmask(struct blkback *b)
{
	for (unsigned int i = 0; i < b->nr_queues; i++)
		if (b->queues[i].is_masked) {
			b->queues[i].is_masked = false;
			back_unmask((uint32_t)b->queues[i].port);
		}
}

/* Told once, so the event of a connection that is over is taken, too. */
static void take_events(struct blkback *b, unsigned int readable)
{
	for (unsigned int i = 0; i < JOURNAL_QUEUES_MAX; i++)
		if (readable >> i & 1 && back_take_event_of(b->evtchns[i]) &&
		    i < b->nr_queues)
			b->queues[i].is_masked = true;
}

int blkback_wait(struct blkback *b, int control)
{
	int fds[JOURNAL_QUEUES_MAX + 1];
	unsigned int readable;

	/* a disk's answer is told to sleepers only */
	if (!b->is_limited && !is_busy(b) && spin(b))
		return 0;
	for (unsigned int i = 0; i < b->nr_queues; i++) {
		int rc = ring_back_sleep(&b->queues[i].ring);

		if (rc)
			return rc < 0 ? rc : 0;
	}
	unmask(b);
	b->stats.sleeps++;
	memcpy(fds, b->evtchns, sizeof(b->evtchns));
	fds[JOURNAL_QUEUES_MAX] = control;
	readable = b->disk->ops->wait(b->disk, fds, JOURNAL_QUEUES_MAX + 1,
				      until_turn_ns(b));
	take_events(b, readable);
	return readable >> JOURNAL_QUEUES_MAX & 1;
}
