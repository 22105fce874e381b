/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stopping and going on: pauses by the control domain, a domain that shuts
 * itself down or crashes, and what that means for the machine if it is Dom0.
 *
 *	running --domain_shutdown--> shut down --domain_resume--> running
 *
 * A domain that is shut down keeps everything it has; its vcpus are paused
 * once more than before.
 */
#include <hv/boot.h>
#include <hv/console.h>
#include <hv/evtchn.h>
#include <hv/format.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/x86/platform.h>
#include <hv/x86/traps.h>

#include <abi/errno.h>
#include <abi/sched.h>

#include "life.h"

int domain_pause_by_control(struct domain *d)
{
	uint32_t n = __atomic_load_n(&d->control_pause_count, __ATOMIC_RELAXED);

	do {
		if (n == INT32_MAX)
			return -EINVAL;
	} while (!__atomic_compare_exchange_n(&d->control_pause_count, &n,
					      n + 1, true, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	domain_pause(d);
	return 0;
}

int domain_unpause_by_control(struct domain *d)
{
	uint32_t n = __atomic_load_n(&d->control_pause_count, __ATOMIC_RELAXED);

	do {
		if (n == 0)
			return -EINVAL;
	} while (!__atomic_compare_exchange_n(&d->control_pause_count, &n,
					      n - 1, true, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	d->has_run |= n == 1;
	domain_unpause(d);
	return 0;
}

__attribute__((noreturn)) static void machine_follows(uint32_t reason)
{
	switch (reason) {
	case SHUTDOWN_poweroff:
		log_err("Dom0 has powered off: powering off the machine.\n");
		machine_power_off();
	case SHUTDOWN_reboot:
		log_err("Dom0 has rebooted: restarting the machine.\n");
		machine_restart();
	case SHUTDOWN_watchdog:
		log_err("Dom0's watchdog has expired: restarting the "
			"machine.\n");
		machine_restart();
	case SHUTDOWN_crash:
		console_start_panic();
		log_err("Dom0 has crashed.\n");
		show_crash_context();
		break;
	default:
		log_err("Dom0 has shut down (reason %u).\n", reason);
	}
	if (opt.noreboot) {
		log_err("Stopped ('noreboot').\n");
		machine_halt();
	}
	machine_restart();
}

static void announce_shutdown(struct domain *d)
{
	struct evtchn_send op = {.port = READ_ONCE(d->suspend_port)};

	if (d->shutdown_code == SHUTDOWN_suspend && op.port &&
	    evtchn_send(d, &op) == 0)
		return;
	send_global_virq(VIRQ_DOM_EXC);
}

void domain_shutdown(struct domain *d, uint32_t reason)
{
	uint32_t none = SHUTDOWN_NONE;

	/* A reason given ahead (SCHEDOP_shutdown_code) stays. */
	__atomic_compare_exchange_n(&d->shutdown_code, &none, reason & 0xff,
				    false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	if (d == dom0)
		machine_follows(d->shutdown_code);
	if (__atomic_exchange_n(&d->is_shutting_down, true, __ATOMIC_SEQ_CST))
		return;
	domain_pause_nosync(d);
	__atomic_store_n(&d->is_shut_down, true, __ATOMIC_SEQ_CST);
	announce_shutdown(d);
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	if (!READ_ONCE(d->is_shutting_down)) {
		va_start(ap, fmt);
		vsnprintf(why, sizeof(why), fmt, ap);
		va_end(ap);
		log_err("d%u crashed: %s\n", d->domid, why);
	}
	domain_shutdown(d, SHUTDOWN_crash);
}

void domain_resume(struct domain *d)
{
	if (!READ_ONCE(d->is_shut_down))
		return;
	domain_pause(d); /* those that were only asked to stop have stopped */
	d->is_shut_down = false;
	d->shutdown_code = SHUTDOWN_NONE;
	__atomic_store_n(&d->is_shutting_down, false, __ATOMIC_SEQ_CST);
	domain_unpause(d);
	domain_unpause(d);
}
