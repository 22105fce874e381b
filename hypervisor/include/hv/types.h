/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words everything else is written in: fixed-width integers, frame
 * numbers that can not be mixed up, page geometry.
 */
#ifndef HV_TYPES_H
#define HV_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	uint64_t v;
} mfn_t; /* machine frame: what the MMU sees */

typedef struct {
	uint64_t v;
} gfn_t; /* frame as the guest counts it (Xen's pfn for a PV guest) */

#define MFN(x) ((mfn_t){(x)})
#define INVALID_MFN MFN(~0ULL)

static inline bool mfn_eq(mfn_t a, mfn_t b)
{
	return a.v == b.v;
}

typedef uint16_t domid_t;

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member)                                          \
	((type *)(void *)((char *)(p)-offsetof(type, member)))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define round_up(x, a) (((x) + (a)-1) & ~((typeof(x))(a)-1))
#define round_down(x, a) ((x) & ~((typeof(x))(a)-1))
#define div_round_up(x, a) (((x) + (a)-1) / (a))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, val) (*(volatile typeof(x) *)&(x) = (val))
#define __must_check __attribute__((warn_unused_result))

/*
 * @index clamped below @size without a branch the CPU could guess past:
 * out-of-range indexes become 0 even under speculation.  @size > 0.
 */
static inline uint64_t index_nospec(uint64_t index, uint64_t size)
{
	uint64_t mask;

	__asm__("cmp %2, %1; sbb %0, %0"
		: "=r"(mask)
		: "r"(index), "r"(size)
		: "cc");
	return index & mask;
}

#endif
