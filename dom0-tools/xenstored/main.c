// SPDX-License-Identifier: GPL-2.0-only
/*
 * xenstored: options, start, detaching, and handing over to the next daemon.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "domain.h"
#include "journal.h"
#include "loop.h"
#include "persist.h"
#include "request.h"
#include "server.h"
#include "socket.h"
#include "xen.h"

enum { OPT_DIR = 256, OPT_RUN_DIR, OPT_LIVE_UPDATE };

struct options {
	const char *dir;     /* of the journal */
	const char *run_dir; /* of the sockets */
	const char *pid_file;
	bool no_fork, output_pid, verbose, no_domains, discard, no_journal;
	const char *trace_file;
};

static const char usage[] =
	"Usage: xenstored [options]\n"
	"Serve the xenstore to Dom0's programs and to the domains.\n"
	"\n"
	"  -N, --no-fork            stay in the foreground\n"
	"  -F, --pid-file FILE      write the process id to FILE\n"
	"  -P, --output-pid         print the process id\n"
	"  -T, --trace-file FILE    log every request to FILE; SIGHUP reopens "
	"it\n"
	"  -V, --verbose            log every request to stdout\n"
	"  -D, --no-domain-init     serve the sockets only; needs no Xen\n"
	"  -R, --no-recovery        forget what an earlier xenstored left\n"
	"  -I, --internal-db        keep nothing on record: a restart loses "
	"all\n"
	"      --dir DIR            journal in DIR (default "
	"$XENSTORED_ROOTDIR\n"
	"                           or /run/xenstored)\n"
	"      --run-dir DIR        sockets in DIR (default $XENSTORED_RUNDIR\n"
	"                           or /run/xenstored)\n"
	"  -h, --help               this text\n"
	"\n"
	"What a domain may use:\n"
	"  -Q, --quota NAME=VALUE   any of the quotas below\n"
	"  -E, --entry-nb VALUE     nodes\n"
	"  -S, --entry-size VALUE   node-size\n"
	"  -W, --watch-nb VALUE     watches\n"
	"  -t, --transaction VALUE  transactions\n"
	"  -A, --perm-nb VALUE      node-permissions\n"
	"  -M, --path-max VALUE     path-max\n";

static const struct option long_options[] = {
	{"no-fork", no_argument, NULL, 'N'},
	{"pid-file", required_argument, NULL, 'F'},
	{"output-pid", no_argument, NULL, 'P'},
	{"trace-file", required_argument, NULL, 'T'},
	{"verbose", no_argument, NULL, 'V'},
	{"no-domain-init", no_argument, NULL, 'D'},
	{"no-recovery", no_argument, NULL, 'R'},
	{"internal-db", optional_argument, NULL, 'I'},
	{"dir", required_argument, NULL, OPT_DIR},
	{"run-dir", required_argument, NULL, OPT_RUN_DIR},
	{"help", no_argument, NULL, 'h'},
	{"quota", required_argument, NULL, 'Q'},
	{"entry-nb", required_argument, NULL, 'E'},
	{"entry-size", required_argument, NULL, 'S'},
	{"watch-nb", required_argument, NULL, 'W'},
	{"transaction", required_argument, NULL, 't'},
	{"perm-nb", required_argument, NULL, 'A'},
	{"path-max", required_argument, NULL, 'M'},
	{"live-update", no_argument, NULL, OPT_LIVE_UPDATE},
	/* Debian's xenstored has these; we do not */
	{"event", required_argument, NULL, 'e'},
	{"master-domid", required_argument, NULL, 'm'},
	{"priv-domid", required_argument, NULL, 'p'},
	{"quota-soft", required_argument, NULL, 'q'},
	{"timeout", required_argument, NULL, 'w'},
	{"keep-orphans", no_argument, NULL, 'K'},
	{NULL, 0, NULL, 0},
};

static struct server server;

static void __attribute__((noreturn))
bad_usage(const char *what, const char *why)
{
	fprintf(stderr, "xenstored: %s: %s\nTry 'xenstored --help'.\n", what,
		why);
	exit(2);
}

