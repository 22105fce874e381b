/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Creating and removing domains: everything between a configuration and a
 * running domain, and back. Used by the commands and by the monitor.
 */
#ifndef CREATE_H
#define CREATE_H

#include "domcfg.h"
#include "tool.h"

/*
 * Create the domain; it is paused. Before anything is made, everything that
 * can be checked is. On failure nothing is left behind.
 */
int domain_create(struct tool *t, const struct domcfg *cfg, domid_t *domid);

/* The checks alone, with the layout of the kernel. */
int domain_preflight(struct tool *t, const struct domcfg *cfg);

/*
 * End the domain and remove what the tools kept about it; it is no failure if
 * parts are gone already.
 */
int domain_remove(struct tool *t, domid_t domid);
/* As domain_remove, but keeping its configuration, to start it again. */
int domain_end(struct tool *t, domid_t domid);
/* The second half alone, when the hypervisor has no such domain any more. */
void domain_forget(struct tool *t, domid_t domid, const uint8_t uuid[16],
		   const char *name);

#endif
