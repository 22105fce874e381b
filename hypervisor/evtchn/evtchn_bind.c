/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Giving ports a meaning: unbound, interdomain, virq, pirq and IPI, and which
 * vcpu of the domain is notified.
 */
#include <hv/evtchn.h>
#include <hv/irq.h>
#include <hv/xalloc.h>

#include <abi/errno.h>

#include "port.h"

int evtchn_alloc_for(struct domain *d, domid_t remote, uint32_t *port)
{
	struct evtchn_domain *ed = d->evtchn;
	struct evtchn *chn;
	int rc;

	spin_lock(&ed->lock);
	rc = port_find_free(d, &chn);
	if (!rc) {
		port_use(d, chn, PORT_UNBOUND, remote, 0);
		*port = chn->port;
	}
	spin_unlock(&ed->lock);
	return rc;
}

int evtchn_alloc_unbound(struct domain *d, struct evtchn_alloc_unbound *op)
{
	domid_t remote = op->remote_dom;
	struct domain *owner;
	int rc = domain_get_remote(op->dom, &owner);

	if (rc)
		return rc;
	if (remote == DOMID_SELF)
		remote = d->domid;
	rc = evtchn_alloc_for(owner, remote, &op->port);
	domain_put(owner);
	return rc;
}

/* Connect @chn, a free port of @d, to the port @rport that @rd left for @d. */
static int connect(struct domain *d, struct evtchn *chn, struct domain *rd,
		   uint32_t rport)
{
	struct evtchn *rchn = port_lookup(rd, rport);

	if (!rchn || rchn->state != PORT_UNBOUND || rchn->arg != d->domid)
		return -EINVAL;
	port_use(d, chn, PORT_UNBOUND, rd->domid, 0);
	spin_lock_pair(&chn->lock, &rchn->lock);
	chn->remote = rd;
	chn->arg = rchn->port;
	chn->state = PORT_INTERDOMAIN;
	rchn->remote = d;
	rchn->arg = chn->port;
	rchn->state = PORT_INTERDOMAIN;
	/* What the remote sent before now was dropped: let the owner look. */
	port_set_pending(d, chn);
	spin_unlock_pair(&chn->lock, &rchn->lock);
	return 0;
}

int evtchn_bind_interdomain(struct domain *d,
			    struct evtchn_bind_interdomain *op)
{
	struct domain *rd = domain_get(op->remote_dom);
	struct evtchn *chn;
	int rc;

	if (!rd)
		return -ESRCH;
	rc = -EINVAL;
	if (!rd->evtchn) /* one of the system domains */
		goto put;
	spin_lock_pair(&d->evtchn->lock, &rd->evtchn->lock);
	rc = port_find_free(d, &chn);
	if (!rc)
		rc = connect(d, chn, rd, op->remote_port);
	if (!rc)
		op->local_port = chn->port;
	spin_unlock_pair(&d->evtchn->lock, &rd->evtchn->lock);
put:
	domain_put(rd);
	return rc;
}

int evtchn_bind_virq(struct domain *d, struct evtchn_bind_virq *op)
{
	struct evtchn_domain *ed = d->evtchn;
	uint32_t *slot, virq;
	struct evtchn *chn;
	struct vcpu *v;
	int rc;

	if (op->virq >= NR_VIRQS)
		return -EINVAL;
	virq = (uint32_t)index_nospec(op->virq, NR_VIRQS);
	if (virq_is_global(virq) && op->vcpu != 0)
		return -EINVAL;
	v = domain_vcpu(d, op->vcpu);
	if (!v)
		return -ENOENT;
	slot = virq_is_global(virq) ? &ed->virq_port[virq]
				    : &v->evtchn->virq_port[virq];
	spin_lock(&ed->lock);
	rc = *slot ? -EEXIST : port_find_free(d, &chn);
	if (!rc) {
		port_use(d, chn, PORT_VIRQ, virq, v->id);
		WRITE_ONCE(*slot, chn->port);
		op->port = chn->port;
	}
	spin_unlock(&ed->lock);
	return rc;
}

int evtchn_bind_ipi(struct domain *d, struct evtchn_bind_ipi *op)
{
	struct evtchn_domain *ed = d->evtchn;
	struct vcpu *v = domain_vcpu(d, op->vcpu);
	struct evtchn *chn;
	int rc;

	if (!v)
		return -ENOENT;
	spin_lock(&ed->lock);
	rc = port_find_free(d, &chn);
	if (!rc) {
		port_use(d, chn, PORT_IPI, 0, v->id);
		op->port = chn->port;
	}
	spin_unlock(&ed->lock);
	return rc;
}

