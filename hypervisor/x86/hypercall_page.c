/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercall stubs (Xen ABI): each saves what SYSCALL destroys.  The one for
 * iret is jumped to, with the flags of the frame pushed already, and completes
 * that frame.
 */
#include <hv/string.h>
#include <hv/types.h>
#include <hv/x86/hypercall_page.h>

#include <abi/hypercall.h>

#define STUB_SIZE 32
#define HYPERCALL_IRET 23

static const uint8_t call_stub[] = {
	0x51,		     /* push %rcx      */
	0x41, 0x53,	     /* push %r11      */
	0xb8, 0,    0, 0, 0, /* mov $n, %eax */
	0x0f, 0x05,	     /* syscall        */
	0x41, 0x5b,	     /* pop %r11       */
	0x59,		     /* pop %rcx       */
	0xc3,		     /* ret            */
};
#define CALL_STUB_NR 4 /* offset of n */

static const uint8_t iret_stub[] = {
	0x51,			       /* push %rcx       */
	0x41, 0x53,		       /* push %r11       */
	0x50,			       /* push %rax       */
	0xb8, HYPERCALL_IRET, 0, 0, 0, /* mov $23, %eax   */
	0x0f, 0x05,		       /* syscall         */
};

void hypercall_page_fill(void *page)
{
	uint8_t *p = page;

	memset(page, 0xcc, PAGE_SIZE); /* int3 */
	for (unsigned int n = 0; n < PAGE_SIZE / STUB_SIZE; n++) {
		memcpy(p + n * STUB_SIZE, call_stub, sizeof(call_stub));
		p[n * STUB_SIZE + CALL_STUB_NR] = (uint8_t)n;
	}
	memcpy(p + HYPERCALL_IRET * STUB_SIZE, iret_stub, sizeof(iret_stub));
}
