/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making a domain and freeing what it is made of.  A domain is born empty and
 * paused; memory, vcpus and a context come by later operations, and
 * domain_kill.c takes them back before the last reference goes.
 */
#include <hv/assert.h>
#include <hv/control.h>
#include <hv/evtchn.h>
#include <hv/gnttab.h>
#include <hv/irq.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <hv/softirq.h>
#include <hv/string.h>
#include <hv/time.h>
#include <hv/x86/cpuid_limit.h>
#include <hv/xalloc.h>

#include <abi/errno.h>

#include "life.h"

/* Xen ABI: what the tools mean by "default". */
#define DEFAULT_GRANT_FRAMES 64
#define DEFAULT_MAPTRACK_FRAMES 1024

struct domain *dom0, *dom_xen, *dom_io, *dom_idle;

static struct domain system_domains[3];

static void init_common(struct domain *d)
{
	d->shutdown_code = SHUTDOWN_NONE;
	spin_lock_init(&d->lock, RANK_DOMAIN);
	spin_lock_init(&d->page_lock, RANK_PAGELIST);
	cpuid_limit_init(d);
}

void domain_subsys_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(system_domains); i++) {
		init_common(&system_domains[i]);
		system_domains[i].refs = 1;
	}
	dom_xen = &system_domains[0];
	dom_io = &system_domains[1];
	dom_idle = &system_domains[2];
	domain_table_add_system(dom_xen, DOMID_XEN);
	domain_table_add_system(dom_io, DOMID_IO);
	dom_idle->domid = DOMID_IDLE; /* it has no frames */
	dom_idle->max_vcpus = NR_CPUS;
	softirq_register(SOFTIRQ_CONTINUE, domain_reap);
}

static int make_shared_info(struct domain *d)
{
	struct shared_info *s = hv_pages_alloc(0);

	if (!s)
		return -ENOMEM;
	/* Xen ABI: events are masked until a guest asks for them. */
	for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		s->vcpu_info[i].evtchn_upcall_mask = 1;
	page_share(mfn_to_page(virt_to_mfn(s)), d, true);
	d->shared_info = s;
	time_update_wallclock(d);
	return 0;
}

static void drop_shared_info(struct domain *d)
{
	struct shared_info *s = d->shared_info;

	d->shared_info = NULL;
	/* Where the tools still map it, it goes with their last mapping. */
	if (s && page_unshare(mfn_to_page(virt_to_mfn(s))) == 0)
		hv_pages_free(s, 0);
}

/* Everything @d consists of, whether it ever ran or was never finished. */
static void free_parts(struct domain *d)
{
	struct vcpu *v;

	if (d->sched.weight)
		sched_remove_domain(d); /* its timers look at the vcpus */
	for_each_vcpu (d, v)
		vcpu_free(v);
	if (d->pirqs)
		pirq_free_domain(d);
	gnttab_destroy_domain(d);
	gnttab_free_domain(d);
	evtchn_free_domain(d);
	drop_shared_info(d);
	console_io_free(d);
	rangeset_free(&d->iomem);
	rangeset_free(&d->ioport);
	rangeset_free(&d->irqs);
	xfree(d->regions);
}

static int make_parts(struct domain *d, uint32_t nr_pirqs)
{
	int rc = domain_init_pages(d);

	if (!rc)
		rc = make_shared_info(d);
	if (!rc)
		rc = evtchn_init_domain(d);
	if (!rc)
		rc = gnttab_init_domain(d);
	if (!rc && nr_pirqs)
		rc = pirq_init_domain(d, nr_pirqs);
	if (!rc)
		sched_add_domain(d);
	return rc;
}

static int check_config(const struct domain_config *c)
{
	if (c->max_vcpus == 0 || c->max_vcpus > MAX_VCPUS)
		return -EINVAL;
	if (c->max_grant_version < 1 || c->max_grant_version > 2)
		return -EINVAL;
	return 0;
}

static uint32_t limit_or(int32_t limit, uint32_t its_default)
{
	return limit < 0 ? its_default : (uint32_t)limit;
}

int domain_create(domid_t domid, const struct domain_config *c,
		  struct domain **out)
{
	struct domain *d;
	int rc = check_config(c);

	if (rc)
		return rc;
	d = xzalloc(struct domain);
	if (!d)
		return -ENOMEM;
	init_common(d);
	memcpy(d->handle, c->handle, sizeof(d->handle));
	d->ssidref = c->ssidref;
	d->max_vcpus = c->max_vcpus;
	d->max_evtchn_port = c->max_evtchn_port;
	d->max_grant_frames =
		limit_or(c->max_grant_frames, DEFAULT_GRANT_FRAMES);
	d->max_maptrack_frames =
		limit_or(c->max_maptrack_frames, DEFAULT_MAPTRACK_FRAMES);
	d->max_grant_version = c->max_grant_version;
	d->misc_flags = c->misc_flags;
	d->is_privileged = c->is_privileged;
	d->is_xs_domain = c->is_xs_domain;
	d->pause_count = 1;
	d->control_pause_count = 1;

	rc = domain_table_add(d, domid);
	if (rc) {
		xfree(d);
		return rc;
	}
	rc = make_parts(d, c->nr_pirqs);
	if (rc) {
		free_parts(d);
		domain_table_remove(d);
		xfree(d);
		return rc;
	}
	/* from here on others find it */
	__atomic_store_n(&d->refs, 1, __ATOMIC_RELEASE);
	if (d->is_privileged && d->domid == 0)
		dom0 = d;
	*out = d;
	return 0;
}

void domain_end(struct domain *d)
{
	free_parts(d);
	domain_table_remove(d);
	xfree(d);
	/* The tools wait for this to know that everything is back. */
	send_global_virq(VIRQ_DOM_EXC);
}
