// SPDX-License-Identifier: GPL-2.0-only
/*
 * A worker's prison. See confine.h.
 *
 * One thing cannot be taken away: Linux has no way to bind /dev/xen/gntdev to
 * one domain, so a worker that is taken over can copy from and to pages that
 * others have granted to Dom0, if it guesses domain and reference.
 */
#include "confine.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "worker.h"

static const int calls[] = {
	SCMP_SYS(read),		 SCMP_SYS(write),	    SCMP_SYS(writev),
	SCMP_SYS(ppoll),	 SCMP_SYS(sendto),	    SCMP_SYS(futex),
	SCMP_SYS(clock_gettime), SCMP_SYS(exit_group),	    SCMP_SYS(exit),
	SCMP_SYS(rt_sigreturn),	 SCMP_SYS(restart_syscall),
};

/* Letter and number of what is asked of /dev/xen; the kernel checks sizes. */
#define COPY ('G' << 8 | 8)
#define NOTIFY ('E' << 8 | 4)

static int allow_ioctl(scmp_filter_ctx f, unsigned int fd, unsigned int request)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 2,
				SCMP_A0(SCMP_CMP_EQ, fd, 0),
				SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffff, request));
}

int confine_calls(void)
{
	const struct rlimit none = {0, 0};
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = f ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < sizeof(calls) / sizeof(calls[0]); i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
	if (!rc)
		rc = allow_ioctl(f, WORKER_GNTDEV, COPY);
	for (unsigned int i = 0; !rc && i < NETBACK_QUEUES_MAX; i++)
		rc = allow_ioctl(f, WORKER_EVTCHN + i, NOTIFY);
	if (!rc)
		rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!rc && setrlimit(RLIMIT_NPROC, &none))
		rc = -errno;
	if (!rc)
		rc = seccomp_load(f);
	if (f)
		seccomp_release(f);
	return rc;
}

int confine_user(uint32_t uid, const char *root, const char **what)
{
	const struct rlimit none = {0, 0};

	*what = "namespaces";
	/* a kernel may be built without them */
	if (uid && unshare(CLONE_NEWNET | CLONE_NEWIPC) && errno != EINVAL)
		return -errno;
	*what = "root folder";
	if (uid && (chroot(root) || chdir("/")))
		return -errno;
	*what = "user";
	if (uid && (setgroups(0, NULL) || setresgid(uid, uid, uid) ||
		    setresuid(uid, uid, uid)))
		return -errno;
	*what = "limits";
	if (setrlimit(RLIMIT_CORE, &none))
		return -errno;
	*what = "prctl"; /* the change of user has cleared it */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_DUMPABLE, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return 0;
}
