// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log and the tdb behind it; see journal.h for what they promise.
 *
 * The log is a header and a sequence of records.  header.end is the only word
 * that makes records count, and it is stored last, so a process that dies
 * leaves either all of a batch or nothing.  Replaying records over a tdb that
 * already has them changes nothing, so a fold may die at any point too: the
 * tdb's own transaction is all or nothing, and the log is emptied after it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include <signal.h>
#include <tdb.h>

#include "journal.h"

#define LOG_MAGIC 0x31676f4c53786f50ull
#define LOG_DEFAULT (512u << 10)
#define TDB_BUCKETS 4999
#define DELETED UINT32_MAX

struct log_header {
	uint64_t magic;
	uint64_t end; /* offset after the last record that counts */
	char boot_id[48];
};

struct record {
	uint32_t key_len;
	uint32_t value_len; /* DELETED: the key is to go */
	char bytes[];
};

struct journal {
	struct tdb_context *tdb;
	int fd;
	char *log;   /* the mapped file, a struct log_header first */
	size_t size; /* of the mapping */
	size_t end;  /* of the batch being written */
	size_t fold_at;
	bool torn;   /* a record of this batch is missing */
	bool unsafe; /* reported: not everything is on record */
};

/* Bytes of a record, padded so that the next one is aligned. */
static size_t record_len(size_t key_len, size_t value_len)
{
	size_t len = sizeof(struct record) + key_len +
		     (value_len == DELETED ? 0 : value_len);

	return (len + 7) & ~(size_t)7;
}

static struct log_header *header(const struct journal *j)
{
	return (struct log_header *)(void *)j->log;
}

static const struct record *record_at(const struct journal *j, size_t off)
{
	return (const struct record *)(const void *)(j->log + off);
}

static int log_resize(struct journal *j, size_t size)
{
	void *p;
	int rc;

	/* reserve the pages: a full filesystem must not become a SIGBUS */
	rc = posix_fallocate(j->fd, 0, (off_t)size);
	if (rc)
		return -rc;
	p = j->log ? mremap(j->log, j->size, size, MREMAP_MAYMOVE)
		   : mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, j->fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	j->log = p;
	j->size = size;
	return 0;
}

/* Is the log sound and of this boot?  Then its records are to be kept. */
static bool log_is_valid(const struct journal *j, const char *boot_id)
{
	const struct log_header *h = header(j);
	size_t off = sizeof(*h);

	if (h->magic != LOG_MAGIC || h->end < sizeof(*h) || h->end > j->size ||
	    strncmp(h->boot_id, boot_id, sizeof(h->boot_id) - 1))
		return false;
	while (off < h->end) {
		const struct record *r = record_at(j, off);
		size_t len;

		if (h->end - off < sizeof(*r))
			return false;
		len = record_len(r->key_len, r->value_len);
		if (len > h->end - off)
			return false;
		off += len;
	}
	return true;
}

static void log_init(struct journal *j, const char *boot_id)
{
	struct log_header *h = header(j);

	h->magic = 0;
	h->end = sizeof(*h);
	memset(h->boot_id, 0, sizeof(h->boot_id));
	strncpy(h->boot_id, boot_id, sizeof(h->boot_id) - 1);
	h->magic = LOG_MAGIC;
}

static struct tdb_context *open_tdb(const char *path,
				    const struct journal_options *opt)
{
	/* we hold a lock of our own, and need no fsync: see journal.h */
	int flags = TDB_NOLOCK | TDB_NOSYNC | TDB_INCOMPATIBLE_HASH;

	if (opt->no_mmap)
		flags |= TDB_NOMMAP;
	return tdb_open(path, opt->tdb_buckets ? opt->tdb_buckets : TDB_BUCKETS,
			flags, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
}

static int any(const char *key, size_t key_len, const char *value,
	       size_t value_len, void *arg)
{
	(void)key, (void)key_len, (void)value, (void)value_len, (void)arg;
	return 0;
}

/*
 * Open the tdb, fold the log into it, and see that all of it can be read.
 * (tdb_check() would be stricter than tdb itself: it takes what is left of an
 * expansion during which a process died for damage.)
 */
static int open_and_fold(struct journal *j, const struct journal_options *opt)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/tdb", opt->dir);
	j->tdb = open_tdb(path, opt);
	if (!j->tdb)
		return -EIO;
	rc = journal_fold(j);
	if (!rc)
		rc = journal_each(j, any, NULL);
	if (rc)
		tdb_close(j->tdb);
	return rc;
}

