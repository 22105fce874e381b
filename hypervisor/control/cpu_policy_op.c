/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID as the tools handle it: leaves of the machine, of a guest by default
 * and of one domain, written out one after the other, and read back.
 */
#include <hv/domctl.h>
#include <hv/sysctl.h>
#include <hv/x86/cpu_policy.h>
#include <hv/x86/cpuid_limit.h>

#include <abi/errno.h>

/* Room that is enough for every policy, and what it is made of. */
#define MAX_LEAVES 128
#define MAX_BASIC 0xd
#define MAX_CACHES 6
#define MAX_EXTENDED 0x80000008

#define MSR_PLATFORM_INFO 0xce
#define PLATFORM_INFO_CPUID_FAULTING (1u << 31)
#define MSR_ARCH_CAPABILITIES 0x10a
static const uint32_t policy_msrs[] = {MSR_PLATFORM_INFO,
				       MSR_ARCH_CAPABILITIES};

/* @d NULL: the machine's own; else what @d sees. */
static struct cpuid_regs ask(const struct domain *d, uint32_t leaf,
			     uint32_t subleaf)
{
	struct cpuid_regs r;

	if (!d)
		return cpuid(leaf, subleaf);
	guest_cpuid(d->vcpu[0] ? d->vcpu[0] : current, leaf, subleaf, &r);
	cpuid_limit_apply(d, leaf, subleaf, &r);
	if (leaf == 1) { /* which vcpu asks, and what it has switched on */
		r.b &= 0x00ffffff;
		r.c &= ~(1u << 27);
	}
	return r;
}

struct writer {
	const struct domain *d;
	guest_ptr_t to;
	uint32_t nr, room;
};

static int put(struct writer *w, uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_regs r =
		ask(w->d, leaf, subleaf == XEN_CPUID_NO_SUBLEAF ? 0 : subleaf);
	struct xen_cpuid_leaf l = {leaf, subleaf, r.a, r.b, r.c, r.d};

	if (w->nr == w->room)
		return -ENOBUFS;
	return copy_to_guest(guest_ptr_add(w->to, w->nr++ * sizeof(l)), &l,
			     sizeof(l));
}

static int put_caches(struct writer *w)
{
	int rc = 0;

	for (uint32_t i = 0; i < MAX_CACHES && !rc; i++) {
		rc = put(w, 4, i);
		if (!(ask(w->d, 4, i).a & 0x1f))
			break;
	}
	return rc;
}

static int put_features(struct writer *w)
{
	uint32_t last = min(ask(w->d, 7, 0).a, 2u);
	int rc = 0;

	for (uint32_t i = 0; i <= last && !rc; i++)
		rc = put(w, 7, i);
	return rc;
}

static int put_xstates(struct writer *w)
{
	struct cpuid_regs r = ask(w->d, 0xd, 0);
	uint64_t states = r.a | (uint64_t)r.d << 32;
	int rc = put(w, 0xd, 0);

	if (!rc)
		rc = put(w, 0xd, 1);
	/* up to the highest one, holes too: libxc writes its copy back so */
	for (uint32_t i = 2; i < 63 && states >> i && !rc; i++)
		rc = put(w, 0xd, i);
	return rc;
}

static int put_basic(struct writer *w, uint32_t leaf)
{
	int rc;

	switch (leaf) {
	case 4:
		return put_caches(w);
	case 7:
		return put_features(w);
	case 0xb: /* topology: two levels */
		rc = put(w, 0xb, 0);
		return rc ? rc : put(w, 0xb, 1);
	case 0xd:
		return put_xstates(w);
	default:
		return put(w, leaf, XEN_CPUID_NO_SUBLEAF);
	}
}

