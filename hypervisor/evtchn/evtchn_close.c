/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking a port's meaning away: one by one, all of them at a reset, and all of
 * them at the end of a domain.
 */
#include <hv/evtchn.h>
#include <hv/irq.h>

#include <abi/errno.h>

#include "port.h"

/* Ports closed between two looks at other work. */
#define CLOSE_BATCH 64

static void lock_tables(struct domain *d, struct domain *peer)
{
	if (peer)
		spin_lock_pair(&d->evtchn->lock, &peer->evtchn->lock);
	else
		spin_lock(&d->evtchn->lock);
}

static void unlock_tables(struct domain *d, struct domain *peer)
{
	if (peer)
		spin_unlock_pair(&d->evtchn->lock, &peer->evtchn->lock);
	else
		spin_unlock(&d->evtchn->lock);
}

/*
 * Lock @d's table and, when @chn is an interdomain port, that of its other
 * side too.  Which domain that is can only be seen under a lock and change
 * while both are taken, so it is looked at again.  Returns the other side with
 * a reference; NULL: none, or @d itself.
 */
static struct domain *lock_both_ends(struct domain *d, const struct evtchn *chn)
{
	struct domain *peer = NULL;

	for (;;) {
		struct domain *now;

		lock_tables(d, peer);
		now = chn->state == PORT_INTERDOMAIN ? chn->remote : NULL;
		if (!now || now == d || now == peer)
			return peer;
		/*
		 * A domain closes its ports, which needs our table's lock,
		 * before its last reference goes.
		 */
		domain_get_again(now);
		unlock_tables(d, peer);
		if (peer)
			domain_put(peer);
		peer = now;
	}
}

static void disconnect(struct domain *d, struct evtchn *chn)
{
	struct evtchn *rchn = port_at(chn->remote->evtchn, chn->arg);

	spin_lock_pair(&chn->lock, &rchn->lock);
	rchn->state = PORT_UNBOUND;
	rchn->remote = NULL;
	rchn->arg = d->domid;
	port_free(d, chn);
	spin_unlock_pair(&chn->lock, &rchn->lock);
}

/* Nothing raises the port any more. */
static void detach_source(struct domain *d, const struct evtchn *chn)
{
	struct evtchn_domain *ed = d->evtchn;

	if (chn->state == PORT_PIRQ) {
		pirq_unbind(d, chn->arg);
		WRITE_ONCE(ed->pirq_port[chn->arg], 0);
	} else if (chn->state == PORT_VIRQ) {
		uint32_t *port = d->vcpu[chn->notify_vcpu]->evtchn->virq_port;

		if (virq_is_global(chn->arg))
			port = ed->virq_port;
		WRITE_ONCE(port[chn->arg], 0);
	}
}

static int close_port(struct domain *d, struct evtchn *chn)
{
	struct domain *peer = lock_both_ends(d, chn);
	int rc = 0;

	if (!port_in_use(chn)) {
		rc = -EINVAL;
	} else if (chn->state == PORT_INTERDOMAIN) {
		disconnect(d, chn);
	} else {
		detach_source(d, chn);
		spin_lock(&chn->lock);
		port_free(d, chn);
		spin_unlock(&chn->lock);
	}
	unlock_tables(d, peer);
	if (peer)
		domain_put(peer);
	return rc;
}

int evtchn_close(struct domain *d, struct evtchn_close *op)
{
	struct evtchn *chn = port_lookup(d, op->port);

	return chn ? close_port(d, chn) : -EINVAL;
}

/*
 * Close every port.  close_next says how far this got; vcpus that do it at the
 * same time share it, and each port is visited at least once.
 */
static int close_all(struct domain *d)
{
	struct evtchn_domain *ed = d->evtchn;
	uint32_t port;

	for (;;) {
		port = READ_ONCE(ed->close_next);
		if (port >= READ_ONCE(ed->nr_ports) || !READ_ONCE(ed->nr_used))
			break;
		close_port(d, port_at(ed, port));
		WRITE_ONCE(ed->close_next, port + 1);
		if ((port + 1) % CLOSE_BATCH == 0 && preempt_check())
			return -ERESTART;
	}
	return 0;
}

/* All ports are closed: from here on FIFO is as if never chosen. */
static int finish_close_all(struct domain *d)
{
	struct evtchn_domain *ed = d->evtchn;
	int rc = 0;

	spin_lock(&ed->lock);
	ed->close_next = 0;
	if (ed->nr_used)
		rc = -EAGAIN; /* another vcpu binds as fast as this closes */
	else if (ed->fifo)
		fifo_teardown(d);
	spin_unlock(&ed->lock);
	return rc;
}

int evtchn_reset(struct domain *d, struct evtchn_reset *op)
{
	struct domain *target;
	int rc = domain_get_remote(op->dom, &target);

	if (rc)
		return rc;
	/* Another domain must not be running: it would lose events unseen. */
	rc = -EINVAL;
	if (target == d || READ_ONCE(target->control_pause_count)) {
		rc = close_all(target);
		if (!rc)
			rc = finish_close_all(target);
	}
	domain_put(target);
	return rc;
}

int evtchn_destroy_domain(struct domain *d)
{
	int rc;

	if (!d->evtchn)
		return 0;
	ASSERT(d->is_dying);
	virq_forget_handler(d);
	rc = close_all(d);
	if (rc)
		return rc;
	rc = finish_close_all(d);
	/* A dying domain gets no new ports. */
	BUG_ON(rc);
	return 0;
}
