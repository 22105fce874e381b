/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints the reference page of all hypercalls, in Markdown, from the tables.
 */
#include <stdio.h>
#include <string.h>

#include <abi/callback.h>
#include <abi/event_channel.h>
#include <abi/grant_table.h>
#include <abi/memory.h>
#include <abi/nmi.h>
#include <abi/physdev.h>
#include <abi/platform.h>
#include <abi/sched.h>
#include <abi/sysctl.h>
#include <abi/vcpu.h>
#include <abi/version.h>
#include <abi/xen.h>

static const char intro[] =
	"# Hypercalls\n\n"
	"Made from `hypercalls/*.def`; do not edit.\n\n"
	"The number goes in RAX, arguments in RDI, RSI, RDX, R10 and R8; "
	"`SYSCALL` from\nguest-kernel mode makes the call. The result is in "
	"RAX: 0 or a count, or a\nnegated error number; RCX and R11 are lost. "
	"A number or sub-operation that is\nnot listed here returns -ENOSYS. "
	"The structures are in `hypercalls/include/abi`.\n\n"
	"Copy: what is done with the argument struct before (IN) and after "
	"(OUT) the\noperation; NONE leaves it to the operation. Callers: "
	"PRIV is the control domain,\nothers get -EPERM.\n";

/* Text of a table cell: a bar would end it. */
static void cell(const char *text)
{
	for (; *text; text++)
		printf(*text == '|' ? "\\%c" : "%c", *text);
	printf(" |\n");
}

static void hypercall_row(int nr, const char *name, const char *args,
			  const char *doc)
{
	printf("| %d | `%s(%s)` | ", nr, name, args);
	cell(doc);
}

static void hypercall_table(void)
{
	printf("\n| Nr | Hypercall | |\n|---:|---|---|\n");
/* clang-format off */
#define U32(n) "uint32_t " #n
#define S32(n) "int32_t " #n
#define U64(n) "uint64_t " #n
#define PTR(type, n) #type " *" #n
#define HYPERCALL0(nr, name, doc) hypercall_row(nr, #name, "", doc);
#define HYPERCALL1(nr, name, a, doc) hypercall_row(nr, #name, a, doc);
#define HYPERCALL2(nr, name, a, b, doc) hypercall_row(nr, #name, a ", " b, doc);
#define HYPERCALL3(nr, name, a, b, c, doc)                                    \
	hypercall_row(nr, #name, a ", " b ", " c, doc);
#define HYPERCALL4(nr, name, a, b, c, d, doc)                                 \
	hypercall_row(nr, #name, a ", " b ", " c ", " d, doc);
#define HYPERCALL5(nr, name, a, b, c, d, e, doc)                              \
	hypercall_row(nr, #name, a ", " b ", " c ", " d ", " e, doc);
/* clang-format on */
#include "hypercalls.def"
}

static void heading(const char *hypercall)
{
	printf("\n## %s\n\n| Nr | Name | Argument | Bytes | Copy | Callers |"
	       " |\n|---:|---|---|---:|---|---|---|\n",
	       hypercall);
}

static void op_row(int cmd, const char *name, const char *type, size_t size,
		   const char *copy, const char *callers, const char *doc)
{
	printf("| %d | `%s` | ", cmd, name);
	if (strcmp(type, "NOARG") == 0)
		printf("| ");
	else
		printf("`%s` | %zu", type, size);
	printf(" | %s | %s | ", copy, callers);
	cell(doc);
}

struct noarg {
	char none;
};
#define NOARG struct noarg
#define OP(cmd, NAME, handler, type, copy, callers, doc)                       \
	op_row(cmd, #NAME, #type, sizeof(type), #copy, #callers, doc);

int main(void)
{
	fputs(intro, stdout);
	hypercall_table();
	heading("xen_version");
#include "version.def"
	heading("memory_op");
#include "memory.def"
	heading("mmuext_op");
#include "mmuext.def"
	heading("vm_assist");
#include "vm_assist.def"
	heading("callback_op");
#include "callback.def"
	heading("nmi_op");
#include "nmi.def"
	heading("vcpu_op");
#include "vcpu.def"
	heading("sched_op");
#include "sched.def"
	heading("event_channel_op");
#include "evtchn.def"
	heading("grant_table_op");
#include "grant.def"
	heading("physdev_op");
#include "physdev.def"
	heading("console_io");
#include "console.def"
	heading("platform_op");
#include "platform.def"
	heading("domctl");
#include "domctl.def"
	heading("sysctl");
#include "sysctl.def"
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
