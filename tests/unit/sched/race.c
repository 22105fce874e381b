/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * No wakeup is lost: pcpus are threads and really race.  A few tokens travel
 * between vcpus; each holder passes its token on with an event and blocks when
 * it has none, while all of them pause, move and poll each other at random, and
 * pcpus go off line and come back.
 * One lost wakeup and the tokens stop; then the alarm ends the program.
 * Arguments: the policy, and how often tokens are passed.
 */
#include <hv/x86/cpu_info.h> /* before hv/domain.h: a member named current */

#include <hv/assert.h>
#include <hv/evtchn.h>
#include <hv/hypercalls.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/sched_op.h>
#include <hv/softirq.h>
#include <hv/time.h>

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NR_PCPUS 3
#define NR_VCPUS 7
#define NR_TOKENS 2
#define TIMEOUT_S 120

struct domain *dom_idle;
cpumask_t cpu_online_map;

static struct domain dom;
static struct guest {
	struct vcpu v;
	struct vcpu_info info;
	int tokens; /* atomic */
	unsigned int seed;
} guests[NR_VCPUS], idlers[NR_PCPUS];
static struct cpu_info infos[NR_PCPUS];
static uint64_t hops, wanted_hops; /* atomic */

static _Thread_local unsigned int this_cpu;
static _Thread_local struct vcpu *this_vcpu;
static _Thread_local uint64_t deadline_ns = ~0ULL;
static _Thread_local jmp_buf switched;

unsigned int smp_processor_id(void)
{
	return this_cpu;
}

struct cpu_info *cpu_info_of(unsigned int cpu)
{
	return &infos[cpu];
}

struct vcpu *current_vcpu(void)
{
	return this_vcpu;
}

void cpu_poll(void)
{
	sched_yield();
}

void smp_kick(unsigned int cpu)
{
	(void)cpu; /* every thread looks all the time */
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

void timer_program(uint64_t ns)
{
	deadline_ns = ns;
}

void time_update_vcpu(struct vcpu *v)
{
	(void)v;
}

void context_switch(struct vcpu *prev, struct vcpu *next)
{
	sched_switched_from(prev);
	this_vcpu = next;
	sched_switched_to(next);
	longjmp(switched, 1);
}

int copy_to_guest(guest_ptr_t dst, const void *src, size_t n)
{
	memcpy((void *)dst.va, src, n);
	return 0;
}

int copy_from_guest(void *dst, guest_ptr_t src, size_t n)
{
	memcpy(dst, (const void *)src.va, n);
	return 0;
}

void send_vcpu_virq(struct vcpu *v, uint32_t virq)
{
	(void)virq;
	__atomic_store_n(&v->info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
	vcpu_kick(v);
}

/* Port n is pending: vcpu n has a token. */
int evtchn_port_pending(struct domain *d, uint32_t port)
{
	(void)d;
	return __atomic_load_n(&guests[port].tokens, __ATOMIC_SEQ_CST) > 0;
}

void domain_shutdown(struct domain *d, uint32_t reason)
{
	(void)d;
	(void)reason;
	abort();
}

int domain_get_remote(domid_t domid, struct domain **out)
{
	(void)domid;
	(void)out;
	abort();
}

void domain_put(struct domain *d)
{
	(void)d;
}

struct domain *domain_next(domid_t domid)
{
	return domid ? NULL : &dom;
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
	abort();
}

void printk(enum loglevel lvl, const char *fmt, ...)
{
	va_list args;

	if (lvl == LOG_INFO) /* affinity is broken all the time */
		return;
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
}

static struct guest *guest_of(struct vcpu *v)
{
	return container_of(v, struct guest, v);
}

static unsigned int chance(struct guest *g, unsigned int n)
{
	g->seed = g->seed * 1103515245 + 12345;
	return (g->seed >> 16) % n;
}

static void pass_token(struct guest *g)
{
	struct guest *to = &guests[chance(g, NR_VCPUS)];

	__atomic_fetch_sub(&g->tokens, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&hops, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&to->tokens, 1, __ATOMIC_SEQ_CST);
	/* As an event channel does: the port, then the vcpu, then pollers. */
	__atomic_store_n(&to->info.evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&to->info.evtchn_upcall_mask, __ATOMIC_SEQ_CST))
		vcpu_kick(&to->v);
	vcpu_unpoll(&to->v);
}

static bool hotplug_busy;    /* atomic */
static unsigned int leaving; /* atomic; 0: nobody */
static uint64_t nr_gone;

static void take_down(unsigned int cpu)
{
	if (!(READ_ONCE(cpu_online_map) & cpumask_of(cpu)) || /* yet to come */
	    __atomic_exchange_n(&hotplug_busy, true, __ATOMIC_SEQ_CST))
		return;
	if (cpu == this_cpu || sched_cpu_down(cpu))
		__atomic_store_n(&hotplug_busy, false, __ATOMIC_SEQ_CST);
	else
		__atomic_store_n(&leaving, cpu, __ATOMIC_SEQ_CST);
}

/* Idle and told to leave: go, and come back. */
static void leave(void)
{
	timer_cpu_down();
	nr_gone++;
	usleep(100);
	sched_cpu_up(this_cpu);
	__atomic_store_n(&leaving, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&hotplug_busy, false, __ATOMIC_SEQ_CST);
}

static void disturb(struct guest *g)
{
	struct vcpu *other = &guests[chance(g, NR_VCPUS)].v;
	cpumask_t mask = 1 + chance(g, (1 << NR_PCPUS) - 1);

	switch (chance(g, 12)) {
	case 6:
		if (chance(g, 8) == 0)
			take_down(1 + chance(g, NR_PCPUS - 1));
		break;
	case 0:
		vcpu_pause_nosync(other);
		sched_yield();
		vcpu_unpause(other);
		break;
	case 1:
		vcpu_set_affinity(other, mask, CPUMASK_ALL);
		break;
	case 2:
		schedop_yield(&g->v);
		break;
	case 3:
		hc_set_timer_op(now_ns() + chance(g, 50000));
		break;
	case 4:
		vcpuop_up(&g->v, other);
		break;
	case 5:
		/* Never all of them: 0 stays up and puts the others up. */
		if (other != &guests[0].v && g == &guests[0]) {
			vcpuop_down(&g->v, other);
			sched_yield();
			vcpuop_up(&g->v, other);
		}
		break;
	}
}

/* A piece of what @g does in guest mode, up to its next hypercall. */
static void run_guest(struct guest *g)
{
	uint32_t port = g->v.id;
	struct sched_poll poll = {.ports = (uint64_t)&port, .nr_ports = 1};

	if (vcpu_has_events(&g->v))
		__atomic_store_n(&g->info.evtchn_upcall_pending, 0,
				 __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&g->tokens, __ATOMIC_SEQ_CST) > 0) {
		disturb(g);
		pass_token(g);
		return;
	}
	if (chance(g, 4) == 0)
		sched_yield(); /* here an event must not get lost */
	if (chance(g, 2)) {
		schedop_block(&g->v);
	} else {
		__atomic_store_n(&g->info.evtchn_upcall_mask, 1,
				 __ATOMIC_SEQ_CST);
		schedop_poll(&g->v, &poll);
		__atomic_store_n(&g->info.evtchn_upcall_mask, 0,
				 __ATOMIC_SEQ_CST);
	}
}

