/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine checks.  An exception that leaves the CPU's state in doubt ends the
 * hypervisor with a report of each bank; one that hit only what a guest was
 * doing ends the guest; anything else, and what a look at the banks now and
 * then finds, is kept for Dom0, which VIRQ_MCA tells.  SDM vol. 3, "Machine-
 * Check Architecture".
 */
#include <hv/assert.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/evtchn.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/spinlock.h>
#include <hv/time.h>
#include <hv/timer.h>
#include <hv/x86/io.h>
#include <hv/x86/nmi.h>
#include <hv/x86/smp.h>
#include <hv/x86/traps.h>

#define MSR_MCG_CAP 0x179
#define MSR_MCG_STATUS 0x17a
#define MSR_MCG_CTL 0x17b
#define MSR_MC_CTL(bank) (0x400 + 4 * (bank))
#define MSR_MC_STATUS(bank) (0x401 + 4 * (bank))
#define MSR_MC_ADDR(bank) (0x402 + 4 * (bank))
#define MSR_MC_MISC(bank) (0x403 + 4 * (bank))

#define CAP_HAS_CTL (1u << 8)
#define CAP_RECOVERS (1u << 24) /* S and AR below mean something */
#define MCG_RIPV 1
#define ST_VALID (1ULL << 63)
#define ST_UNCORRECTED (1ULL << 61)
#define ST_HAS_MISC (1ULL << 59)
#define ST_HAS_ADDR (1ULL << 58)
#define ST_CONTEXT_CORRUPT (1ULL << 57)
#define ST_ACTION_REQUIRED (1ULL << 55)

#define LOOK_EVERY_NS (8 * NS_PER_SEC)
#define NR_RECORDS 64

/*
 * A ring whose slots are claimed by adding to next; ready is the number of
 * the record that a slot holds.  When it is full new records are lost: the
 * first error tells most.
 */
static struct {
	struct mce_record rec;
	uint64_t ready;
} ring[NR_RECORDS];
static uint64_t next = 1;	      /* atomic                         */
static uint64_t oldest = 1, told = 1; /* under lock; told: all before   */
static spinlock_t lock = SPINLOCK_INIT(RANK_CHIPSET);

static unsigned int nr_banks;
static bool can_recover;
static struct timer clock;

static bool read_bank(unsigned int bank, struct mce_record *rec)
{
	uint64_t status = rdmsr(MSR_MC_STATUS(bank));
	struct vcpu *v = current;

	if (!(status & ST_VALID))
		return false;
	*rec = (struct mce_record){
		.status = status,
		.addr = status & ST_HAS_ADDR ? rdmsr(MSR_MC_ADDR(bank)) : 0,
		.misc = status & ST_HAS_MISC ? rdmsr(MSR_MC_MISC(bank)) : 0,
		.global_status = rdmsr(MSR_MCG_STATUS),
		.tsc = rdtsc(),
		.cpu = smp_processor_id(),
		.bank = bank,
		.domid = v ? v->domain->domid : 0xffff,
		.vcpu = v ? (uint16_t)v->id : 0,
	};
	return true;
}

static void print_record(const struct mce_record *rec)
{
	log_err("Machine check on CPU %u, bank %u: %scorrected error, status "
		"%016lx, address %016lx, misc %016lx, MCG_STATUS %lx\n",
		rec->cpu, rec->bank, rec->status & ST_UNCORRECTED ? "un" : "",
		rec->status, rec->addr, rec->misc, rec->global_status);
}

