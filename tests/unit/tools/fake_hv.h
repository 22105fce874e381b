/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine for the tools' tests: it stands in for hv.c and fmem.c, with
 * domains, frames (real memory, scattered on purpose) and the rules that the
 * tools must keep.
 */
#ifndef FAKE_HV_H
#define FAKE_HV_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/arch.h>
#include <abi/domctl.h>
#include <abi/types.h>

#define FAKE_DOMAINS 8
#define FAKE_FRAMES 65536 /* 256 MiB, given out in scattered pieces */
#define FAKE_GRANT_FRAME_BIT (1ull << 40)

struct fake_domain {
	bool exists;
	struct xen_domctl_getdomaininfo info;
	struct vcpu_guest_context vcpu0;
	bool has_vcpu0;
	unsigned int nr_ports;
	xen_pfn_t pinned;	  /* L4, 0: none */
	xen_pfn_t hypercall_page; /* 0: none */
	xen_pfn_t shared_info;
	uint8_t grants[4096];
	struct xen_domctl_sched_credit2 credit2;
	uint8_t hard[16], soft[16]; /* of vcpu 0 */
	uint32_t tsc_mode;
	int64_t time_offset;
};

struct fake {
	struct fake_domain d[FAKE_DOMAINS];
	uint16_t next_domid;
	uint64_t free_pages;
	bool no_write, no_clear, no_resource, no_big; /* what it cannot do */
	bool is_pavo; /* gives cleared memory, and says who it is */
	uint32_t nr_cpus;
	bool has_null_sched;
	char log[256]; /* what readconsole gives */
	char keys[16];
	uint32_t offline; /* bit n: pcpu n is                  */
	/* the call, counted from 1, that fails; 0: none */
	unsigned int fail_at, nr_calls;
	int fail_rc;
	unsigned int nr_mapped; /* pages mapped and not unmapped */
	/* looks at a single domain after which it is dying; 0: never */
	unsigned int looks_to_live;
	/* so many looks at a port find it bound to Dom0 */
	unsigned int looks_at_port;
	void (*at_destroy)(void); /* a domain has its last moment */
};

extern struct fake fake;

/* A machine with Dom0 and @free_mib of memory. */
void fake_reset(unsigned int free_mib);
struct fake_domain *fake_domain(domid_t domid);
/* The memory behind a frame; NULL: nobody's. */
void *fake_frame(xen_pfn_t mfn);
/* The domain that owns it; DOMID_INVALID: nobody. */
domid_t fake_owner(xen_pfn_t mfn);
uint64_t fake_m2p(xen_pfn_t mfn);
/* Where the domain's address @va leads by its pinned tables; 0: nowhere. */
xen_pfn_t fake_walk(const struct fake_domain *d, uint64_t va, uint64_t *pte);

#endif
