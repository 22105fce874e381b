/* SPDX-License-Identifier: MIT */
/*
 * x86-64: selectors, the hypervisor's part of the address space, trap tables,
 * and the register state of a PV vcpu.
 */
#ifndef ABI_ARCH_H
#define ABI_ARCH_H

#include <abi/types.h>

/* GDT pages from this one on are ours. */
#define FIRST_RESERVED_GDT_PAGE 14
#define FIRST_RESERVED_GDT_BYTE (FIRST_RESERVED_GDT_PAGE * 4096)
#define FIRST_RESERVED_GDT_ENTRY (FIRST_RESERVED_GDT_BYTE / 8)

/*
 * Flat segments every guest may use.  Guest kernel and guest user both run in
 * ring 3, so the two sets are one.
 */
#define FLAT_RING3_CS32 0xe023
#define FLAT_RING3_CS64 0xe033
#define FLAT_RING3_DS32 0xe02b
#define FLAT_RING3_DS64 0x0000
#define FLAT_RING3_SS32 0xe02b
#define FLAT_RING3_SS64 0xe02b
#define FLAT_KERNEL_DS64 FLAT_RING3_DS64
#define FLAT_KERNEL_DS32 FLAT_RING3_DS32
#define FLAT_KERNEL_DS FLAT_KERNEL_DS64
#define FLAT_KERNEL_CS64 FLAT_RING3_CS64
#define FLAT_KERNEL_CS32 FLAT_RING3_CS32
#define FLAT_KERNEL_CS FLAT_KERNEL_CS64
#define FLAT_KERNEL_SS64 FLAT_RING3_SS64
#define FLAT_KERNEL_SS32 FLAT_RING3_SS32
#define FLAT_KERNEL_SS FLAT_KERNEL_SS64
#define FLAT_USER_DS64 FLAT_RING3_DS64
#define FLAT_USER_DS32 FLAT_RING3_DS32
#define FLAT_USER_DS FLAT_USER_DS64
#define FLAT_USER_CS64 FLAT_RING3_CS64
#define FLAT_USER_CS32 FLAT_RING3_CS32
#define FLAT_USER_CS FLAT_USER_CS64
#define FLAT_USER_SS64 FLAT_RING3_SS64
#define FLAT_USER_SS32 FLAT_RING3_SS32
#define FLAT_USER_SS FLAT_USER_SS64

/* L4 slots 256 to 271; the M2P, readable by guests, comes first. */
#define HYPERVISOR_VIRT_START ABI_UL(0xffff800000000000)
#define HYPERVISOR_VIRT_END ABI_UL(0xffff880000000000)
#define MACH2PHYS_VIRT_START ABI_UL(0xffff800000000000)
#define MACH2PHYS_VIRT_END ABI_UL(0xffff804000000000)
#define MACH2PHYS_NR_ENTRIES ((MACH2PHYS_VIRT_END - MACH2PHYS_VIRT_START) >> 3)

/* set_segment_base: which */
#define SEGBASE_FS 0
#define SEGBASE_GS_USER 1     /* of the mode we are not in */
#define SEGBASE_GS_KERNEL 2   /* of guest-kernel mode */
#define SEGBASE_GS_USER_SEL 3 /* base is a selector to load */

/* vcpu_guest_context.flags */
#define VGCF_I387_VALID (1 << 0)
#define VGCF_IN_KERNEL (1 << 2)
#define VGCF_i387_valid VGCF_I387_VALID
#define VGCF_in_kernel VGCF_IN_KERNEL
#define VGCF_failsafe_disables_events (1 << 3)
#define VGCF_syscall_disables_events (1 << 4)
#define VGCF_online (1 << 5)
/* iret_context.flags: RCX and R11 need not be restored */
#define VGCF_in_syscall (1 << 8)
#define VGCF_IN_SYSCALL VGCF_in_syscall

/* trap_info.flags */
#define TI_DPL_MASK 3 /* least privileged ring that may INT n */
#define TI_IF 4	      /* enter with events masked */

#ifndef __ASSEMBLER__

#define TI_GET_DPL(ti) ((ti)->flags & TI_DPL_MASK)
#define TI_GET_IF(ti) ((ti)->flags & TI_IF)

/* Bytes before an instruction that ask for emulation: ud2a; "xen". */
#define XEN_EMULATE_PREFIX ".byte 0x0f,0x0b,0x78,0x65,0x6e ; "
#define XEN_CPUID XEN_EMULATE_PREFIX "cpuid"

