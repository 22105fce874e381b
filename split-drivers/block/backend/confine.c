// SPDX-License-Identifier: GPL-2.0-only
/*
 * A worker's prison. See confine.h.
 *
 * One thing cannot be taken away: Linux has no way to bind /dev/xen/gntdev to
 * one domain, so a worker that is taken over can map pages that others have
 * granted to Dom0, if it guesses domain and reference. /dev/xen/evtchn is
 * bound.
 */
#include "confine.h"

#include <errno.h>
#include <grp.h>
#include <linux/fs.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "worker.h"

static const int calls[] = {
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(pwrite64),
	SCMP_SYS(pwritev),
	SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(munmap),
	SCMP_SYS(brk),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(close),
	SCMP_SYS(exit_group),
	SCMP_SYS(exit),
	SCMP_SYS(rt_sigreturn),
};

/* Requests to the devices: /dev/xen/gntdev's, /dev/xen/evtchn's, a disk's. */
static const struct {
	int fd;
	uint32_t
		type; /* letter and number; the size is the kernel's to check */
} ioctls[] = {
	{WORKER_GNTDEV, 'G' << 8 | 0}, {WORKER_GNTDEV, 'G' << 8 | 1},
	{WORKER_GNTDEV, 'G' << 8 | 2}, {WORKER_GNTDEV, 'G' << 8 | 8},
	{WORKER_EVTCHN, 'E' << 8 | 1}, {WORKER_EVTCHN, 'E' << 8 | 3},
	{WORKER_EVTCHN, 'E' << 8 | 4}, {WORKER_DISK, BLKGETSIZE64 & 0xffff},
};

/* Those of the queues differ in low bits only. */
#define FD_MASK(fd)                                                            \
	((fd) == WORKER_EVTCHN ? ~(scmp_datum_t)(JOURNAL_QUEUES_MAX - 1)       \
			       : ~(scmp_datum_t)0)
_Static_assert(WORKER_EVTCHN % JOURNAL_QUEUES_MAX == 0 &&
		       (JOURNAL_QUEUES_MAX & (JOURNAL_QUEUES_MAX - 1)) == 0,
	       "FD_MASK");

static int filter_calls(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = f ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < sizeof(calls) / sizeof(calls[0]); i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
	for (size_t i = 0; !rc && i < sizeof(ioctls) / sizeof(ioctls[0]); i++)
		rc = seccomp_rule_add(
			f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 2,
			SCMP_A0(SCMP_CMP_MASKED_EQ, FD_MASK(ioctls[i].fd),
				(scmp_datum_t)ioctls[i].fd),
			SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffff, ioctls[i].type));
	/* memory and granted pages, never to be executed */
	if (!rc)
		rc = seccomp_rule_add(
			f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!rc)
		rc = seccomp_rule_add(
			f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!rc)
		rc = seccomp_load(f);
	if (f)
		seccomp_release(f);
	return rc;
}

/* Not RLIMIT_NPROC: the kernel's own threads for our io_uring count, too. */
static int limit(void)
{
	const struct rlimit none = {0, 0};

	return setrlimit(RLIMIT_CORE, &none) ? -errno : 0;
}

static int change_user(uint32_t uid)
{
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) ||
	    setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

int confine(uint32_t uid, const char *root, const char **what)
{
	int rc = 0;

	*what = "namespaces";
	/* a kernel may be built without them */
	if (uid && unshare(CLONE_NEWNET | CLONE_NEWIPC) && errno != EINVAL)
		return -errno;
	*what = "root folder";
	if (uid && (chroot(root) || chdir("/")))
		rc = -errno;
	*what = "limits";
	if (!rc)
		rc = limit();
	*what = "user";
	if (!rc && uid)
		rc = change_user(uid);
	*what = "prctl";
	/* the change of user has cleared it */
	if (!rc &&
	    (prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_DUMPABLE, 0) ||
	     prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)))
		rc = -errno;
	*what = "seccomp";
	return rc ? rc : filter_calls();
}
