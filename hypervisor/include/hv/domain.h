/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains and their vcpus: what every subsystem knows of them.  A subsystem's
 * own state hangs off a pointer whose type only it defines.
 */
#ifndef HV_DOMAIN_H
#define HV_DOMAIN_H

#include <hv/cpu.h>
#include <hv/guest_access.h>
#include <hv/list.h>
#include <hv/page.h>
#include <hv/rangeset.h>
#include <hv/sched_types.h>
#include <hv/spinlock.h>
#include <hv/timer.h>
#include <hv/types.h>
#include <hv/x86/vcpu.h>

#include <abi/vcpu.h>
#include <abi/xen.h>

#define MAX_VCPUS 128
#define NR_VIRQS_MAX 24

struct evtchn_domain; /* evtchn/ */
struct evtchn_vcpu;
struct grant_table; /* gnttab/ */
struct pirq_table;  /* x86/pirq.c */

struct vcpu {
	struct domain *domain;
	uint32_t id;
	bool is_initialised; /* has a context to run                         */
	bool is_down;	     /* VCPUOP_down, or never up                     */

	/* The record shared with the guest; never NULL (a dummy until set). */
	struct vcpu_info *info;
	struct page *info_page; /* reference held, when registered          */

	struct sched_vcpu sched;
	struct evtchn_vcpu *evtchn;

	struct timer singleshot; /* raises VIRQ_TIMER                        */
	struct timer periodic;
	uint64_t periodic_ns; /* 0: off */
	struct timer poll_timer;

	struct vcpu_runstate_info runstate; /* under its run queue's lock    */
	guest_ptr_t runstate_guest;	    /* 0: none                       */
	guest_ptr_t time_guest;		    /* second time record, 0: none   */

	bool nmi_pending;
	struct arch_vcpu arch;
};

struct domain {
	domid_t domid;
	bool is_privileged; /* Dom0: may use control operations              */
	bool is_dying;
	bool is_shut_down; /* reason valid; all vcpus paused                 */
	bool is_shutting_down;
	uint32_t shutdown_code;
	uint32_t refs; /* atomic; the last put frees the struct              */
	uint32_t pause_count; /* by the hypervisor itself                    */
	uint32_t control_pause_count; /* by domctl                           */
	uint8_t handle[16];
	struct list list; /* all domains, by rising domid                    */
	spinlock_t lock;  /* RANK_DOMAIN */
	spinlock_t domctl_lock;

	uint32_t max_vcpus;
	struct vcpu *vcpu[MAX_VCPUS];

	spinlock_t page_lock; /* RANK_PAGELIST: the four below                */
	uint32_t page_list;   /* first frame, 0: none                        */
	uint64_t tot_pages;   /* frames allocated                            */
	uint64_t max_pages;
	uint64_t claimed_pages; /* not yet turned into tot_pages             */
	uint64_t shared_pages;	/* hypervisor frames it may map              */

	struct shared_info *shared_info; /* NULL for the system domains      */
	struct evtchn_domain *evtchn;
	struct grant_table *grant;
	struct pirq_table *pirqs; /* NULL: may have no hardware interrupts   */
	cpumask_t dirty_cpus; /* may hold TLB entries of its tables (atomic) */

	struct rangeset iomem;	/* frames it may map though they are no RAM  */
	struct rangeset ioport; /* ports its kernel may use                  */
	struct rangeset irqs;	/* pirqs it may bind                         */

	uint64_t vm_assist;
	int64_t time_offset_s;
	uint32_t max_evtchn_port;
	uint32_t max_grant_frames, max_maptrack_frames;
	uint32_t max_grant_version;
	uint32_t tsc_mode;
	uint32_t ssidref;
	uint16_t virq_handler_mask;
	struct sched_domain sched;
	struct arch_domain *arch; /* x86: cpuid policy and the like           */
};

extern struct domain *dom0;	/* hardware domain; NULL before it exists   */
extern struct domain *dom_xen;	/* owner of hypervisor frames guests may read */
extern struct domain *dom_io;	/* owner of frames that are no RAM           */
extern struct domain *dom_idle;

struct vcpu *current_vcpu(void);
#define current current_vcpu()

static inline bool is_idle_vcpu(const struct vcpu *v)
{
	return v->domain == dom_idle;
}

#define for_each_vcpu(d, v)                                           \
	for (unsigned int i_ = 0; i_ < (d)->max_vcpus; i_++)          \
		if (((v) = (d)->vcpu[i_]) != NULL)

/*
 * @domid (or DOMID_SELF) with a reference; NULL when there is none.  A dying
 * domain is found until its last frame is gone.
 */
struct domain *domain_get(domid_t domid);
/* The same where the caller must be @domid itself or privileged: sets -errno */
int domain_get_remote(domid_t domid, struct domain **out);
void domain_put(struct domain *d);
static inline void domain_get_again(struct domain *d)
{
	__atomic_fetch_add(&d->refs, 1, __ATOMIC_RELAXED);
}

/* The vcpu @id of @d or NULL; safe against speculation. */
struct vcpu *domain_vcpu(const struct domain *d, uint32_t id);

/*
 * The guest did something there is no error to return for: log @fmt and shut
 * the domain down with SHUTDOWN_crash.  Returns; the vcpu stops before it
 * runs again.
 */
void domain_crash(struct domain *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void domain_shutdown(struct domain *d, uint32_t reason);

/* Frames by number, for code that walks a domain's memory. */
struct page *domain_first_page(const struct domain *d);
struct page *domain_next_page(const struct page *pg);

#endif
