/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine for domains: the real domain, event channel, grant table, page
 * type and heap code over 8 MiB of frames.  The scheduler is reduced to its
 * pause counts, and what touches a CPU is pretended.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <hv/domain.h>
#include <hv/domctl.h>
#include <hv/sysctl.h>

#include <abi/xen.h>

#include "../unit_test.h"

#define MACHINE_FRAMES 2048
extern bool machine_has_tables[]; /* by section */

/* Boot, with Dom0 and its vcpu 0 current. */
void machine_start(void);
/* A DomU as the tools make one, paused; dies with the test on any error. */
struct domain *machine_domain(uint32_t nr_vcpus, uint64_t nr_pages);
struct domain_config machine_config(uint32_t nr_vcpus);
/* Act as @v. */
void machine_run(struct vcpu *v);
/* Kill as the hypercall does, again while it is preempted: times it was. */
unsigned int machine_kill(struct domain *d);
/* What softirqs would do on the way back to a guest. */
void machine_softirqs(void);

/* All that is allocated, to compare. */
struct usage {
	uint64_t pages;
	unsigned int objects, vcpus, pirqs, claims;
};
struct usage machine_usage(void);
void expect_usage(struct usage before);

/* The nth allocation (of either kind) from now fails; 0: none does. */
extern unsigned int machine_fail_alloc;
extern unsigned int machine_nr_allocs;
/* preempt_check() says yes each nth time; 0: never. */
extern unsigned int machine_preempt_every;

/* The last domctl or sysctl, as a guest makes it. */
extern struct xen_domctl domctl;
extern struct xen_sysctl sysctl;
long do_domctl(uint32_t cmd, struct domain *d);
long do_sysctl(uint32_t cmd);

/* CPUs with stale translations of what was freed, until they flush. */
extern cpumask_t machine_stale_cpus;

/* A guest's memory is the test's from here to there. */
extern uint64_t machine_guest_first, machine_guest_end;

/* A small page table tree of @d: L4, L3, L2, L1, data; the L4's frame. */
uint64_t machine_tables(struct domain *d);
/* What pv_set_context takes; @l4: 0 none. */
void machine_context(struct vcpu_guest_context *c, uint64_t l4);

extern unsigned int machine_dom_exc; /* VIRQ_DOM_EXC raised, in all       */
extern const char *machine_ended;    /* "power off", "restart", "halt"    */
extern char machine_log[65536];	     /* all that was printed              */
extern char machine_console[65536];  /* what reached the console of guests */
extern uint64_t machine_now_ns;
extern uint32_t machine_sched_policy; /* XEN_SCHEDULER_* */

/* Run @fn, which must end the machine. */
void expect_end(void (*fn)(void *), void *arg, const char *how);

#endif
