/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A daemon killed between any two instructions loses and repeats nothing.
 *
 * The parent steps the daemon through some turns one instruction at a time.
 * After each step that changed what would survive a kill (state file, ring,
 * log) it lets a new daemon take over from a copy of exactly that, and
 * compares scrollback and log with what the guest wrote.
 */
#include "fixture.h"
#include "report.h"
#include "xen_seam.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOG "log/guest-web.log"
#define STATE_MAX (4096 + SCROLLBACK_STEP)
#define LOG_MAX 131072

struct survivors {
	char state[STATE_MAX];
	struct xencons_interface ring;
	char log[LOG_MAX];
	size_t log_len;
};

static char state_path[128];
static struct fake_domain *dom;
static const char *state_map; /* the file itself, as the daemon sees it */
static int log_fd = -1;

static void look(struct survivors *s)
{
	struct stat st;

	memcpy(s->state, state_map, STATE_MAX);
	memcpy(&s->ring, dom->ring, sizeof(s->ring));
	s->log_len = 0;
	if (log_fd < 0)
		log_fd = open(LOG, O_RDONLY);
	if (log_fd >= 0 && !fstat(log_fd, &st) && st.st_size < LOG_MAX)
		s->log_len = (size_t)pread(log_fd, s->log, LOG_MAX, 0);
}

static bool is_changed(const struct survivors *s)
{
	struct stat st = {0};

	if (log_fd < 0)
		log_fd = open(LOG, O_RDONLY);
	if (log_fd >= 0)
		fstat(log_fd, &st);
	return (size_t)st.st_size != s->log_len ||
	       memcmp(dom->ring, &s->ring, sizeof(s->ring)) ||
	       memcmp(state_map, s->state, STATE_MAX);
}

static void put_file(const char *path, const void *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, p, n) != (ssize_t)n)
		abort();
	close(fd);
}

/* What the next daemon holds of @total bytes is what was written. */
static void check_scrollback(uint64_t total)
{
	const struct scrollback *sb = &console_of(1)->sb;
	uint64_t pos = 0;
	const char *p;
	size_t n;

	EXPECT_EQ(scrollback_total(sb), total);
	while ((n = scrollback_span(sb, &pos, 4096, &p)) > 0) {
		EXPECT(is_pattern(p, n, pos));
		pos += n;
	}
	EXPECT_EQ(pos, total);
}

/*
 * In a child of its own: the next daemon, on a copy of @s, then check. When
 * the domain has gone with the daemon, there is no ring to take from, but
 * what was taken before must be right and in the log.
 */
static bool takes_over(const struct survivors *s, const char *file,
		       bool is_gone)
{
	struct scrollback_hdr *h;
	uint64_t written;
	struct stat st;
	size_t n;
	char *text;
	pid_t pid = fork();
	int status;

	if (pid) {
		waitpid(pid, &status, 0);
		return status == 0;
	}
	mkdir("copy", 0700);
	if (chdir("copy"))
		_exit(1);
	mkdir("run", 0700);
	mkdir("run/console", 0700);
	mkdir("log", 0700);
	put_file(file, s->state, STATE_MAX);
	put_file(LOG, s->log, s->log_len);
	/* The log of the copy is another inode than the one in the intent. */
	stat(LOG, &st);
	h = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
		 open(file, O_RDWR), 0);
	if (h->intent.ino)
		h->intent.ino = st.st_ino;
	dom->ring = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memcpy(dom->ring, &s->ring, sizeof(s->ring));
	dom->on_notify = NULL;
	fake_xen_daemon_died();
	fake_store_stop(); /* our copy of the first daemon's connection */
	fake_store_start();
	written = dom->written;
	if (is_gone)
		dom->domid = 0;
	else
		fake_store_announce(dom, "web");
	daemon_revive();
	if (is_gone)
		written = scrollback_total(&console_of(1)->sb);
	text = file_text(LOG, &n);
	EXPECT_EQ(n, written);
	EXPECT(is_pattern(text, n, 0));
	check_scrollback(written);
	_exit(0);
}

static int step(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_SINGLESTEP, pid, 0, 0) ||
	    waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

static void guest_writes(size_t n)
{
	char c;

	while (n-- > 0) {
		c = fake_pattern(dom->written++);
		EXPECT_EQ(fake_guest_write(dom, &c, 1), 1);
	}
}

