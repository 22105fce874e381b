/* SPDX-License-Identifier: GPL-2.0-only */
/* See machine.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <hv/assert.h>
#include <hv/boot.h>
#include <hv/console.h>
#include <hv/evtchn.h>
#include <hv/format.h>
#include <hv/hypercall.h>
#include <hv/hypercalls.h>
#include <hv/irq.h>
#include <hv/mmu.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/softirq.h>
#include <hv/symbols.h>
#include <hv/time.h>
#include <hv/x86/cpu_policy.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/fpu.h>
#include <hv/x86/hypercall_page.h>
#include <hv/x86/platform.h>
#include <hv/x86/pte.h>
#include <hv/x86/pv_state.h>
#include <hv/x86/traps.h>
#include <hv/xalloc.h>

#include <abi/errno.h>

#include "machine.h"

/* --- the end, and what is printed --------------------------------------- */

char machine_log[65536], machine_console[65536];
const char *machine_ended;
static jmp_buf at_end;

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

static void append(char *to, size_t room, const char *s, size_t n)
{
	size_t at = strlen(to);

	if (at + n >= room) /* no test looks at so much */
		at = 0;
	memcpy(to + at, s, n);
	to[at + n] = '\0';
}

void printk(enum loglevel lvl, const char *fmt, ...)
{
	char buf[512];
	va_list ap;

	(void)lvl;
	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	append(machine_log, sizeof(machine_log), buf, strlen(buf));
}

void guest_log(const struct domain *d, enum loglevel lvl, const char *fmt, ...)
{
	(void)d;
	(void)lvl;
	(void)fmt;
}

void console_guest_write(struct domain *d, const char *s, size_t n)
{
	(void)d;
	append(machine_console, sizeof(machine_console), s, n);
}

size_t console_guest_read(char *buf, size_t n)
{
	static const char input[] = "typed by somebody";
	static size_t at;
	size_t done = min(n, sizeof(input) - 1 - at);

	memcpy(buf, input + at, done);
	at += done;
	return done;
}

size_t conring_read(uint32_t *index, char *buf, size_t n)
{
	size_t len = strlen(machine_log), at = min((size_t)*index, len);
	size_t done = min(n, len - at);

	memcpy(buf, machine_log + at, done);
	*index = (uint32_t)(at + done);
	return done;
}

void conring_clear(void)
{
	machine_log[0] = '\0';
}

__attribute__((noreturn)) static void end(const char *how)
{
	machine_ended = how;
	longjmp(at_end, 1);
}

void console_start_panic(void)
{
}

void show_crash_context(void)
{
}

void machine_restart(void)
{
	end("restart");
}

void machine_power_off(void)
{
	end("power off");
}

void machine_halt(void)
{
	end("halt");
}

void expect_end(void (*fn)(void *), void *arg, const char *how)
{
	machine_ended = NULL;
	if (setjmp(at_end) == 0)
		fn(arg);
	EXPECT(machine_ended && !strcmp(machine_ended, how));
}

/* --- processors ---------------------------------------------------------- */

cpumask_t cpu_online_map = 3;
static struct vcpu *this_vcpu;
unsigned int machine_preempt_every;
uint64_t machine_now_ns = 1000;
uint32_t tsc_khz = 2000000;
uint32_t sched_ratelimit_us = 1000;
uint32_t machine_sched_policy = XEN_SCHEDULER_CREDIT2;
struct boot_info boot_info = {
	.cmdline = "loglvl=all",
	.e820 = {{0, MACHINE_FRAMES << PAGE_SHIFT, E820_RAM}},
	.nr_e820 = 1,
};
struct boot_options opt;
struct cpu_features cpu_features = {.xsave = true,
				    .xcr0_max = 7,
				    .xsave_size = 832,
				    .phys_bits = 40,
				    .nx = true};

unsigned int smp_processor_id(void)
{
	return 0;
}

unsigned int nr_present_cpus(void)
{
	return 2;
}