static void *pcpu(void *arg)
{
	this_cpu = ((struct guest *)arg)->v.id;
	this_vcpu = dom_idle->vcpu[this_cpu];
	sched_cpu_up(this_cpu);
	__atomic_fetch_or(&cpu_online_map, cpumask_of(this_cpu),
			  __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&hops, __ATOMIC_RELAXED) < wanted_hops) {
		if (deadline_ns <= now_ns()) {
			deadline_ns = ~0ULL;
			softirq_raise(SOFTIRQ_TIMER);
		}
		if (softirq_pending()) {
			if (setjmp(switched) == 0)
				softirq_run();
		} else if (is_idle_vcpu(this_vcpu)) {
			if (__atomic_load_n(&leaving, __ATOMIC_SEQ_CST) ==
				    this_cpu &&
			    this_cpu)
				leave();
			sched_yield();
		} else {
			run_guest(guest_of(this_vcpu));
		}
	}
	return NULL;
}

/*
 * From outside: vcpus go down and up, which is how they change places under a
 * policy that never preempts.
 */
static void stir(unsigned int n)
{
	struct vcpu *v = &guests[n % NR_VCPUS].v;

	vcpu_set_affinity(v, CPUMASK_ALL, CPUMASK_ALL);
	vcpuop_down(v, v);
	sched_yield();
	vcpuop_up(v, v);
	usleep(50);
}

static void add_vcpu(struct domain *d, struct guest *g, unsigned int id)
{
	g->v.domain = d;
	g->v.id = id;
	g->v.info = &g->info;
	g->v.is_initialised = true;
	g->seed = id * 7919 + 1;
	d->vcpu[id] = &g->v;
	sched_add_vcpu(&g->v);
}

int main(int argc, char **argv)
{
	pthread_t threads[NR_PCPUS];

	if (argc != 3 || !sched_choose_policy(argv[1]))
		return 2;
	wanted_hops = strtoull(argv[2], NULL, 0);
	alarm(TIMEOUT_S);
	timer_subsys_init();
	sched_init();
	dom_idle = calloc(1, sizeof(*dom_idle));
	dom_idle->max_vcpus = NR_PCPUS;
	for (unsigned int i = 0; i < NR_PCPUS; i++)
		add_vcpu(dom_idle, &idlers[i], i);
	dom.max_vcpus = NR_VCPUS;
	spin_lock_init(&dom.lock, RANK_DOMAIN);
	sched_add_domain(&dom);
	for (unsigned int i = 0; i < NR_VCPUS; i++)
		add_vcpu(&dom, &guests[i], i);
	for (unsigned int i = 0; i < NR_TOKENS; i++)
		guests[i].tokens = 1;

	for (unsigned int i = 0; i < NR_PCPUS; i++)
		if (pthread_create(&threads[i], NULL, pcpu, &idlers[i]))
			abort();
	this_cpu = NR_CPUS - 1; /* no pcpu: only wakes them */
	for (unsigned int i = 0; i < NR_VCPUS; i++)
		vcpu_wake(&guests[i].v);
	for (unsigned int n = 0;
	     __atomic_load_n(&hops, __ATOMIC_RELAXED) < wanted_hops; n++)
		stir(n);
	for (unsigned int i = 0; i < NR_PCPUS; i++)
		pthread_join(threads[i], NULL);
	free(dom_idle);
	printf("%s: %llu hops, pcpus gone %llu times\n", argv[1],
	       (unsigned long long)hops, (unsigned long long)nr_gone);
	return nr_gone == 0;
}
