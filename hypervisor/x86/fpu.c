/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FPU switching with XSAVE (or FXSAVE).  Whose state the registers hold is
 * known per pcpu, so a vcpu that comes back to where it left finds it there.
 * Loading it at the first use would save little, as kernels switch it for
 * themselves, and CR0.TS is no wall: Intel CPUs leak stale registers
 * speculatively past it (INTEL-SA-00145), and QEMU 7.2 lets XSAVE and XRSTOR
 * through.
 */
#include <hv/assert.h>
#include <hv/cpu.h>
#include <hv/page_alloc.h>
#include <hv/string.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/fpu.h>
#include <hv/x86/io.h>
#include <hv/x86/traps.h>

#include <abi/errno.h>

struct xsave_area {
	uint16_t fcw, fsw;
	uint8_t ftw, rsvd0;
	uint16_t fop;
	uint64_t fip, fdp;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t regs[480];
	uint64_t xstate_bv, xcomp_bv, rsvd1[6];
};

#define XCR0_FP 1
#define XCR0_SSE 2
#define XCR0_YMM 4
#define XCR0_ZMM 0xe0

static const struct vcpu *fpu_owner[NR_CPUS]; /* whose state is loaded */

uint32_t fpu_area_size(void)
{
	return cpu_features.xsave ? cpu_features.xsave_size : 512;
}

void *fpu_area(struct vcpu *v)
{
	return v->arch.fpu;
}

static void set_reset_state(struct xsave_area *x)
{
	memset(x, 0, fpu_area_size());
	x->fcw = 0x37f;
	x->mxcsr = 0x1f80;
	if (cpu_features.xsave)
		x->xstate_bv = XCR0_FP | XCR0_SSE;
}

int fpu_init_vcpu(struct vcpu *v)
{
	unsigned int order = fpu_area_size() > PAGE_SIZE ? 1 : 0;

	BUG_ON(fpu_area_size() > 2 * PAGE_SIZE);
	v->arch.fpu = hv_pages_alloc(order);
	if (!v->arch.fpu)
		return -ENOMEM;
	set_reset_state(v->arch.fpu);
	v->arch.xcr0 = XCR0_FP;
	v->arch.xcr0_accum = XCR0_FP | XCR0_SSE;
	return 0;
}

void fpu_free_vcpu(struct vcpu *v)
{
	for (unsigned int i = 0; i < NR_CPUS; i++)
		if (fpu_owner[i] == v)
			fpu_owner[i] = NULL;
	if (v->arch.fpu)
		hv_pages_free(v->arch.fpu, fpu_area_size() > PAGE_SIZE ? 1 : 0);
	v->arch.fpu = NULL;
}

static void xsetbv(uint64_t val)
{
	__asm__ volatile("xsetbv"
			 :
			 : "c"(0), "a"((uint32_t)val),
			   "d"((uint32_t)(val >> 32)));
}

static void save(struct vcpu *v)
{
	uint64_t mask = v->arch.xcr0_accum;

	if (!cpu_features.xsave) {
		__asm__ volatile("fxsaveq %0" : "=m"(*v->arch.fpu));
		return;
	}
	xsetbv(cpu_features.xcr0_max);
	__asm__ volatile("xsaveq %0"
			 : "+m"(*v->arch.fpu)
			 : "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32))
			 : "memory");
}

static void restore(struct vcpu *v)
{
	if (!cpu_features.xsave) {
		__asm__ volatile("fxrstorq %0" : : "m"(*v->arch.fpu));
		return;
	}
	xsetbv(cpu_features.xcr0_max);
	__asm__ volatile("xrstorq %0"
			 :
			 : "m"(*v->arch.fpu), "a"(~0u), "d"(~0u)
			 : "memory");
	xsetbv(v->arch.xcr0);
}

static void load(struct vcpu *v)
{
	unsigned int cpu = smp_processor_id();

	clts();
	if (fpu_owner[cpu] != v || v->arch.fpu_cpu != cpu) {
		restore(v);
		fpu_owner[cpu] = v;
		v->arch.fpu_cpu = cpu;
	}
}

void fpu_switch_out(struct vcpu *v)
{
	clts(); /* the guest may have set TS */
	save(v);
}

void fpu_switch_in(struct vcpu *v)
{
	if (cpu_features.xsave)
		xsetbv(v->arch.xcr0);
	load(v); /* even if its guest set TS: see above */
	if (v->arch.ts)
		stts();
}

void fpu_forget_cpu(unsigned int cpu)
{
	fpu_owner[cpu] = NULL;
}

void fpu_set_ts(struct vcpu *v, bool set)
{
	v->arch.ts = set;
	if (set)
		stts();
	else
		clts();
}

int fpu_set_xcr0(struct vcpu *v, uint64_t xcr0)
{
	if (!cpu_features.xsave || !(xcr0 & XCR0_FP) ||
	    (xcr0 & ~cpu_features.xcr0_max) ||
	    ((xcr0 & XCR0_YMM) && !(xcr0 & XCR0_SSE)) ||
	    ((xcr0 & XCR0_ZMM) &&
	     ((xcr0 & XCR0_ZMM) != XCR0_ZMM || !(xcr0 & XCR0_YMM))))
		return -EINVAL;
	v->arch.xcr0 = xcr0;
	v->arch.xcr0_accum |= xcr0;
	xsetbv(xcr0);
	return 0;
}

void fpu_set_legacy(struct vcpu *v, const void *image512)
{
	struct xsave_area *x = v->arch.fpu;

	set_reset_state(x);
	memcpy(x, image512, 512);
	x->mxcsr &= 0xffff;
	v->arch.fpu_cpu = ~0u;
}

void fpu_get_legacy(const struct vcpu *v, void *image512)
{
	memcpy(image512, v->arch.fpu, 512);
}