/* Start again beside what can not be used. */
static int put_aside(struct journal *j, const struct journal_options *opt)
{
	char path[PATH_MAX], aside[PATH_MAX];

	snprintf(path, sizeof(path), "%s/tdb", opt->dir);
	snprintf(aside, sizeof(aside), "%s/tdb.damaged", opt->dir);
	if (rename(path, aside))
		return -errno;
	log_init(j, opt->boot_id);
	j->end = header(j)->end;
	return open_and_fold(j, opt);
}

int journal_open(const struct journal_options *opt, struct journal **out,
		 bool *damaged)
{
	struct journal *j = calloc(1, sizeof(*j));
	size_t size = opt->log_bytes ? opt->log_bytes : LOG_DEFAULT;
	char path[PATH_MAX];
	struct stat st;
	int rc;

	*damaged = false;
	if (!j)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s/tdb.log", opt->dir);
	j->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (j->fd < 0) {
		rc = -errno;
		goto free_j;
	}
	rc = -EBUSY;
	if (flock(j->fd, LOCK_EX | LOCK_NB))
		goto close_fd;
	rc = fstat(j->fd, &st) ? -errno : 0;
	if (rc)
		goto close_fd;
	j->fold_at = size / 2;
	if ((size_t)st.st_size > size)
		size = (size_t)st.st_size;
	rc = log_resize(j, size);
	if (rc)
		goto close_fd;
	if (opt->discard || !log_is_valid(j, opt->boot_id)) {
		/* the tdb is of this boot only as long as the log says so */
		snprintf(path, sizeof(path), "%s/tdb", opt->dir);
		header(j)->magic = 0;
		rc = unlink(path) && errno != ENOENT ? -errno : 0;
		if (rc)
			goto unmap;
	}
	if (header(j)->magic != LOG_MAGIC)
		log_init(j, opt->boot_id);
	j->end = header(j)->end;
	rc = open_and_fold(j, opt);
	if (rc == -EIO) {
		*damaged = true;
		rc = put_aside(j, opt);
	}
	if (rc)
		goto unmap;
	*out = j;
	return 0;

unmap:
	munmap(j->log, j->size);
close_fd:
	close(j->fd);
free_j:
	free(j);
	return rc;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	journal_fold(j);
	tdb_close(j->tdb);
	munmap(j->log, j->size);
	close(j->fd);
	free(j);
}

static struct record *append(struct journal *j, size_t key_len,
			     size_t value_len)
{
	size_t len = record_len(key_len, value_len);
	struct record *r;

	if (len > j->size - j->end) {
		size_t size = j->size * 2;

		while (len > size - j->end)
			size *= 2;
		if (log_resize(j, size)) {
			j->torn = true;
			return NULL;
		}
	}
	r = (struct record *)(void *)(j->log + j->end);
	r->key_len = (uint32_t)key_len;
	r->value_len = (uint32_t)value_len;
	j->end += len;
	return r;
}

void *journal_put(struct journal *j, size_t key_len, size_t value_len)
{
	struct record *r = append(j, key_len, value_len);

	return r ? r->bytes : NULL;
}

void journal_del(struct journal *j, const void *key, size_t key_len)
{
	struct record *r = append(j, key_len, DELETED);

	if (r)
		memcpy(r->bytes, key, key_len);
}

int journal_commit(struct journal *j)
{
	bool was_unsafe = j->unsafe;

	if (j->torn) {
		/* all or nothing, even now */
		j->end = header(j)->end;
		j->torn = false;
		j->unsafe = true;
	}
	/* pairs with the next process reading the file: records, then end */
	__atomic_store_n(&header(j)->end, j->end, __ATOMIC_RELEASE);
	if (j->end >= j->fold_at && journal_fold(j)) {
		/* the log goes on; try again when it is twice as long */
		j->fold_at = j->end * 2;
		j->unsafe = true;
	}
	return j->unsafe && !was_unsafe ? -EIO : 0;
}

