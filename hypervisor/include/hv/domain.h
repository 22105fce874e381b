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
struct grant_table;   /* gnttab/ */
struct pirq_table;    /* x86/pirq.c */
struct guest_console; /* control/console_io.c */

struct vcpu {
	struct domain *domain;
	uint32_t id;
	bool is_initialised; /* has a context to run                         */
	bool is_down;	     /* VCPUOP_down, or never up                     */

	/* The record shared with the guest, or, until it has one, our own. */
	struct vcpu_info *info;
	struct page *info_page; /* reference held, when registered          */
	struct vcpu_info private_info;
	bool is_being_set; /* atomic: one VCPUOP_initialise at a time        */

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

/* Feature words of the cpu policy (x86/cpuid_limit.c). */
#define NR_CPUID_LIMITS 7
struct cpuid_limit {
	uint32_t a, b, c, d;
};

struct domain {
	domid_t domid;
	uint16_t owner_id;  /* OWNER_OF(domid), as its frames name it */
	bool is_privileged; /* Dom0: may use control operations              */
	bool is_dying;
	bool is_shut_down; /* reason valid; all vcpus paused                 */
	bool is_shutting_down;
	bool has_run; /* was unpaused once: its CPU can no longer change      */
	bool is_debugged;
	bool is_xs_domain; /* runs xenstored                                 */
	bool domctl_busy;  /* atomic: a control operation is at work         */
	uint32_t shutdown_code; /* ~0: not shut down                         */
	uint32_t suspend_port; /* told of a suspend in place of Dom0; 0: none */
	uint32_t refs; /* atomic; the last put frees the struct              */
	uint32_t pause_count; /* by the hypervisor itself                    */
	uint32_t control_pause_count; /* by domctl                           */
	uint8_t handle[16];
	spinlock_t lock; /* RANK_DOMAIN */

	uint8_t kill_phase; /* domain_kill.c, under domctl_busy: both        */
	uint64_t kill_mfn;  /* where its phase goes on */
	struct domain *next_dead; /* no references left, to be freed         */

	uint32_t max_vcpus;
	struct vcpu *vcpu[MAX_VCPUS];

	uint64_t *regions; /* bit: has had frames there; see domain_pages.c  */
	spinlock_t page_lock; /* RANK_PAGELIST: the three below               */
	uint64_t tot_pages;   /* frames allocated                            */
	uint64_t max_pages;
	uint64_t claimed_pages; /* not yet turned into tot_pages             */
	uint64_t shared_pages;	/* hypervisor frames it may map              */

	struct shared_info *shared_info; /* NULL for the system domains      */
	struct evtchn_domain *evtchn;
	struct grant_table *grant;
	struct pirq_table *pirqs; /* NULL: may have no hardware interrupts   */
	struct guest_console *console; /* NULL: has printed nothing yet */
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
	uint32_t tsc_incarnation;
	uint32_t misc_flags; /* XEN_X86_*                                    */
	uint32_t ssidref;
	struct cpuid_limit cpuid_limit[NR_CPUID_LIMITS];
	struct sched_domain sched;
	struct arch_domain *arch; /* x86: cpuid policy and the like           */
};

extern struct domain *dom0;    /* hardware domain; NULL before it exists   */
extern struct domain *dom_xen; /* owner of hypervisor frames guests may read */
extern struct domain *dom_io;  /* owner of frames that are no RAM           */
extern struct domain *dom_idle;

struct vcpu *current_vcpu(void);
#define current current_vcpu()

static inline bool is_idle_vcpu(const struct vcpu *v)
{
	return v->domain == dom_idle;
}

#define for_each_vcpu(d, v)                                                    \
	for (unsigned int i_ = 0; i_ < (d)->max_vcpus; i_++)                   \
		if (((v) = (d)->vcpu[i_]) != NULL)

/*
 * @domid (or DOMID_SELF) with a reference; NULL when there is none.  A dying
 * domain is found until its last frame is gone.
 */
struct domain *domain_get(domid_t domid);
/* The same where the caller must be @domid itself or privileged: sets -errno */
int domain_get_remote(domid_t domid, struct domain **out);
/*
 * By owner_id, in parts; there is a part only where there are domains, and a
 * domain has its place from before it has its first frame until after the last.
 */
#define DOMAIN_TABLE_PART 512
extern struct domain **domain_table[0x8000 / DOMAIN_TABLE_PART];
/* Whose frame @pg is; the caller holds a reference to it. */
static inline struct domain *page_owner(const struct page *pg)
{
	unsigned int id = READ_ONCE(pg->owner);

	return domain_table[id / DOMAIN_TABLE_PART][id % DOMAIN_TABLE_PART];
}
static inline bool page_owned_by(const struct page *pg, const struct domain *d)
{
	return READ_ONCE(pg->owner) == d->owner_id;
}

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

/* Once at boot, before any other domain: dom_xen, dom_io and dom_idle. */
void domain_subsys_init(void);

struct domain_config {
	uint8_t handle[16];
	uint32_t ssidref;
	uint32_t max_vcpus;
	uint32_t max_evtchn_port; /* highest allowed; ~0: none of its own   */
	int32_t max_grant_frames, max_maptrack_frames; /* < 0: the default  */
	uint32_t max_grant_version;		       /* 1 or 2            */
	uint32_t nr_pirqs;			       /* 0: no interrupts  */
	uint32_t misc_flags;			       /* XEN_X86_*         */
	bool is_privileged;
	bool is_xs_domain;
};

/*
 * An empty domain without vcpus, paused once by control_pause_count (undo
 * with domain_unpause_by_control), with one reference that domain_kill drops;
 * *@out needs no domain_put.  @domid 0 with is_privileged becomes dom0;
 * DOMID_INVALID: we choose.
 * -EINVAL: bad limits.  -EEXIST: the number is in use.  -ENOMEM.
 */
int domain_create(domid_t domid, const struct domain_config *c,
		  struct domain **out);
/* Vcpu @id < max_vcpus of @d, down and without a context; NULL: no memory. */
struct vcpu *vcpu_create(struct domain *d, uint32_t id);

/* The first domain whose number is at least @domid, with a reference. */
struct domain *domain_next(domid_t domid);
#define for_each_domain(d)                                                     \
	for ((d) = domain_next(0); (d); (d) = domain_next_put(d))
/* The one after @d, whose reference is dropped. */
struct domain *domain_next_put(struct domain *d);

/* Counted pauses by the control domain.  Not for current's own domain. */
int domain_pause_by_control(struct domain *d);
int domain_unpause_by_control(struct domain *d); /* -EINVAL: not paused */

/* Let a domain that has shut down go on. */
void domain_resume(struct domain *d);
/*
 * Stop @d for good and take back what it has; it is gone with its last
 * reference.  One caller at a time.  -ERESTART: call again.
 */
int domain_kill(struct domain *d);
/* domain_kill has finished: what is left of it is what others hold. */
bool domain_is_dead(const struct domain *d);

/* Take @v's vcpu_info back from the guest's frame, if it registered one. */
void vcpu_unregister_info(struct vcpu *v);
/* Whether @v has no vcpu_info that its guest could see. */
bool vcpu_info_is_private(const struct vcpu *v);

/* Frames by number, for code that walks a domain's memory. */
struct page *domain_first_page(const struct domain *d);
struct page *domain_next_page(const struct domain *d, const struct page *pg);

#endif
