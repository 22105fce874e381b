/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time a command:
 *
 *   cost [-a] NAME COMMAND...
 *
 * prints "@bench NAME TICKS", TSC ticks from before its start until after its
 * end.  With -a also "@bench NAME_all TICKS": the time in which the machine's
 * one CPU was not idle until a second after the end, so what the command left
 * others to do is in it.
 *
 * In QEMU's icount mode a tick is an instruction; idle time is skipped, not
 * waited for, but it counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include <abi/sysctl.h>
#include <abi/xen.h>

#include "bench.h"

extern char **environ;

struct moment {
	uint64_t ticks, idle_ns;
};

/* A page that the hypercall may read and write: locked and touched. */
static struct {
	struct xen_sysctl sysctl;
	struct xen_sysctl_cpuinfo cpu;
} * page;
static int privcmd;

static void open_privcmd(void)
{
	privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	MUST(privcmd >= 0);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_LOCKED, -1,
		    0);
	MUST(page != MAP_FAILED);
}

static uint64_t idle_ns(void)
{
	struct privcmd_call call = {__HYPERVISOR_sysctl, {(uintptr_t)page}};

	memset(page, 0, sizeof(*page));
	page->sysctl.cmd = XEN_SYSCTL_getcpuinfo;
	page->sysctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	page->sysctl.u.getcpuinfo.max_cpus = 1;
	page->sysctl.u.getcpuinfo.info = (uintptr_t)&page->cpu;
	MUST(ioctl(privcmd, PRIVCMD_CALL, &call) == 0);
	return page->cpu.idletime;
}

static struct moment now(bool with_idle)
{
	struct moment m = {0, with_idle ? idle_ns() : 0};

	m.ticks = __rdtsc();
	return m;
}

static int run(char **argv)
{
	int status;
	pid_t pid;

	errno = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	MUST(errno == 0);
	MUST(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int main(int argc, char **argv)
{
	bool all = argc > 1 && strcmp(argv[1], "-a") == 0;
	const struct timespec second = {1, 0};
	struct moment start, end;
	const char *name;
	int rc;

	argv += all ? 2 : 1;
	MUST(argc > 2);
	name = *argv++;
	if (all)
		open_privcmd();
	start = now(all);
	rc = run(argv);
	end = now(false);
	if (rc != 0)
		printf("@error %s: exit %d\n", name, rc);
	printf("@bench %s %lu\n", name, end.ticks - start.ticks);
	if (!all)
		return rc;
	nanosleep(&second, NULL);
	end = now(true);
	printf("@bench %s_all %lu\n", name,
	       end.ticks - start.ticks - (end.idle_ns - start.idle_ns));
	return rc;
}
