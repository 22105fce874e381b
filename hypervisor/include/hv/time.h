/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System time (ns since the hypervisor started, the same on every CPU), and
 * the guests' clock records made from it.
 */
#ifndef HV_TIME_H
#define HV_TIME_H

#include <hv/types.h>

struct vcpu;
struct domain;

#define NS_PER_SEC 1000000000ULL
#define NS_PER_MS 1000000ULL

uint64_t now_ns(void);
extern uint32_t tsc_khz;

void time_early_init(void); /* BSP: find and calibrate the clocks          */
void time_cpu_init(void);   /* each CPU: its clock                         */

/*
 * Write @v's vcpu_time_info (in its vcpu_info, and in the registered time
 * area if any) for the CPU it runs on; called when @v is scheduled in, or its
 * record moves.  Version is odd while it changes (Xen ABI, public/xen.h).
 */
void time_update_vcpu(struct vcpu *v);

void wallclock_init(void); /* BSP: from the battery clock */
/* shared_info's wall clock: seconds and ns of system time 0. */
void time_update_wallclock(struct domain *d);
/* Dom0 says what time it is: @secs.@nsecs UTC was at @system_time_ns. */
void time_set_wallclock(uint64_t secs, uint32_t nsecs, uint64_t system_time_ns);
void wallclock_at_zero(uint64_t *secs, uint32_t *nsecs);

#endif
