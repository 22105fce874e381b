// SPDX-License-Identifier: GPL-2.0-only
/*
 * A worker: its messages and its loop. See worker.h.
 */
#include "worker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "confine.h"

/* Passes between two looks for messages when there is always work. */
#define PASSES_MAX 256u

static struct blkback back; /* zeroed: not connected */
static bool is_serving;
static struct disk *disk;
static struct bounce bounce;
static struct journal_file *journal;

static void tell(const struct worker_message *m)
{
	if (send(WORKER_CONTROL, m, sizeof(*m), MSG_NOSIGNAL) != sizeof(*m))
		_exit(1); /* the keeper is gone */
}

static void tell_failure(int rc, const char *text)
{
	struct worker_message m = {.what = WORKER_FAILED, .failed.rc = rc};

	snprintf(m.failed.text, sizeof(m.failed.text), "%s", text);
	tell(&m);
}

static void tell_disk(void)
{
	struct worker_message m = {
		.what = WORKER_DISK_IS,
		.disk = {.sectors = disk->sectors,
			 .block_bytes = disk->block_bytes,
			 .physical_bytes = disk->physical_bytes,
			 .discard_bytes = disk->discard_bytes,
			 .can_flush = disk->can_flush,
			 .info = disk->is_readonly ? BLKIF_INFO_READONLY : 0},
	};

	tell(&m);
}

/* --- what the keeper says --- */

static void disconnect(void)
{
	if (is_serving)
		blkback_disconnect(&back);
	is_serving = false;
}

static void connect_front(const struct worker_message *m)
{
	struct worker_message reply = {.what = WORKER_CONNECTED};
	int rc;

	disconnect();
	rc = blkback_connect(&back, disk, &bounce, journal, m->connect.identity,
			     &m->connect.front);
	if (rc) {
		tell_failure(rc, "cannot connect to the frontend's rings");
		return;
	}
	is_serving = true;
	tell(&reply);
}

static void obey(const struct worker_message *m)
{
	struct worker_message reply = {.what = WORKER_DISCONNECTED};

	switch (m->what) {
	case WORKER_CONNECT:
		connect_front(m);
		break;
	case WORKER_DISCONNECT:
		disconnect();
		tell(&reply);
		break;
	case WORKER_MEASURE:
		if (disk->ops->measure(disk) == 0)
			tell_disk();
		break;
	case WORKER_LIMIT:
		back.limit.bytes_per_s = m->limit.bytes_per_s;
		back.limit.requests_per_s = m->limit.requests_per_s;
		back.limit.bytes_free_ns = back.limit.requests_free_ns = 0;
		break;
	default:
		break;
	}
}

/* All messages that are there; or one, waited for. */
static void take_messages(int flags)
{
	struct worker_message m;
	ssize_t n;

	do {
		n = recv(WORKER_CONTROL, &m, sizeof(m), flags);
		if (n == sizeof(m))
			obey(&m);
		else if (n >= 0 || (errno != EAGAIN && errno != EINTR))
			_exit(1); /* the keeper is gone */
	} while (n > 0 && flags & MSG_DONTWAIT);
}

/* --- serving --- */

static void serve(void)
{
	int rc = 1;

	for (unsigned int i = 0; rc > 0 && i < PASSES_MAX; i++)
		rc = blkback_pass(&back);
	if (rc == 0)
		rc = blkback_wait(&back, WORKER_CONTROL);
	if (rc < 0) {
		disconnect();
		tell_failure(rc, "the frontend broke the protocol of its ring");
	} else if (rc > 0) {
		take_messages(MSG_DONTWAIT);
	}
}

static int open_disk(const struct worker_message *m)
{
	const struct disk_source s = {
		.is_readonly = m->start.is_readonly,
		.is_direct = m->start.is_direct,
		.fd = WORKER_DISK,
		.uri = m->start.uri,
		.lock = WORKER_JOURNAL,
		.memory = bounce.memory,
		.memory_bytes = (size_t)BOUNCE_PAGES * BOUNCE_PAGE,
	};
	int rc = disk_open(&s, &disk);

	if (!rc && m->start.no_discard)
		disk->discard_bytes = 0;
	return rc;
}

/*
 * The lock is held until all that an earlier worker had asked of the disk has
 * ended: a write of its that is late must not come after ours. Its event
 * channels are bound until it has itself.
 */
static int open_journal(void)
{
	if (flock(WORKER_JOURNAL, LOCK_EX))
		return -errno;
	journal = mmap(NULL, sizeof(*journal), PROT_READ | PROT_WRITE,
		       MAP_SHARED, WORKER_JOURNAL, 0);
	if (journal == MAP_FAILED)
		return -errno;
	owner_await(&journal->owner);
	journal->owner = owner_of(getpid());
	return 0;
}

static int start(const struct worker_message *m)
{
	const char *what = "journal";
	char text[WORKER_TEXT];
	int rc;

	prctl(PR_SET_NAME, m->start.name);
	rc = open_journal();
	if (!rc) {
		what = "memory";
		rc = bounce_open(&bounce);
	}
	if (!rc) {
		what = "disk";
		rc = open_disk(m);
	}
	for (int i = 0; !rc && i < (int)JOURNAL_QUEUES_MAX; i++) {
		what = "event channels";
		back.evtchns[i] = WORKER_EVTCHN + i;
		rc = back_xen_start(WORKER_GNTDEV, back.evtchns[i],
				    m->start.domid);
	}
	if (!rc)
		rc = confine(m->start.uid, m->start.root, &what);
	if (rc) {
		snprintf(text, sizeof(text), "%s: %s", what, strerror(-rc));
		tell_failure(rc, text);
		return rc;
	}
	tell_disk();
	return 0;
}

int worker_main(void)
{
	struct worker_message m;

	if (recv(WORKER_CONTROL, &m, sizeof(m), 0) != sizeof(m) ||
	    m.what != WORKER_START)
		return 2;
	if (start(&m))
		return 1;
	for (;;)
		if (is_serving)
			serve();
		else
			take_messages(0);
}
