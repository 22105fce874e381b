/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * consoled: command line, single instance, daemon. The options are those of
 * Debian's xenconsoled, so that its start scripts work, and some more.
 */
#include "consoled.h"
#include "report.h"
#include "xen_seam.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* clang-format off */
static const char usage[] =
"Usage: consoled [options]\n"
"  -i, --interactive        stay in the foreground, messages to stderr\n"
"  -v, --verbose            accepted; there is only one level of messages\n"
"      --log=WHAT           none, guest, hv or all (guest)\n"
"      --log-dir=DIR        (/var/log/xen/console)\n"
"  -t, --timestamp=WHAT     time stamps in logs: none, guest, hv, all (none)\n"
"      --log-size=KIB       rotate a log beyond this size, 0: never (16384)\n"
"      --log-keep=N         old logs kept of each console (4)\n"
"      --scrollback=KIB     kept in memory of each console, at most (1024)\n"
"      --rate=KIB           a domain's output per second, 0: any (4096)\n"
"      --replay=KIB         shown again to every reader of a pty (16)\n"
"      --keep-dead=SEC      how long consoles outlive their domain (3600)\n"
"      --keep-dead-max=N    and how many of them at most (64)\n"
"  -o, --overflow-data=discard   accepted; the only policy there is\n"
"      --run-dir=DIR        socket, lock and state (/run/pavo)\n"
"      --xenstore=SOCKET    (/run/xenstored/socket)\n"
"      --pid-file=FILE\n"
"  -h, --help\n"
"  -V, --version\n";

enum { OPT_LOG = 256, OPT_LOG_DIR, OPT_LOG_SIZE, OPT_LOG_KEEP, OPT_SCROLLBACK,
       OPT_RATE, OPT_REPLAY, OPT_KEEP_DEAD, OPT_KEEP_DEAD_MAX, OPT_RUN_DIR,
       OPT_XENSTORE, OPT_PID_FILE };

static const struct option options[] = {
	{ "interactive",   no_argument,       NULL, 'i' },
	{ "verbose",       no_argument,       NULL, 'v' },
	{ "log",           required_argument, NULL, OPT_LOG },
	{ "log-dir",       required_argument, NULL, OPT_LOG_DIR },
	{ "timestamp",     required_argument, NULL, 't' },
	{ "log-size",      required_argument, NULL, OPT_LOG_SIZE },
	{ "log-keep",      required_argument, NULL, OPT_LOG_KEEP },
	{ "scrollback",    required_argument, NULL, OPT_SCROLLBACK },
	{ "rate",          required_argument, NULL, OPT_RATE },
	{ "replay",        required_argument, NULL, OPT_REPLAY },
	{ "keep-dead",     required_argument, NULL, OPT_KEEP_DEAD },
	{ "keep-dead-max", required_argument, NULL, OPT_KEEP_DEAD_MAX },
	{ "overflow-data", required_argument, NULL, 'o' },
	{ "run-dir",       required_argument, NULL, OPT_RUN_DIR },
	{ "xenstore",      required_argument, NULL, OPT_XENSTORE },
	{ "pid-file",      required_argument, NULL, OPT_PID_FILE },
	{ "help",          no_argument,       NULL, 'h' },
	{ "version",       no_argument,       NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};
/* clang-format on */

static struct consoled cd; /* large: by_port */

__attribute__((noreturn)) static void bad(const char *option, const char *value,
					  const char *known)
{
	fprintf(stderr, "consoled: --%s=%s: expected %s\n", option, value,
		known);
	exit(2);
}

static void parse_who(const char *option, const char *value, bool *guest,
		      bool *hv)
{
	bool is_all = !strcmp(value, "all");

	*guest = is_all || !strcmp(value, "guest");
	*hv = is_all || !strcmp(value, "hv");
	if (!*guest && !*hv && strcmp(value, "none"))
		bad(option, value, "none, guest, hv or all");
}

static uint64_t parse_number(const char *option, const char *value,
			     uint64_t max)
{
	char known[64], *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(value, &end, 10);
	if (*value >= '0' && *value <= '9' && !*end && !errno && n <= max)
		return n;
	snprintf(known, sizeof(known), "a number from 0 to %llu",
		 (unsigned long long)max);
	bad(option, value, known);
}

static void set_option(struct consoled_options *o, int c, const char *arg)
{
	switch (c) {
	case 'i':
		o->is_foreground = true;
		break;
	case 'v':
		break;
	case 't':
		parse_who("timestamp", arg, &o->has_guest_stamps,
			  &o->has_hv_stamps);
		break;
	case 'o':
		if (strcmp(arg, "discard"))
			bad("overflow-data", arg,
			    "discard (what is old leaves the scrollback; "
			    "the log keeps it)");
		break;
	case OPT_LOG:
		parse_who("log", arg, &o->has_guest_logs, &o->has_hv_log);
		break;
	case OPT_LOG_DIR:
		o->log_dir = arg;
		break;
	case OPT_LOG_SIZE:
		o->log_max_bytes = parse_number("log-size", arg, UINT32_MAX)
				   << 10;
		break;
	case OPT_LOG_KEEP:
		o->log_keep = (unsigned int)parse_number("log-keep", arg, 1000);
		break;
	case OPT_SCROLLBACK:
		o->scrollback_bytes =
			(uint32_t)parse_number("scrollback", arg, 65536) << 10;
		break;
	case OPT_RATE:
		o->rate_bytes_per_s = parse_number("rate", arg, UINT32_MAX)
				      << 10;
		break;
	case OPT_REPLAY:
		o->pty_replay = parse_number("replay", arg, 65536) << 10;
		break;
	case OPT_KEEP_DEAD:
		o->keep_dead_s = parse_number("keep-dead", arg, UINT32_MAX);
		break;
	case OPT_KEEP_DEAD_MAX:
		o->keep_dead_max =
			(unsigned int)parse_number("keep-dead-max", arg, 4096);
		break;
	case OPT_RUN_DIR:
		o->run_dir = arg;
		break;
	case OPT_XENSTORE:
		o->store_path = arg;
		break;
	case OPT_PID_FILE:
		o->pid_file = arg;
		break;
	case 'h':
		fputs(usage, stdout);
		exit(0);
	case 'V':
		puts("Pavo consoled 1.0");
		exit(0);
	default:
		fputs("consoled: see consoled --help\n", stderr);
		exit(2);
	}
}

/* Held until exit, also by kill -9. */
static int lock_instance(const char *run_dir)
{
	char path[256];
	int fd;

	mkdir(run_dir, 0755);
	snprintf(path, sizeof(path), "%s/consoled.lock", run_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		report("cannot open %s: %s", path, strerror(errno));
		return -errno;
	}
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		report("another consoled is running (it holds %s)", path);
		return -EBUSY;
	}
	return 0;
}