/* The last record of each key, found by hash; offsets, 0 is empty. */
struct last {
	size_t *slot;
	size_t mask;
};

static uint64_t hash(const char *p, size_t len)
{
	uint64_t h = len;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 0x100000001b3ull;
	return h ^ h >> 29;
}

static void last_insert(const struct journal *j, struct last *l, size_t off)
{
	const struct record *r = record_at(j, off);

	for (size_t i = hash(r->bytes, r->key_len);; i++) {
		size_t *slot = &l->slot[i & l->mask];

		if (*slot) {
			const struct record *o = record_at(j, *slot);

			if (o->key_len != r->key_len ||
			    memcmp(o->bytes, r->bytes, r->key_len))
				continue;
		}
		*slot = off;
		return;
	}
}

static size_t next_record(const struct journal *j, size_t off)
{
	const struct record *r = record_at(j, off);

	return off + record_len(r->key_len, r->value_len);
}

static int last_build(const struct journal *j, struct last *l)
{
	size_t nr = 0, off;

	for (off = sizeof(struct log_header); off < j->end; nr++)
		off = next_record(j, off);
	l->mask = 15;
	while (l->mask < nr * 2)
		l->mask = l->mask * 2 + 1;
	l->slot = calloc(l->mask + 1, sizeof(*l->slot));
	if (!l->slot)
		return -ENOMEM;
	for (off = sizeof(struct log_header); off < j->end;) {
		last_insert(j, l, off);
		off = next_record(j, off);
	}
	return 0;
}

static int apply(struct journal *j, size_t off)
{
	const struct record *r = record_at(j, off);
	TDB_DATA key, value;

	/* tdb does not write to what it is given */
	key.dptr = (unsigned char *)(uintptr_t)r->bytes;
	key.dsize = r->key_len;
	if (r->value_len == DELETED) {
		if (tdb_delete(j->tdb, key) == 0 ||
		    tdb_error(j->tdb) == TDB_ERR_NOEXIST)
			return 0;
		return -EIO;
	}
	value.dptr = key.dptr + r->key_len;
	value.dsize = r->value_len;
	return tdb_store(j->tdb, key, value, TDB_REPLACE) ? -EIO : 0;
}

int journal_fold(struct journal *j)
{
	struct last l;
	int rc;

	if (j->end == sizeof(struct log_header))
		return 0;
	rc = last_build(j, &l);
	if (rc)
		return rc;
	rc = -EIO;
	if (tdb_transaction_start(j->tdb))
		goto out;
	for (size_t i = 0; i <= l.mask; i++) {
		if (!l.slot[i])
			continue;
		rc = apply(j, l.slot[i]);
		if (rc) {
			tdb_transaction_cancel(j->tdb);
			goto out;
		}
	}
	rc = tdb_transaction_commit(j->tdb) ? -EIO : 0;
	if (rc)
		goto out;
	j->end = sizeof(struct log_header);
	__atomic_store_n(&header(j)->end, j->end, __ATOMIC_RELEASE);
out:
	free(l.slot);
	return rc;
}

struct each {
	int (*fn)(const char *, size_t, const char *, size_t, void *);
	void *arg;
	int rc;
};

static int each_tdb(struct tdb_context *tdb, TDB_DATA key, TDB_DATA value,
		    void *arg)
{
	struct each *e = arg;

	(void)tdb;
	e->rc = e->fn((char *)key.dptr, key.dsize, (char *)value.dptr,
		      value.dsize, e->arg);
	return e->rc;
}

int journal_each(struct journal *j,
		 int (*fn)(const char *key, size_t key_len, const char *value,
			   size_t value_len, void *arg),
		 void *arg)
{
	struct each e = {fn, arg, 0};

	if (tdb_traverse_read(j->tdb, each_tdb, &e) < 0 && !e.rc)
		return -EIO;
	return e.rc;
}

void journal_sizes(const struct journal *j, size_t *log, size_t *tdb)
{
	struct stat st;

	*log = j->end;
	*tdb = fstat(tdb_fd(j->tdb), &st) ? 0 : (size_t)st.st_size;
}
