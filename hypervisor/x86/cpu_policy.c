/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID and MSR policy for PV guests.  CPUID: what the CPU has, less what a PV
 * guest can not use or must not see; one table of masks.  MSRs: one table of
 * how each one known answers; unknown ones fault.
 */
#include <hv/time.h>
#include <hv/x86/cpu_policy.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/cpuid_limit.h>
#include <hv/x86/io.h>
#include <hv/x86/pv_state.h>

#include <abi/cpuid.h>
#include <abi/errno.h>

#define BIT(n) (1u << (n))
#define ALL (~0u)
#define XSAVEC BIT(1)

/* out = host & mask | set; leaves without a row are all zero. */
struct cpuid_rule {
	uint32_t leaf, subleaf; /* subleaf ALL: any */
	struct cpuid_regs mask, set;
};

/* SDM vol. 2 "CPUID", APM vol. 3 appendix E; bit names beside what is cut. */
static const struct cpuid_rule rules[] = {
	{0x00000000, ALL, {ALL, ALL, ALL, ALL}, {0}},
	{0x00000001,
	 ALL,
	 {ALL, 0x0000ff00,
	  ~(BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) |
	    BIT(10) | BIT(11) | BIT(14) | BIT(15) | BIT(16) | BIT(17) |
	    BIT(18) | BIT(21) | BIT(24) | BIT(27)),
	  ~(BIT(1) | BIT(3) | BIT(10) | BIT(12) | BIT(13) | BIT(17) | BIT(18) |
	    BIT(20) | BIT(21) | BIT(22) | BIT(27) | BIT(28) | BIT(29) |
	    BIT(30) | BIT(31))},
	 {0, 0, BIT(31), BIT(9)}},
	{0x00000002, ALL, {ALL, ALL, ALL, ALL}, {0}},
	{0x00000004, ALL, {0x03ffc3ff, ALL, ALL, ALL}, {0}},
	{0x00000007,
	 0,
	 {0,
	  BIT(0) | BIT(3) | BIT(5) | BIT(8) | BIT(9) | BIT(13) | BIT(16) |
		  BIT(17) | BIT(18) | BIT(19) | BIT(21) | BIT(23) | BIT(24) |
		  BIT(28) | BIT(29) | BIT(30) | BIT(31),
	  BIT(1) | BIT(6) | BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(12) |
		  BIT(14),
	  BIT(2) | BIT(3) | BIT(4) | BIT(10) | BIT(14)},
	 {0}},
	{0x0000000d, 0, {0, ALL, 0, 0}, {0}}, /* completed in code */
	{0x0000000d, 1, {BIT(0) | XSAVEC | BIT(2), ALL, 0, 0}, {0}},
	{0x80000000, ALL, {ALL, ALL, ALL, ALL}, {0}},
	{0x80000001,
	 ALL,
	 {ALL, 0,
	  BIT(0) | BIT(1) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(11) |
		  BIT(16) | BIT(21),
	  BIT(0) | BIT(2) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) |
		  BIT(9) | BIT(11) | BIT(14) | BIT(15) | BIT(16) | BIT(20) |
		  BIT(22) | BIT(23) | BIT(24) | BIT(25) | BIT(29) | BIT(30) |
		  BIT(31)},
	 {0}},
	{0x80000002, ALL, {ALL, ALL, ALL, ALL}, {0}},
	{0x80000003, ALL, {ALL, ALL, ALL, ALL}, {0}},
	{0x80000004, ALL, {ALL, ALL, ALL, ALL}, {0}},
	{0x80000005, ALL, {ALL, ALL, ALL, ALL}, {0}},
	{0x80000006, ALL, {ALL, ALL, ALL, ALL}, {0}},
	{0x80000007, ALL, {0, 0, 0, BIT(8)}, {0}},
	{0x80000008, ALL, {0x0000ffff, BIT(0) | BIT(9), 0, 0}, {0}},
};

