/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handlers of sched_op, vcpu_op and set_timer_op.  @op is the hypervisor's
 * copy of the argument; @v, or @caller, is current.
 */
#ifndef HV_SCHED_OP_H
#define HV_SCHED_OP_H

#include <abi/sched.h>
#include <abi/vcpu.h>
#include <hv/guest_access.h>
#include <hv/types.h>

struct vcpu;

int schedop_yield(struct vcpu *v);
int schedop_block(struct vcpu *v);
int schedop_shutdown(struct vcpu *v, struct sched_shutdown *op);
int schedop_poll(struct vcpu *v, struct sched_poll *op);
int schedop_remote_shutdown(struct vcpu *v, struct sched_remote_shutdown *op);
int schedop_shutdown_code(struct vcpu *v, struct sched_shutdown *op);
int schedop_watchdog(struct vcpu *v, struct sched_watchdog *op);
int schedop_pin_override(struct vcpu *v, struct sched_pin_override *op);

int vcpuop_up(struct vcpu *caller, struct vcpu *v);
int vcpuop_down(struct vcpu *caller, struct vcpu *v);
int vcpuop_is_up(struct vcpu *caller, struct vcpu *v);
int vcpuop_get_runstate_info(struct vcpu *caller, struct vcpu *v,
			     struct vcpu_runstate_info *op);
int vcpuop_register_runstate_memory_area(
	struct vcpu *caller, struct vcpu *v,
	struct vcpu_register_runstate_memory_area *op);
int vcpuop_register_vcpu_time_memory_area(
	struct vcpu *caller, struct vcpu *v,
	struct vcpu_register_time_memory_area *op);
int vcpuop_set_periodic_timer(struct vcpu *caller, struct vcpu *v,
			      struct vcpu_set_periodic_timer *op);
int vcpuop_stop_periodic_timer(struct vcpu *caller, struct vcpu *v);
int vcpuop_set_singleshot_timer(struct vcpu *caller, struct vcpu *v,
				struct vcpu_set_singleshot_timer *op);
int vcpuop_stop_singleshot_timer(struct vcpu *caller, struct vcpu *v);
int vcpuop_send_nmi(struct vcpu *caller, struct vcpu *v);
int vcpuop_get_physid(struct vcpu *caller, struct vcpu *v,
		      struct vcpu_get_physid *op);

/* domain/vcpu.c.  @arg: struct vcpu_guest_context of the guest. */
int vcpuop_initialise(struct vcpu *caller, struct vcpu *v, guest_ptr_t arg);
int vcpuop_register_vcpu_info(struct vcpu *caller, struct vcpu *v,
			      struct vcpu_register_vcpu_info *op);

#endif
