/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a frontend needs from Xen: to grant pages, and an event channel. The
 * tiny PV kernels do it with hypercalls; the tests link a pretended Xen.
 *
 * All functions return 0 or a reference or port, or -errno.
 */
#ifndef SPLIT_FRONT_XEN_H
#define SPLIT_FRONT_XEN_H

#include <stddef.h>
#include <stdint.h>

#define FRONT_PAGE 4096u

/* @nr adjoining pages of ours, zeroed; NULL: there are none. */
void *front_pages_alloc(unsigned int nr);
void front_pages_free(void *pages, unsigned int nr);

/* Let @domid use a page; the grant reference (above 0), or -ENOSPC. */
int64_t front_grant(uint16_t domid, const void *page, int is_readonly);
/* -EBUSY: the backend still has it mapped, and keeps the reference. */
int front_grant_end(uint32_t gref);
/*
 * End a grant and free its page, whoever still has it mapped: then as soon as
 * that has ended, until when neither is used for anything else. (A backend may
 * keep its mappings until the frontend is Closed, as Linux's does.)
 */
void front_grant_drop(uint32_t gref, void *page);

/* A port that @domid may bind to. */
int front_evtchn_alloc(uint16_t domid);
void front_evtchn_close(uint32_t port);
void front_notify(uint32_t port);

#endif
