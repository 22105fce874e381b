/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUs that go off line and come back at run time.  One that goes gets no
 * vcpus any more, hands over its interrupts and its timers, and then waits for
 * INIT; its stack, tables and queues stay as they are for when it is back.
 */
#include <hv/cpu.h>
#include <hv/evtchn.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/softirq.h>
#include <hv/time.h>
#include <hv/timer.h>
#include <hv/x86/clock.h>
#include <hv/x86/context_switch.h>
#include <hv/x86/platform.h>
#include <hv/x86/smp.h>

#include <abi/errno.h>

static bool is_busy; /* atomic: one CPU comes or goes at a time */
static bool is_gone;
static uint32_t leaving; /* who is to go; 0: nobody */

static bool begin(void)
{
	return !__atomic_exchange_n(&is_busy, true, __ATOMIC_ACQUIRE);
}

static void end(void)
{
	__atomic_store_n(&is_busy, false, __ATOMIC_RELEASE);
}

static bool is_online(unsigned int cpu)
{
	return READ_ONCE(cpu_online_map) & cpumask_of(cpu);
}

static int told_dom0(unsigned int cpu, const char *what)
{
	log_info("SMP: CPU %u is %s\n", cpu, what);
	send_global_virq(VIRQ_PCPU_STATE);
	return 0;
}

int cpu_bring_up(unsigned int cpu)
{
	bool was_global = time_tsc_is_global();
	int rc = -EEXIST;

	if (cpu >= nr_present_cpus())
		return -EINVAL;
	if (!begin())
		return -EBUSY;
	if (!is_online(cpu)) {
		smp_start(cpumask_of(cpu));
		rc = is_online(cpu) ? 0 : -EIO;
	}
	if (!rc) /* if its TSC is another, all need steering */
		time_start_resync(was_global ? cpu_online_map
					     : cpumask_of(cpu));
	end();
	return rc ? rc : told_dom0(cpu, "on line");
}

static void nothing(void *unused)
{
	(void)unused;
}

void cpu_leave_if_told(void)
{
	unsigned int self = smp_processor_id();
	uint64_t end_ns;

	if (likely(!self ||
		   __atomic_load_n(&leaving, __ATOMIC_ACQUIRE) != self))
		return;
	__atomic_fetch_and(&cpu_online_map, ~cpumask_of(self),
			   __ATOMIC_SEQ_CST);
	irq_cpu_down(self);
	/* messages that were under way when their routes changed */
	end_ns = now_ns() + NS_PER_MS;
	while (now_ns() < end_ns)
		(void)preempt_check();
	time_cpu_down();
	timer_cpu_down();
	/*
	 * A CPU does nothing else between looking who is on line and sending a
	 * call: one that answers has sent all that it meant for us.
	 */
	smp_call(cpu_online_map, nothing, NULL);
	smp_serve_calls();
	softirq_run();
	context_forget_cpu(self);
	/* release pairs with the acquire in cpu_take_down */
	__atomic_store_n(&is_gone, true, __ATOMIC_RELEASE);
	for (;;)
		__asm__ volatile("cli; hlt");
}

int cpu_take_down(unsigned int cpu)
{
	int rc;

	if (!cpu || cpu >= nr_present_cpus())
		return -EINVAL;
	if (!begin())
		return -EBUSY;
	rc = is_online(cpu) ? sched_cpu_down(cpu) : -ENODEV;
	if (!rc) {
		is_gone = false;
		__atomic_store_n(&leaving, cpu, __ATOMIC_RELEASE);
		smp_kick(cpu);
		while (!__atomic_load_n(&is_gone, __ATOMIC_ACQUIRE))
			cpu_poll();
		leaving = 0;
		lapic_send_icr(cpu_apic_id(cpu), ICR_INIT);
	}
	end();
	return rc ? rc : told_dom0(cpu, "off line");
}
