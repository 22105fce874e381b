/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of a domain's ports: pages of ports, made as numbers are needed
 * and kept until the domain is freed, so that a port once found stays there.
 */
#include <hv/evtchn.h>
#include <hv/page_alloc.h>
#include <hv/xalloc.h>

#include <abi/errno.h>

#include "port.h"

static int add_bucket(struct evtchn_domain *ed)
{
	uint32_t first = ed->nr_ports;
	uint32_t bucket = first / PORTS_PER_BUCKET;
	struct evtchn ***group = &ed->group[bucket / BUCKETS_PER_GROUP];
	struct evtchn *chn;

	if (!*group)
		*group = xzalloc_array(struct evtchn *, BUCKETS_PER_GROUP);
	if (!*group)
		return -ENOMEM;
	chn = hv_pages_alloc(0);
	if (!chn)
		return -ENOMEM;
	for (uint32_t i = 0; i < PORTS_PER_BUCKET; i++) {
		spin_lock_init(&chn[i].lock, RANK_PORT);
		chn[i].port = first + i;
	}
	(*group)[bucket % BUCKETS_PER_GROUP] = chn;
	/* pairs with the acquire in port_lookup() */
	__atomic_store_n(&ed->nr_ports, first + PORTS_PER_BUCKET,
			 __ATOMIC_RELEASE);
	return 0;
}

/* Ports below this may be in use. */
static uint32_t port_limit(const struct domain *d)
{
	uint32_t abi = d->evtchn->fifo ? EVTCHN_FIFO_NR_CHANNELS
				       : EVTCHN_2L_NR_CHANNELS;

	return d->max_evtchn_port < abi ? d->max_evtchn_port + 1 : abi;
}

int port_find_free(struct domain *d, struct evtchn **out)
{
	struct evtchn_domain *ed = d->evtchn;
	uint32_t limit = port_limit(d);
	bool passed_free = false;

	ASSERT(spin_is_held(&ed->lock));
	if (READ_ONCE(d->is_dying))
		return -EINVAL;
	for (uint32_t port = ed->first_free; port < limit; port++) {
		struct evtchn *chn;

		if (port == ed->nr_ports) {
			int rc = add_bucket(ed);

			if (rc)
				return rc;
		}
		chn = port_at(ed, port);
		if (chn->state == PORT_FREE) {
			/*
			 * A guest that has not yet taken the last event of the
			 * port's former use off its queue would mix the two.
			 */
			if (!ed->fifo || !fifo_is_linked(d, port)) {
				*out = chn;
				return 0;
			}
			passed_free = true;
		}
		if (!passed_free)
			ed->first_free = port + 1;
	}
	return -ENOSPC;
}

void port_use(struct domain *d, struct evtchn *chn, enum port_state state,
	      uint32_t arg, uint32_t vcpu)
{
	ASSERT(spin_is_held(&d->evtchn->lock));
	spin_lock(&chn->lock);
	chn->arg = arg;
	chn->notify_vcpu = (uint16_t)vcpu;
	chn->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
	chn->state = (uint8_t)state;
	spin_unlock(&chn->lock);
	d->evtchn->nr_used++;
}

void port_free(struct domain *d, struct evtchn *chn)
{
	struct evtchn_domain *ed = d->evtchn;

	ASSERT(spin_is_held(&ed->lock) && spin_is_held(&chn->lock));
	port_clear_pending(d, chn);
	chn->state = PORT_FREE;
	chn->remote = NULL;
	chn->arg = 0;
	chn->notify_vcpu = 0;
	chn->waiting = 0;
	ed->nr_used--;
	if (chn->port < ed->first_free)
		ed->first_free = chn->port;
}

int evtchn_init_domain(struct domain *d)
{
	struct evtchn_domain *ed = xzalloc(struct evtchn_domain);
	int rc;

	if (!ed)
		return -ENOMEM;
	spin_lock_init(&ed->lock, RANK_EVTCHN);
	d->evtchn = ed;
	rc = add_bucket(ed);
	if (rc) {
		evtchn_free_domain(d);
		return rc;
	}
	port_at(ed, 0)->state = PORT_RESERVED;
	ed->first_free = 1;
	return 0;
}

int evtchn_init_vcpu(struct vcpu *v)
{
	struct evtchn_vcpu *ev = xzalloc(struct evtchn_vcpu);

	if (!ev)
		return -ENOMEM;
	spin_lock_init(&ev->fifo_lock, RANK_FIFO);
	v->evtchn = ev;
	return 0;
}

void evtchn_free_vcpu(struct vcpu *v)
{
	ASSERT(!v->evtchn || !v->evtchn->control);
	xfree(v->evtchn);
	v->evtchn = NULL;
}

void evtchn_free_domain(struct domain *d)
{
	struct evtchn_domain *ed = d->evtchn;

	if (!ed)
		return;
	ASSERT(ed->nr_used == 0 && !ed->fifo);
	for (uint32_t port = 0; port < ed->nr_ports; port += PORTS_PER_BUCKET)
		hv_pages_free(port_at(ed, port), 0);
	for (unsigned int i = 0; i < NR_GROUPS; i++)
		xfree(ed->group[i]);
	xfree(ed->pirq_port);
	xfree(ed);
	d->evtchn = NULL;
}
