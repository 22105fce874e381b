/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nmi_op, the older way to set vcpu 0's NMI handler: it is entry 2 of its
 * trap table.
 */
#include <hv/control.h>
#include <hv/domain.h>
#include <hv/hypercalls.h>
#include <hv/subop.h>
#include <hv/x86/pv_state.h>
#include <hv/x86/traps.h>

#include <abi/errno.h>

static long set_handler(uint64_t address)
{
	struct vcpu *v = current;

	if (v->id != 0 || !guest_address_ok(address))
		return -EINVAL;
	v->arch.trap[TRAP_NMI] = (struct trap_entry){
		.address = address,
		.cs = FLAT_KERNEL_CS,
		.flags = TI_IF,
	};
	return 0;
}

long nmi_register_callback(struct domain *d, struct xennmi_callback *op)
{
	(void)d;
	return set_handler(op->handler_address);
}

long nmi_unregister_callback(struct domain *d)
{
	(void)d;
	return set_handler(0);
}

long hc_nmi_op(uint32_t cmd, guest_ptr_t arg)
{
	struct domain *d = current->domain;

	switch (cmd) {
#define CALL_NONE(handler) handler(d)
#define CALL_STRUCT(handler, op) handler(d, op)
#define OP SUBOP_CASE
#include "nmi.def"
#undef OP
#undef CALL_NONE
#undef CALL_STRUCT
	default:
		return -ENOSYS;
	}
}
