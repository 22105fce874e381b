/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One row of a sub-operation table as a case of its dispatcher's switch:
 * permission, one copy in, the call, one copy out.  The dispatcher defines
 * CALL_NONE(handler) and CALL_STRUCT(handler, op), and has `guest_ptr_t arg`.
 */
#ifndef HV_SUBOP_H
#define HV_SUBOP_H

#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/string.h>

#include <abi/errno.h>

#define SUBOP_ALLOWED_ANYONE true
#define SUBOP_ALLOWED_PRIV (current->domain->is_privileged)

#define SUBOP_NONE(handler, type) return CALL_NONE(handler);
#define SUBOP_IN(handler, type)                                                \
	{                                                                      \
		type op_;                                                      \
		if (copy_from_guest(&op_, arg, sizeof(op_)))                   \
			return -EFAULT;                                        \
		return CALL_STRUCT(handler, &op_);                             \
	}
#define SUBOP_OUT(handler, type)                                               \
	{                                                                      \
		type op_;                                                      \
		long rc_;                                                      \
		memset(&op_, 0, sizeof(op_));                                  \
		rc_ = CALL_STRUCT(handler, &op_);                              \
		if (rc_ >= 0 && copy_to_guest(arg, &op_, sizeof(op_)))         \
			return -EFAULT;                                        \
		return rc_;                                                    \
	}
#define SUBOP_INOUT(handler, type)                                             \
	{                                                                      \
		type op_;                                                      \
		long rc_;                                                      \
		if (copy_from_guest(&op_, arg, sizeof(op_)))                   \
			return -EFAULT;                                        \
		rc_ = CALL_STRUCT(handler, &op_);                              \
		if (rc_ >= 0 && copy_to_guest(arg, &op_, sizeof(op_)))         \
			return -EFAULT;                                        \
		return rc_;                                                    \
	}

#define SUBOP_CASE(nr, name, handler, type, copy, callers, doc)                \
	case nr:                                                               \
		if (!SUBOP_ALLOWED_##callers)                                  \
			return -EPERM;                                         \
		SUBOP_##copy(handler, type)

#endif
