/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debug keys: one letter, typed on the console after three Ctrl-A or sent by
 * the tools, prints the state of something.  No lock is held.
 */
#include <hv/assert.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/evtchn.h>
#include <hv/gnttab.h>
#include <hv/irq.h>
#include <hv/page_alloc.h>
#include <hv/perf.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/time.h>
#include <hv/trace.h>
#include <hv/x86/cpu_info.h>
#include <hv/x86/io.h>
#include <hv/x86/platform.h>
#include <hv/x86/traps.h>

static void show_help(void);
static void show_everything(void);

/* --- processors --- */

static void show_this_cpu(void *arg)
{
	struct vcpu *v = current;

	(void)arg;
	if (is_idle_vcpu(v))
		log_info("CPU %u: idle\n", smp_processor_id());
	else
		show_guest_regs(v, guest_regs());
}

/* One after the other, so that their lines do not mix. */
static void show_registers(void)
{
	unsigned int cpu;

	for_each_cpu (cpu, cpu_online_map) {
		log_info("CPU %u:\n", cpu);
		smp_call(cpumask_of(cpu), show_this_cpu, NULL);
	}
}

static void show_dom0_registers(void)
{
	struct vcpu *v;

	if (!dom0)
		return;
	for_each_vcpu (dom0, v) {
		log_info("d0v%u, %s\n", v->id,
			 v->sched.is_running ? "running: as it was last saved"
					     : "not running");
		show_guest_regs(v, &v->arch.regs);
	}
}

/* --- domains --- */

static const char *vcpu_state(const struct vcpu *v)
{
	if (!v->is_initialised)
		return "no context";
	if (v->is_down)
		return "down";
	if (v->sched.is_running)
		return "running";
	if (v->sched.is_polling)
		return "polling";
	return v->sched.is_blocked ? "blocked" : "runnable";
}

static void show_vcpu(struct vcpu *v)
{
	struct vcpu_runstate_info rs;

	vcpu_runstate_get(v, &rs);
	log_info("  v%u: %s on CPU %u, pauses %u, affinity %llx/%llx\n", v->id,
		 vcpu_state(v), v->sched.processor, v->sched.pause_count,
		 (unsigned long long)v->sched.hard_affinity,
		 (unsigned long long)v->sched.soft_affinity);
	log_info("      events %s%s, ran %llu ms, waited %llu ms, blocked %llu "
		 "ms\n",
		 v->info->evtchn_upcall_mask ? "masked" : "on",
		 v->info->evtchn_upcall_pending ? ", pending" : "",
		 (unsigned long long)(rs.time[RUNSTATE_running] / NS_PER_MS),
		 (unsigned long long)(rs.time[RUNSTATE_runnable] / NS_PER_MS),
		 (unsigned long long)(rs.time[RUNSTATE_blocked] / NS_PER_MS));
}

static void show_domain(struct domain *d)
{
	struct vcpu *v;

	log_info("d%u:%s%s%s%s references %u, pauses %u (%u by tools)\n",
		 d->domid, d->is_privileged ? " privileged" : "",
		 d->is_dying ? " dying" : "",
		 d->is_shut_down ? " shut down" : "",
		 d->is_debugged ? " debugged" : "", d->refs, d->pause_count,
		 d->control_pause_count);
	if (d->is_shut_down)
		log_info("  reason %u\n", d->shutdown_code);
	log_info("  %llu of %llu pages, %llu claimed; weight %u, cap %u; dirty "
		 "CPUs %llx\n",
		 (unsigned long long)d->tot_pages,
		 (unsigned long long)d->max_pages,
		 (unsigned long long)d->claimed_pages, d->sched.weight,
		 d->sched.cap, (unsigned long long)d->dirty_cpus);
	for_each_vcpu (d, v)
		show_vcpu(v);
}

static void for_domains(void (*fn)(struct domain *d))
{
	struct domain *d;

	for_each_domain (d)
		fn(d);
}

static void show_domains(void)
{
	for_domains(show_domain);
}

static void show_events(void)
{
	for_domains(evtchn_dump);
}

static void show_grants(void)
{
	for_domains(gnttab_dump);
}

/* --- memory --- */

static void show_memory_of(struct domain *d)
{
	log_info("  d%u: %llu of at most %llu pages, %llu claimed\n", d->domid,
		 (unsigned long long)d->tot_pages,
		 (unsigned long long)d->max_pages,
		 (unsigned long long)d->claimed_pages);
}

static void show_memory(void)
{
	uint64_t free = heap_free_pages(), total = heap_total_pages();

	log_info("heap: %llu of %llu pages free (%llu of %llu MiB), %llu "
		 "claimed; frames below %#llx\n",
		 (unsigned long long)free, (unsigned long long)total,
		 (unsigned long long)free >> 8, (unsigned long long)total >> 8,
		 (unsigned long long)heap_claimed_pages(),
		 (unsigned long long)max_page);
	for_domains(show_memory_of);
}

/* --- the machine --- */

static void reboot(void)
{
	log_err("Restarting the machine: debug key.\n");
	machine_restart();
}

/* By a trap, so that the report has registers, too. */
static void crash(void)
{
	__asm__ volatile("ud2");
}

/* For trying the watchdog out: this CPU does nothing any more. */
static void hang(void)
{
	for (;;)
		cpu_pause();
}

static const struct key {
	char key;
	bool in_all; /* part of '*' */
	void (*fn)(void);
	const char *help;
} keys[] = {
	{'*', false, show_everything, "everything that only prints"},
	{'0', true, show_dom0_registers, "registers of Dom0's vcpus"},
	{'C', false, crash, "stop with a crash report"},
	{'P', false, perf_reset, "set performance counters to 0"},
	{'R', false, reboot, "restart the machine"},
	{'X', false, hang, "hang this CPU (the option watchdog finds it)"},
	{'d', true, show_registers, "registers of every CPU's guest"},
	{'e', true, show_events, "event channels"},
	{'g', true, show_grants, "grant tables"},
	{'h', false, show_help, "show this list"},
	{'i', true, irq_dump, "interrupts"},
	{'m', true, show_memory, "memory"},
	{'p', true, perf_dump, "performance counters"},
	{'q', true, show_domains, "domains and their vcpus"},
	{'r', true, sched_dump, "run queues"},
	{'t', false, trace_dump, "the last hypercalls, traps and events"},
};

static void show_help(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		log_info(" %c: %s\n", keys[i].key, keys[i].help);
}

static void show_everything(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!keys[i].in_all)
			continue;
		log_info("[%c: %s]\n", keys[i].key, keys[i].help);
		keys[i].fn();
	}
}

void keyhandler_run(char key)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].key != key)
			continue;
		log_info("'%c' pressed: %s\n", key, keys[i].help);
		keys[i].fn();
		return;
	}
	if (key > ' ' && key < 0x7f)
		log_info("'%c' pressed: no such key, h shows the list\n", key);
}

/* Boot: the table is in order, so no key is in it twice. */
void keyhandler_init(void)
{
	for (size_t i = 1; i < ARRAY_SIZE(keys); i++)
		BUG_ON(keys[i - 1].key >= keys[i].key);
}
