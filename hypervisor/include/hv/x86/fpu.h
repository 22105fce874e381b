/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FPU and vector state: loaded when a vcpu begins to run, saved when another
 * one does.
 */
#ifndef HV_X86_FPU_H
#define HV_X86_FPU_H

#include <hv/domain.h>

int fpu_init_vcpu(struct vcpu *v);
void fpu_free_vcpu(struct vcpu *v);

void fpu_switch_out(struct vcpu *v);
void fpu_switch_in(struct vcpu *v);
void fpu_forget_cpu(unsigned int cpu); /* its registers will be lost */

/* The guest sets or clears its CR0.TS; current only. */
void fpu_set_ts(struct vcpu *v, bool set);
int fpu_set_xcr0(struct vcpu *v, uint64_t xcr0); /* -EINVAL: not offered   */

/* The FXSAVE image in a vcpu_guest_context: not running vcpus only. */
void fpu_set_legacy(struct vcpu *v, const void *image512);
void fpu_get_legacy(const struct vcpu *v, void *image512);
/* The whole area, for saved domains; bytes. */
uint32_t fpu_area_size(void);
void *fpu_area(struct vcpu *v);

#endif