/* The map from pirqs to ports, on first use; table locked. */
static int make_pirq_map(struct domain *d)
{
	struct evtchn_domain *ed = d->evtchn;
	uint32_t nr = nr_pirqs(d);
	uint32_t *map;

	if (ed->pirq_port)
		return 0;
	map = xzalloc_array(uint32_t, nr);
	if (!map)
		return -ENOMEM;
	ed->nr_pirqs = nr;
	/* pairs with the acquire in send_pirq() */
	__atomic_store_n(&ed->pirq_port, map, __ATOMIC_RELEASE);
	return 0;
}

static int bind_pirq_locked(struct domain *d, uint32_t pirq, uint32_t flags,
			    uint32_t *port)
{
	struct evtchn_domain *ed = d->evtchn;
	struct vcpu *v = d->vcpu[0];
	struct evtchn *chn;
	int rc;

	if (!v)
		return -ENOENT;
	rc = make_pirq_map(d);
	if (rc)
		return rc;
	if (ed->pirq_port[pirq])
		return -EEXIST;
	rc = port_find_free(d, &chn);
	if (rc)
		return rc;
	/* The interrupt may come as soon as it is bound: be ready before. */
	port_use(d, chn, PORT_PIRQ, pirq, v->id);
	WRITE_ONCE(ed->pirq_port[pirq], chn->port);
	rc = pirq_bind(v, pirq, flags);
	if (rc) {
		WRITE_ONCE(ed->pirq_port[pirq], 0);
		spin_lock(&chn->lock);
		port_free(d, chn);
		spin_unlock(&chn->lock);
		return rc;
	}
	*port = chn->port;
	return 0;
}

int evtchn_bind_pirq(struct domain *d, struct evtchn_bind_pirq *op)
{
	struct evtchn_domain *ed = d->evtchn;
	uint32_t nr = nr_pirqs(d);
	int rc;

	if (op->pirq >= nr)
		return -EINVAL;
	spin_lock(&ed->lock);
	rc = bind_pirq_locked(d, (uint32_t)index_nospec(op->pirq, nr),
			      op->flags, &op->port);
	spin_unlock(&ed->lock);
	return rc;
}

static bool may_move(const struct evtchn *chn)
{
	switch (chn->state) {
	case PORT_UNBOUND:
	case PORT_INTERDOMAIN:
	case PORT_PIRQ:
		return true;
	case PORT_VIRQ:
		return virq_is_global(chn->arg);
	default:
		return false;
	}
}

int evtchn_bind_vcpu(struct domain *d, struct evtchn_bind_vcpu *op)
{
	struct evtchn_domain *ed = d->evtchn;
	struct vcpu *v = domain_vcpu(d, op->vcpu);
	struct evtchn *chn = port_lookup(d, op->port);
	int rc = -EINVAL;

	if (!v)
		return -ENOENT;
	if (!chn)
		return -EINVAL;
	spin_lock(&ed->lock);
	if (may_move(chn)) {
		spin_lock(&chn->lock);
		WRITE_ONCE(chn->notify_vcpu, (uint16_t)v->id);
		spin_unlock(&chn->lock);
		if (chn->state == PORT_PIRQ)
			pirq_set_affinity(d, chn->arg, v);
		rc = 0;
	}
	spin_unlock(&ed->lock);
	return rc;
}

static void fill_status(const struct evtchn *chn, struct evtchn_status *op)
{
	op->vcpu = chn->notify_vcpu;
	switch (chn->state) {
	case PORT_UNBOUND:
		op->status = EVTCHNSTAT_unbound;
		op->u.unbound.dom = (domid_t)chn->arg;
		break;
	case PORT_INTERDOMAIN:
		op->status = EVTCHNSTAT_interdomain;
		op->u.interdomain.dom = chn->remote->domid;
		op->u.interdomain.port = chn->arg;
		break;
	case PORT_PIRQ:
		op->status = EVTCHNSTAT_pirq;
		op->u.pirq = chn->arg;
		break;
	case PORT_VIRQ:
		op->status = EVTCHNSTAT_virq;
		op->u.virq = chn->arg;
		break;
	case PORT_IPI:
		op->status = EVTCHNSTAT_ipi;
		break;
	default:
		op->status = EVTCHNSTAT_closed;
		break;
	}
}

int evtchn_status(struct domain *d, struct evtchn_status *op)
{
	struct evtchn *chn;
	struct domain *owner;
	int rc = domain_get_remote(op->dom, &owner);

	(void)d;
	if (rc)
		return rc;
	chn = port_lookup(owner, op->port);
	if (chn) {
		op->u = (typeof(op->u)){.interdomain = {0}};
		spin_lock(&chn->lock);
		fill_status(chn, op);
		spin_unlock(&chn->lock);
	} else {
		rc = -EINVAL;
	}
	domain_put(owner);
	return rc;
}
