/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulator: feeds traces to the scheduler and checks what becomes of
 * them.  Time is simulated, so a trace has one outcome.  Arguments are traces,
 * or --random N: as many machines full of hogs, with weights, caps, affinities
 * and pcpus by chance, on which everybody must get what is fair.  The words of
 * a trace are in the table at the end.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fair.h"
#include "machine.h"

#define MAX_DOMAINS 16

static struct sim_domain {
	char name[16];
	struct domain *d;
	uint64_t ran_ns[MAX_VCPUS]; /* by vcpu, in the last measure */
	uint64_t bursts;
} domains[MAX_DOMAINS];
static unsigned int nr_domains, nr_cpus;
static uint64_t measured_ns, idle_ns, wasted_ns, nr_switches;

static unsigned int nr_passed, nr_failed;
static const char *where = "";
static unsigned int line_nr;

static __attribute__((noreturn, format(printf, 1, 2))) void
fail(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s:%u: ", where, line_nr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

/* --- words --- */

static char *next_word(void)
{
	return strtok(NULL, " \t\n");
}

static char *need_word(void)
{
	char *w = next_word();

	if (!w)
		fail("a word is missing");
	return w;
}

static double number(const char *w)
{
	char *end;
	double n = strtod(w, &end);

	if (end == w)
		fail("%s is no number", w);
	return n;
}

/* "5ms": in ns */
static uint64_t duration(const char *w)
{
	char *end;
	double n = strtod(w, &end);

	if (!strcmp(end, "s"))
		return (uint64_t)(n * 1e9);
	if (!strcmp(end, "ms"))
		return (uint64_t)(n * 1e6);
	if (!strcmp(end, "us"))
		return (uint64_t)(n * 1e3);
	fail("%s is no time", w);
}

static struct sim_domain *need_domain(void)
{
	char *name = need_word();

	for (unsigned int i = 0; i < nr_domains; i++)
		if (!strcmp(domains[i].name, name))
			return &domains[i];
	fail("no domain %s", name);
}

/* --- doing --- */

static void do_pcpus(void)
{
	nr_cpus = (unsigned int)number(need_word());
	machine_start(nr_cpus);
}

static void do_sched(void)
{
	if (!sched_choose_policy(need_word()))
		fail("no such scheduler");
}

static void do_ratelimit(void)
{
	sched_ratelimit_us = (uint32_t)(duration(need_word()) / 1000);
}

/* KEY=VALUE... for @d, as from now. */
static void set(struct domain *d)
{
	uint32_t weight = d->sched.weight, cap = d->sched.cap;
	char *w;

	while ((w = next_word()) != NULL) {
		char *val = strchr(w, '=');
		struct vcpu *v;

		if (!val)
			fail("%s is no KEY=VALUE", w);
		*val++ = '\0';
		if (!strcmp(w, "weight"))
			weight = (uint32_t)number(val);
		else if (!strcmp(w, "cap"))
			cap = (uint32_t)number(val);
		else
			for_each_vcpu (d, v) {
				struct sched_vcpu *s = &v->sched;
				cpumask_t m = strtoull(val, NULL, 0);

				if (!strcmp(w, "hard"))
					vcpu_set_affinity(v, m,
							  s->soft_affinity);
				else if (!strcmp(w, "soft"))
					vcpu_set_affinity(v, s->hard_affinity,
							  m);
				else
					fail("what is %s?", w);
			}
	}
	if (sched_set_params(d, weight, cap))
		fail("weight or cap refused");
}

/* NAME VCPUS hog | NAME VCPUS BURST SLEEP */
static void do_domain(void)
{
	struct sim_domain *s = &domains[nr_domains++];
	uint64_t burst = FOREVER, sleep = 0;
	unsigned int nr;
	char *w;

	if (nr_domains > MAX_DOMAINS)
		fail("too many domains");
	snprintf(s->name, sizeof(s->name), "%s", need_word());
	nr = (unsigned int)number(need_word());
	w = need_word();
	if (strcmp(w, "hog")) {
		burst = duration(w);
		sleep = duration(need_word());
	}
	s->d = machine_domain(nr, burst, sleep);
	set(s->d);
}

static void do_set(void)
{
	set(need_domain()->d);
}

static void do_pause(void)
{
	domain_pause_nosync(need_domain()->d);
}

static void do_unpause(void)
{
	domain_unpause(need_domain()->d);
}

static void do_down(void)
{
	machine_cpu_down((unsigned int)number(need_word()));
}

static void do_up(void)
{
	machine_cpu_up((unsigned int)number(need_word()));
}

static void do_run(void)
{
	machine_run(duration(need_word()));
}

static uint64_t all_idle_ns(void)
{
	uint64_t ns = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		ns += sched_idle_ns(cpu);
	return ns;
}

static void measure(uint64_t ns)
{
	uint64_t idle = all_idle_ns(), switches = machine_switches;
	uint64_t wasted = machine_wasted_ns;

	for (unsigned int i = 0; i < nr_domains; i++) {
		struct sim_domain *s = &domains[i];

		s->bursts = 0;
		for (unsigned int n = 0; n < s->d->max_vcpus; n++) {
			struct worker *w = worker(s->d, n);

			s->ran_ns[n] = vcpu_cpu_time(s->d->vcpu[n]);
			s->bursts -= w->nr_bursts;
			w->max_delay_ns = 0;
			w->seen_on = 0;
		}
	}
	machine_run(ns);
	measured_ns = ns;
	idle_ns = all_idle_ns() - idle;
	wasted_ns = machine_wasted_ns - wasted;
	nr_switches = machine_switches - switches;
	for (unsigned int i = 0; i < nr_domains; i++) {
		struct sim_domain *s = &domains[i];

		for (unsigned int n = 0; n < s->d->max_vcpus; n++) {
			s->ran_ns[n] =
				vcpu_cpu_time(s->d->vcpu[n]) - s->ran_ns[n];
			s->bursts += worker(s->d, n)->nr_bursts;
		}
	}
}

static void do_measure(void)
{
	measure(duration(need_word()));
}

/* --- checking --- */

static double percent_of(const struct sim_domain *s)
{
	uint64_t ns = 0;

	for (unsigned int n = 0; n < s->d->max_vcpus; n++)
		ns += s->ran_ns[n];
	return 100.0 * (double)ns / (double)measured_ns;
}

static void do_share(void)
{
	struct sim_domain *s = need_domain();
	double want = number(need_word()), got = percent_of(s);

	if (got < want * 0.97 || got > want * 1.03)
		fail("%s had %.2f %% of a pcpu, not %.2f", s->name, got, want);
}

static double demand_of(const struct worker *w)
{
	if (w->burst_ns >= FOREVER)
		return 1;
	return (double)w->burst_ns / (double)(w->burst_ns + w->sleep_ns);
}

static unsigned int gather(struct fair_vcpu *v, double *caps)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < nr_domains; i++) {
		struct domain *d = domains[i].d;

		caps[i] = d->sched.cap / 100.0;
		for (unsigned int n = 0; n < d->max_vcpus; n++) {
			if (!vcpu_runnable(d->vcpu[n]) &&
			    !d->vcpu[n]->sched.is_blocked)
				continue; /* paused */
			if (nr == FAIR_VCPUS)
				fail("too many vcpus");
			v[nr++] = (struct fair_vcpu){
				.domain = i,
				.weight = d->sched.weight,
				.demand = demand_of(worker(d, n)),
				.may_use = d->vcpu[n]->sched.hard_affinity,
			};
		}
	}
	return nr;
}

