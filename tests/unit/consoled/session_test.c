/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The client library in a process of its own, on a terminal, against the
 * daemon under test.
 */
#include "console_client.h"
#include "fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int keyboard;	    /* master of the terminal the session is on */
static int screen;	    /* what it has written */
static struct termios left; /* the terminal's state afterwards */
static pid_t pid;
static char shown[65536];
static size_t nr_shown;

/* Drop what was inherited from the daemon: signals, and its sockets. */
static void become_a_client(struct console_session *s, int out_fd)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(s->in_fd, 100);
	dup2(out_fd, 101);
	s->in_fd = 100;
	s->out_fd = 101;
	close_range(3, 99, 0);
	close_range(102, ~0u, 0);
}

/* Sessions are run in a child by this; the result is its exit status. */
static int (*run_session)(struct console_session *s) = console_session_run;

static void start_session(const char *name, uint32_t flags)
{
	struct console_session s = {.socket = "run/console.sock",
				    .name = name,
				    .flags = flags,
				    .escape = CONSOLE_ESCAPE};
	int out[2];

	keyboard = posix_openpt(O_RDWR | O_NOCTTY);
	EXPECT(!grantpt(keyboard) && !unlockpt(keyboard));
	s.in_fd = open(ptsname(keyboard), O_RDWR | O_NOCTTY);
	EXPECT_EQ(pipe(out), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		become_a_client(&s, out[1]);
		_exit(run_session(&s) & 0xff);
	}
	close(out[1]);
	close(s.in_fd);
	screen = out[0];
	nr_shown = 0;
}

/* Run the daemon until the session has written @text; it may be none. */
static bool shows(const char *text)
{
	struct pollfd pfd = {.fd = screen, .events = POLLIN};
	ssize_t n;

	for (int i = 0; i < 2000; i++) {
		if (cd)
			settle();
		if (poll(&pfd, 1, 5) > 0) {
			n = read(screen, shown + nr_shown,
				 sizeof(shown) - 1 - nr_shown);
			if (n <= 0)
				return false;
			nr_shown += (size_t)n;
			shown[nr_shown] = '\0';
		}
		if (nr_shown && strstr(shown, text))
			return true;
	}
	return false;
}

/* Run the daemon until the session ends; its result. */
static int result(void)
{
	int status;

	for (int i = 0; i < 2000; i++) {
		if (cd)
			settle();
		if (waitpid(pid, &status, WNOHANG) == pid) {
			tcgetattr(keyboard, &left);
			close(keyboard);
			close(screen);
			return WIFEXITED(status)
				       ? (signed char)WEXITSTATUS(status)
				       : -100;
		}
		usleep(5000);
	}
	return -101;
}

static void type(const char *keys)
{
	EXPECT_EQ(write(keyboard, keys, strlen(keys)), strlen(keys));
}

UNIT_TEST(session_shows_types_and_leaves_on_escape)
{
	struct fake_domain *d;
	struct termios during;
	char keys[16] = {0};

	daemon_start(NULL);
	d = domain_start(1, "web");
	guest_says(d, "login: ");
	start_session("web", 0);
	EXPECT(shows("login: "));
	tcgetattr(keyboard, &during);
	EXPECT(!(during.c_lflag & (ICANON | ECHO | ISIG)));
	type("root\r\x03");
	for (int i = 0; i < 1000 && strlen(keys) < 6; i++) {
		fake_guest_read(d, keys + strlen(keys), 8);
		usleep(1000);
		settle();
	}
	EXPECT(!strcmp(keys, "root\r\x03"));
	type("x\x1dy");
	EXPECT_EQ(result(), CONSOLE_DETACHED);
	daemon_end();
}