static void smallest_scrollback(struct consoled_options *opt)
{
	opt->scrollback_bytes = SCROLLBACK_STEP;
}

/* Two turns, with @before bytes on the console already. */
static void kill_everywhere(size_t before)
{
	struct survivors *now = malloc(sizeof(*now));
	unsigned long nr_steps = 0, nr_states = 0;
	pid_t pid;
	int status;

	daemon_start(smallest_scrollback);
	dom = domain_start(1, "web");
	snprintf(state_path, sizeof(state_path), "run/console/%s",
		 console_of(1)->sb.file);
	state_map = mmap(NULL, STATE_MAX, PROT_READ, MAP_SHARED,
			 open(state_path, O_RDONLY), 0);
	for (size_t n; before > 0; before -= n) {
		n = before < CONSOLE_RING_OUT ? before : CONSOLE_RING_OUT;
		guest_writes(n);
		settle();
	}
	guest_writes(2000); /* wraps the ring */

	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		console_turn(console_of(1), clock_ns);
		console_turn(console_of(1), clock_ns);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	look(now);
	while (WIFSTOPPED(status)) {
		status = step(pid);
		nr_steps++;
		if (!is_changed(now))
			continue;
		look(now);
		nr_states++;
		if (!takes_over(now, state_path, false) ||
		    !takes_over(now, state_path, true)) {
			kill(pid, SIGKILL);
			unit_test_fail(__FILE__, __LINE__,
				       "killed at step %lu, state %lu",
				       nr_steps, nr_states);
		}
	}
	EXPECT(WIFEXITED(status));
	EXPECT(nr_states > 10);
	EXPECT_EQ(now->log_len, dom->written);
	_exit(0); /* daemon_end would see the child's changes as its own */
}

UNIT_TEST(daemon_killed_at_any_instruction_loses_and_repeats_nothing)
{
	kill_everywhere(1500);
}

UNIT_TEST(nor_when_the_oldest_bytes_are_being_overwritten)
{
	kill_everywhere(SCROLLBACK_STEP + 1500);
}

UNIT_TEST(next_daemon_goes_on_for_clients_logs_and_ring)
{
	struct fake_domain *d;
	struct view v;

	daemon_start(NULL);
	d = domain_start(1, "web");
	guest_says(d, "before\n");
	domain_end(domain_start(2, "gone"));
	daemon_kill();
	fake_guest_write(d, "meanwhile\n", 10);
	daemon_revive();
	EXPECT(d->local >= 0);
	guest_says(d, "after\n");
	EXPECT(file_is("log/guest-web.log", "before\nmeanwhile\nafter\n"));
	view_attach(&v, "web", CONSOLE_FROM_OFFSET, 7);
	EXPECT(view_is(&v, "meanwhile\nafter\n"));
	EXPECT_EQ(console_of(2)->state, CONSOLE_DEAD);
	view_close(&v);
	daemon_end();
}

UNIT_TEST(domain_that_died_while_nobody_looked_is_replayed)
{
	struct fake_domain *d;
	struct view v;

	daemon_start(NULL);
	d = domain_start(1, "web");
	guest_says(d, "last\n");
	daemon_kill();
	fake_destroy(d);
	/* The same number, another domain. */
	d = fake_create(1);
	d->handle[0] ^= 1;
	fake_store_announce(d, "new");
	daemon_revive();
	view_attach(&v, "web", 0, 0);
	EXPECT(view_is(&v, "last\n"));
	EXPECT(v.is_ended);
	view_close(&v);
	guest_says(d, "hello\n");
	view_attach(&v, "new", 0, 0);
	EXPECT(view_is(&v, "hello\n"));
	view_close(&v);
	daemon_end();
}

UNIT_TEST(unusable_state_files_are_dropped_and_the_daemon_starts)
{
	struct fake_domain *d;

	daemon_start(NULL);
	d = domain_start(1, "web");
	guest_says(d, "one\n");
	snprintf(state_path, sizeof(state_path), "run/console/%s",
		 console_of(1)->sb.file);
	daemon_kill();
	put_file(state_path, "junk", 4);
	put_file("run/console/empty", "", 0);
	daemon_revive();
	EXPECT(access("run/console/empty", F_OK));
	guest_says(d, "two\n");
	EXPECT(file_is("log/guest-web.log", "one\ntwo\n"));
	daemon_end();
}
