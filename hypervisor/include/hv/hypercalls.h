/* SPDX-License-Identifier: GPL-2.0-only */
/* Prototypes of all hypercall handlers, made from hypercalls.def. */
#ifndef HV_HYPERCALLS_H
#define HV_HYPERCALLS_H

#include <hv/guest_access.h>

/* Never inlined: dispatch is to save no registers, and jump. */
#define HANDLER __attribute__((noinline)) long
#define U32(n) uint32_t n
#define S32(n) int32_t n
#define U64(n) uint64_t n
#define PTR(t, n) guest_ptr_t n
#define HYPERCALL0(nr, name, doc) HANDLER hc_##name(void);
#define HYPERCALL1(nr, name, a, doc) HANDLER hc_##name(a);
#define HYPERCALL2(nr, name, a, b, doc) HANDLER hc_##name(a, b);
#define HYPERCALL3(nr, name, a, b, c, doc) HANDLER hc_##name(a, b, c);
#define HYPERCALL4(nr, name, a, b, c, d, doc) HANDLER hc_##name(a, b, c, d);
#include "hypercalls.def"
#undef HANDLER
#undef U32
#undef S32
#undef U64
#undef PTR
#undef HYPERCALL0
#undef HYPERCALL1
#undef HYPERCALL2
#undef HYPERCALL3
#undef HYPERCALL4

#endif