static void compare(const char *name, double got, double want, double percent)
{
	if (got < want * (1 - percent / 100) ||
	    got > want * (1 + percent / 100))
		fail("%s had %.2f %% of a pcpu, not %.2f", name, got * 100,
		     want * 100);
}

/*
 * Every vcpu within @percent of what is fair, those that sleep left out.  A cap
 * is a domain's; how its vcpus share that is not looked at.
 */
static void check_fair(double percent)
{
	struct fair_vcpu v[FAIR_VCPUS];
	double caps[MAX_DOMAINS];
	unsigned int nr = gather(v, caps), k = 0;

	fair_shares(v, nr, caps, nr_domains, cpu_online_map);
	for (unsigned int i = 0; i < nr_domains; i++) {
		struct domain *d = domains[i].d;
		double sum = 0;

		for (unsigned int n = 0; n < d->max_vcpus; n++) {
			double got = (double)domains[i].ran_ns[n] /
				     (double)measured_ns;
			double want;

			if (!vcpu_runnable(d->vcpu[n]) &&
			    !d->vcpu[n]->sched.is_blocked)
				continue;
			want = v[k].rate;
			sum += want;
			if (v[k++].demand >= 1 && !d->sched.cap)
				compare(domains[i].name, got, want, percent);
		}
		if (d->sched.cap)
			compare(domains[i].name, percent_of(&domains[i]) / 100,
				sum, percent);
	}
}

