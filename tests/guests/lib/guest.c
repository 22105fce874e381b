/* SPDX-License-Identifier: GPL-2.0-only */
/* The common part of the test kernels. */
#include "domu.h"
#include "guest.h"

#include <stdarg.h>

#include <abi/callback.h>
#include <abi/console.h>
#include <abi/errno.h>
#include <abi/sched.h>

struct start_info *start_info;
struct shared_info *shared;
struct trap_frame last_trap;
uint64_t last_cr2;
void (*on_event)(struct trap_frame *f);
void (*on_syscall)(struct trap_frame *f);

extern const char trap_stubs[];
extern int64_t trap_vector;
extern uint64_t trap_resume_rip, trap_resume_rsp;
static unsigned int passed, failed;

void *memset(void *d, int c, size_t n)
{
	for (char *p = d; n--; p++)
		*p = (char)c;
	return d;
}

void *memcpy(void *restrict d, const void *restrict s, size_t n)
{
	char *p = d;
	const char *q = s;

	while (n--)
		*p++ = *q++;
	return d;
}

/* --- console --- */

static char line[512];
static size_t used;

static void put(char c)
{
	if (used < sizeof(line))
		line[used++] = c;
}

static void put_number(uint64_t v, unsigned int base)
{
	char tmp[24];
	int n = 0;

	do {
		tmp[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (n)
		put(tmp[--n]);
}

void say(const char *fmt, ...)
{
	va_list ap;

	used = 0;
	va_start(ap, fmt);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put(*fmt);
			continue;
		}
		while (*++fmt == 'l')
			;
		if (*fmt == 's') {
			for (const char *s = va_arg(ap, const char *); *s; s++)
				put(*s);
		} else if (*fmt == 'd') {
			int64_t v = va_arg(ap, int64_t);

			if (v < 0)
				put('-');
			put_number((uint64_t)(v < 0 ? -v : v), 10);
		} else {
			put_number(va_arg(ap, uint64_t), *fmt == 'x' ? 16 : 10);
		}
	}
	va_end(ap);
	if (con)
		console_write(line, used);
	else
		(void)HYPERVISOR_console_io(CONSOLEIO_write, (uint32_t)used,
					    line);
}

/* --- verdicts --- */

void expect(bool ok, int at, const char *what)
{
	if (ok) {
		passed++;
		return;
	}
	failed++;
	say("FAIL line %ld: %s\n", (int64_t)at, what);
}

void expect_eq(int64_t got, int64_t want, int at, const char *what)
{
	if (got == want) {
		passed++;
		return;
	}
	failed++;
	say("FAIL line %ld: %s is %ld (%lx), not %ld\n", (int64_t)at, what, got,
	    (uint64_t)got, want);
}

void finish(void)
{
	struct sched_shutdown s = {.reason = SHUTDOWN_poweroff};

	say("%ld passed, %ld failed\n", (int64_t)passed, (int64_t)failed);
	for (;;)
		(void)HYPERVISOR_sched_op(SCHEDOP_shutdown, &s);
}

/* --- traps --- */

void end_probe(struct trap_frame *f)
{
	trap_vector = (int64_t)f->vector;
	f->rip = trap_resume_rip;
	f->rsp = trap_resume_rsp;
	f->cs = 0xe030;
	f->ss = 0xe02b;
	f->rflags = 0x002; /* events stay masked */
}

void guest_trap(struct trap_frame *f);
void guest_trap(struct trap_frame *f)
{
	if (f->vector == 0x100 && on_event) {
		on_event(f);
		return;
	}
	if (f->vector == 0x101 && on_syscall) {
		on_syscall(f);
		return;
	}
	last_trap = *f;
	last_cr2 = shared->vcpu_info[0].arch.cr2;
	if (trap_resume_rip) {
		end_probe(f);
		return;
	}
	say("FAIL unexpected trap %lx error %lx at %lx rsp %lx cs %lx cr2 "
	    "%lx\n",
	    f->vector, f->error, f->rip, f->rsp, f->cs, last_cr2);
	failed++;
	finish();
}

static void set_callback(uint16_t type, unsigned int stub)
{
	struct callback_register c = {
		.type = type,
		.flags = CALLBACKF_mask_events,
		.address = (uint64_t)trap_stubs + 32 * stub,
	};

	EXPECT_EQ(HYPERVISOR_callback_op(CALLBACKOP_register, &c), 0);
}

