/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual and physical interrupts on their way to the port that is bound to
 * them, and which domain receives each global virq.
 */
#include <hv/evtchn.h>

#include <abi/errno.h>

#include "port.h"

static spinlock_t handler_lock = SPINLOCK_INIT(RANK_VIRQ);
static struct domain *handler[NR_VIRQS]; /* a reference held; NULL: Dom0 */

bool virq_is_global(uint32_t virq)
{
	switch (virq) {
	case VIRQ_TIMER:
	case VIRQ_DEBUG:
	case VIRQ_XENOPROF:
	case VIRQ_XENPMU:
		return false;
	default:
		return true;
	}
}

/*
 * @port was found without a lock: it may have been closed since, or even bound
 * to something else.
 */
static bool raise(struct domain *d, uint32_t port, enum port_state state,
		  uint32_t arg)
{
	struct evtchn *chn;
	bool ours;

	if (!port)
		return false;
	chn = port_at(d->evtchn, port);
	spin_lock(&chn->lock);
	ours = chn->state == state && chn->arg == arg;
	if (ours)
		port_set_pending(d, chn);
	spin_unlock(&chn->lock);
	return ours;
}

void send_vcpu_virq(struct vcpu *v, uint32_t virq)
{
	ASSERT(virq < NR_VIRQS && !virq_is_global(virq));
	raise(v->domain, READ_ONCE(v->evtchn->virq_port[virq]), PORT_VIRQ,
	      virq);
}

void send_domain_virq(struct domain *d, uint32_t virq)
{
	ASSERT(virq < NR_VIRQS && virq_is_global(virq));
	raise(d, READ_ONCE(d->evtchn->virq_port[virq]), PORT_VIRQ, virq);
}

void send_global_virq(uint32_t virq)
{
	struct domain *d;

	ASSERT(virq < NR_VIRQS);
	/* The lock keeps the handler's reference from being dropped. */
	spin_lock(&handler_lock);
	d = handler[virq] ? handler[virq] : dom0;
	if (d)
		send_domain_virq(d, virq);
	spin_unlock(&handler_lock);
}

bool send_pirq(struct domain *d, uint32_t pirq)
{
	const struct evtchn_domain *ed = d->evtchn;
	/* pairs with the release in make_pirq_map() */
	const uint32_t *map = __atomic_load_n(&ed->pirq_port, __ATOMIC_ACQUIRE);

	if (!map || pirq >= ed->nr_pirqs)
		return false;
	return raise(d, READ_ONCE(map[pirq]), PORT_PIRQ, pirq);
}

int evtchn_set_virq_handler(struct domain *d, uint32_t virq)
{
	struct domain *old = NULL;
	int rc = -EINVAL;

	if (virq >= NR_VIRQS || !virq_is_global(virq))
		return -EINVAL;
	virq = (uint32_t)index_nospec(virq, NR_VIRQS);
	spin_lock(&handler_lock);
	if (!READ_ONCE(d->is_dying)) {
		old = handler[virq];
		handler[virq] = d == dom0 ? NULL : d;
		if (handler[virq])
			domain_get_again(d);
		rc = 0;
	}
	spin_unlock(&handler_lock);
	if (old)
		domain_put(old);
	return rc;
}

void virq_forget_handler(const struct domain *d)
{
	for (uint32_t virq = 0; virq < NR_VIRQS; virq++) {
		struct domain *old = NULL;

		spin_lock(&handler_lock);
		if (handler[virq] == d) {
			old = handler[virq];
			handler[virq] = NULL;
		}
		spin_unlock(&handler_lock);
		if (old)
			domain_put(old);
	}
}
