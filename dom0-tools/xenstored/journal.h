/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Crash-safe key-value storage: a tdb database and, before it, a log in
 * shared memory.
 *
 * Changes are appended to the log, a mapped file, and become durable together
 * when journal_commit() publishes the log's new end: one store to memory, no
 * system call.  Now and then the log is folded into the tdb in one tdb
 * transaction.  Durable means: against the death of this process at any
 * instruction.  Against power loss nothing is promised and nothing is needed,
 * since no domain outlives it; a journal left by an earlier boot is discarded.
 */
#ifndef XENSTORED_JOURNAL_H
#define XENSTORED_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

struct journal;

struct journal_options {
	const char *dir;     /* holds the files "tdb" and "tdb.log" */
	const char *boot_id; /* differs: what is there is discarded */
	size_t log_bytes;    /* size of the log; 0: default */
	bool discard;	     /* start empty in any case */
	bool no_mmap;	     /* tests: the tdb makes system calls */
	int tdb_buckets;     /* of a new tdb; 0: default */
};

/*
 * Open or create, and fold what the log holds into the tdb.  -EBUSY: another
 * process has it open.  A damaged tdb is moved aside to "tdb.damaged" and
 * *@damaged set.
 */
int journal_open(const struct journal_options *opt, struct journal **out,
		 bool *damaged);
void journal_close(struct journal *j);

/*
 * Append to the current batch; the caller writes the key and then the value
 * to the memory returned.  NULL: no room (remembered, see journal_commit).
 */
void *journal_put(struct journal *j, size_t key_len, size_t value_len);
void journal_del(struct journal *j, const void *key, size_t key_len);

/*
 * Make the batch durable.  -EIO, once: it could not be recorded in full, and
 * a crash now would lose changes.
 */
int journal_commit(struct journal *j);

/* Fold the log into the tdb now. */
int journal_fold(struct journal *j);

/* Every key and value in the tdb, in no order; the log is not looked at. */
int journal_each(struct journal *j,
		 int (*fn)(const char *key, size_t key_len, const char *value,
			   size_t value_len, void *arg),
		 void *arg);

/* Bytes in the log and in the tdb. */
void journal_sizes(const struct journal *j, size_t *log, size_t *tdb);

#endif
