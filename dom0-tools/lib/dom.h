/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on domains: domctl, one typed function each.
 *
 * All return 0 or -errno as the hypervisor gave it (-ESRCH: no such domain)
 * and record nothing; the caller knows what was attempted.
 */
#ifndef DOM_H
#define DOM_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/domctl.h>

#include "hv.h"

/* @cfg is in and out; the new domain, paused, is *@domid. */
int dom_create(struct hv *hv, struct xen_domctl_createdomain *cfg,
	       domid_t *domid);
/* Ends when the domain's memory has been given up. */
int dom_destroy(struct hv *hv, domid_t domid);
int dom_pause(struct hv *hv, domid_t domid);
int dom_unpause(struct hv *hv, domid_t domid);
int dom_info(struct hv *hv, domid_t domid,
	     struct xen_domctl_getdomaininfo *info);
/* Up to @max domains from @first on; returns how many. */
int dom_list(struct hv *hv, domid_t first, uint32_t max,
	     struct xen_domctl_getdomaininfo *out);
int dom_max_mem(struct hv *hv, domid_t domid, uint64_t kib);
int dom_max_vcpus(struct hv *hv, domid_t domid, uint32_t nr);
int dom_set_address_size(struct hv *hv, domid_t domid, uint32_t bits);
int dom_hypercall_init(struct hv *hv, domid_t domid, xen_pfn_t mfn);
int dom_set_tsc_mode(struct hv *hv, domid_t domid, uint32_t mode);
int dom_set_time_offset(struct hv *hv, domid_t domid, int64_t seconds);
int dom_set_handle(struct hv *hv, domid_t domid, const uint8_t handle[16]);
int dom_send_trigger(struct hv *hv, domid_t domid, uint32_t trigger,
		     uint32_t vcpu);

int dom_set_vcpu(struct hv *hv, domid_t domid, uint32_t vcpu,
		 const struct vcpu_guest_context *ctxt);
int dom_get_vcpu(struct hv *hv, domid_t domid, uint32_t vcpu,
		 struct vcpu_guest_context *ctxt);
int dom_vcpu_info(struct hv *hv, domid_t domid, uint32_t vcpu,
		  struct xen_domctl_getvcpuinfo *info);

/*
 * Affinity of a vcpu as bitmaps of @nr_bits pcpus; NULL: that one is not
 * wanted. @force breaks a temporary pin by the hypervisor.
 */
int dom_set_affinity(struct hv *hv, domid_t domid, uint32_t vcpu,
		     const uint8_t *hard, const uint8_t *soft, uint32_t nr_bits,
		     bool force);
int dom_get_affinity(struct hv *hv, domid_t domid, uint32_t vcpu, uint8_t *hard,
		     uint8_t *soft, uint32_t nr_bits);

int dom_get_credit2(struct hv *hv, domid_t domid,
		    struct xen_domctl_sched_credit2 *p);
int dom_set_credit2(struct hv *hv, domid_t domid,
		    const struct xen_domctl_sched_credit2 *p);

/* The types of @nr frames, at most 1024: XEN_DOMCTL_PFINFO_* by mfn. */
int dom_frame_types(struct hv *hv, domid_t domid, const xen_pfn_t *mfns,
		    uint32_t nr, uint32_t *types);

/* End the domain from outside, as if it had said @reason (SHUTDOWN_*). */
int dom_remote_shutdown(struct hv *hv, domid_t domid, uint32_t reason);
/* A port in @domid that @remote may bind to. */
int dom_alloc_unbound(struct hv *hv, domid_t domid, domid_t remote,
		      uint32_t *port);
/* 1: @domid has @port open for @remote or bound to it; 0: no. */
int dom_port_is_to(struct hv *hv, domid_t domid, uint32_t port, domid_t remote);
/*
 * Give the domain @nr extents of 1 << @order frames, at @pfns; their first
 * machine frames go to @mfns. Returns how many were given.
 */
long dom_populate(struct hv *hv, domid_t domid, const xen_pfn_t *pfns,
		  uint32_t nr, uint32_t order, xen_pfn_t *mfns);
/* mmuext_op on the domain's frames: pin it as an L4. */
int dom_pin_l4(struct hv *hv, domid_t domid, xen_pfn_t mfn);
/* Clear pages of the domain. */
int dom_clear(struct hv *hv, domid_t domid, const xen_pfn_t *mfns, size_t nr);
/*
 * Write @len bytes to the domain's virtual address @va, by its first vcpu's
 * page tables. @src must be in memory: what is not ends the copy early, so
 * *@done may be less than @len when 0 or -EFAULT is returned.
 */
int dom_write(struct hv *hv, domid_t domid, uint64_t va, const void *src,
	      size_t len, size_t *done);

#endif
