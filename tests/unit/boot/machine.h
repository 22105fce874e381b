/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine to build Dom0 on: RAM with the real heap, domain pages and page
 * types over it, boot modules lying in it, and a domain without vcpus' inner
 * life.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <hv/boot.h>
#include <hv/domain.h>

#define MIB (1UL << 20)

/* @mib of RAM, of which the first MiB and what modules take is not free. */
void machine_init(unsigned int mib);
/* Put it at the top of what is free. */
void machine_module(const void *contents, size_t size, const char *cmdline);
/* Hand what is left to the heap; no machine_module after this. */
void machine_ready(void);

extern uint64_t *machine_m2p;
extern char machine_log[16384];
/* What pv_set_context was given. */
extern struct vcpu_guest_context machine_context;

#endif