static void keep(const struct mce_record *rec)
{
	uint64_t id = __atomic_load_n(&next, __ATOMIC_RELAXED);

	do {
		if (id - READ_ONCE(oldest) >= NR_RECORDS)
			return;
	} while (!__atomic_compare_exchange_n(
		&next, &id, id + 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	ring[id % NR_RECORDS].rec = *rec;
	/* release: who sees the number sees the record */
	__atomic_store_n(&ring[id % NR_RECORDS].ready, id, __ATOMIC_RELEASE);
}

static bool is_ready(uint64_t id)
{
	return __atomic_load_n(&ring[id % NR_RECORDS].ready,
			       __ATOMIC_ACQUIRE) == id;
}

bool mce_oldest(struct mce_record *rec, uint64_t *id)
{
	bool found;

	spin_lock(&lock);
	found = is_ready(oldest);
	*id = oldest;
	if (found)
		*rec = ring[oldest % NR_RECORDS].rec;
	spin_unlock(&lock);
	return found;
}

void mce_drop(uint64_t id)
{
	spin_lock(&lock);
	if (id == oldest && is_ready(id))
		WRITE_ONCE(oldest, oldest + 1);
	spin_unlock(&lock);
}

/* --- looking ------------------------------------------------------------- */

/* Any context: takes no lock. */
static void look_here(void *arg)
{
	struct mce_record rec;

	(void)arg;
	for (unsigned int bank = 0; bank < nr_banks; bank++) {
		if (!read_bank(bank, &rec))
			continue;
		wrmsr(MSR_MC_STATUS(bank), 0);
		rec.polled = true;
		keep(&rec);
	}
}

/* Print and announce what came since. */
static void tell(void)
{
	bool any = false;

	spin_lock(&lock);
	for (told = max(told, oldest); is_ready(told); told++) {
		print_record(&ring[told % NR_RECORDS].rec);
		any = true;
	}
	spin_unlock(&lock);
	if (any)
		send_global_virq(VIRQ_MCA);
}

static void look(void *data)
{
	(void)data;
	smp_call(cpu_online_map, look_here, NULL);
	tell();
	timer_set(&clock, now_ns() + LOOK_EVERY_NS);
}

/* --- the exception ------------------------------------------------------- */

static __attribute__((noreturn)) void die(struct regs *r,
					  const struct mce_record *worst)
{
	struct mce_record rec;

	console_start_panic();
	for (unsigned int bank = 0; bank < nr_banks; bank++)
		if (read_bank(bank, &rec))
			print_record(&rec);
	if (r->cs & 3)
		show_guest_regs(current, r);
	else
		show_regs(r);
	if (worst)
		panic("fatal machine check, bank %u: status %016lx",
		      worst->bank, worst->status);
	panic("fatal machine check, no bank says why");
}

static bool is_fatal(const struct mce_record *rec, const struct regs *r)
{
	if (!(rec->status & ST_UNCORRECTED))
		return false;
	if ((rec->status & ST_CONTEXT_CORRUPT) || !can_recover)
		return true;
	/* the hypervisor was about to use what is broken, or Dom0 was */
	return (rec->status & ST_ACTION_REQUIRED) &&
	       (!(r->cs & 3) || current->domain == dom0);
}

void mce_exception(struct regs *r)
{
	uint64_t global = rdmsr(MSR_MCG_STATUS);
	bool guest_is_hit = false, any = false;
	struct mce_record rec;

	if (!(global & MCG_RIPV))
		die(r, NULL);
	for (unsigned int bank = 0; bank < nr_banks; bank++) {
		if (!read_bank(bank, &rec))
			continue;
		if (is_fatal(&rec, r))
			die(r, &rec);
		any = true;
		guest_is_hit |= (rec.status & ST_UNCORRECTED) &&
				(rec.status & ST_ACTION_REQUIRED);
		wrmsr(MSR_MC_STATUS(bank), 0);
		keep(&rec);
	}
	if (!any)
		die(r, NULL);
	wrmsr(MSR_MCG_STATUS, 0);
	if (guest_is_hit)
		domain_crash(current->domain, "vcpu %u: machine check",
			     current->id);
	softirq_raise(SOFTIRQ_MCE);
}

/* --- start ---------------------------------------------------------------- */

void mce_init_cpu(void)
{
	struct cpuid_regs f = cpuid(1, 0);
	uint64_t cap;

	if (!(f.d & 1u << 7) || !(f.d & 1u << 14)) /* MCE, MCA */
		return;
	cap = rdmsr(MSR_MCG_CAP);
	nr_banks = (unsigned int)min(cap & 0xff, 32UL);
	can_recover = cap & CAP_RECOVERS;
	if (cap & CAP_HAS_CTL)
		wrmsr(MSR_MCG_CTL, ~0ULL);
	/* what a bank still holds is from before: look() will find it */
	for (unsigned int bank = 0; bank < nr_banks; bank++)
		wrmsr(MSR_MC_CTL(bank), ~0ULL);
	wrmsr(MSR_MCG_STATUS, 0);
}

void mce_init(void)
{
	if (!nr_banks)
		return;
	softirq_register(SOFTIRQ_MCE, tell);
	timer_init(&clock, look, NULL, 0);
	timer_set(&clock, now_ns() + LOOK_EVERY_NS);
}