#define XCR0_LEGACY 3 /* x87, SSE */

static void xen_leaf(const struct vcpu *v, uint32_t i, uint32_t subleaf,
		     struct cpuid_regs *out)
{
	*out = (struct cpuid_regs){0};
	switch (i) {
	case 0:
		out->a = XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES);
		out->b = XEN_CPUID_SIGNATURE_EBX;
		out->c = XEN_CPUID_SIGNATURE_ECX;
		out->d = XEN_CPUID_SIGNATURE_EDX;
		break;
	case 1:
		out->a = 4 << 16 | 17;
		break;
	case 2:
		out->a = 1;
		out->b = XEN_CPUID_FIRST_LEAF; /* MSR of the stub page */
		out->c = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
		break;
	case 3:
		if (subleaf == 0) {
			out->a = cpu_features.tsc_invariant ? 2 : 0;
			out->b = v->domain->tsc_mode;
			out->c = tsc_khz;
		} else if (subleaf == 2) {
			out->a = tsc_khz;
		}
		break;
	case 5:
		out->b = cpu_features.phys_bits <= 44 ? cpu_features.phys_bits
						      : 44;
		break;
	default:
		break;
	}
}

static void xsave_leaf(const struct vcpu *v, uint32_t subleaf,
		       struct cpuid_regs *out)
{
	uint64_t max = cpu_features.xcr0_max;

	if (!cpu_features.xsave) {
		*out = (struct cpuid_regs){0};
	} else if (subleaf == 0) {
		out->a = (uint32_t)max;
		out->d = (uint32_t)(max >> 32);
		out->c = cpu_features.xsave_size;
		if (v != current) /* EBX followed our XCR0, not the guest's */
			out->b = out->c;
	} else if (subleaf == 1) {
		/* the size of the compact form, by the guest's XCR0, too */
		if (v != current || !(out->a & XSAVEC))
			out->b = 0;
	} else if (subleaf < 63 && (max >> subleaf & 1)) {
		*out = cpuid(0xd, subleaf);
	} else {
		*out = (struct cpuid_regs){0};
	}
}

void guest_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf,
		 struct cpuid_regs *out)
{
	struct cpuid_regs host;

	if (leaf >= XEN_CPUID_FIRST_LEAF &&
	    leaf < XEN_CPUID_FIRST_LEAF + 0x100) {
		xen_leaf(v, leaf - XEN_CPUID_FIRST_LEAF, subleaf, out);
		return;
	}
	*out = (struct cpuid_regs){0};
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct cpuid_rule *r = &rules[i];

		if (r->leaf != leaf ||
		    (r->subleaf != ALL && r->subleaf != subleaf))
			continue;
		host = cpuid(leaf, subleaf);
		out->a = (host.a & r->mask.a) | r->set.a;
		out->b = (host.b & r->mask.b) | r->set.b;
		out->c = (host.c & r->mask.c) | r->set.c;
		out->d = (host.d & r->mask.d) | r->set.d;
	}
	switch (leaf) {
	case 0:
		out->a = min(out->a, 0xdu);
		break;
	case 1:
		out->b |= v->id << 25; /* initial APIC id: 2 * vcpu */
		if (cpu_features.xsave)
			out->c |= BIT(27); /* OSXSAVE, as Linux expects */
		else
			out->c &= ~(BIT(26) | BIT(28) | BIT(12) | BIT(29));
		break;
	case 7:
		if (cpu_features.slow_bytes) {
			out->b &= ~BIT(9); /* ERMS */
			out->d &= ~BIT(4); /* FSRM */
		}
		break;
	case 0xd:
		xsave_leaf(v, subleaf, out);
		break;
	case 0x80000000:
		out->a = min(out->a, 0x80000008u);
		break;
	default:
		break;
	}
	cpuid_limit_apply(v->domain, leaf, subleaf, out);
}

/* --- MSRs --- */

