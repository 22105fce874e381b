/* SPDX-License-Identifier: GPL-2.0-only */
/* A PV vcpu's control state and the checks every change of it must pass. */
#ifndef HV_X86_PV_STATE_H
#define HV_X86_PV_STATE_H

#include <hv/domain.h>

/* Not in our range, and canonical: fit to be jumped to or pushed on. */
bool guest_address_ok(uint64_t va);

void pv_set_cr4(struct vcpu *v, uint64_t val); /* keeps what a guest may */
int pv_set_segment_base(struct vcpu *v, unsigned int which, uint64_t base);
int pv_set_debugreg(struct vcpu *v, unsigned int reg, uint64_t val);
int pv_get_debugreg(const struct vcpu *v, unsigned int reg, uint64_t *val);
int pv_set_callback(struct vcpu *v, unsigned int type, bool masks,
		    uint64_t address);

/*
 * Use @frames (mfns of its domain) as @v's GDT with @entries entries, in place
 * of the one it has.  -EINVAL: bad count, frame, or contents.
 */
int pv_set_gdt(struct vcpu *v, const uint64_t *frames, unsigned int entries);
void pv_drop_gdt(struct vcpu *v);
int pv_set_ldt(struct vcpu *v, uint64_t va, unsigned int entries);
void pv_drop_ldt(struct vcpu *v);
/* Descriptors @n of them at @d: may a guest have them?  Fixes DPLs. */
bool pv_check_descriptors(uint64_t *d, unsigned int n);

/* Registers into and out of the ABI's context; @v is not running. */
struct vcpu_guest_context;
int pv_set_context(struct vcpu *v, const struct vcpu_guest_context *c);
void pv_get_context(struct vcpu *v, struct vcpu_guest_context *c);
/* Release what a context holds (tables, GDT, LDT). -ERESTART: again. */
int pv_drop_context(struct vcpu *v);

int pv_drop_context_tables(struct vcpu *v); /* CR3s only; -ERESTART */

/* GDT and LDT of @v into this pcpu's window; a CR3 load must follow. */
void pv_map_tables(struct vcpu *v);
void pv_load_ldt(const struct vcpu *v); /* and then this */

#endif