static void set_quota(const char *name, const char *value)
{
	int q = quota_by_name(name);
	unsigned long v;

	if (q < 0)
		bad_usage(name, "no such quota");
	if (!parse_number(value, UINT32_MAX - 1, &v))
		bad_usage(value, "not a number");
	server.store.accounts.quota[q] = (uint32_t)v;
}

/* The quotas that have an option of their own. */
static const char *letter_quota(int c)
{
	return c == 'E'	  ? "nodes"
	       : c == 'S' ? "node-size"
	       : c == 'W' ? "watches"
	       : c == 't' ? "transactions"
	       : c == 'A' ? "node-permissions"
			  : "path-max";
}

static void set_quota_pair(char *arg)
{
	char *eq = strchr(arg, '=');

	if (!eq)
		bad_usage(arg, "not of the form NAME=VALUE");
	*eq = '\0';
	set_quota(arg, eq + 1);
}

static void print_help(void)
{
	fputs(usage, stdout);
	printf("\nQuotas and their defaults:\n");
	for (int q = 0; q < NR_QUOTAS; q++)
		printf("  %-18s %10u  %s\n", quota_name((enum quota)q),
		       server.store.accounts.quota[q],
		       quota_meaning((enum quota)q));
	exit(0);
}

static void parse_options(int argc, char **argv, struct options *o)
{
	const char *root = getenv("XENSTORED_ROOTDIR");
	const char *run = getenv("XENSTORED_RUNDIR");
	int c, index = 0;

	o->dir = root ? root : "/run/xenstored";
	o->run_dir = run ? run : "/run/xenstored";
	while ((c = getopt_long(argc, argv, "NF:PT:VDRI::hHQ:E:S:W:t:A:M:",
				long_options, &index)) != -1) {
		switch (c) {
		case 'N':
			o->no_fork = true;
			break;
		case 'F':
			o->pid_file = optarg;
			break;
		case 'P':
			o->output_pid = true;
			break;
		case 'T':
			o->trace_file = optarg;
			break;
		case 'V':
			o->verbose = true;
			break;
		case 'D':
			o->no_domains = true;
			break;
		case 'R':
			o->discard = true;
			break;
		case 'I':
			o->no_journal = !optarg || strcmp(optarg, "off");
			break;
		case OPT_DIR:
			o->dir = optarg;
			break;
		case OPT_RUN_DIR:
			o->run_dir = optarg;
			break;
		case OPT_LIVE_UPDATE:
			server.live_update.is_resuming = true;
			break;
		case 'Q':
			set_quota_pair(optarg);
			break;
		case 'E':
		case 'S':
		case 'W':
		case 't':
		case 'A':
		case 'M':
			set_quota(letter_quota(c), optarg);
			break;
		case 'h':
		case 'H':
			print_help();
			break;
		case '?':
			exit(2);
		default:
			bad_usage(long_options[index].name, "not implemented");
		}
	}
	if (optind < argc)
		bad_usage(argv[optind], "unexpected argument");
}

static void __attribute__((noreturn))
fatal(const char *what, const char *name, int rc)
{
	server_log("%s%s%s: %s", what, name ? " " : "", name ? name : "",
		   strerror(-rc));
	exit(1);
}

/*
 * Detach.  The first process stays until the daemon serves, so that whoever
 * started it can use it at once; returns the descriptor to report on.
 */
static int detach(void)
{
	int ends[2];
	char ok = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		fatal("cannot detach", NULL, -errno);
	pid = fork();
	if (pid < 0)
		fatal("cannot detach", NULL, -errno);
	if (pid) {
		close(ends[1]);
		_exit(read(ends[0], &ok, 1) == 1 ? 0 : 1);
	}
	close(ends[0]);
	setsid();
	if (chdir("/"))
		fatal("cannot change to", "/", -errno);
	return ends[1];
}

