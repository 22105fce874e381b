/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a DomU test kernel has for the portable frontends: the functions of
 * split-drivers/seam/front_xen.h, the store as they reach it, and sleep.
 */
#ifndef TEST_FRONT_H
#define TEST_FRONT_H

#include <stdint.h>

#include "../../../split-drivers/xenbus/xenbus.h"

extern const struct xenbus_store bus_domu; /* ctx is not used */

/* Before any frontend. Pages and grants are from fixed pools. */
void front_start(void);
/* Sleep until one of @nr ports has had an event; all their events are taken. */
void front_wait(const uint32_t *ports, unsigned int nr);
/* Pages that are granted; a page the backend does not let go of counts. */
unsigned int front_nr_grants(void);

#endif
