/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The XSAVE state of a vcpu: XCR0, every bit it ever had, and the area in the
 * standard format.  What is set is checked, since restoring a bad area would
 * fault in the hypervisor (SDM vol. 1, "XRSTOR").
 */
#include <hv/domctl.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/fpu.h>

#include <abi/errno.h>

#define HEADER 16 /* XCR0 and its history, before the area */
#define MXCSR_AT 24
#define XSTATE_BV_AT 512
#define XSAVE_HEADER 64
#define XSAVE_MIN (XSTATE_BV_AT + XSAVE_HEADER)
#define STATE_FP 1ULL
#define STATE_SSE 2ULL
#define STATE_YMM 4ULL
#define STATE_ZMM 0xe0ULL

static uint64_t state_size(void)
{
	return cpu_features.xsave ? HEADER + fpu_area_size() : 0;
}

long domctl_getvcpuextstate(struct domain *d,
			    struct xen_domctl_vcpuextstate *op)
{
	struct vcpu *v = domain_vcpu(d, op->vcpu);
	uint64_t header[2];
	guest_ptr_t to = guest_ptr(op->buffer);
	int rc;

	if (!v)
		return -ESRCH;
	if (v == current)
		return -EINVAL;
	if ((!op->size && !op->xfeature_mask) || !op->buffer) {
		op->size = state_size();
		op->xfeature_mask = cpu_features.xcr0_max;
		return 0;
	}
	if (op->size != state_size() ||
	    op->xfeature_mask != cpu_features.xcr0_max)
		return -EINVAL;
	domain_pause(d);
	header[0] = v->arch.xcr0;
	header[1] = v->arch.xcr0_accum;
	rc = copy_to_guest(to, header, sizeof(header));
	if (!rc)
		rc = copy_to_guest(guest_ptr_add(to, HEADER), fpu_area(v),
				   fpu_area_size());
	domain_unpause(d);
	return rc;
}

static bool xcr0_ok(uint64_t x)
{
	return (x & STATE_FP) && !(x & ~cpu_features.xcr0_max) &&
	       (!(x & STATE_YMM) || (x & STATE_SSE)) &&
	       (!(x & STATE_ZMM) ||
		((x & STATE_ZMM) == STATE_ZMM && (x & STATE_YMM)));
}

/* @x: an area of which all that was not given is zero. */
static bool area_ok(const char *x, uint64_t accum)
{
	uint64_t word[XSAVE_HEADER / 8];
	uint32_t mxcsr;

	memcpy(word, x + XSTATE_BV_AT, sizeof(word));
	memcpy(&mxcsr, x + MXCSR_AT, sizeof(mxcsr));
	for (unsigned int i = 1; i < ARRAY_SIZE(word); i++)
		if (word[i]) /* compacted, or unknown */
			return false;
	return !(word[0] & ~accum) && !(mxcsr >> 16);
}

static long set_state(struct vcpu *v, char *x,
		      const struct xen_domctl_vcpuextstate *op)
{
	uint64_t header[2];
	guest_ptr_t from = guest_ptr(op->buffer);

	if (copy_from_guest(header, from, HEADER) ||
	    copy_from_guest(x, guest_ptr_add(from, HEADER), op->size - HEADER))
		return -EFAULT;
	if (!xcr0_ok(header[0]) || !xcr0_ok(header[1]) ||
	    (header[0] & ~header[1]) || !area_ok(x, header[1]))
		return -EINVAL;
	domain_pause(v->domain);
	v->arch.xcr0 = header[0];
	v->arch.xcr0_accum = header[1] | STATE_SSE;
	memcpy(fpu_area(v), x, fpu_area_size());
	v->arch.fpu_cpu = ~0u; /* no pcpu's registers are its state */
	domain_unpause(v->domain);
	return 0;
}

long domctl_setvcpuextstate(struct domain *d,
			    struct xen_domctl_vcpuextstate *op)
{
	struct vcpu *v = domain_vcpu(d, op->vcpu);
	unsigned int order = fpu_area_size() > PAGE_SIZE ? 1 : 0;
	char *x;
	long rc;

	if (!v)
		return -ESRCH;
	if (d == current->domain || !cpu_features.xsave ||
	    op->size < HEADER + XSAVE_MIN || op->size > state_size())
		return -EINVAL;
	x = hv_pages_alloc(order);
	if (!x)
		return -ENOMEM;
	rc = set_state(v, x, op);
	hv_pages_free(x, order);
	return rc;
}
