/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_<name>() for every line of hypercalls.def: the stubs a 64-bit PV
 * kernel calls.
 *
 * Each returns what RAX held, sign and all.  HYPERVISOR_iret is made in
 * assembly by those who need it: it takes a frame on the stack and does not
 * come back.
 *
 * A hypercall may deliver events, which are pushed on the stack in use: build
 * with -mno-red-zone.
 */
#ifndef ABI_GUEST_H
#define ABI_GUEST_H

#include <abi/domctl.h>
#include <abi/mca.h>
#include <abi/platform.h>
#include <abi/sched.h>
#include <abi/sysctl.h>
#include <abi/xen.h>

/*
 * SYSCALL itself overwrites rcx and r11.  All arguments are loaded, used or
 * not: it costs nothing that shows, and no stale register reaches us.
 */
static inline int64_t abi_hypercall(uint32_t nr, uint64_t a1, uint64_t a2,
				    uint64_t a3, uint64_t a4, uint64_t a5)
{
	register uint64_t r10 __asm__("r10") = a4;
	register uint64_t r8 __asm__("r8") = a5;
	uint64_t rax = nr;

	__asm__ volatile("syscall"
			 : "+a"(rax), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10),
			   "+r"(r8)
			 :
			 : "rcx", "r11", "memory", "cc");
	return (int64_t)rax;
}

/* An argument of the table becomes "type, name", which these take apart. */
#define U32(n) uint32_t, n
#define S32(n) int32_t, n
#define U64(n) uint64_t, n
#define PTR(type, n) type *, n
#define ABI_PARAM_(type, n) type n
#define ABI_PARAM(...) ABI_PARAM_(__VA_ARGS__)
#define ABI_VALUE_(type, n) (uint64_t)(n)
#define ABI_VALUE(...) ABI_VALUE_(__VA_ARGS__)

#define HYPERCALL0(nr, name, doc)
#define HYPERCALL1(nr, name, a, doc)                                           \
	static inline int64_t HYPERVISOR_##name(ABI_PARAM(a))                  \
	{                                                                      \
		return abi_hypercall(nr, ABI_VALUE(a), 0, 0, 0, 0);            \
	}
#define HYPERCALL2(nr, name, a, b, doc)                                        \
	static inline int64_t HYPERVISOR_##name(ABI_PARAM(a), ABI_PARAM(b))    \
	{                                                                      \
		return abi_hypercall(nr, ABI_VALUE(a), ABI_VALUE(b), 0, 0, 0); \
	}
#define HYPERCALL3(nr, name, a, b, c, doc)                                     \
	static inline int64_t HYPERVISOR_##name(ABI_PARAM(a), ABI_PARAM(b),    \
						ABI_PARAM(c))                  \
	{                                                                      \
		return abi_hypercall(nr, ABI_VALUE(a), ABI_VALUE(b),           \
				     ABI_VALUE(c), 0, 0);                      \
	}
#define HYPERCALL4(nr, name, a, b, c, d, doc)                                  \
	static inline int64_t HYPERVISOR_##name(ABI_PARAM(a), ABI_PARAM(b),    \
						ABI_PARAM(c), ABI_PARAM(d))    \
	{                                                                      \
		return abi_hypercall(nr, ABI_VALUE(a), ABI_VALUE(b),           \
				     ABI_VALUE(c), ABI_VALUE(d), 0);           \
	}
#define HYPERCALL5(nr, name, a, b, c, d, e, doc)                               \
	static inline int64_t HYPERVISOR_##name(ABI_PARAM(a), ABI_PARAM(b),    \
						ABI_PARAM(c), ABI_PARAM(d),    \
						ABI_PARAM(e))                  \
	{                                                                      \
		return abi_hypercall(nr, ABI_VALUE(a), ABI_VALUE(b),           \
				     ABI_VALUE(c), ABI_VALUE(d),               \
				     ABI_VALUE(e));                            \
	}

#include "../../hypercalls.def"

#undef U32
#undef S32
#undef U64
#undef PTR
#undef HYPERCALL0
#undef HYPERCALL1
#undef HYPERCALL2
#undef HYPERCALL3
#undef HYPERCALL4
#undef HYPERCALL5

/*
 * Ask to be suspended.  0: resumed, perhaps elsewhere, with a new start_info
 * at @start_info_mfn's frame; 1: cancelled.  The tools read the third register.
 */
static inline int64_t HYPERVISOR_suspend(uint64_t start_info_mfn)
{
	struct sched_shutdown arg = {.reason = SHUTDOWN_suspend};

	return abi_hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown,
			     (uint64_t)&arg, start_info_mfn, 0, 0);
}

#endif
