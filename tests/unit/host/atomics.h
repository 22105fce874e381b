/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Put in front of every file of the model: atomic accesses become plain ones,
 * after each of which the explorer may let another actor go on; before a
 * change of bits too, for what was decided on the way to it.
 */
#ifndef TEST_ATOMICS_H
#define TEST_ATOMICS_H

#include <stdint.h>

void explore_access(const void *p, uint32_t val);

/* clang-format off */
#define SEEN(p, v) ({ __auto_type v_ = (v);                               \
		      explore_access((const void *)(p), (uint32_t)(uintptr_t)v_); \
		      v_; })
#define __atomic_load_n(p, order) SEEN(p, *(p))
#define __atomic_store_n(p, v, order) ((void)SEEN(p, *(p) = (v)))
#define __atomic_fetch_or(p, v, order) \
	({ explore_access((const void *)(p), 0);                          \
	   __auto_type o_ = *(p); *(p) |= (v); SEEN(p, o_); })
#define __atomic_fetch_add(p, v, order) \
	({ __auto_type o_ = *(p); *(p) += (v); SEEN(p, o_); })
#define __atomic_sub_fetch(p, v, order) SEEN(p, *(p) -= (v))
#define __atomic_exchange_n(p, v, order) \
	({ __auto_type o_ = *(p); *(p) = (v); SEEN(p, o_); })
#define __atomic_fetch_and(p, v, order) \
	({ __auto_type o_ = *(p); *(p) &= (v); SEEN(p, o_); })
#define __atomic_compare_exchange_n(p, old, v, weak, ok, failed)          \
	({ bool same_ = *(p) == *(old);                                   \
	   if (same_)                                                     \
		*(p) = (v);                                               \
	   else                                                           \
		*(old) = *(p);                                            \
	   SEEN(p, same_); })
/* clang-format on */

#endif