static void detached(int report_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char ok = 1;

	if (write(report_fd, &ok, 1) != 1)
		exit(1);
	close(report_fd);
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		close(null);
	}
	server_log_to_syslog();
}

/*
 * Everyone waits for us and we never work long: run before what merely
 * computes.  A client is then interrupted as it sends, and finds the answer
 * when it goes on, instead of going to sleep for it.
 */
static void run_first(void)
{
	if (setpriority(PRIO_PROCESS, 0, -10) && errno != EACCES &&
	    errno != EPERM)
		server_log("cannot set the priority: %s", strerror(errno));
}

/* systemd's readiness protocol: sd_notify(3). */
static void notify_supervisor(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (!len || len >= sizeof(addr.sun_path))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	memcpy(addr.sun_path, path, len);
	if (addr.sun_path[0] == '@')
		addr.sun_path[0] = '\0';
	if (sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&addr,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) <
	    0)
		server_log("cannot notify %s: %s", path, strerror(errno));
	close(fd);
}

static void make_dir(const char *path)
{
	if (mkdir(path, 0755) && errno != EEXIST)
		fatal("cannot make", path, -errno);
}

static void write_pid(const char *file)
{
	FILE *f = fopen(file, "we");

	if (!f)
		fatal("cannot write", file, -errno);
	fprintf(f, "%d\n", (int)getpid());
	if (fclose(f))
		fatal("cannot write", file, -errno);
}

/* The kernel's name for this boot; what an earlier one left is of no use. */
static void read_boot_id(char *id, size_t size)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!f || !fgets(id, (int)size, f))
		snprintf(id, size, "unknown");
	if (f)
		fclose(f);
	id[strcspn(id, "\n")] = '\0';
}

static void open_journal(const struct options *o)
{
	char boot_id[48];
	struct journal_options jo = {
		.dir = o->dir, .boot_id = boot_id, .discard = o->discard};
	bool damaged;
	int rc;

	if (o->no_journal)
		return;
	make_dir(o->dir);
	read_boot_id(boot_id, sizeof(boot_id));
	rc = journal_open(&jo, &server.store.journal, &damaged);
	if (rc == -EBUSY) {
		server_log("another xenstored uses %s", o->dir);
		exit(1);
	}
	if (rc)
		fatal("cannot open the journal in", o->dir, rc);
	if (damaged)
		server_log("the journal in %s was damaged and is now called "
			   "tdb.damaged; starting empty",
			   o->dir);
}

static void restore(void)
{
	static const char path[] = "/tool/xenstored";
	struct conn self;
	int rc;

	if (server.store.journal) {
		rc = server_restore(&server);
		if (rc)
			fatal("cannot restore from the journal", NULL, rc);
	}
	/* by this node other programs see which daemon it is */
	if (conn_init(&self, CONN_SOCKET, 0, &server.dirty))
		fatal("cannot start", NULL, -ENOMEM);
	self.account = account_find(&server.store.accounts, 0);
	store_mkdir(&server.store, &self, NULL, path, sizeof(path) - 1);
	conn_fini(&server.store, &self);
}

static void open_xen(struct loop *lp)
{
	const char *what;
	int rc = xen_open(&what);

	if (rc)
		fatal("cannot open", what, rc);
	rc = loop_add_xen(lp);
	if (rc < 0)
		fatal("cannot bind VIRQ_DOM_EXC", NULL, rc);
}

static void listen_in(struct loop *lp, const char *dir)
{
	static const struct {
		const char *name;
		unsigned int mode;
		int is_read_only;
	} sockets[] = {{"socket", 0600, 0}, {"socket_ro", 0660, 1}};
	char path[PATH_MAX];

	make_dir(dir);
	for (size_t i = 0; i < 2; i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/%s", dir, sockets[i].name);
		fd = socket_listen(path, sockets[i].mode);
		if (fd < 0)
			fatal("cannot listen on", path, fd);
		if (loop_listen(lp, fd, sockets[i].is_read_only))
			fatal("cannot wait for", path, -errno);
	}
}