int cpu_bring_up(unsigned int cpu)
{
	return cpu < 2 ? -EEXIST : -EINVAL;
}

int cpu_take_down(unsigned int cpu)
{
	return cpu == 1 ? 0 : -EINVAL;
}

struct vcpu *current_vcpu(void)
{
	return this_vcpu;
}

void machine_run(struct vcpu *v)
{
	this_vcpu = v;
}

void cpu_poll(void)
{
	unit_test_fail(__FILE__, __LINE__, "a lock is waited for");
}

bool preempt_check(void)
{
	static unsigned int calls;

	return machine_preempt_every && ++calls % machine_preempt_every == 0;
}

uint64_t now_ns(void)
{
	return machine_now_ns;
}

void time_update_wallclock(struct domain *d)
{
	d->shared_info->wc_sec = (uint32_t)d->time_offset_s;
}

static void (*continue_fn)(void);
static bool continue_raised;

void softirq_register(enum softirq nr, void (*fn)(void))
{
	EXPECT_EQ(nr, SOFTIRQ_CONTINUE);
	continue_fn = fn;
}

void softirq_raise(enum softirq nr)
{
	EXPECT_EQ(nr, SOFTIRQ_CONTINUE);
	continue_raised = true;
}

void machine_softirqs(void)
{
	while (continue_raised) {
		continue_raised = false;
		continue_fn();
	}
}

struct hypercall_args *hypercall_args(void)
{
	static struct hypercall_args args;

	return &args;
}

void keyhandler_run(char key)
{
	printk(LOG_INFO, "key %c\n", key);
}

const char *symbol_lookup(uint64_t addr, uint64_t *offset)
{
	(void)addr;
	(void)offset;
	return NULL;
}

/* --- the scheduler ------------------------------------------------------- */

static unsigned int nr_sched_vcpus;

void sched_add_domain(struct domain *d)
{
	d->sched.weight = 256;
}

void sched_remove_domain(struct domain *d)
{
	EXPECT_EQ(d->sched.weight, 256);
}

void sched_add_vcpu(struct vcpu *v)
{
	v->sched.hard_affinity = v->sched.soft_affinity = CPUMASK_ALL;
	nr_sched_vcpus++;
}

void sched_remove_vcpu(struct vcpu *v)
{
	EXPECT(!v->sched.is_running);
	nr_sched_vcpus--;
}

bool vcpu_runnable(const struct vcpu *v)
{
	return v->is_initialised && !v->is_down && !v->sched.is_blocked &&
	       !v->sched.pause_count && !v->domain->pause_count;
}

void domain_pause_nosync(struct domain *d)
{
	d->pause_count++;
}

void domain_pause(struct domain *d)
{
	EXPECT(d != current->domain);
	d->pause_count++;
}

void domain_unpause(struct domain *d)
{
	EXPECT(d->pause_count);
	d->pause_count--;
}

void vcpu_wake(struct vcpu *v)
{
	(void)v;
}

void vcpu_kick(struct vcpu *v)
{
	(void)v;
}

void vcpu_unpoll(struct vcpu *v)
{
	(void)v;
}

int vcpu_set_affinity(struct vcpu *v, cpumask_t hard, cpumask_t soft)
{
	if (!(hard & cpu_online_map))
		return -EINVAL;
	v->sched.hard_affinity = hard;
	v->sched.soft_affinity = soft;
	return 0;
}

uint32_t sched_policy_id(void)
{
	return machine_sched_policy;
}

int sched_set_params(struct domain *d, uint32_t weight, uint32_t cap)
{
	d->sched.weight = weight;
	d->sched.cap = cap;
	return 0;
}

uint64_t vcpu_cpu_time(struct vcpu *v)
{
	return 1000000 + v->id;
}

uint64_t sched_idle_ns(unsigned int cpu)
{
	return 5000 + cpu;
}

/* --- interrupts ---------------------------------------------------------- */

static unsigned int nr_pirq_tables;

int pirq_init_domain(struct domain *d, uint32_t nr)
{
	d->pirqs = xzalloc_bytes(nr * 4);
	if (!d->pirqs)
		return -ENOMEM;
	nr_pirq_tables++;
	return 0;
}

