/* SPDX-License-Identifier: GPL-2.0-only */
/* The simulated machine: see machine.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hv/x86/cpu_info.h> /* before hv/domain.h: a member named current */

#include <hv/assert.h>
#include <hv/evtchn.h>
#include <hv/printk.h>
#include <hv/softirq.h>

#include "machine.h"

uint64_t machine_now_ns = 1000;
uint64_t machine_switches, machine_wasted_ns;
uint64_t machine_in_turns;
bool ports_pending[16];
int last_shutdown = -1;

struct domain *dom_idle;
cpumask_t cpu_online_map;

static struct cpu {
	struct cpu_info info;
	struct vcpu *vcpu;
	uint64_t deadline_ns;
} cpus[NR_CPUS];
static unsigned int nr_cpus, this_cpu;
static jmp_buf switched;

static struct domain domains[16];
static domid_t next_domid;

/* --- the seams ---------------------------------------------------------- */

unsigned int smp_processor_id(void)
{
	return this_cpu;
}

struct cpu_info *cpu_info_of(unsigned int cpu)
{
	return &cpus[cpu].info;
}

struct vcpu *current_vcpu(void)
{
	return cpus[this_cpu].vcpu;
}

static bool settle_cpu(void);

/* The others do what they have to. */
void cpu_poll(void)
{
	unsigned int self = this_cpu;

	for (this_cpu = 0; this_cpu < nr_cpus; this_cpu++)
		while (this_cpu != self && settle_cpu())
			;
	this_cpu = self;
}

void smp_kick(unsigned int cpu)
{
	(void)cpu; /* every CPU looks at its softirqs all the time */
}

uint64_t now_ns(void)
{
	return machine_now_ns;
}

void timer_program(uint64_t deadline_ns)
{
	cpus[this_cpu].deadline_ns = deadline_ns;
}

void time_update_vcpu(struct vcpu *v)
{
	(void)v;
}

void context_switch(struct vcpu *prev, struct vcpu *next)
{
	machine_switches++;
	sched_switched_from(prev);
	cpus[this_cpu].vcpu = next;
	sched_switched_to(next);
	longjmp(switched, 1);
}

int copy_to_guest(guest_ptr_t dst, const void *src, size_t n)
{
	if (dst.va < 4096)
		return -EFAULT;
	memcpy((void *)dst.va, src, n);
	return 0;
}

int copy_from_guest(void *dst, guest_ptr_t src, size_t n)
{
	if (n && src.va < 4096)
		return -EFAULT;
	memcpy(dst, (const void *)src.va, n);
	return 0;
}

static struct worker *worker_of(struct vcpu *v)
{
	return container_of(v, struct worker, v);
}

void send_vcpu_virq(struct vcpu *v, uint32_t virq)
{
	struct worker *w = worker_of(v);

	if (virq != VIRQ_TIMER)
		abort();
	if (v->sched.is_blocked)
		w->woken_ns = machine_now_ns;
	v->info->evtchn_upcall_pending = 1;
	vcpu_kick(v);
}

int evtchn_port_pending(struct domain *d, uint32_t port)
{
	(void)d;
	return port < 16 ? ports_pending[port] : -EINVAL;
}

void domain_shutdown(struct domain *d, uint32_t reason)
{
	last_shutdown = (int)reason;
	d->is_shut_down = true;
	domain_pause_nosync(d);
}

int domain_get_remote(domid_t domid, struct domain **out)
{
	(void)domid;
	(void)out;
	return -ESRCH;
}

void domain_put(struct domain *d)
{
	(void)d;
}

struct domain *domain_next(domid_t domid)
{
	return domid < next_domid ? &domains[domid] : NULL;
}