enum msr_kind {
	CONST,	/* reads give the value, writes fault         */
	IGNORE, /* reads give the value, writes are dropped   */
	HOST,	/* reads give the CPU's, writes are dropped   */
};

static const struct msr_rule {
	uint32_t first, last;
	enum msr_kind kind;
	uint64_t value;
} msr_rules[] = {
	{0x00000017, 0x00000017, CONST, 0},  /* PLATFORM_ID               */
	{0x0000003a, 0x0000003a, CONST, 1},  /* FEATURE_CONTROL: locked   */
	{0x0000008b, 0x0000008b, HOST, 0},   /* microcode revision        */
	{0x000000ce, 0x000000ce, CONST, 0},  /* PLATFORM_INFO             */
	{0x00000140, 0x00000140, CONST, 0},  /* MISC_FEATURES_ENABLES     */
	{0x00000174, 0x00000176, IGNORE, 0}, /* SYSENTER                  */
	{0x00000179, 0x0000017b, IGNORE, 0}, /* MCG_*: no banks           */
	{0x000001a0, 0x000001a0, IGNORE, 0x801801}, /* MISC_ENABLE         */
	{0x00000277, 0x00000277, CONST, 0x0000050100070406}, /* PAT        */
	{0xc0000081, 0xc0000084, IGNORE, 0}, /* STAR and the like         */
	{0xc0010010, 0xc0010010, CONST, 0},  /* SYSCFG                    */
	{0xc0010015, 0xc0010015, IGNORE, 0}, /* HWCR                      */
	{0xc001001f, 0xc001001f, CONST, 0},  /* NB_CFG                    */
	{0xc0010055, 0xc0010055, CONST, 0},  /* INT_PENDING               */
	{0xc0010058, 0xc0010058, CONST, 0},  /* MMIO_CONF_BASE            */
	{0xc0010140, 0xc0010141, CONST, 0},  /* OSVW                      */
	{0xc0011020, 0xc0011023, IGNORE, 0}, /* LS_CFG, IC_CFG, DC_CFG    */
	{0xc0011029, 0xc0011029, IGNORE, 2}, /* DE_CFG: LFENCE serialises */
	{0xc001102a, 0xc001102a, IGNORE, 0}, /* BU_CFG2                   */
};

static const struct msr_rule *msr_rule(uint32_t msr)
{
	for (size_t i = 0; i < ARRAY_SIZE(msr_rules); i++)
		if (msr >= msr_rules[i].first && msr <= msr_rules[i].last)
			return &msr_rules[i];
	return NULL;
}

#define EFER_GUEST 0xd01 /* NXE LMA LME SCE */

int guest_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
	const struct msr_rule *rule;

	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		*val = rdmsr(msr); /* in guest-kernel mode these are its own */
		return 0;
	case MSR_EFER:
		*val = EFER_GUEST;
		return 0;
	case 0x1b: /* APIC_BASE */
		*val = 0xfee00800 | (v->id == 0 ? 0x100 : 0);
		return 0;
	case 0x10:
		*val = rdtsc();
		return 0;
	default:
		break;
	}
	rule = msr_rule(msr);
	if (!rule)
		return -EFAULT;
	*val = rule->value;
	return rule->kind == HOST && rdmsr_safe(msr, val) ? -EFAULT : 0;
}

int guest_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
	const struct msr_rule *rule;

	switch (msr) {
	case MSR_FS_BASE:
		return pv_set_segment_base(v, 0, val) ? -EFAULT : 0;
	case MSR_KERNEL_GS_BASE:
		return pv_set_segment_base(v, 1, val) ? -EFAULT : 0;
	case MSR_GS_BASE:
		return pv_set_segment_base(v, 2, val) ? -EFAULT : 0;
	case MSR_EFER:
		return val == EFER_GUEST ? 0 : -EFAULT;
	default:
		break;
	}
	rule = msr_rule(msr);
	return rule && rule->kind != CONST ? 0 : -EFAULT;
}