void pirq_free_domain(struct domain *d)
{
	xfree(d->pirqs);
	d->pirqs = NULL;
	nr_pirq_tables--;
}

void pirq_drop_eoi_map(struct domain *d)
{
	(void)d; /* no domain here has one */
}

uint32_t nr_pirqs(const struct domain *d)
{
	return d->pirqs ? 32 : 0;
}

int pirq_bind(struct vcpu *v, uint32_t pirq, uint32_t flags)
{
	(void)v;
	(void)pirq;
	(void)flags;
	return 0;
}

void pirq_unbind(struct domain *d, uint32_t pirq)
{
	(void)d;
	(void)pirq;
}

void pirq_set_affinity(struct domain *d, uint32_t pirq, struct vcpu *v)
{
	(void)d;
	(void)pirq;
	(void)v;
}

/* --- memory -------------------------------------------------------------- */

/* As the hypervisor maps it: to be written where a section has its tables. */
static struct page pages[MACHINE_FRAMES] __attribute__((aligned(4096)));
static char ram[MACHINE_FRAMES][PAGE_SIZE] __attribute__((aligned(4096)));
static uint64_t m2p[MACHINE_FRAMES];
struct page *frame_table = pages;
static struct section sections[MACHINE_FRAMES / SECTION_FRAMES + 1];
struct section *section_table = sections;
uint64_t max_page = MACHINE_FRAMES;
bool machine_has_tables[MACHINE_FRAMES / SECTION_FRAMES];

static void protect(uint64_t section, int prot)
{
	EXPECT_EQ(mprotect(&pages[section * SECTION_FRAMES],
			   SECTION_FRAMES * sizeof(pages[0]), prot),
		  0);
}

void section_set_tables(uint64_t nr, const uint64_t *mfn)
{
	EXPECT(nr < ARRAY_SIZE(machine_has_tables) && !machine_has_tables[nr]);
	for (unsigned int i = 0; i < SECTION_TABLES; i++)
		memset(mfn_to_virt(MFN(mfn[i])), 0xab, PAGE_SIZE);
	protect(nr, PROT_READ | PROT_WRITE);
	machine_has_tables[nr] = true;
}

void section_tables_flush(void)
{
}
unsigned int machine_fail_alloc, machine_nr_allocs;
static unsigned int live_objects;

static bool alloc_fails(void)
{
	machine_nr_allocs++;
	return machine_fail_alloc && --machine_fail_alloc == 0;
}

void *xzalloc_bytes(size_t size)
{
	if (alloc_fails())
		return NULL;
	live_objects++;
	return calloc(1, size);
}

void xfree(const void *p)
{
	if (!p)
		return;
	live_objects--;
	free((void *)(uintptr_t)p);
}

/* hv_pages_alloc of heap.c, through a door that can be shut. */
void *hv_pages_alloc(unsigned int order)
{
	struct page *pg = alloc_fails() ? NULL : heap_alloc(order, ANY_ADDRESS);

	return pg ? memset(page_to_virt(pg), 0, PAGE_SIZE << order) : NULL;
}

void hv_pages_free(void *va, unsigned int order)
{
	memset(va, 0xdf, PAGE_SIZE << order);
	heap_free(mfn_to_page(virt_to_mfn(va)), order);
}

struct page *m2p_window_page(mfn_t m)
{
	(void)m;
	return NULL;
}

void *mfn_to_virt(mfn_t m)
{
	EXPECT(m.v < MACHINE_FRAMES);
	return ram[m.v];
}

mfn_t virt_to_mfn(const void *va)
{
	uint64_t off = (uint64_t)((const char *)va - ram[0]);

	EXPECT(off < sizeof(ram));
	return MFN(off / PAGE_SIZE);
}

void m2p_set(mfn_t m, uint64_t gfn)
{
	m2p[m.v] = gfn;
}

