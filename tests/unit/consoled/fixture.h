/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A daemon on the fake machine, driven pass by pass on a clock of the test's
 * own, and clients that check the stream they get.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "console.h"
#include "console_proto.h"
#include "consoled.h"
#include "fake_store.h"
#include "fake_xen.h"
#include "unit_test.h"

#include <stdbool.h>
#include <stdint.h>

extern struct consoled *cd;
extern uint64_t clock_ns;   /* what the daemon sees as the time */
extern int nr_until_no_mem; /* calloc and realloc fail after so many; -1 */

/* A scratch directory, a store and a daemon with logs and no rate limit. */
void daemon_start(void (*tune)(struct consoled_options *opt));
/* The daemon ends as by kill -9 and the next one starts. */
void daemon_kill(void);
void daemon_revive(void);
/* Free everything, for the leak checker. */
void daemon_end(void);

/* Make passes until there is nothing left to do. */
void settle(void);
/* Move the clock, then settle. */
void advance_ms(uint64_t ms);
/* One pass, and whatever the store has for it. */
void one_pass(void);

/* A domain with a console, connected. */
struct fake_domain *domain_start(uint16_t domid, const char *name);
struct console *console_of(uint16_t domid);
void domain_end(struct fake_domain *d);
/* Write all of @text, giving the daemon time when the ring is full. */
void guest_says(struct fake_domain *d, const char *text);

/* A client that keeps all output and knows where it lies in the stream. */
struct view {
	int fd;
	char *data;
	size_t len;
	uint64_t start, next; /* offset of data[0]; offset expected next */
	uint64_t skipped;     /* bytes missing in the middle */
	bool is_attached, is_ended, is_closed;
	int error;
	struct console_info info;
	unsigned int nr_entries;
};

void view_open(struct view *v);
/* False: the socket is full or closed. */
bool view_send(struct view *v, uint8_t type, uint16_t domid, uint32_t flags,
	       uint64_t offset, const void *body, size_t n);
/* Attach by name and settle. */
void view_attach(struct view *v, const char *name, uint32_t flags,
		 uint64_t offset);
/* Take what has arrived, and let the daemon go on, until nothing comes. */
void view_read(struct view *v);
bool view_is(const struct view *v, const char *text);
void view_close(struct view *v);

/* The whole of a file, NUL-terminated, to be freed; NULL: none. */
char *file_text(const char *path, size_t *len);
bool file_is(const char *path, const char *text);
/* Does the flood of a domain lie at @data, byte for byte, from @pos on? */
bool is_pattern(const char *data, size_t n, uint64_t pos);

#endif
