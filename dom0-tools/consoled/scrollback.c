/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scrollback file: a header page and a byte ring that grows in steps.
 * Growth allocates the blocks first, so that a full /run shows as a smaller
 * ring and never as SIGBUS on a store.
 */
#include "scrollback.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HDR_BYTES 4096
#define CAP_MAX (64u << 20)
static const char magic[8] = "pavocon";

_Static_assert(sizeof(struct scrollback_hdr) <= HDR_BYTES, "header page");

static const struct scrollback_mark *mark(const struct scrollback *sb)
{
	return &sb->hdr->mark[sb->hdr->current & 1];
}

/* Make @m the state in one store; see the essay in the header. */
static void commit(struct scrollback *sb, const struct scrollback_mark *m)
{
	uint32_t next = !(sb->hdr->current & 1);

	sb->hdr->mark[next] = *m;
	__atomic_store_n(&sb->hdr->current, next, __ATOMIC_RELEASE);
}

uint64_t scrollback_first(const struct scrollback *sb)
{
	return mark(sb)->first;
}

uint64_t scrollback_total(const struct scrollback *sb)
{
	return mark(sb)->total;
}

uint32_t scrollback_cons(const struct scrollback *sb)
{
	return (uint32_t)(mark(sb)->total - mark(sb)->base);
}

void scrollback_set_cons(struct scrollback *sb, uint32_t cons)
{
	struct scrollback_mark m = *mark(sb);

	m.base = m.total - cons;
	commit(sb, &m);
	sb->hdr->has_base = 1;
}

static int map(struct scrollback *sb, uint32_t cap)
{
	int flags = sb->fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	void *p;

	sb->map_bytes = HDR_BYTES + (size_t)cap;
	p = mmap(NULL, sb->map_bytes, PROT_READ | PROT_WRITE, flags, sb->fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	sb->hdr = p;
	sb->data = (char *)p + HDR_BYTES;
	return 0;
}

static int allocate(int fd, uint32_t size)
{
	return -posix_fallocate(fd, 0, HDR_BYTES + (off_t)size);
}

int scrollback_create(struct scrollback *sb, int dirfd, const char *file,
		      uint32_t cap)
{
	int kept = 0, rc;

	memset(sb, 0, sizeof(*sb));
	cap = (cap + SCROLLBACK_STEP - 1) / SCROLLBACK_STEP * SCROLLBACK_STEP;
	if (cap < SCROLLBACK_STEP)
		cap = SCROLLBACK_STEP;
	if (cap > CAP_MAX)
		cap = CAP_MAX;
	strncpy(sb->file, file, sizeof(sb->file) - 1);
	unlinkat(dirfd, file, 0);
	sb->fd = openat(dirfd, file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			0600);
	if (sb->fd >= 0 && allocate(sb->fd, SCROLLBACK_STEP)) {
		close(sb->fd);
		unlinkat(dirfd, file, 0);
		sb->fd = -1;
	}
	if (sb->fd < 0)
		kept = 1;
	rc = map(sb, cap);
	if (rc) {
		if (sb->fd >= 0)
			close(sb->fd);
		return rc;
	}
	sb->hdr->version = SCROLLBACK_VERSION;
	sb->hdr->size = sb->fd < 0 ? cap : SCROLLBACK_STEP;
	sb->hdr->cap = cap;
	/* The magic last: a file without it was never finished. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(sb->hdr->magic, magic, sizeof(magic));
	return kept;
}

static bool mark_is_sane(const struct scrollback_hdr *h)
{
	const struct scrollback_mark *m = &h->mark[h->current & 1];

	return m->first <= m->total && m->total - m->first <= h->size &&
	       h->logged <= m->total;
}

int scrollback_open(struct scrollback *sb, int dirfd, const char *file)
{
	struct scrollback_hdr h;
	struct stat st;
	int rc = -EBADMSG;

	memset(sb, 0, sizeof(*sb));
	strncpy(sb->file, file, sizeof(sb->file) - 1);
	sb->fd = openat(dirfd, file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (sb->fd < 0)
		return -errno;
	if (pread(sb->fd, &h, sizeof(h), 0) != sizeof(h) || fstat(sb->fd, &st))
		goto close_fd;
	if (memcmp(h.magic, magic, sizeof(magic)) ||
	    h.version != SCROLLBACK_VERSION || h.cap > CAP_MAX ||
	    h.cap % SCROLLBACK_STEP || h.size % SCROLLBACK_STEP || !h.size ||
	    h.size > h.cap || st.st_size < HDR_BYTES + (off_t)h.size ||
	    !mark_is_sane(&h))
		goto close_fd;
	rc = map(sb, h.cap);
	if (rc)
		goto close_fd;
	sb->hdr->name[SCROLLBACK_NAME - 1] = '\0';
	return 0;

close_fd:
	close(sb->fd);
	sb->fd = -1;
	return rc;
}

void scrollback_close(struct scrollback *sb)
{
	if (sb->hdr)
		munmap(sb->hdr, sb->map_bytes);
	if (sb->fd >= 0)
		close(sb->fd);
	sb->hdr = NULL;
	sb->fd = -1;
}

/*
 * Grow before the ring wraps for the first time; afterwards its size is part
 * of where each byte lies. No room: this size is the final one.
 */
static void grow(struct scrollback *sb, uint64_t upto)
{
	struct scrollback_hdr *h = sb->hdr;

	while (h->size < h->cap && upto > h->size) {
		if (allocate(sb->fd, h->size + SCROLLBACK_STEP)) {
			h->cap = h->size;
			return;
		}
		h->size += SCROLLBACK_STEP;
	}
}

static void append(struct scrollback *sb, const char *buf, size_t n,
		   bool from_ring)
{
	struct scrollback_hdr *h = sb->hdr;
	struct scrollback_mark m = *mark(sb);
	size_t at, head;

	while (n > 0) {
		size_t part = n < SCROLLBACK_STEP ? n : SCROLLBACK_STEP;

		grow(sb, m.total + part);
		/* The bytes about to be overwritten stop being valid first. */
		if (m.total + part - m.first > h->size) {
			m.first = m.total + part - h->size;
			commit(sb, &m);
		}
		at = m.total % h->size;
		head = h->size - at < part ? h->size - at : part;
		memcpy(sb->data + at, buf, head);
		memcpy(sb->data, buf + head, part - head);
		m.total += part;
		if (!from_ring)
			m.base += part;
		commit(sb, &m);
		buf += part;
		n -= part;
	}
}

void scrollback_append(struct scrollback *sb, const void *buf, size_t n)
{
	append(sb, buf, n, true);
}

void scrollback_note(struct scrollback *sb, const void *buf, size_t n)
{
	append(sb, buf, n, false);
}

size_t scrollback_span(const struct scrollback *sb, uint64_t *pos, size_t max,
		       const char **out)
{
	const struct scrollback_mark *m = mark(sb);
	size_t at, n;

	if (*pos < m->first)
		*pos = m->first;
	if (*pos >= m->total)
		return 0;
	at = *pos % sb->hdr->size;
	n = sb->hdr->size - at;
	if (n > m->total - *pos)
		n = m->total - *pos;
	*out = sb->data + at;
	return n < max ? n : max;
}
