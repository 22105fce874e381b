/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channel ports as the files of evtchn/ see them: the table of a
 * domain's ports, and the operations every ABI has.
 *
 * Locks.  evtchn_domain.lock: which ports are in use and as what; all binding
 * and closing.  evtchn.lock: one port's fields, except the FIFO ones; a
 * writer holds both, so a holder of either may read.  A sender holds only the
 * lock of the port it sends on: that port is bound for so long, and with it
 * the peer, since closing an interdomain channel takes both ports' locks.
 * evtchn_vcpu.fifo_lock: the queues of one vcpu, and evtchn.last of every port
 * last linked on one of them.
 */
#ifndef EVTCHN_PORT_H
#define EVTCHN_PORT_H

#include <hv/assert.h>
#include <hv/domain.h>
#include <hv/spinlock.h>
#include <hv/types.h>

#include <abi/event_channel.h>
#include <abi/virq.h>

#define PORTS_PER_BUCKET 128 /* one page of ports */
#define BUCKETS_PER_GROUP 64
#define NR_GROUPS                                                              \
	(EVTCHN_FIFO_NR_CHANNELS / PORTS_PER_BUCKET / BUCKETS_PER_GROUP)

enum port_state {
	PORT_FREE,
	PORT_RESERVED,	  /* port 0: never used                        */
	PORT_UNBOUND,	  /* arg is the domid that may bind            */
	PORT_INTERDOMAIN, /* peer is port arg of remote                */
	PORT_PIRQ,	  /* arg is the pirq                           */
	PORT_VIRQ,	  /* arg is the virq                           */
	PORT_IPI,
};

struct evtchn {
	spinlock_t lock; /* RANK_PORT */
	uint32_t port;
	uint16_t notify_vcpu;
	uint8_t state;	  /* enum port_state */
	uint8_t priority; /* FIFO queue for the next link */
	struct domain *remote;
	uint32_t arg;
	uint16_t last;	 /* FIFO: vcpu * 16 + priority of the last link */
	uint8_t waiting; /* FIFO: raised before it had an event word */
	uint8_t _pad;
};
_Static_assert(sizeof(struct evtchn) * PORTS_PER_BUCKET == PAGE_SIZE,
	       "a bucket is one page");

struct evtchn_fifo;

struct evtchn_domain {
	spinlock_t lock;   /* RANK_EVTCHN */
	uint32_t nr_ports; /* ports that have a bucket; only grows */
	uint32_t nr_used;
	uint32_t first_free; /* no port below it is free                  */
	uint32_t close_next; /* progress of a close of all ports          */
	uint32_t nr_pirqs;   /* size of pirq_port                         */
	uint32_t *pirq_port; /* port by pirq, 0: none; NULL until needed  */
	uint32_t virq_port[NR_VIRQS]; /* of the global ones; 0: none        */
	struct evtchn_fifo *fifo;     /* NULL: two-level ABI                */
	struct evtchn **group[NR_GROUPS];
};

struct evtchn_vcpu {
	uint32_t virq_port[NR_VIRQS]; /* of this vcpu's own; 0: none */
	spinlock_t fifo_lock;	      /* RANK_FIFO: the two below */
	struct evtchn_fifo_control_block *control; /* guest memory or NULL */
	uint32_t tail[EVTCHN_FIFO_MAX_QUEUES];	   /* last port linked */
};

/* @port has a bucket. */
static inline struct evtchn *port_at(const struct evtchn_domain *ed,
				     uint32_t port)
{
	return &ed->group[port / (PORTS_PER_BUCKET * BUCKETS_PER_GROUP)]
			 [port / PORTS_PER_BUCKET % BUCKETS_PER_GROUP]
			 [port % PORTS_PER_BUCKET];
}

/* The port a guest named, or NULL; it may be free.  No lock needed. */
static inline struct evtchn *port_lookup(const struct domain *d, uint32_t port)
{
	const struct evtchn_domain *ed = d->evtchn;
	/* pairs with the release in add_bucket() */
	uint32_t nr = __atomic_load_n(&ed->nr_ports, __ATOMIC_ACQUIRE);

	if (unlikely(port >= nr))
		return NULL;
	return port_at(ed, (uint32_t)index_nospec(port, nr));
}

static inline bool port_in_use(const struct evtchn *chn)
{
	return chn->state > PORT_RESERVED;
}

/*
 * An unused port of @d, still free until port_use().  -EINVAL: @d is dying.
 * -ENOSPC: all are in use, up to the ABI's and the domain's limit.  -ENOMEM.
 * Call with @d's table locked.
 */
int port_find_free(struct domain *d, struct evtchn **out);
/* Both: table locked; port_free() also needs the port locked. */
void port_use(struct domain *d, struct evtchn *chn, enum port_state state,
	      uint32_t arg, uint32_t vcpu);
void port_free(struct domain *d, struct evtchn *chn);

/* evtchn_send.c; the port is held bound by a lock (see above). */
void port_set_pending(struct domain *d, struct evtchn *chn);
void port_clear_pending(struct domain *d, const struct evtchn *chn);
void port_unmask(struct domain *d, struct evtchn *chn);
bool port_is_pending(const struct domain *d, const struct evtchn *chn);
bool port_is_masked(const struct domain *d, const struct evtchn *chn);
/* A port of @d was not pending and is: its pollers may go on. */
void wake_pollers(const struct domain *d);

/* evtchn_fifo.c */
void fifo_set_pending(struct domain *d, struct vcpu *v, struct evtchn *chn);
void fifo_clear_pending(const struct domain *d, uint32_t port);
void fifo_unmask(struct domain *d, struct vcpu *v, struct evtchn *chn);
bool fifo_is_pending(const struct domain *d, uint32_t port);
bool fifo_is_masked(const struct domain *d, uint32_t port);
/* Still on a queue from an earlier use; table locked. */
bool fifo_is_linked(const struct domain *d, uint32_t port);
/* Back to the two-level ABI; no port is in use, table locked. */
void fifo_teardown(struct domain *d);

/* evtchn_virq.c */
bool virq_is_global(uint32_t virq);
void virq_forget_handler(const struct domain *d);

#endif
