/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Provoke a fault: the handler notes the signal and jumps out.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/ucontext.h>

#include "check.h"
#include "fault.h"

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
static sigjmp_buf out;
static struct fault seen;

static void on_fault(int signo, siginfo_t *info, void *context)
{
	const greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	seen = (struct fault){
		.signo = signo,
		.code = info->si_code,
		.addr = (uintptr_t)info->si_addr,
		.rip = (uintptr_t)regs[REG_RIP],
		.vector = (long)regs[REG_TRAPNO],
		.error = (long)regs[REG_ERR],
	};
	siglongjmp(out, 1);
}

struct fault fault_of(void (*fn)(void *), void *arg)
{
	struct sigaction action = {.sa_sigaction = on_fault,
				   .sa_flags = SA_SIGINFO | SA_ONSTACK};
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		EXPECT(sigaction(signals[i], &action, NULL) == 0);
	memset(&seen, 0, sizeof(seen));
	if (sigsetjmp(out, 1) == 0)
		fn(arg);
	return seen;
}
