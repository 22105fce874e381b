/* SPDX-License-Identifier: MIT */
/*
 * vm_assist: opt-in changes of behaviour, per domain.
 */
#ifndef ABI_VM_ASSIST_H
#define ABI_VM_ASSIST_H

#define VMASST_CMD_enable 0
#define VMASST_CMD_disable 1

#define VMASST_TYPE_4gb_segments 0	   /* 32-bit guests only */
#define VMASST_TYPE_4gb_segments_notify 1  /* 32-bit guests only */
#define VMASST_TYPE_writable_pagetables 2  /* trap and emulate PTE stores */
#define VMASST_TYPE_pae_extended_cr3 3	   /* 32-bit guests only */
#define VMASST_TYPE_architectural_iopl 4   /* IOPL as the hardware has it */
#define VMASST_TYPE_runstate_update_flag 5 /* XEN_RUNSTATE_UPDATE is used */
#define VMASST_TYPE_m2p_strict 32	   /* no M2P in user page tables */

#endif
