/* SPDX-License-Identifier: GPL-2.0-only */
/* The handlers of memory.def; @start: extent to go on with after preemption. */
#ifndef MM_MEMORY_OP_H
#define MM_MEMORY_OP_H

#include <hv/domain.h>

#include <abi/memory.h>

/* A domain the caller may change the memory of, with a reference. */
int memory_target_get(domid_t domid, struct domain **d);
/* -ERESTART, to be called again with @start. */
long memory_op_restart(uint64_t start);

#define OP(cmd, name, handler, type, copy, callers, doc)                       \
	MEMOP_PROTO_##copy(handler, type)
#define MEMOP_PROTO_NONE(handler, type) long handler(uint64_t start);
#define MEMOP_PROTO_IN(handler, type) long handler(type *op, uint64_t start);
#define MEMOP_PROTO_OUT(handler, type) long handler(type *op, uint64_t start);
#define MEMOP_PROTO_INOUT(handler, type) long handler(type *op, uint64_t start);
#include "memory.def"
#undef OP

#endif