static void do_fair(void)
{
	check_fair(number(need_word()));
}

static void do_latency(void)
{
	struct sim_domain *s = need_domain();
	uint64_t most = duration(need_word());

	for (unsigned int n = 0; n < s->d->max_vcpus; n++)
		if (worker(s->d, n)->max_delay_ns > most)
			fail("%s vcpu %u waited %.3f ms after an event",
			     s->name, n,
			     (double)worker(s->d, n)->max_delay_ns / 1e6);
}

static void do_bursts(void)
{
	struct sim_domain *s = need_domain();
	uint64_t least = (uint64_t)number(need_word());

	if (s->bursts < least)
		fail("%s did %llu bursts", s->name,
		     (unsigned long long)s->bursts);
}

static void do_turns(void)
{
	machine_in_turns = duration(need_word());
}

static void do_idle(void)
{
	double most = number(need_word());
	double got = 100.0 * (double)idle_ns / (double)measured_ns;

	if (got > most)
		fail("pcpus idled for %.3f %% of one", got);
}

static void do_wasted(void)
{
	if (wasted_ns)
		fail("pcpus idled for %.3f ms while vcpus waited",
		     (double)wasted_ns / 1e6);
}

static void do_switches(void)
{
	double most = number(need_word());
	double got = (double)nr_switches * 1e9 / (double)measured_ns;

	if (got > most)
		fail("%.1f switches a second", got);
}

static void do_seen(void)
{
	struct sim_domain *s = need_domain();
	cpumask_t mask = strtoull(need_word(), NULL, 0);

	for (unsigned int n = 0; n < s->d->max_vcpus; n++)
		if (worker(s->d, n)->seen_on & ~mask)
			fail("%s vcpu %u was on pcpus %llx", s->name, n,
			     (unsigned long long)worker(s->d, n)->seen_on);
}

/* --- traces --- */

static const struct {
	const char *word;
	void (*fn)(void);
} verbs[] = {
	{"sched", do_sched},	     /* NAME; before pcpus                    */
	{"pcpus", do_pcpus},	     /* N                                     */
	{"domain", do_domain},	     /* NAME VCPUS hog|BURST SLEEP [KEY=VAL]  */
	{"set", do_set},	     /* NAME weight= cap= hard= soft=         */
	{"ratelimit", do_ratelimit}, /* TIME                                */
	{"turns", do_turns},	   /* TIME; only one pcpu acts, in turns     */
	{"pause", do_pause},	   /* NAME                                  */
	{"unpause", do_unpause},   /* NAME                                  */
	{"down", do_down},	   /* PCPU                                  */
	{"up", do_up},		   /* PCPU                                  */
	{"run", do_run},	   /* TIME                                  */
	{"measure", do_measure},   /* TIME; what follows is about it        */
	{"share", do_share},	   /* NAME PERCENT of a pcpu, within 3 %    */
	{"fair", do_fair},	   /* PERCENT off what is fair, each vcpu   */
	{"latency", do_latency},   /* NAME TIME from event to running       */
	{"bursts", do_bursts},	   /* NAME N at least                       */
	{"idle", do_idle},	   /* PERCENT of a pcpu at most             */
	{"wasted", do_wasted},	   /* no pcpu idled that a vcpu waited for  */
	{"switches", do_switches}, /* N a second at most, of all pcpus      */
	{"seen", do_seen},	   /* NAME MASK, and on no other pcpu       */
};

