/* SPDX-License-Identifier: MIT */
/*
 * sched_op: give up the cpu, wait, and end.
 */
#ifndef ABI_SCHED_H
#define ABI_SCHED_H

#include <abi/types.h>

#define SCHEDOP_yield 0
#define SCHEDOP_block 1
#define SCHEDOP_shutdown 2
#define SCHEDOP_poll 3
#define SCHEDOP_remote_shutdown 4
#define SCHEDOP_shutdown_code 5
#define SCHEDOP_watchdog 6
#define SCHEDOP_pin_override 7

/* sched_shutdown.reason */
#define SHUTDOWN_poweroff 0
#define SHUTDOWN_reboot 1
#define SHUTDOWN_suspend 2
#define SHUTDOWN_crash 3
#define SHUTDOWN_watchdog 4
#define SHUTDOWN_soft_reset 5
#define SHUTDOWN_MAX 5

struct sched_shutdown {
	uint32_t reason;
};

/* Wait until one of the ports is pending, whether masked or not. */
struct sched_poll {
	uint64_t ports; /* evtchn_port_t[nr_ports], guest virtual */
	uint32_t nr_ports;
	uint32_t _pad;
	uint64_t timeout; /* absolute system time, ns; 0: none */
};
ABI_SIZE(struct sched_poll, 24);

struct sched_remote_shutdown {
	domid_t domain_id;
	uint16_t _pad;
	uint32_t reason;
};
ABI_SIZE(struct sched_remote_shutdown, 8);

/* id 0: a new one, its number is the result.  timeout 0: switch id off. */
struct sched_watchdog {
	uint32_t id;
	uint32_t timeout; /* seconds */
};

/* Run the calling vcpu on one pcpu only; negative: no longer. */
struct sched_pin_override {
	int32_t pcpu;
};

#endif