void m2p_set_range(mfn_t m, uint64_t gfn, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		m2p[m.v + i] = gfn + i;
}

uint64_t m2p_get(mfn_t m)
{
	return m2p[m.v];
}

uint32_t tlb_clock(void)
{
	return 1;
}

cpumask_t machine_stale_cpus;

cpumask_t tlb_filter(cpumask_t mask, uint32_t stamp)
{
	(void)stamp;
	return machine_stale_cpus & mask;
}

void tlb_flush_mask(cpumask_t mask)
{
	machine_stale_cpus &= ~mask;
}

void tlb_flush_va_mask(cpumask_t mask, uint64_t va)
{
	(void)mask;
	(void)va;
}

bool iomem_access_permitted(const struct domain *d, mfn_t first, mfn_t last)
{
	return rangeset_contains(&d->iomem, first.v, last.v);
}

bool iomem_is_readonly(mfn_t m)
{
	(void)m;
	return false;
}

void init_hv_l4_slots(uint64_t *l4);
void init_hv_l4_slots(uint64_t *l4)
{
	(void)l4;
}

/* Grants of these tests are made, not mapped. */
int mmu_grant_map_pte(struct vcpu *v, uint64_t pte_maddr, uint64_t l1e)
{
	(void)v;
	(void)pte_maddr;
	(void)l1e;
	return 0;
}

int mmu_grant_map_va(struct vcpu *v, uint64_t va, uint64_t l1e)
{
	return mmu_grant_map_pte(v, va, l1e);
}

int mmu_grant_unmap_pte(struct vcpu *v, uint64_t pte_maddr, mfn_t frame,
			uint64_t new_l1e)
{
	(void)v;
	(void)pte_maddr;
	(void)frame;
	(void)new_l1e;
	return 0;
}

int mmu_grant_unmap_va(struct vcpu *v, uint64_t va, mfn_t frame,
		       uint64_t new_l1e)
{
	return mmu_grant_unmap_pte(v, va, frame, new_l1e);
}

long hc_update_va_mapping(uint64_t va, uint64_t val, uint64_t flags)
{
	(void)va;
	(void)val;
	(void)flags;
	return 0;
}

int page_get_for_access(mfn_t m, struct domain *d, bool write,
			struct page **out)
{
	*out = mfn_to_page(m);
	return write ? page_get_and_type(*out, d, PT_WRITABLE, false)
		     : page_get(*out, d);
}

void page_put_for_access(struct page *pg, bool write)
{
	if (write)
		page_put_and_type(pg);
	else
		page_put(pg);
}

/* A guest's address is the test's own, within bounds if there are any. */
uint64_t machine_guest_first = 4096, machine_guest_end = ~0ULL;

static bool is_bad(guest_ptr_t p, size_t n)
{
	return n && (p.va < machine_guest_first || p.va > machine_guest_end ||
		     n > machine_guest_end - p.va);
}

int copy_from_guest(void *dst, guest_ptr_t src, size_t n)
{
	if (is_bad(src, n))
		return -EFAULT;
	if (n)
		memcpy(dst, (const void *)src.va, n);
	return 0;
}

int copy_to_guest(guest_ptr_t dst, const void *src, size_t n)
{
	if (is_bad(dst, n))
		return -EFAULT;
	if (n)
		memcpy((void *)dst.va, src, n);
	return 0;
}

int clear_guest(guest_ptr_t dst, size_t n)
{
	if (is_bad(dst, n))
		return -EFAULT;
	if (n)
		memset((void *)dst.va, 0, n);
	return 0;
}

/* --- a vcpu's registers -------------------------------------------------- */

int fpu_init_vcpu(struct vcpu *v)
{
	v->arch.fpu = hv_pages_alloc(0);
	v->arch.xcr0 = 1;
	v->arch.xcr0_accum = 3;
	return v->arch.fpu ? 0 : -ENOMEM;
}

void fpu_free_vcpu(struct vcpu *v)
{
	if (v->arch.fpu)
		hv_pages_free(v->arch.fpu, 0);
	v->arch.fpu = NULL;
}