/* CR3 as vcpu_guest_context holds it. */
#define xen_pfn_to_cr3(pfn) ((uint64_t)(pfn) << 12)
#define xen_cr3_to_pfn(cr3) ((uint64_t)(cr3) >> 12)

typedef uint64_t xen_callback_t; /* address of a guest entry point */

/* set_trap_table takes an array of these, ended by address 0. */
struct trap_info {
	uint8_t vector;
	uint8_t flags;
	uint16_t cs;
	uint32_t _pad;
	uint64_t address;
};
ABI_SIZE(struct trap_info, 16);

/* The frame at RSP of the iret hypercall. */
struct iret_context {
	uint64_t rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;
};
ABI_SIZE(struct iret_context, 72);

struct cpu_user_regs {
	uint64_t r15, r14, r13, r12;
	uint64_t rbp, rbx;
	uint64_t r11, r10, r9, r8;
	uint64_t rax, rcx, rdx, rsi, rdi;
	uint32_t error_code;
	uint32_t entry_vector;
	uint64_t rip;
	uint16_t cs, _pad0[1];
	uint8_t saved_upcall_mask;
	uint8_t _pad1[3];
	uint64_t rflags; /* IF means: events were not masked */
	uint64_t rsp;
	uint16_t ss, _pad2[3];
	uint16_t es, _pad3[3];
	uint16_t ds, _pad4[3];
	uint16_t fs, _pad5[3];
	uint16_t gs, _pad6[3];
};
ABI_SIZE(struct cpu_user_regs, 200);
ABI_OFFSET(struct cpu_user_regs, rip, 128);
ABI_OFFSET(struct cpu_user_regs, rsp, 152);

/* Everything needed to start or to rebuild a vcpu. */
struct vcpu_guest_context {
	struct {
		char x[512]; /* FXSAVE image */
	} fpu_ctxt;
	uint64_t flags; /* VGCF_* */
	struct cpu_user_regs user_regs;
	struct trap_info trap_ctxt[256];
	uint64_t ldt_base, ldt_ents;
	uint64_t gdt_frames[16], gdt_ents; /* mfns */
	uint64_t kernel_ss, kernel_sp;	   /* as stack_switch sets */
	uint64_t ctrlreg[8];  /* 1: user CR3, 3: kernel CR3, 0, 4 */
	uint64_t debugreg[8]; /* 0-3, 6, 7 */
	uint64_t event_callback_eip;
	uint64_t failsafe_callback_eip;
	uint64_t syscall_callback_eip;
	uint64_t vm_assist; /* bit n: VMASST_TYPE n */
	uint64_t fs_base;
	uint64_t gs_base_kernel;
	uint64_t gs_base_user;
};
ABI_SIZE(struct vcpu_guest_context, 5168);
ABI_OFFSET(struct vcpu_guest_context, user_regs, 520);
ABI_OFFSET(struct vcpu_guest_context, trap_ctxt, 720);
ABI_OFFSET(struct vcpu_guest_context, gdt_frames, 4832);
ABI_OFFSET(struct vcpu_guest_context, ctrlreg, 4984);
ABI_OFFSET(struct vcpu_guest_context, event_callback_eip, 5112);

/* One CPUID answer; subleaf XEN_CPUID_NO_SUBLEAF where there are none. */
#define XEN_CPUID_NO_SUBLEAF 0xffffffffu
struct xen_cpuid_leaf {
	uint32_t leaf, subleaf;
	uint32_t a, b, c, d;
};
ABI_SIZE(struct xen_cpuid_leaf, 24);

struct xen_msr_entry {
	uint32_t idx;
	uint32_t flags; /* 0 */
	uint64_t val;
};
ABI_SIZE(struct xen_msr_entry, 16);

/* createdomain's x86 part; emulation_flags is 0 for a PV domain. */
struct xen_arch_domainconfig {
	uint32_t emulation_flags;
	uint32_t misc_flags; /* XEN_X86_MSR_RELAXED */
};
ABI_SIZE(struct xen_arch_domainconfig, 8);
#endif /* __ASSEMBLER__ */

#define XEN_X86_MSR_RELAXED (1u << 0) /* unknown MSRs read as 0 */
#define XEN_X86_MISC_FLAGS_MAX XEN_X86_MSR_RELAXED

#endif
