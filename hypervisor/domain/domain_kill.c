/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a domain, in phases that can be interrupted anywhere: the phase
 * and the frame reached are kept in the domain, and the same call goes on.
 *
 * What others still hold (frames mapped or granted elsewhere) stays until they
 * let go; each such frame keeps the domain, which is then a zombie: dying, but
 * still listed.
 */
#include <hv/assert.h>
#include <hv/cpu.h>
#include <hv/evtchn.h>
#include <hv/gnttab.h>
#include <hv/irq.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <hv/x86/pv_state.h>

#include <abi/errno.h>

#include "life.h"

enum kill_phase {
	KILL_STOP,
	KILL_GRANTS, /* what it mapped of others, and its own table        */
	KILL_EVENTS,
	KILL_CONTEXTS, /* page-table roots, descriptor tables, vcpu_infos    */
	KILL_TABLES,
	KILL_FRAMES,
	KILL_DONE,
};

/* From here on it gets no new frames, ports or grants. */
static void stop(struct domain *d)
{
	spin_lock(&d->page_lock);
	d->is_dying = true;
	spin_unlock(&d->page_lock);
	domain_pause(d);
	(void)domain_claim_pages(d, 0); /* giving back can not fail */
}

static int drop_grants(struct domain *d)
{
	int rc = gnttab_release_mappings(d);

	if (!rc)
		gnttab_destroy_domain(d);
	return rc;
}

static int drop_contexts(struct domain *d)
{
	struct vcpu *v;

	pirq_drop_eoi_map(d);
	for_each_vcpu (d, v) {
		int rc = pv_drop_context(v);

		if (rc)
			return rc;
		vcpu_unregister_info(v);
	}
	return 0;
}

/*
 * For each frame that @next stops at: give back what it holds of itself, and
 * its allocation if @release.
 */
static int relinquish(struct domain *d, bool release,
		      bool (*next)(struct domain *d, uint64_t *at,
				   struct page **pg))
{
	struct page *pg;

	while (next(d, &d->kill_mfn, &pg)) {
		int rc = pg ? page_relinquish(pg) : 0;

		/* -EINVAL: it was released before and somebody holds it */
		if (pg && !rc && release)
			(void)domain_release_page(d, pg);
		if (pg)
			page_put(pg);
		if (rc)
			return rc;
		d->kill_mfn += pg != NULL;
		if (preempt_check())
			return -ERESTART;
	}
	d->kill_mfn = 0;
	return 0;
}

/* Roots that are pinned, and with them almost all references to frames. */
static int relinquish_tables(struct domain *d)
{
	return relinquish(d, false, domain_next_holder);
}

static int relinquish_frames(struct domain *d)
{
	return relinquish(d, true, domain_free_unused);
}

static int run_phase(struct domain *d)
{
	switch (d->kill_phase) {
	case KILL_STOP:
		stop(d);
		return 0;
	case KILL_GRANTS:
		return drop_grants(d);
	case KILL_EVENTS:
		return evtchn_destroy_domain(d);
	case KILL_CONTEXTS:
		return drop_contexts(d);
	case KILL_TABLES:
		return relinquish_tables(d);
	case KILL_FRAMES:
		return relinquish_frames(d);
	default:
		panic("domain_kill: phase %u", d->kill_phase);
	}
}

bool domain_is_dead(const struct domain *d)
{
	return READ_ONCE(d->kill_phase) == KILL_DONE;
}

int domain_kill(struct domain *d)
{
	if (domain_is_dead(d))
		return 0;
	while (d->kill_phase < KILL_DONE) {
		int rc = run_phase(d);

		if (rc)
			return rc;
		d->kill_phase++;
	}
	/* The tools look: dying for good, or a zombie. */
	send_global_virq(VIRQ_DOM_EXC);
	domain_put(d);
	return 0;
}