struct domain *domain_next_put(struct domain *d)
{
	return domain_next(d->domid + 1);
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

void printk(enum loglevel lvl, const char *fmt, ...)
{
	va_list args;

	(void)lvl;
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
}

/* --- building ----------------------------------------------------------- */

struct domain *machine_domain(unsigned int nr_vcpus, uint64_t burst_ns,
			      uint64_t sleep_ns)
{
	struct domain *d = &domains[next_domid];

	d->domid = next_domid++;
	d->max_vcpus = nr_vcpus;
	spin_lock_init(&d->lock, RANK_DOMAIN);
	sched_add_domain(d);
	for (unsigned int i = 0; i < nr_vcpus; i++) {
		struct worker *w = calloc(1, sizeof(*w));

		w->v.domain = d;
		w->v.id = i;
		w->v.info = &w->info;
		w->v.is_initialised = true;
		w->burst_ns = w->left_ns = burst_ns;
		w->sleep_ns = sleep_ns;
		d->vcpu[i] = &w->v;
		sched_add_vcpu(&w->v);
		if (dom_idle && d != dom_idle) {
			w->v.periodic_ns = 0;
			vcpu_wake(&w->v);
		}
	}
	return d;
}

void machine_start(unsigned int nr)
{
	nr_cpus = nr;
	timer_subsys_init();
	sched_init();
	for (unsigned int i = 0; i < NR_CPUS; i++)
		cpus[i].deadline_ns = ~0ULL;
	/* Known to be the idle domain before its vcpus are added. */
	dom_idle = calloc(1, sizeof(*dom_idle));
	dom_idle->domid = DOMID_IDLE;
	dom_idle->max_vcpus = nr;
	for (unsigned int i = 0; i < nr; i++) {
		struct worker *w = calloc(1, sizeof(*w));

		w->v.domain = dom_idle;
		w->v.id = i;
		w->v.info = &w->info;
		w->v.is_initialised = true;
		dom_idle->vcpu[i] = &w->v;
		sched_add_vcpu(&w->v);
		cpus[i].vcpu = &w->v;
		cpus[i].info.cpu = i;
	}
	for (this_cpu = 0; this_cpu < nr; this_cpu++)
		sched_cpu_up(this_cpu);
	this_cpu = 0;
	cpu_online_map = nr == 64 ? ~0ULL : (1ULL << nr) - 1;
}

struct worker *worker(struct domain *d, unsigned int i)
{
	return worker_of(d->vcpu[i]);
}

void machine_on(unsigned int cpu)
{
	this_cpu = cpu;
}

uint64_t run_ns(struct domain *d)
{
	uint64_t ns = 0;
	struct vcpu *v;

	for_each_vcpu (d, v)
		ns += vcpu_cpu_time(v);
	return ns;
}

/* --- running ------------------------------------------------------------ */

static void guest_takes_event(struct worker *w)
{
	if (!vcpu_has_events(&w->v))
		return;
	w->info.evtchn_upcall_pending = 0;
	w->nr_events++;
	if (w->woken_ns) {
		w->max_delay_ns =
			max(w->max_delay_ns, machine_now_ns - w->woken_ns);
		w->woken_ns = 0;
	}
}

/* The guest's side at the end of a burst. */
static void guest_sleeps(struct worker *w)
{
	struct vcpu_set_singleshot_timer op = {
		.timeout_abs_ns = machine_now_ns + w->sleep_ns,
	};

	w->nr_bursts++;
	w->left_ns = w->burst_ns;
	if (vcpuop_set_singleshot_timer(&w->v, &w->v, &op))
		abort();
	schedop_block(&w->v);
}

/* What @this_cpu does without time going by.  false: nothing. */
static bool settle_cpu(void)
{
	struct vcpu *v;

	if (softirq_pending()) {
		if (setjmp(switched) == 0)
			softirq_run();
		return true;
	}
	v = current;
	if (is_idle_vcpu(v))
		return false;
	worker_of(v)->seen_on |= cpumask_of(this_cpu);
	guest_takes_event(worker_of(v));
	if (worker_of(v)->left_ns)
		return false;
	guest_sleeps(worker_of(v));
	return true;
}

static void settle(void)
{
	static unsigned int turn;
	bool again;

	if (machine_in_turns) {
		this_cpu = turn = (turn + 1) % nr_cpus;
		while (settle_cpu())
			;
		this_cpu = 0;
		return;
	}
	do {
		again = false;
		for (this_cpu = 0; this_cpu < nr_cpus; this_cpu++)
			while (settle_cpu())
				again = true;
	} while (again);
	this_cpu = 0;
}

static uint64_t next_time(uint64_t end_ns)
{
	uint64_t next = end_ns;

	if (machine_in_turns)
		next = min(next, machine_now_ns + machine_in_turns);
	for (unsigned int i = 0; i < nr_cpus; i++) {
		struct vcpu *v = cpus[i].vcpu;

		next = min(next, max(cpus[i].deadline_ns, machine_now_ns));
		if (!is_idle_vcpu(v))
			next = min(next,
				   machine_now_ns + worker_of(v)->left_ns);
	}
	return next;
}

/* Whether somebody waits who could run on @cpu. */
static bool is_wanted(unsigned int cpu)
{
	struct domain *d;
	struct vcpu *v;

	for_each_domain (d)
		for_each_vcpu (d, v)
			if (v->sched.is_queued &&
			    v->sched.hard_affinity & cpumask_of(cpu))
				return true;
	return false;
}

static void advance(uint64_t to_ns)
{
	uint64_t ns = to_ns - machine_now_ns;

	machine_now_ns = to_ns;
	for (this_cpu = 0; this_cpu < nr_cpus; this_cpu++) {
		struct cpu *c = &cpus[this_cpu];

		if (is_idle_vcpu(c->vcpu) &&
		    cpu_online_map & cpumask_of(this_cpu) &&
		    is_wanted(this_cpu))
			machine_wasted_ns += ns;
		if (!is_idle_vcpu(c->vcpu) &&
		    worker_of(c->vcpu)->left_ns < FOREVER)
			worker_of(c->vcpu)->left_ns -= ns;
		if (c->deadline_ns <= to_ns) {
			c->deadline_ns = ~0ULL;
			softirq_raise(SOFTIRQ_TIMER);
		}
	}
	this_cpu = 0;
}

void machine_run(uint64_t ns)
{
	uint64_t end_ns = machine_now_ns + ns;

	settle();
	while (machine_now_ns < end_ns) {
		advance(next_time(end_ns));
		settle();
	}
}

uint64_t machine_next_timer(void)
{
	uint64_t next = ~0ULL;

	for (unsigned int i = 0; i < nr_cpus; i++)
		next = min(next, cpus[i].deadline_ns);
	return next;
}

void machine_cpu_down(unsigned int cpu)
{
	if (sched_cpu_down(cpu))
		abort();
	cpu_online_map &= ~cpumask_of(cpu);
}

void machine_cpu_up(unsigned int cpu)
{
	this_cpu = cpu;
	sched_cpu_up(cpu);
	this_cpu = 0;
	cpu_online_map |= cpumask_of(cpu);
}