uint32_t fpu_area_size(void)
{
	return cpu_features.xsave_size;
}

void *fpu_area(struct vcpu *v)
{
	return v->arch.fpu;
}

bool guest_address_ok(uint64_t va)
{
	return va < 0x0000800000000000 || va >= 0xffff880000000000;
}

void pv_set_cr4(struct vcpu *v, uint64_t val)
{
	v->arch.cr4 = val;
}

int pv_set_callback(struct vcpu *v, unsigned int type, bool masks,
		    uint64_t address)
{
	struct callback cb = {address, masks};

	if (type == 7)
		v->arch.syscall32 = cb;
	else
		v->arch.sysenter = cb;
	return 0;
}

int pv_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	uint64_t mfn = xen_cr3_to_pfn(c->ctrlreg[3]);
	struct page *pg;
	int rc;

	if (!(c->flags & VGCF_IN_KERNEL) || !mfn || mfn >= max_page)
		return -EINVAL;
	pg = mfn_to_page(MFN(mfn));
	rc = page_get_and_type(pg, v->domain, PT_L4, true);
	if (rc)
		return rc == -ERESTART ? rc : -EINVAL;
	EXPECT(!v->arch.l4_kernel);
	v->arch.l4_kernel = pg;
	v->arch.cr3_kernel = c->ctrlreg[3];
	v->arch.regs.rip = c->user_regs.rip;
	v->is_initialised = true;
	return 0;
}

void pv_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	memset(c, 0, sizeof(*c));
	c->flags = VGCF_IN_KERNEL;
	c->ctrlreg[3] = v->arch.cr3_kernel;
	c->user_regs.rip = v->arch.regs.rip;
}

int pv_drop_context(struct vcpu *v)
{
	int rc;

	if (!v->arch.l4_kernel)
		return 0;
	rc = page_put_and_type_preemptible(v->arch.l4_kernel, true);
	if (!rc) {
		v->arch.l4_kernel = NULL;
		v->arch.cr3_kernel = 0;
	}
	return rc;
}

bool pv_check_descriptors(uint64_t *d, unsigned int n)
{
	(void)d;
	(void)n;
	return true;
}

void guest_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf,
		 struct cpuid_regs *out)
{
	(void)v;
	(void)subleaf;
	*out = (struct cpuid_regs){~0u, ~0u, ~0u, ~0u};
	if (leaf == 0)
		out->a = 0xd;
	if (leaf == 0x80000000)
		out->a = 0x80000008;
	if (leaf == 7 && subleaf == 0)
		out->a = 0;
	if (leaf == 4 && subleaf == 3)
		out->a = 0;
	if (leaf == 0xd && subleaf == 0) {
		out->a = 7;
		out->d = 0;
	}
}

void hypercall_page_fill(void *page)
{
	memset(page, 0xcc, PAGE_SIZE);
}

/* --- what the tests do --------------------------------------------------- */

unsigned int machine_dom_exc;
static uint32_t dom_exc_port;

/* Dom0 has bound VIRQ_DOM_EXC: count and clear what is pending. */
static void take_dom_exc(void)
{
	uint64_t *word = &dom0->shared_info->evtchn_pending[0];
	uint64_t bit = 1ULL << dom_exc_port;

	if (*word & bit) {
		machine_dom_exc++;
		*word &= ~bit;
	}
}

struct domain_config machine_config(uint32_t nr_vcpus)
{
	return (struct domain_config){
		.max_vcpus = nr_vcpus,
		.max_evtchn_port = 1023,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
		.max_grant_version = 2,
	};
}