/* *@nr: in, room; out, used.  A NULL @to asks for the room it takes. */
static int put_leaves(const struct domain *d, uint64_t to, uint32_t *nr)
{
	struct writer w = {.d = d, .to = guest_ptr(to), .room = *nr};
	uint32_t last = min(ask(d, 0, 0).a, (uint32_t)MAX_BASIC);
	int rc = 0;

	if (!to) {
		*nr = MAX_LEAVES;
		return 0;
	}
	for (uint32_t leaf = 0; leaf <= last && !rc; leaf++)
		rc = put_basic(&w, leaf);
	/* the hypervisors' leaves: the highest of each range */
	if (!rc)
		rc = put(&w, 0x40000000, XEN_CPUID_NO_SUBLEAF);
	if (!rc)
		rc = put(&w, 0x40000100, XEN_CPUID_NO_SUBLEAF);
	last = min(ask(d, 0x80000000, 0).a, (uint32_t)MAX_EXTENDED);
	for (uint32_t leaf = 0x80000000; leaf <= last && !rc; leaf++)
		rc = put(&w, leaf, XEN_CPUID_NO_SUBLEAF);
	*nr = w.nr;
	return rc;
}

/* The MSRs that belong to a policy; no guest of ours has anything in them. */
static int put_msrs(uint64_t to, uint32_t *nr)
{
	uint32_t room = *nr;

	*nr = ARRAY_SIZE(policy_msrs);
	if (!to)
		return 0;
	for (uint32_t i = 0; i < ARRAY_SIZE(policy_msrs); i++) {
		struct xen_msr_entry e = {.idx = policy_msrs[i]};

		if (i == room) {
			*nr = i;
			return -ENOBUFS;
		}
		if (copy_to_guest(guest_ptr(to + i * sizeof(e)), &e, sizeof(e)))
			return -EFAULT;
	}
	return 0;
}

/* --- of one domain --- */

long domctl_get_cpu_policy(struct domain *d, struct xen_domctl_cpu_policy *op)
{
	int rc = put_leaves(d, op->leaves, &op->nr_leaves);

	return rc ? rc : put_msrs(op->msrs, &op->nr_msrs);
}

static bool may_limit(uint32_t leaf)
{
	return leaf <= MAX_BASIC || leaf - 0x40000000 < 0x200 ||
	       leaf - 0x80000000 < 0x100;
}

static long read_leaves(struct domain *d, struct xen_domctl_cpu_policy *op,
			bool commit)
{
	for (uint32_t i = 0; i < op->nr_leaves; i++) {
		struct xen_cpuid_leaf l;
		struct cpuid_regs r;

		if (copy_from_guest(&l, guest_ptr(op->leaves + i * sizeof(l)),
				    sizeof(l)))
			return -EFAULT;
		if (!may_limit(l.leaf)) {
			op->err_leaf = l.leaf;
			op->err_subleaf = l.subleaf;
			return -ERANGE;
		}
		r = (struct cpuid_regs){l.a, l.b, l.c, l.d};
		if (commit)
			cpuid_limit_set(d, l.leaf, l.subleaf, &r);
	}
	return 0;
}

/* CPUID faulting may be asked for and is simply not there. */
static long check_msrs(struct xen_domctl_cpu_policy *op)
{
	for (uint32_t i = 0; i < op->nr_msrs; i++) {
		struct xen_msr_entry e;

		if (copy_from_guest(&e, guest_ptr(op->msrs + i * sizeof(e)),
				    sizeof(e)))
			return -EFAULT;
		if (!e.flags && e.idx == MSR_PLATFORM_INFO &&
		    !(e.val & ~(uint64_t)PLATFORM_INFO_CPUID_FAULTING))
			continue;
		if (!e.flags && e.idx == MSR_ARCH_CAPABILITIES && !e.val)
			continue;
		op->err_msr = e.idx;
		return -EINVAL;
	}
	return 0;
}

long domctl_set_cpu_policy(struct domain *d, struct xen_domctl_cpu_policy *op)
{
	long rc;

	op->err_leaf = op->err_subleaf = XEN_CPUID_INPUT_UNUSED;
	op->err_msr = XEN_CPUID_INPUT_UNUSED;
	if (d == current->domain)
		return -EINVAL;
	if (d->has_run)
		return -EEXIST;
	if (op->nr_leaves > MAX_LEAVES)
		return -E2BIG;
	if (op->nr_msrs > ARRAY_SIZE(policy_msrs))
		return -E2BIG;
	rc = check_msrs(op);
	if (!rc)
		rc = read_leaves(d, op, false);
	if (!rc)
		rc = read_leaves(d, op, true);
	return rc;
}

