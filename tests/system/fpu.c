/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Floating point and vector registers across context switches.
 *
 * Processes with different patterns in all registers take turns on one CPU, by
 * yielding and by being preempted.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define PROCESSES 4
#define YIELDS 1500

struct vectors {
	uint8_t reg[16][32];
};

static bool has_avx(void)
{
	uint32_t a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_OSXSAVE) &&
	       (c & bit_AVX);
}

/* clang-format off */
#define EACH_REG(op) \
	op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) \
	op(8) op(9) op(10) op(11) op(12) op(13) op(14) op(15)
/* clang-format on */

#define SSE_IN(n) "movdqu " #n "*32(%0), %%xmm" #n "\n\t"
#define SSE_OUT(n) "movdqu %%xmm" #n ", " #n "*32(%1)\n\t"
#define AVX_IN(n) "vmovdqu " #n "*32(%0), %%ymm" #n "\n\t"
#define AVX_OUT(n) "vmovdqu %%ymm" #n ", " #n "*32(%1)\n\t"

/* What happens between loading all registers and storing them again. */
#define YIELD                                                                  \
	"mov $24, %%eax\n\t"                                                   \
	"syscall\n\t"
#define SPIN                                                                   \
	"mov $3000000, %%eax\n\t"                                              \
	"1: dec %%eax\n\t"                                                     \
	"jnz 1b\n\t"

#define THROUGH(in_op, between, out_op, in, out)                               \
	__asm__ volatile(EACH_REG(in_op) between EACH_REG(out_op)              \
			 :                                                     \
			 : "r"(in), "r"(out)                                   \
			 : "rax", "rcx", "r11", "memory", "xmm0", "xmm1",      \
			   "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",     \
			   "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", \
			   "xmm14", "xmm15")

static void make_pattern(struct vectors *v, unsigned int seed)
{
	size_t i, j;

	for (i = 0; i < 16; i++)
		for (j = 0; j < 32; j++)
			v->reg[i][j] = (uint8_t)(seed * 61 + i * 17 + j * 3);
}

static void sse_process(unsigned int seed)
{
	struct vectors in, out;
	int i;

	make_pattern(&in, seed);
	out = in;
	for (i = 0; i < YIELDS; i++) {
		THROUGH(SSE_IN, YIELD, SSE_OUT, &in, &out);
		EXPECT(memcmp(&in, &out, sizeof(in)) == 0);
	}
	for (i = 0; i < 20; i++) {
		THROUGH(SSE_IN, SPIN, SSE_OUT, &in, &out);
		EXPECT(memcmp(&in, &out, sizeof(in)) == 0);
	}
}

static void avx_process(unsigned int seed)
{
	struct vectors in, out;
	int i;

	make_pattern(&in, seed);
	for (i = 0; i < YIELDS; i++) {
		memset(&out, 0, sizeof(out));
		THROUGH(AVX_IN, YIELD, AVX_OUT, &in, &out);
		EXPECT(memcmp(&in, &out, sizeof(in)) == 0);
	}
	for (i = 0; i < 20; i++) {
		memset(&out, 0, sizeof(out));
		THROUGH(AVX_IN, SPIN, AVX_OUT, &in, &out);
		EXPECT(memcmp(&in, &out, sizeof(in)) == 0);
	}
}

static void x87_process(unsigned int seed)
{
	const uint16_t control = (uint16_t)(0x37f - (seed % 3) * 0x100);
	uint32_t mxcsr = 0x1f80 | (seed % 4) << 13, mxcsr_now;
	long double sum, want = 0;
	uint16_t control_now;
	unsigned int i;

	__asm__ volatile("fldcw %0\n\tldmxcsr %1" : : "m"(control), "m"(mxcsr));
	for (i = 0; i < YIELDS; i++) {
		want += seed;
		__asm__ volatile("fldt %1\n\t"
				 "mov $24, %%eax\n\t"
				 "syscall\n\t"
				 "fstpt %0"
				 : "=m"(sum)
				 : "m"(want)
				 : "rax", "rcx", "r11", "memory");
		EXPECT(sum == want);
	}
	__asm__ volatile("fnstcw %0\n\tstmxcsr %1"
			 : "=m"(control_now), "=m"(mxcsr_now));
	EXPECT(control_now == control);
	EXPECT((mxcsr_now & ~0x3fU) == mxcsr);
}

static void run_together(void (*fn)(unsigned int))
{
	cpu_set_t set;
	unsigned int i;
	int status;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	EXPECT(sched_setaffinity(0, sizeof(set), &set) == 0);
	for (i = 1; i <= PROCESSES; i++) {
		pid_t pid = fork();

		EXPECT(pid >= 0);
		if (pid == 0) {
			fn(i);
			_exit(0);
		}
	}
	for (i = 1; i <= PROCESSES; i++) {
		EXPECT(wait(&status) > 0);
		EXPECT(status == 0);
	}
}

CHECK(sse_registers_survive_switches)
{
	run_together(sse_process);
}

CHECK(avx_registers_survive_switches)
{
	if (!has_avx())
		check_skip("no AVX");
	run_together(avx_process);
}