static void obey(char *line)
{
	char *hash = strchr(line, '#'), *word;

	if (hash)
		*hash = '\0';
	word = strtok(line, " \t\n");
	if (!word)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(word, verbs[i].word)) {
			verbs[i].fn();
			return;
		}
	fail("what is %s?", word);
}

static void run_trace(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[256];

	where = path;
	if (!f)
		fail("can not be read");
	while (fgets(line, sizeof(line), f)) {
		line_nr++;
		obey(line);
	}
	fclose(f);
}

/* --- by chance --- */

static uint32_t seed;

static uint32_t chance(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 16) % n;
}

/* A machine full of hogs, different each @n. */
static void run_random(uint32_t n, bool with_caps, bool with_affinity,
		       double percent)
{
	static const uint32_t weights[] = {64, 128, 256, 256, 512, 1024};
	static char name[32];
	uint32_t nr;

	snprintf(name, sizeof(name), "random %u", n);
	where = name;
	seed = n * 2654435761u + 12345;
	nr_cpus = 1 + chance(4);
	nr = nr_cpus + 1 + chance(4);
	machine_start(nr_cpus);
	for (uint32_t i = 0; i < nr; i++) {
		struct sim_domain *s = &domains[nr_domains++];
		uint32_t vcpus = 1 + chance(5) / 4 * chance(3);
		uint32_t weight = weights[chance(6)], cap = 0;
		cpumask_t hard = CPUMASK_ALL;
		struct vcpu *v;

		if (with_caps && chance(5) == 0)
			cap = 10 + chance(20) * 10;
		if (with_affinity && chance(4) == 0)
			hard = 1 + chance((1U << nr_cpus) - 1);
		snprintf(s->name, sizeof(s->name), "%u:w%u%s%s", i, weight,
			 cap ? "c" : "", ~hard ? "a" : "");
		s->d = machine_domain(vcpus, FOREVER, 0);
		sched_set_params(s->d, weight, cap);
		for_each_vcpu (s->d, v)
			vcpu_set_affinity(v, hard, CPUMASK_ALL);
	}
	machine_run(NS_PER_SEC);
	measure(10 * NS_PER_SEC);
	check_fair(percent);
}

/* Each in a process of its own: the machine starts once. */
static bool in_child(pid_t pid)
{
	int status;

	if (pid == 0)
		return true;
	if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0)
		nr_passed++;
	else
		nr_failed++;
	return false;
}

/* N CAPS AFFINITY PERCENT */
static void run_randoms(char **args)
{
	uint32_t nr = (uint32_t)strtoul(args[0], NULL, 0);

	for (uint32_t n = 0; n < nr; n++) {
		fflush(NULL);
		if (in_child(fork())) {
			run_random(n, *args[1] == '1', *args[2] == '1',
				   strtod(args[3], NULL));
			exit(0);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "--random")) {
		run_randoms(argv + 2);
		argc = 1;
	}
	for (int i = 1; i < argc; i++) {
		fflush(NULL);
		if (in_child(fork())) {
			run_trace(argv[i]);
			exit(0);
		}
	}
	printf("%u passed, %u failed\n", nr_passed, nr_failed);
	return nr_failed != 0 || nr_passed == 0;
}