/* --- of the machine --- */

static const struct domain *policy_source(uint32_t index)
{
	return index <= XEN_SYSCTL_cpu_policy_host ? NULL : current->domain;
}

long sysctl_get_cpu_policy(struct xen_sysctl_cpu_policy *op)
{
	const struct domain *d = policy_source(op->index);
	int rc;

	switch (op->index) {
	case XEN_SYSCTL_cpu_policy_raw:
	case XEN_SYSCTL_cpu_policy_host:
	case XEN_SYSCTL_cpu_policy_pv_max:
	case XEN_SYSCTL_cpu_policy_pv_default:
		rc = put_leaves(d, op->leaves, &op->nr_leaves);
		return rc ? rc : put_msrs(op->msrs, &op->nr_msrs);
	case XEN_SYSCTL_cpu_policy_hvm_max:
	case XEN_SYSCTL_cpu_policy_hvm_default:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

/* Xen ABI, public/arch-x86/cpufeatureset.h: the words and their order. */
static const struct {
	uint32_t leaf, subleaf;
	char reg; /* 0: an MSR we do not offer */
} feature_words[] = {
	{0x00000001, 0, 'd'},
	{0x00000001, 0, 'c'},
	{0x80000001, 0, 'd'},
	{0x80000001, 0, 'c'},
	{0x0000000d, 1, 'a'},
	{0x00000007, 0, 'b'},
	{0x00000007, 0, 'c'},
	{0x80000007, 0, 'd'},
	{0x80000008, 0, 'b'},
	{0x00000007, 0, 'd'},
	{0x00000007, 1, 'a'},
	{0x80000021, 0, 'a'},
	{0x00000007, 1, 'b'},
	{0x00000007, 2, 'd'},
	{0x00000007, 1, 'c'},
	{0x00000007, 1, 'd'},
	{0, 0, 0},
	{0, 0, 0},
	{0x80000021, 0, 'c'},
};

uint32_t cpu_feature_word(const struct domain *d, unsigned int i)
{
	uint32_t leaf = feature_words[i].leaf, last;
	struct cpuid_regs r;

	if (!feature_words[i].reg)
		return 0;
	/* beyond the last leaf CPUs answer with that of another */
	last = ask(d, leaf & 0x80000000, 0).a;
	if (leaf > last ||
	    (leaf == 7 && feature_words[i].subleaf > ask(d, 7, 0).a))
		return 0;
	r = ask(d, leaf, feature_words[i].subleaf);
	switch (feature_words[i].reg) {
	case 'a':
		return r.a;
	case 'b':
		return r.b;
	case 'c':
		return r.c;
	default:
		return r.d;
	}
}

long sysctl_get_cpu_featureset(struct xen_sysctl_cpu_featureset *op)
{
	uint32_t total = ARRAY_SIZE(feature_words), nr;
	bool is_hvm = op->index == XEN_SYSCTL_cpu_featureset_hvm ||
		      op->index == XEN_SYSCTL_cpu_featureset_hvm_max;
	const struct domain *d = op->index <= XEN_SYSCTL_cpu_featureset_host
					 ? NULL
					 : current->domain;

	if (op->index > XEN_SYSCTL_cpu_featureset_hvm_max)
		return -EINVAL;
	if (!op->features) {
		op->nr_features = total;
		return 0;
	}
	nr = min(op->nr_features, total);
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t word = is_hvm ? 0 : cpu_feature_word(d, i);

		if (copy_to_guest(guest_ptr(op->features + i * sizeof(word)),
				  &word, sizeof(word)))
			return -EFAULT;
	}
	op->nr_features = nr;
	return nr < total ? -ENOBUFS : 0;
}

/* CPUID executed by a guest's user mode can not be masked. */
long sysctl_get_cpu_levelling_caps(struct xen_sysctl_cpu_levelling_caps *op)
{
	op->caps = 0;
	return 0;
}
