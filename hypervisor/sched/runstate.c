/* SPDX-License-Identifier: GPL-2.0-only */
/* How long each vcpu has run, waited and slept: the Xen ABI's run states. */
#include <hv/time.h>

#include "policy.h"
#include "sched_internal.h"

void runstate_change(struct vcpu *v, int32_t state, uint64_t now)
{
	struct vcpu_runstate_info *rs = &v->runstate;

	if (rs->state == state)
		return;
	if (now > rs->state_entry_time) {
		rs->time[rs->state] += now - rs->state_entry_time;
		rs->state_entry_time = now;
	}
	rs->state = state;
}

int32_t runstate_at_rest(const struct vcpu *v)
{
	if (vcpu_runnable(v)) /* its policy holds it back */
		return RUNSTATE_runnable;
	return READ_ONCE(v->sched.is_blocked) ? RUNSTATE_blocked
					      : RUNSTATE_offline;
}

void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
	unsigned int cpu = sched_lock(v);
	uint64_t now = now_ns();

	*out = v->runstate;
	sched_unlock(cpu);
	if (now > out->state_entry_time)
		out->time[out->state] += now - out->state_entry_time;
}

uint64_t vcpu_cpu_time(struct vcpu *v)
{
	struct vcpu_runstate_info rs;

	vcpu_runstate_get(v, &rs);
	return rs.time[RUNSTATE_running];
}

uint64_t sched_idle_ns(unsigned int cpu)
{
	struct vcpu *idle = sched_pcpus[cpu].idle;

	return idle && (READ_ONCE(sched_cpus) & cpumask_of(cpu))
		       ? vcpu_cpu_time(idle)
		       : 0;
}