/* All 32 registers of 512 bits, and the masks. */
#define ZMM_IN(n) "vmovdqu64 " #n "*64(%0), %%zmm" #n "\n\t"
#define ZMM_OUT(n) "vmovdqu64 %%zmm" #n ", " #n "*64(%1)\n\t"
#define MASK_IN(n) "kmovw 2048+" #n "*2(%0), %%k" #n "\n\t"
#define MASK_OUT(n) "kmovw %%k" #n ", 2048+" #n "*2(%1)\n\t"

/* clang-format off */
#define EACH_HIGH(op) \
	op(16) op(17) op(18) op(19) op(20) op(21) op(22) op(23) \
	op(24) op(25) op(26) op(27) op(28) op(29) op(30) op(31)
#define EACH_MASK(op) \
	op(1) op(2) op(3) op(4) op(5) op(6) op(7)
/* clang-format on */

#define XCR0_AVX512 0xe6

struct zmm_state {
	uint8_t reg[32][64];
	uint16_t mask[8];
};

static bool has_avx512(void)
{
	uint32_t a, b, c, d, low, high;

	if (!has_avx() || !__get_cpuid_count(7, 0, &a, &b, &c, &d) ||
	    !(b & bit_AVX512F))
		return false;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (low & XCR0_AVX512) == XCR0_AVX512;
}

__attribute__((target("avx512f"))) static void avx512_process(unsigned int seed)
{
	struct zmm_state in = {0}, out;
	size_t i;

	for (i = 0; i < sizeof(in.reg); i++)
		in.reg[i / 64][i % 64] = (uint8_t)(seed * 61 + i * 7 + i / 64);
	for (i = 1; i < 8; i++)
		in.mask[i] = (uint16_t)(seed * 4099 + i * 257);
	for (i = 0; i < YIELDS; i++) {
		memset(&out, 0, sizeof(out));
		__asm__ volatile(
			EACH_REG(ZMM_IN) EACH_HIGH(ZMM_IN) EACH_MASK(MASK_IN)
				YIELD EACH_REG(ZMM_OUT) EACH_HIGH(ZMM_OUT)
					EACH_MASK(MASK_OUT)
			:
			: "r"(&in), "r"(&out)
			: "rax", "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2",
			  "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
			  "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
			  "xmm15", "xmm16", "xmm17", "xmm18", "xmm19", "xmm20",
			  "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26",
			  "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k1",
			  "k2", "k3", "k4", "k5", "k6", "k7");
		EXPECT(memcmp(&in, &out, sizeof(in)) == 0);
	}
}

CHECK(avx512_registers_survive_switches)
{
	if (!has_avx512())
		check_skip("no AVX-512");
	run_together(avx512_process);
}

/* What the kernel enabled, its size, and what CPUID says of both. */
CHECK(xsave_area_is_as_cpuid_says)
{
	uint32_t a, b, c, d, low, high, i;
	uint64_t xcr0;
	uint32_t end = 512 + 64;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
		check_skip("no XSAVE");
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	xcr0 = (uint64_t)high << 32 | low;
	EXPECT(__get_cpuid_count(0xd, 0, &a, &b, &c, &d));
	EXPECT((xcr0 & 3) == 3 && (xcr0 & ~((uint64_t)d << 32 | a)) == 0);
	for (i = 2; i < 63; i++) {
		uint32_t size, offset, more;

		if (!(xcr0 >> i & 1))
			continue;
		EXPECT(__get_cpuid_count(0xd, i, &size, &offset, &more, &d));
		EXPECT(size > 0 && offset >= 512 + 64);
		if (offset + size > end)
			end = offset + size;
	}
	EXPECT(__get_cpuid_count(0xd, 0, &a, &b, &c, &d));
	EXPECT(b == end && c >= b);
}

/* A signal's frame holds them, and a handler that spoils them harms nobody. */
static volatile sig_atomic_t nr_alarms;

static void spoil(int signo)
{
	struct vectors junk;

	(void)signo;
	memset(&junk, 0xee, sizeof(junk));
	__asm__ volatile(EACH_REG(SSE_IN)
			 :
			 : "r"(&junk)
			 : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
			   "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
			   "xmm12", "xmm13", "xmm14", "xmm15", "memory");
	nr_alarms++;
}

CHECK(vector_registers_survive_a_signal)
{
	struct itimerval every = {{0, 1000}, {0, 1000}};
	struct vectors in, out;

	make_pattern(&in, 5);
	EXPECT(signal(SIGALRM, spoil) != SIG_ERR);
	EXPECT(setitimer(ITIMER_REAL, &every, NULL) == 0);
	while (nr_alarms < 20) {
		out = in;
		THROUGH(SSE_IN, SPIN, SSE_OUT, &in, &out);
		EXPECT(memcmp(&in, &out, sizeof(in)) == 0);
	}
}

CHECK(x87_state_survives_switches)
{
	run_together(x87_process);
}

CHECK(fresh_process_has_clean_fpu_state)
{
	uint32_t mxcsr;
	uint16_t control;

	__asm__ volatile("stmxcsr %0\n\tfnstcw %1"
			 : "=m"(mxcsr), "=m"(control));
	EXPECT(mxcsr == 0x1f80 && control == 0x37f);
}

CHECK(arithmetic_is_right)
{
	volatile double x = 0.5, sum = 0;
	int i;

	for (i = 1; i <= 1000; i++)
		sum = sum + 1.0 / i;
	EXPECT(sum > 7.48547086055034 && sum < 7.48547086055035);
	EXPECT(fabs(sqrt(x) - 0.70710678118654752) < 1e-16);
}