static void write_pid_file(const char *path)
{
	FILE *f = path ? fopen(path, "we") : NULL;

	if (f) {
		fprintf(f, "%ld\n", (long)getpid());
		fclose(f);
	} else if (path) {
		report("cannot write pid file %s: %s", path, strerror(errno));
	}
}

/*
 * Go to the background. The first process stays until the daemon says it is
 * ready or has failed, so that a start script knows. Returns the fd to say it
 * on, in the daemon only.
 */
static int daemonize(void)
{
	int pipefd[2], null;
	char status = 1;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid > 0) {
		close(pipefd[1]);
		if (read(pipefd[0], &status, 1) != 1)
			status = 1;
		_exit(status);
	}
	close(pipefd[0]);
	setsid();
	if (chdir("/"))
		return -errno;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		close(null);
	}
	return pipefd[1];
}

static void say_ready(int ready_fd)
{
	char status = 0;

	if (ready_fd < 0)
		return;
	report_open(false);
	dup2(1, 2);
	if (write(ready_fd, &status, 1) != 1)
		report("nobody waits for the start");
	close(ready_fd);
}

static void raise_file_limit(void)
{
	struct rlimit rl = {65536, 65536};

	/* Three descriptors for each domain, one for each client. */
	if (setrlimit(RLIMIT_NOFILE, &rl))
		report("cannot raise the limit of open files: %s",
		       strerror(errno));
}

int main(int argc, char **argv)
{
	int c, rc, ready_fd = -1;

	consoled_defaults(&cd.opt);
	while ((c = getopt_long(argc, argv, "ivt:o:hV", options, NULL)) != -1)
		set_option(&cd.opt, c, optarg);
	if (optind < argc) {
		fprintf(stderr, "consoled: unexpected argument %s\n",
			argv[optind]);
		return 2;
	}
	report_open(true);
	if (!cd.opt.is_foreground) {
		ready_fd = daemonize();
		if (ready_fd < 0) {
			report("cannot become a daemon: %s",
			       strerror(-ready_fd));
			return 1;
		}
	}
	raise_file_limit();
	if (lock_instance(cd.opt.run_dir) || xen_open() || consoled_start(&cd))
		return 1;
	write_pid_file(cd.opt.pid_file);
	say_ready(ready_fd);
	do
		rc = consoled_pass(&cd, true);
	while (!rc && !cd.is_stopping);
	consoled_stop(&cd);
	if (rc)
		report("giving up: %s", strerror(-rc));
	if (cd.opt.pid_file)
		unlink(cd.opt.pid_file);
	return rc ? 1 : 0;
}