static void set_traps(void)
{
	static struct trap_info t[40];
	unsigned int n = 0;

	for (unsigned int v = 0; v < 32; v++) {
		if (v == 2 || v == 15)
			continue;
		t[n].vector = (uint8_t)v;
		t[n].flags = (uint8_t)(4 | (v == 3 || v == 4 ? 3 : 0));
		t[n].cs = 0xe033;
		t[n++].address = (uint64_t)trap_stubs + 32 * v;
	}
	t[n] = (struct trap_info){.vector = 0x80,
				  .flags = 7,
				  .cs = 0xe033,
				  .address = (uint64_t)trap_stubs + 32 * 32};
	EXPECT_EQ(HYPERVISOR_set_trap_table(t), 0);
	set_callback(CALLBACKTYPE_event, 33);
	set_callback(CALLBACKTYPE_failsafe, 35);
	set_callback(CALLBACKTYPE_syscall, 34);
}

/* --- memory --- */

/*
 * The builder's tables are mapped from pt_base on, so each is found by its
 * machine frame among those pages.
 */
static uint64_t p2m(uint64_t pfn)
{
	return ((uint64_t *)start_info->mfn_list)[pfn];
}

uint64_t mfn_of(const void *va)
{
	return p2m(((uint64_t)va - VIRT_BASE) / PAGE_SIZE);
}

static uint64_t *table_at(uint64_t maddr)
{
	for (uint64_t i = 0; i < start_info->nr_pt_frames; i++) {
		char *va = (char *)start_info->pt_base + i * PAGE_SIZE;

		if (mfn_of(va) == maddr / PAGE_SIZE)
			return (uint64_t *)va;
	}
	say("FAIL no table at %lx\n", maddr);
	finish();
}

uint64_t l1e_maddr(const void *va)
{
	uint64_t a = (uint64_t)va,
		 t = mfn_of((void *)start_info->pt_base) * PAGE_SIZE;

	for (unsigned int shift = 39; shift > 12; shift -= 9)
		t = table_at(t)[a >> shift & 511] & PTE_ADDR;
	return t + (a >> 12 & 511) * 8;
}

uint64_t l1e_of(const void *va)
{
	uint64_t m = l1e_maddr(va);

	return table_at(m & PTE_ADDR)[m % PAGE_SIZE / 8];
}

void *fresh_page(void)
{
	static char pool[64][PAGE_SIZE] __attribute__((aligned(4096)));
	static unsigned int next;

	if (next == 64) {
		say("FAIL out of pages\n");
		finish();
	}
	return pool[next++];
}

int map_ro(const void *va)
{
	return (int)HYPERVISOR_update_va_mapping(
		(uint64_t)va, mfn_of(va) * PAGE_SIZE | PTE_P | PTE_US,
		UVMF_INVLPG);
}

int map_rw(const void *va)
{
	return (int)HYPERVISOR_update_va_mapping(
		(uint64_t)va, mfn_of(va) * PAGE_SIZE | PTE_P | PTE_RW | PTE_US,
		UVMF_INVLPG);
}

int mmuext(uint32_t cmd, uint64_t arg1, uint64_t arg2)
{
	struct mmuext_op op = {.cmd = cmd};

	op.arg1.mfn = arg1;
	op.arg2.src_mfn = arg2;
	return (int)HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

int mmu_write(uint64_t maddr_and_cmd, uint64_t val)
{
	struct mmu_update u = {maddr_and_cmd, val};

	return (int)HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF);
}

uint64_t system_time(void)
{
	const struct vcpu_time_info *t = &shared->vcpu_info[0].time;
	uint32_t version, lo, hi;
	uint64_t ticks, ns;

	do {
		version = __atomic_load_n(&t->version, __ATOMIC_ACQUIRE);
		__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi)::"memory");
		ticks = ((uint64_t)hi << 32 | lo) - t->tsc_timestamp;
		ticks = t->tsc_shift < 0 ? ticks >> -t->tsc_shift
					 : ticks << t->tsc_shift;
		ns = t->system_time + (uint64_t)((unsigned __int128)ticks *
							 t->tsc_to_system_mul >>
						 32);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (version & 1 || version != t->version);
	return ns;
}

uint64_t random64(void)
{
	static uint64_t x = 0x2545f4914f6cdd1dULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* --- start --- */

void guest_start(struct start_info *si);
void guest_start(struct start_info *si)
{
	static char shared_page[PAGE_SIZE] __attribute__((aligned(4096)));

	start_info = si;
	if (!(si->flags & SIF_INITDOMAIN))
		domu_start();
	/* the shared page takes the place of one of ours */
	shared = (struct shared_info *)(void *)shared_page;
	EXPECT_EQ(HYPERVISOR_update_va_mapping((uint64_t)shared_page,
					       si->shared_info | PTE_P |
						       PTE_RW | PTE_US,
					       UVMF_INVLPG),
		  0);
	set_traps();
	guest_main();
	finish();
}