/* Older programs look in /var/run, which is not everywhere the same. */
static void listen_var_run(struct loop *lp, const char *run_dir)
{
	char run[PATH_MAX], var_run[PATH_MAX];

	if (strcmp(run_dir, "/run/xenstored") || !realpath("/run", run) ||
	    !realpath("/var/run", var_run) || !strcmp(run, var_run))
		return;
	listen_in(lp, "/var/run/xenstored");
}

static void start_trace(const struct options *o)
{
	if (o->trace_file) {
		server.trace_file = strdup(o->trace_file);
		server.trace = fopen(o->trace_file, "ae");
		if (!server.trace)
			fatal("cannot write", o->trace_file, -errno);
	} else if (o->verbose && o->no_fork) {
		server.trace = stdout;
	}
	if (server.trace)
		setvbuf(server.trace, NULL, _IOLBF, 0);
}

/* The new daemon's arguments: ours, what was asked for, and one more. */
static char **next_argv(int argc, char **argv)
{
	static char resume[] = "--live-update", no_fork[] = "--no-fork";
	char *extra = server.live_update.options;
	char **v = calloc((size_t)argc + 64, sizeof(char *));
	int n = 0;

	if (!v)
		return NULL;
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], resume) && strcmp(argv[i], no_fork))
			v[n++] = argv[i];
	for (char *w = extra ? strtok(extra, " ") : NULL; w && n < argc + 60;
	     w = strtok(NULL, " "))
		v[n++] = w;
	v[n++] = no_fork;
	v[n] = resume;
	return v;
}

/* Become the next daemon.  Returns only if that fails. */
static void live_update(int argc, char **argv)
{
	struct live_update *lu = &server.live_update;
	const char *binary = lu->binary ? lu->binary : "/proc/self/exe";
	char **v = next_argv(argc, argv);
	struct list *l, *n;

	list_for_each (l, n, &server.conns) {
		struct conn *c = list_entry(l, struct conn, link);

		if (c->kind != CONN_SOCKET)
			continue;
		socket_record(&server, c);
		fcntl(c->fd, F_SETFD, 0);
	}
	journal_commit(server.store.journal);
	if (v && !journal_fold(server.store.journal))
		execv(binary, v);
	server_log("live update to %s: %s; going on", binary, strerror(errno));
	free(v);
	list_for_each (l, n, &server.conns) {
		struct conn *c = list_entry(l, struct conn, link);

		if (c->kind != CONN_SOCKET)
			continue;
		socket_forget(&server, c);
		fcntl(c->fd, F_SETFD, FD_CLOEXEC);
	}
	lu->is_requested = false;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	struct loop lp;
	bool resuming;
	int report_fd = -1, rc;

	rc = server_init(&server, false);
	if (rc)
		fatal("cannot start", NULL, rc);
	parse_options(argc, argv, &o);
	resuming = server.live_update.is_resuming;
	if (!o.no_fork)
		report_fd = detach();
	rc = loop_init(&lp, &server);
	if (rc)
		fatal("cannot start", NULL, rc);
	start_trace(&o);
	if (!o.no_domains) {
		open_xen(&lp);
		server.has_xen = true;
		server.store.domain_exists = domain_exists;
	}
	open_journal(&o);
	restore();
	if (server.has_xen) {
		rc = domain_init_own(&server);
		if (rc)
			fatal("cannot connect to Dom0's kernel", NULL, rc);
	}
	listen_in(&lp, o.run_dir);
	listen_var_run(&lp, o.run_dir);
	if (o.pid_file)
		write_pid(o.pid_file);
	if (o.output_pid) {
		printf("%d\n", (int)getpid());
		fflush(stdout);
	}
	if (report_fd >= 0)
		detached(report_fd);
	else if (resuming)
		server_log_to_syslog();
	run_first();
	notify_supervisor();
	do {
		loop_run(&lp);
		if (server.live_update.is_requested)
			live_update(argc, argv);
	} while (!lp.stop);
	server_fini(&server);
	return 0;
}
