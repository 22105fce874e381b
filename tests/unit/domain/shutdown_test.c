/* SPDX-License-Identifier: GPL-2.0-only */
/* Pausing, shutting down, crashing, going on. */
#include <string.h>

#include <hv/boot.h>
#include <hv/evtchn.h>
#include <hv/sched.h>

#include <abi/errno.h>
#include <abi/sched.h>

#include "machine.h"

UNIT_TEST(shutdown_stops_the_domain_and_tells_dom0_once)
{
	struct domain *d;

	machine_start();
	d = machine_domain(2, 1);
	domain_shutdown(d, SHUTDOWN_reboot);
	domain_shutdown(d, SHUTDOWN_poweroff);
	EXPECT_EQ(d->pause_count, 2); /* as created, and shut down */
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getdomaininfo, d), 0);
	EXPECT_EQ(machine_dom_exc, 1);
	EXPECT(domctl.u.getdomaininfo.flags & XEN_DOMINF_shutdown);
	EXPECT_EQ(domctl.u.getdomaininfo.flags >> XEN_DOMINF_shutdownshift &
			  XEN_DOMINF_shutdownmask,
		  SHUTDOWN_reboot);
	EXPECT_EQ(domctl.u.getdomaininfo.flags >> 24, 0);
}

UNIT_TEST(resume_undoes_shutdown)
{
	struct domain *d;

	machine_start();
	d = machine_domain(1, 1);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_unpausedomain, d), 0);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_resumedomain, d), 0); /* no effect */
	EXPECT_EQ(d->pause_count, 0);
	domain_shutdown(d, SHUTDOWN_suspend);
	EXPECT_EQ(d->pause_count, 1);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_resumedomain, d), 0);
	EXPECT_EQ(d->pause_count, 0);
	EXPECT(!d->is_shut_down && !d->is_shutting_down);
	domain_shutdown(d, SHUTDOWN_poweroff);
	EXPECT_EQ(d->shutdown_code, SHUTDOWN_poweroff);
	EXPECT_EQ(d->pause_count, 1);
}

UNIT_TEST(a_reason_given_ahead_stays)
{
	struct domain *d;

	machine_start();
	d = machine_domain(1, 1);
	d->shutdown_code = SHUTDOWN_watchdog;
	domain_shutdown(d, SHUTDOWN_poweroff);
	EXPECT_EQ(d->shutdown_code, SHUTDOWN_watchdog);
}

UNIT_TEST(a_crash_is_explained_once)
{
	struct domain *d;
	const char *first;

	machine_start();
	d = machine_domain(1, 1);
	domain_crash(d, "because of %d", 42);
	domain_crash(d, "because of %d", 43);
	EXPECT_EQ(d->shutdown_code, SHUTDOWN_crash);
	first = strstr(machine_log, "because of 42");
	EXPECT(first != NULL);
	EXPECT(strstr(machine_log, "because of 43") == NULL);
}

UNIT_TEST(a_suspend_is_told_to_the_port_that_asked)
{
	struct evtchn_alloc_unbound in_guest;
	struct evtchn_bind_interdomain bind;
	struct domain *d;

	machine_start();
	d = machine_domain(1, 1);
	in_guest = (struct evtchn_alloc_unbound){.dom = d->domid};
	EXPECT_EQ(evtchn_alloc_unbound(dom0, &in_guest), 0);
	bind = (struct evtchn_bind_interdomain){
		.remote_dom = d->domid,
		.remote_port = in_guest.port,
	};
	EXPECT_EQ(evtchn_bind_interdomain(dom0, &bind), 0);
	dom0->shared_info->evtchn_pending[0] = 0; /* binding raises it */
	domctl.u.subscribe.port = in_guest.port;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_subscribe, d), 0);

	domain_shutdown(d, SHUTDOWN_suspend);
	EXPECT_EQ(dom0->shared_info->evtchn_pending[0],
		  1ULL << bind.local_port);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_resumedomain, d), 0);

	/* the port is gone: Dom0 must not miss it */
	domctl.u.subscribe.port = 900;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_subscribe, d), 0);
	domain_shutdown(d, SHUTDOWN_suspend);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_resumedomain, d), 0);
	EXPECT_EQ(machine_dom_exc, 1);
}

UNIT_TEST(pauses_by_the_tools_are_counted)
{
	struct domain *d;

	machine_start();
	d = machine_domain(1, 1);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_pausedomain, d), 0);
	EXPECT_EQ(d->control_pause_count, 2);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_unpausedomain, d), 0);
	EXPECT(!d->has_run);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_unpausedomain, d), 0);
	EXPECT(d->has_run);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_unpausedomain, d), -EINVAL);
	EXPECT_EQ(d->pause_count, 0);
	d->control_pause_count = INT32_MAX;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_pausedomain, d), -EINVAL);
	domctl.domain = 0;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_pausedomain, NULL), -EINVAL);
}

static void dom0_ends(void *reason)
{
	domain_shutdown(dom0, *(const uint32_t *)reason);
}

static void dom0_crashes(void *unused)
{
	(void)unused;
	domain_crash(dom0, "no reason");
}

UNIT_TEST(the_machine_follows_dom0)
{
	static const struct {
		uint32_t reason;
		bool noreboot;
		const char *how;
	} cases[] = {
		{SHUTDOWN_poweroff, false, "power off"},
		{SHUTDOWN_poweroff, true, "power off"},
		{SHUTDOWN_reboot, false, "restart"},
		{SHUTDOWN_reboot, true, "restart"},
		{SHUTDOWN_watchdog, false, "restart"},
		{SHUTDOWN_crash, false, "restart"},
		{SHUTDOWN_crash, true, "halt"},
		{200, true, "halt"},
	};

	machine_start();
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t reason = cases[i].reason;

		opt.noreboot = cases[i].noreboot;
		dom0->shutdown_code = ~0u;
		expect_end(dom0_ends, &reason, cases[i].how);
	}
	dom0->shutdown_code = ~0u;
	opt.noreboot = true;
	expect_end(dom0_crashes, NULL, "halt");
	EXPECT(strstr(machine_log, "no reason") != NULL);
}
