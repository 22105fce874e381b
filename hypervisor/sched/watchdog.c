/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SCHEDOP_watchdog: a domain that does not set its watchdog again in time is
 * shut down with SHUTDOWN_watchdog.
 */
#include <abi/errno.h>
#include <abi/sched.h>
#include <hv/sched_op.h>
#include <hv/time.h>

#include "sched_internal.h"

static void bite(void *data)
{
	struct domain *d = data;

	if (!d->is_dying)
		domain_shutdown(d, SHUTDOWN_watchdog);
}

void watchdog_init(struct domain *d)
{
	for (unsigned int i = 0; i < NR_WATCHDOGS; i++)
		timer_init(&d->sched.watchdog[i], bite, d, smp_processor_id());
}

void watchdog_kill(struct domain *d)
{
	for (unsigned int i = 0; i < NR_WATCHDOGS; i++)
		timer_kill(&d->sched.watchdog[i]);
}

static int watchdog_start(struct sched_domain *s, uint32_t timeout_s)
{
	unsigned int i;

	if (!timeout_s)
		return -EINVAL;
	for (i = 0; i < NR_WATCHDOGS; i++)
		if (!s->watchdog_used[i])
			break;
	if (i == NR_WATCHDOGS)
		return -ENOSPC;
	s->watchdog_used[i] = true;
	timer_set(&s->watchdog[i], now_ns() + timeout_s * NS_PER_SEC);
	return (int)i + 1;
}

static int watchdog_change(struct sched_domain *s, uint32_t id,
			   uint32_t timeout_s)
{
	uint64_t i = index_nospec(id - 1, NR_WATCHDOGS);

	if (id > NR_WATCHDOGS || !s->watchdog_used[i])
		return -EINVAL;
	if (timeout_s) {
		timer_set(&s->watchdog[i], now_ns() + timeout_s * NS_PER_SEC);
	} else {
		timer_stop(&s->watchdog[i]);
		s->watchdog_used[i] = false;
	}
	return 0;
}

int schedop_watchdog(struct vcpu *v, struct sched_watchdog *op)
{
	struct domain *d = v->domain;
	int rc;

	spin_lock(&d->lock);
	rc = op->id ? watchdog_change(&d->sched, op->id, op->timeout)
		    : watchdog_start(&d->sched, op->timeout);
	spin_unlock(&d->lock);
	return rc;
}