UNIT_TEST(session_restores_the_terminal)
{
	daemon_start(NULL);
	domain_start(1, "web");
	guest_says(&fake_domains[0], "up\n");
	start_session("web", 0);
	EXPECT(shows("up\n"));
	kill(pid, SIGTERM);
	EXPECT_EQ(result(), CONSOLE_DETACHED);
	EXPECT(left.c_lflag & ICANON);
	EXPECT(left.c_lflag & ECHO);
	daemon_end();
}

UNIT_TEST(session_ends_with_the_domain)
{
	struct fake_domain *d;

	daemon_start(NULL);
	d = domain_start(1, "web");
	guest_says(d, "bye\n");
	start_session("web", 0);
	EXPECT(shows("bye\n"));
	domain_end(d);
	EXPECT_EQ(result(), CONSOLE_ENDED);
	daemon_end();
}

UNIT_TEST(session_survives_a_restart_without_gap_or_repeat)
{
	struct fake_domain *d;

	daemon_start(NULL);
	d = domain_start(1, "web");
	start_session("web", 0);
	guest_says(d, "one\n");
	EXPECT(shows("one\n"));
	daemon_kill();
	fake_guest_write(d, "two\n", 4);
	daemon_revive();
	guest_says(d, "three\n");
	EXPECT(shows("three\n"));
	EXPECT(!strcmp(shown, "one\ntwo\nthree\n"));
	domain_end(d);
	EXPECT_EQ(result(), CONSOLE_ENDED);
	daemon_end();
}

UNIT_TEST(session_can_be_left_while_the_daemon_is_away)
{
	daemon_start(NULL);
	domain_start(1, "web");
	guest_says(&fake_domains[0], "up\n");
	start_session("web", 0);
	EXPECT(shows("up\n"));
	daemon_kill();
	usleep(20000);
	type("\x1d");
	EXPECT_EQ(result(), CONSOLE_DETACHED);
	daemon_revive();
	daemon_end();
}

UNIT_TEST(session_for_no_domain_or_no_daemon_says_so)
{
	struct console_session s = {.socket = "nowhere.sock",
				    .name = "web",
				    .in_fd = -1,
				    .out_fd = 1};

	daemon_start(NULL);
	start_session("web", 0);
	EXPECT(result() < 0);
	EXPECT(console_session_run(&s) < 0);
	EXPECT(strstr(s.error, "cannot reach the console daemon"));
	daemon_end();
}

static char tty_name[64];

static int run_on_tty(struct console_session *s)
{
	return console_session_run_tty(s, tty_name);
}

UNIT_TEST(session_over_the_pty_does_the_same)
{
	struct fake_domain *d;
	char keys[16] = {0};

	daemon_start(NULL);
	d = domain_start(1, "web");
	guest_says(d, "login: ");
	snprintf(tty_name, sizeof(tty_name), "%s",
		 fake_store_get("/local/domain/1/console/tty"));
	run_session = run_on_tty;
	start_session("web", 0);
	EXPECT(shows("login: "));
	type("hi\r");
	for (int i = 0; i < 1000 && strlen(keys) < 3; i++) {
		fake_guest_read(d, keys + strlen(keys), 8);
		usleep(1000);
		settle();
	}
	EXPECT(!strcmp(keys, "hi\r"));
	type("\x1d");
	EXPECT_EQ(result(), CONSOLE_DETACHED);
	start_session("web", 0);
	EXPECT(shows("login: "));
	domain_end(d);
	EXPECT_EQ(result(), CONSOLE_ENDED);
	daemon_end();
}

static void count_one(const struct console_info *info, void *arg)
{
	*(int *)arg += info->state == CONSOLE_LIVE ? 1 : 10;
}

static int run_list(struct console_session *s)
{
	int n = 0;

	return console_list(s->socket, count_one, &n) ? -1 : n;
}

UNIT_TEST(list_through_the_library)
{
	daemon_start(NULL);
	domain_start(1, "one");
	domain_end(domain_start(2, "two"));
	domain_start(3, "three");
	run_session = run_list;
	start_session("", 0);
	EXPECT_EQ(result(), 12);
	daemon_end();
}
