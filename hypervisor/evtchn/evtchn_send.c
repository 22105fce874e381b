/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Raising events: from a port to its peer, and the pending and mask bits of
 * the two-level ABI.  evtchn_send() is a hot path: one port lock, no other.
 */
#include <hv/bitmap.h>
#include <hv/evtchn.h>
#include <hv/sched.h>

#include <abi/errno.h>

#include "port.h"

void vcpu_mark_events_pending(struct vcpu *v)
{
	/* Full barrier: what is pending is visible before the flag. */
	if (!__atomic_exchange_n(&v->info->evtchn_upcall_pending, 1,
				 __ATOMIC_SEQ_CST))
		vcpu_kick(v);
}

/*
 * Partner of the poller, which sets is_polling before it looks at the ports;
 * the caller set a pending bit, with a full barrier, before this looks at
 * is_polling.
 */
void wake_pollers(const struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu (d, v)
		if (unlikely(READ_ONCE(v->sched.is_polling)))
			vcpu_unpoll(v);
}

/*
 * The guest works upwards: it clears the upcall flag, then a selector bit,
 * then the pending bits below that are not masked.  So bits are set from the
 * bottom up, and a mask bit that is set leaves the rest to unmask.
 */
static void twolevel_set_pending(struct domain *d, struct vcpu *v,
				 uint32_t port)
{
	struct shared_info *si = d->shared_info;

	if (atomic_test_and_set_bit(port, si->evtchn_pending))
		return;
	if (!test_bit(port, si->evtchn_mask) && likely(v) &&
	    !atomic_test_and_set_bit(port / 64, &v->info->evtchn_pending_sel))
		vcpu_mark_events_pending(v);
	wake_pollers(d);
}

static void twolevel_unmask(struct domain *d, struct vcpu *v, uint32_t port)
{
	struct shared_info *si = d->shared_info;

	if (atomic_test_and_clear_bit(port, si->evtchn_mask) &&
	    test_bit(port, si->evtchn_pending) &&
	    !atomic_test_and_set_bit(port / 64, &v->info->evtchn_pending_sel))
		vcpu_mark_events_pending(v);
}

void port_set_pending(struct domain *d, struct evtchn *chn)
{
	struct evtchn_domain *ed = d->evtchn;
	struct vcpu *v = d->vcpu[READ_ONCE(chn->notify_vcpu)];

	if (likely(!READ_ONCE(ed->fifo))) {
		twolevel_set_pending(d, v, chn->port);
		/*
		 * A switch to FIFO collects the bits set before it; it may
		 * have passed this one by.  The bit was set with a full
		 * barrier, and fifo before the collecting: one sees the other.
		 */
		if (likely(!READ_ONCE(ed->fifo)))
			return;
	}
	fifo_set_pending(d, v, chn);
}

void port_clear_pending(struct domain *d, const struct evtchn *chn)
{
	if (d->evtchn->fifo)
		fifo_clear_pending(d, chn->port);
	else if (chn->port < EVTCHN_2L_NR_CHANNELS)
		atomic_test_and_clear_bit(chn->port,
					  d->shared_info->evtchn_pending);
}

void port_unmask(struct domain *d, struct evtchn *chn)
{
	struct vcpu *v = d->vcpu[chn->notify_vcpu];

	if (!v)
		return;
	if (d->evtchn->fifo)
		fifo_unmask(d, v, chn);
	else
		twolevel_unmask(d, v, chn->port);
}

bool port_is_pending(const struct domain *d, const struct evtchn *chn)
{
	if (d->evtchn->fifo)
		return fifo_is_pending(d, chn->port);
	return test_bit(chn->port, d->shared_info->evtchn_pending);
}

bool port_is_masked(const struct domain *d, const struct evtchn *chn)
{
	if (d->evtchn->fifo)
		return fifo_is_masked(d, chn->port);
	return test_bit(chn->port, d->shared_info->evtchn_mask);
}

int evtchn_send(struct domain *d, struct evtchn_send *op)
{
	struct evtchn *chn = port_lookup(d, op->port);
	int rc = 0;

	if (unlikely(!chn))
		return -EINVAL;
	spin_lock(&chn->lock);
	if (likely(chn->state == PORT_INTERDOMAIN))
		port_set_pending(chn->remote,
				 port_at(chn->remote->evtchn, chn->arg));
	else if (chn->state == PORT_IPI)
		port_set_pending(d, chn);
	else if (chn->state != PORT_UNBOUND) /* nobody there yet: dropped */
		rc = -EINVAL;
	spin_unlock(&chn->lock);
	return rc;
}

int evtchn_unmask(struct domain *d, struct evtchn_unmask *op)
{
	struct evtchn *chn = port_lookup(d, op->port);

	if (!chn)
		return -EINVAL;
	spin_lock(&chn->lock);
	if (port_in_use(chn))
		port_unmask(d, chn);
	spin_unlock(&chn->lock);
	return 0;
}

int evtchn_port_pending(struct domain *d, uint32_t port)
{
	struct evtchn *chn = port_lookup(d, port);
	bool pending;

	if (!chn)
		return -EINVAL;
	spin_lock(&chn->lock);
	pending = port_in_use(chn) && port_is_pending(d, chn);
	spin_unlock(&chn->lock);
	return pending;
}

void evtchn_info_moved(struct vcpu *v)
{
	/*
	 * A sender that still saw the old record set the pending bit first, so
	 * a look at everything finds it.
	 */
	__atomic_store_n(&v->info->evtchn_pending_sel, ~0ULL, __ATOMIC_SEQ_CST);
	WRITE_ONCE(v->info->evtchn_upcall_pending, 0);
	vcpu_mark_events_pending(v);
}
