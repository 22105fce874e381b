/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The feature words of a domain's cpu policy.  A policy can only take away;
 * what is no feature bit (sizes, numbers, names) stays the machine's.
 */
#include <hv/string.h>
#include <hv/x86/cpuid_limit.h>

#define ALL (~0u)
#define BIT(n) (1u << (n))

/* Which bits of which leaves are features; the rest is never limited. */
static const struct {
	uint32_t leaf, subleaf; /* subleaf ALL: has none */
	struct cpuid_regs features;
} words[NR_CPUID_LIMITS] = {
	/* bits 27 and 31 say what runs, not what there is */
	{0x00000001, ALL, {0, 0, ~(BIT(27) | BIT(31)), ALL}},
	{0x00000007, 0, {0, ALL, ALL, ALL}},
	{0x00000007, 1, {ALL, ALL, ALL, ALL}},
	{0x0000000d, 1, {ALL, 0, 0, 0}},
	{0x80000001, ALL, {0, 0, ALL, ALL}},
	{0x80000007, ALL, {0, 0, 0, ALL}},
	{0x80000008, ALL, {0, ALL, 0, 0}},
};

static int find(uint32_t leaf, uint32_t subleaf)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].leaf == leaf &&
		    (words[i].subleaf == ALL || words[i].subleaf == subleaf))
			return (int)i;
	return -1;
}

void cpuid_limit_init(struct domain *d)
{
	memset(d->cpuid_limit, 0xff, sizeof(d->cpuid_limit));
}

void cpuid_limit_set(struct domain *d, uint32_t leaf, uint32_t subleaf,
		     const struct cpuid_regs *regs)
{
	int i = find(leaf, subleaf);
	struct cpuid_limit *l;

	if (i < 0)
		return;
	l = &d->cpuid_limit[i];
	l->a = regs->a | ~words[i].features.a;
	l->b = regs->b | ~words[i].features.b;
	l->c = regs->c | ~words[i].features.c;
	l->d = regs->d | ~words[i].features.d;
}

/* Linux trusts OSXSAVE and what needs it only together. */
static void drop_orphans(uint32_t leaf, struct cpuid_regs *regs)
{
	const uint32_t xsave = BIT(26), osxsave = BIT(27);
	const uint32_t need_it = BIT(12) | BIT(28) | BIT(29); /* FMA AVX F16C */

	if (leaf == 1 && !(regs->c & xsave))
		regs->c &= ~(osxsave | need_it);
}

void cpuid_limit_apply(const struct domain *d, uint32_t leaf, uint32_t subleaf,
		       struct cpuid_regs *regs)
{
	int i = find(leaf, subleaf);

	if (i < 0)
		return;
	regs->a &= d->cpuid_limit[i].a;
	regs->b &= d->cpuid_limit[i].b;
	regs->c &= d->cpuid_limit[i].c;
	regs->d &= d->cpuid_limit[i].d;
	drop_orphans(leaf, regs);
}
