/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the schedulers are called.
 */
#ifndef SCHED_NAMES_H
#define SCHED_NAMES_H

#include <abi/domctl.h>

static inline const char *sched_name(uint32_t id)
{
	switch (id) {
	case XEN_SCHEDULER_CREDIT:
		return "credit";
	case XEN_SCHEDULER_CREDIT2:
		return "credit2";
	case XEN_SCHEDULER_ARINC653:
		return "arinc653";
	case XEN_SCHEDULER_RTDS:
		return "rtds";
	case XEN_SCHEDULER_NULL:
		return "null";
	default:
		return "unknown";
	}
}

#endif
