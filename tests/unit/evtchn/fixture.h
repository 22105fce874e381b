/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains with event channels, and short words for what tests do to them. */
#ifndef TEST_EVTCHN_FIXTURE_H
#define TEST_EVTCHN_FIXTURE_H

#include <hv/bitmap.h>
#include <hv/evtchn.h>

#include <abi/errno.h>
#include <abi/virq.h>

#include "../../../hypervisor/evtchn/port.h"
#include "../host/world.h"

static inline struct domain *make(domid_t domid, unsigned int nr_vcpus)
{
	struct domain *d = world_domain(domid, nr_vcpus);
	struct vcpu *v;

	EXPECT_EQ(evtchn_init_domain(d), 0);
	for_each_vcpu (d, v)
		EXPECT_EQ(evtchn_init_vcpu(v), 0);
	return d;
}

static inline void end(struct domain *d)
{
	world_kill(d);
	world_put(d);
}

static inline uint32_t alloc_unbound(struct domain *d, domid_t remote)
{
	struct evtchn_alloc_unbound op = {.dom = d->domid,
					  .remote_dom = remote};

	EXPECT_EQ(evtchn_alloc_unbound(current->domain, &op), 0);
	return op.port;
}

static inline uint32_t bind_interdomain(struct domain *d, domid_t remote,
					uint32_t port)
{
	struct evtchn_bind_interdomain op = {.remote_dom = remote,
					     .remote_port = port};

	EXPECT_EQ(evtchn_bind_interdomain(d, &op), 0);
	return op.local_port;
}

static inline uint32_t bind_ipi(struct domain *d, uint32_t vcpu)
{
	struct evtchn_bind_ipi op = {.vcpu = vcpu};

	EXPECT_EQ(evtchn_bind_ipi(d, &op), 0);
	return op.port;
}

static inline uint32_t bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu)
{
	struct evtchn_bind_virq op = {.virq = virq, .vcpu = vcpu};

	EXPECT_EQ(evtchn_bind_virq(d, &op), 0);
	return op.port;
}

static inline int send_port(struct domain *d, uint32_t port)
{
	struct evtchn_send op = {.port = port};

	return evtchn_send(d, &op);
}

static inline int close_at(struct domain *d, uint32_t port)
{
	struct evtchn_close op = {.port = port};

	return evtchn_close(d, &op);
}

static inline int unmask(struct domain *d, uint32_t port)
{
	struct evtchn_unmask op = {.port = port};

	return evtchn_unmask(d, &op);
}

static inline int bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu)
{
	struct evtchn_bind_vcpu op = {.port = port, .vcpu = vcpu};

	return evtchn_bind_vcpu(d, &op);
}

static inline int reset(struct domain *d, domid_t domid)
{
	struct evtchn_reset op = {.dom = domid};

	return evtchn_reset(d, &op);
}

static inline struct evtchn_status status_of(struct domain *d, uint32_t port)
{
	struct evtchn_status op = {.dom = d->domid, .port = port};

	EXPECT_EQ(evtchn_status(current->domain, &op), 0);
	return op;
}

static inline uint32_t status(struct domain *d, uint32_t port)
{
	return status_of(d, port).status;
}

static inline bool pending_2l(struct domain *d, uint32_t port)
{
	return test_bit(port, d->shared_info->evtchn_pending);
}

/* As a guest handles all it is told of; the number of events. */
static inline unsigned int take_2l(struct domain *d, struct vcpu *v)
{
	unsigned int nr = 0;
	uint64_t sel;

	v->info->evtchn_upcall_pending = 0;
	sel = __atomic_exchange_n(&v->info->evtchn_pending_sel, 0,
				  __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < 64; i++) {
		uint64_t *word = &d->shared_info->evtchn_pending[i];
		uint64_t ready = *word & ~d->shared_info->evtchn_mask[i];

		if (!(sel >> i & 1))
			continue;
		*word &= ~ready;
		nr += (unsigned int)__builtin_popcountll(ready);
	}
	return nr;
}

#endif
