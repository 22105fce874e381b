/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test kernel has: hypercalls, a console, traps it can look at, page
 * tables it can find, and checks that end in a verdict.
 */
#ifndef TEST_GUEST_H
#define TEST_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/guest.h>
#include <abi/xen.h>

#define PAGE_SIZE 4096UL
#define VIRT_BASE 0xffffffff80000000UL
#define PTE_P 1UL
#define PTE_RW 2UL
#define PTE_US 4UL
#define PTE_PS 0x80UL
#define PTE_ADDR 0x000ffffffffff000UL

struct trap_frame {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	uint64_t rax, rcx, rdx, rsi, rdi;
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

extern struct start_info *start_info;
extern struct shared_info *shared;

void *memset(void *d, int c, size_t n);
void *memcpy(void *restrict d, const void *restrict s, size_t n);

/* The test itself; returning ends it. */
void guest_main(void);

void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define EXPECT(c) expect(!!(c), __LINE__, #c)
#define EXPECT_EQ(a, b) expect_eq((int64_t)(a), (int64_t)(b), __LINE__, #a)
void expect(bool ok, int line, const char *what);
void expect_eq(int64_t got, int64_t want, int line, const char *what);
/* Print the verdict and power off. */
__attribute__((noreturn)) void finish(void);

/* Run @code; the vector of the trap it caused, or -1. */
long probe(void (*code)(void));
extern struct trap_frame last_trap; /* of the last probe that trapped */
extern uint64_t last_cr2;
/* Called for events and system calls if set; else those end the test. */
extern void (*on_event)(struct trap_frame *f);
extern void (*on_syscall)(struct trap_frame *f);
/* The same, going to @c by the iret hypercall. */
long probe_iret(const struct iret_context *c);
/* Make @f, a trap's frame, return to where the probe was called. */
void end_probe(struct trap_frame *f);

/* Frames: mfn of a page of the kernel's mapping, and its L1 entry. */
uint64_t mfn_of(const void *va);
uint64_t l1e_of(const void *va);
uint64_t l1e_maddr(const void *va); /* machine address of the entry itself */
void *fresh_page(void);		    /* zeroed, mapped writable */
int map_ro(const void *va);	    /* 0 or -errno */
int map_rw(const void *va);
int mmuext(uint32_t cmd, uint64_t arg1, uint64_t arg2);
int mmu_write(uint64_t maddr_and_cmd, uint64_t val);

/* By the clock of vcpu 0, in ns. */
uint64_t system_time(void);

/* A deterministic generator for sweeps. */
uint64_t random64(void);

#endif
