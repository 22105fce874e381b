/* SPDX-License-Identifier: GPL-2.0-only */
/* The page of hypercall stubs that some kernels have us write into them. */
#ifndef HV_X86_HYPERCALL_PAGE_H
#define HV_X86_HYPERCALL_PAGE_H

/* Fill the 4096 bytes at @page: stub n, 32 bytes each, makes hypercall n. */
void hypercall_page_fill(void *page);

#endif
