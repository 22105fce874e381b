/* SPDX-License-Identifier: MIT */
/*
 * Event channels: one-bit notifications between domains, from virtual and
 * physical interrupts, and between the vcpus of a domain.
 */
#ifndef ABI_EVENT_CHANNEL_H
#define ABI_EVENT_CHANNEL_H

#include <abi/types.h>

#define EVTCHNOP_bind_interdomain 0
#define EVTCHNOP_bind_virq 1
#define EVTCHNOP_bind_pirq 2
#define EVTCHNOP_close 3
#define EVTCHNOP_send 4
#define EVTCHNOP_status 5
#define EVTCHNOP_alloc_unbound 6
#define EVTCHNOP_bind_ipi 7
#define EVTCHNOP_bind_vcpu 8
#define EVTCHNOP_unmask 9
#define EVTCHNOP_reset 10
#define EVTCHNOP_init_control 11
#define EVTCHNOP_expand_array 12
#define EVTCHNOP_set_priority 13

typedef uint32_t evtchn_port_t;

/* A port in @dom that @remote_dom may bind to. */
struct evtchn_alloc_unbound {
	domid_t dom, remote_dom;
	evtchn_port_t port; /* out */
};
ABI_SIZE(struct evtchn_alloc_unbound, 8);

struct evtchn_bind_interdomain {
	domid_t remote_dom;
	uint16_t _pad;
	evtchn_port_t remote_port;
	evtchn_port_t local_port; /* out */
};
ABI_SIZE(struct evtchn_bind_interdomain, 12);

struct evtchn_bind_virq {
	uint32_t virq; /* VIRQ_* */
	uint32_t vcpu;
	evtchn_port_t port; /* out */
};

#define BIND_PIRQ__WILL_SHARE 1
struct evtchn_bind_pirq {
	uint32_t pirq;
	uint32_t flags;	    /* BIND_PIRQ__* */
	evtchn_port_t port; /* out */
};

struct evtchn_bind_ipi {
	uint32_t vcpu;
	evtchn_port_t port; /* out */
};

struct evtchn_close {
	evtchn_port_t port;
};

struct evtchn_send {
	evtchn_port_t port;
};

#define EVTCHNSTAT_closed 0
#define EVTCHNSTAT_unbound 1
#define EVTCHNSTAT_interdomain 2
#define EVTCHNSTAT_pirq 3
#define EVTCHNSTAT_virq 4
#define EVTCHNSTAT_ipi 5
struct evtchn_status {
	domid_t dom; /* in */
	uint16_t _pad;
	evtchn_port_t port; /* in */
	uint32_t status;    /* out, EVTCHNSTAT_* */
	uint32_t vcpu;	    /* out, where it is delivered */
	union {
		struct {
			domid_t dom;
		} unbound;
		struct {
			domid_t dom;
			uint16_t _pad;
			evtchn_port_t port;
		} interdomain;
		uint32_t pirq;
		uint32_t virq;
	} u;
};
ABI_SIZE(struct evtchn_status, 24);

struct evtchn_bind_vcpu {
	evtchn_port_t port;
	uint32_t vcpu;
};

struct evtchn_unmask {
	evtchn_port_t port;
};

struct evtchn_reset {
	domid_t dom;
};

/* Switch a vcpu to FIFO events. */
struct evtchn_init_control {
	uint64_t control_gfn; /* frame of the control block */
	uint32_t offset;      /* of the block in that frame */
	uint32_t vcpu;
	uint8_t link_bits; /* out */
	uint8_t _pad[7];
};
ABI_SIZE(struct evtchn_init_control, 24);

/* One more page of event words. */
struct evtchn_expand_array {
	uint64_t array_gfn;
};

struct evtchn_set_priority {
	evtchn_port_t port;
	uint32_t priority; /* 0 first, 15 last */
};

/* 2-level ABI: 64 words of 64 bits. */
#define EVTCHN_2L_NR_CHANNELS 4096

#define EVTCHN_FIFO_PRIORITY_MAX 0
#define EVTCHN_FIFO_PRIORITY_DEFAULT 7
#define EVTCHN_FIFO_PRIORITY_MIN 15
#define EVTCHN_FIFO_MAX_QUEUES (EVTCHN_FIFO_PRIORITY_MIN + 1)

/*
 * FIFO ABI: an event word per port.  Bit numbers; the low LINK_BITS hold the
 * next port of the queue the word is on (0: none).
 */
typedef uint32_t event_word_t;
#define EVTCHN_FIFO_PENDING 31
#define EVTCHN_FIFO_MASKED 30
#define EVTCHN_FIFO_LINKED 29
#define EVTCHN_FIFO_BUSY 28
#define EVTCHN_FIFO_LINK_BITS 17
#define EVTCHN_FIFO_LINK_MASK ((1 << EVTCHN_FIFO_LINK_BITS) - 1)
#define EVTCHN_FIFO_NR_CHANNELS (1 << EVTCHN_FIFO_LINK_BITS)

/* One per vcpu.  ready: bit n set while queue n has events. */
struct evtchn_fifo_control_block {
	uint32_t ready;
	uint32_t _rsvd;
	event_word_t head[EVTCHN_FIFO_MAX_QUEUES];
};
ABI_SIZE(struct evtchn_fifo_control_block, 72);

#endif