void machine_start(void)
{
	struct domain_config c = machine_config(2);
	struct evtchn_bind_virq bind = {.virq = VIRQ_DOM_EXC};
	struct domain *d;

	for (uint64_t s = 0; s < ARRAY_SIZE(machine_has_tables); s++)
		protect(s, PROT_READ);
	heap_add(MFN(1), MFN(MACHINE_FRAMES));
	mmu_limits_init(40, true);
	domain_subsys_init();
	this_vcpu = vcpu_create(dom_idle, 0);
	c.is_privileged = true;
	c.nr_pirqs = 32;
	EXPECT_EQ(domain_create(0, &c, &d), 0);
	EXPECT(d == dom0 && d->domid == 0);
	EXPECT_EQ(rangeset_add(&d->iomem, 0x80000, 0x8ffff), 0);
	EXPECT_EQ(rangeset_add(&d->ioport, 0, 0xffff), 0);
	EXPECT_EQ(rangeset_add(&d->irqs, 0, 31), 0);
	EXPECT(vcpu_create(d, 0) && vcpu_create(d, 1));
	EXPECT_EQ(domain_unpause_by_control(d), 0);
	machine_run(d->vcpu[0]);
	EXPECT_EQ(evtchn_bind_virq(d, &bind), 0);
	dom_exc_port = bind.port;
}

struct domain *machine_domain(uint32_t nr_vcpus, uint64_t nr_pages)
{
	struct domain_config c = machine_config(nr_vcpus);
	struct domain *d;

	EXPECT_EQ(domain_create(DOMID_INVALID, &c, &d), 0);
	for (uint32_t i = 0; i < nr_vcpus; i++)
		EXPECT(vcpu_create(d, i));
	d->max_pages = nr_pages;
	for (uint64_t i = 0; i < nr_pages; i++)
		EXPECT(domain_alloc_pages(d, 0, ANY_ADDRESS));
	return d;
}

unsigned int machine_kill(struct domain *d)
{
	unsigned int preempted = 0;
	int rc;

	while ((rc = domain_kill(d)) == -ERESTART)
		preempted++;
	EXPECT_EQ(rc, 0);
	machine_softirqs();
	take_dom_exc();
	return preempted;
}

struct usage machine_usage(void)
{
	return (struct usage){heap_free_pages(), live_objects, nr_sched_vcpus,
			      nr_pirq_tables,
			      (unsigned int)heap_claimed_pages()};
}

void expect_usage(struct usage before)
{
	struct usage now = machine_usage();

	EXPECT_EQ(now.pages, before.pages);
	EXPECT_EQ(now.objects, before.objects);
	EXPECT_EQ(now.vcpus, before.vcpus);
	EXPECT_EQ(now.pirqs, before.pirqs);
	EXPECT_EQ(now.claims, before.claims);
}

struct xen_domctl domctl;
struct xen_sysctl sysctl;

long do_domctl(uint32_t cmd, struct domain *d)
{
	long rc;

	domctl.cmd = cmd;
	domctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	if (d)
		domctl.domain = d->domid;
	do
		rc = hc_domctl(guest_ptr((uintptr_t)&domctl));
	while (rc == -ERESTART);
	machine_softirqs();
	take_dom_exc();
	return rc;
}

long do_sysctl(uint32_t cmd)
{
	sysctl.cmd = cmd;
	sysctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return hc_sysctl(guest_ptr((uintptr_t)&sysctl));
}

uint64_t machine_tables(struct domain *d)
{
	uint64_t mfn[5];
	const struct page *pg = domain_first_page(d);

	for (unsigned int i = 0; i < 5; i++, pg = domain_next_page(d, pg)) {
		EXPECT(pg);
		mfn[i] = page_to_mfn(pg).v;
	}
	for (unsigned int i = 0; i < 4; i++) {
		uint64_t *table = (uint64_t *)(void *)ram[mfn[i]];

		table[0] = mfn[i + 1] << PAGE_SHIFT | PTE_P | PTE_RW | PTE_US |
			   PTE_A;
		table[7] = table[0]; /* each is used twice */
	}
	return mfn[0];
}

void machine_context(struct vcpu_guest_context *c, uint64_t l4)
{
	memset(c, 0, sizeof(*c));
	c->flags = VGCF_IN_KERNEL | VGCF_online;
	c->user_regs.rip = 0x1000;
	c->ctrlreg[3] = xen_pfn_to_cr3(l4);
}
