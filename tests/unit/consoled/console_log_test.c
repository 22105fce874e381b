/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log files: rotation, names, stamps, failures and interrupted writes.
 */
#include "console_log.h"
#include "fixture.h"
#include "scrollback.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct console_log_policy policy;
static struct console_log log_file;
static struct scrollback_intent intent;
static uint64_t logged;

static void start(uint64_t max_bytes, unsigned int keep, bool has_stamps)
{
	char dir[] = "t.XXXXXX";

	if (!mkdtemp(dir) || chdir(dir))
		abort();
	policy = (struct console_log_policy){
		.dirfd = open(".", O_RDONLY | O_DIRECTORY),
		.max_bytes = max_bytes,
		.keep = keep,
		.has_timestamps = has_stamps,
	};
	console_log_init(&log_file, &policy, "guest-", "web");
}

static int say(const char *text)
{
	size_t n = strlen(text);

	return console_log_write(&log_file, text, n, &intent, &logged,
				 logged + n);
}

UNIT_TEST(log_rotates_at_line_ends_and_keeps_so_many)
{
	start(10, 2, false);
	EXPECT_EQ(say("0123456789"), 0); /* full, but in mid-line */
	EXPECT_EQ(say("ab\n"), 0);
	EXPECT_EQ(say("second 890\n"), 0);
	EXPECT_EQ(say("third 7890\n"), 0);
	EXPECT_EQ(say("fourth\n"), 0);
	EXPECT(file_is("guest-web.log", "fourth\n"));
	EXPECT(file_is("guest-web.log.1", "third 7890\n"));
	EXPECT(file_is("guest-web.log.2", "second 890\n"));
	EXPECT(!file_text("guest-web.log.3", NULL));
	console_log_reopen(&log_file);
}

UNIT_TEST(line_without_end_does_not_stop_rotation)
{
	struct stat st;
	char buf[1025] = {0};

	start(1000, 1, false);
	memset(buf, 'x', 1024);
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(say(buf), 0);
	EXPECT_EQ(stat("guest-web.log.1", &st), 0);
	EXPECT(st.st_size < 20000);
	EXPECT_EQ(stat("guest-web.log", &st), 0);
	EXPECT(st.st_size < 20000);
	console_log_reopen(&log_file);
}

UNIT_TEST(with_nothing_kept_the_log_starts_over)
{
	start(4, 0, false);
	EXPECT_EQ(say("one\n"), 0);
	EXPECT_EQ(say("two\n"), 0);
	EXPECT(file_is("guest-web.log", "two\n"));
	EXPECT(!file_text("guest-web.log.1", NULL));
	console_log_reopen(&log_file);
}

UNIT_TEST(names_cannot_leave_the_directory)
{
	start(0, 1, false);
	console_log_init(&log_file, &policy, "guest-", "../../etc/p w\n");
	EXPECT(!strcmp(log_file.file, "guest-.._.._etc_p_w_.log"));
	EXPECT_EQ(symlink("elsewhere", "guest-link.log"), 0);
	console_log_init(&log_file, &policy, "guest-", "link");
	EXPECT(say("x") < 0);
	EXPECT(!file_text("elsewhere", NULL));
	EXPECT_EQ(mkfifo("guest-fifo.log", 0600), 0);
	console_log_init(&log_file, &policy, "guest-", "fifo");
	EXPECT(say("x") < 0);
}

UNIT_TEST(every_line_gets_one_stamp_however_it_is_cut)
{
	char *text, *line;
	int year, len = 0, nr = 0;

	start(0, 1, true);
	EXPECT_EQ(say("first "), 0);
	EXPECT_EQ(say("line\nsecond"), 0);
	EXPECT_EQ(say("\n\nfourth\n"), 0);
	text = file_text("guest-web.log", NULL);
	for (line = text; *line; nr++) {
		EXPECT_EQ(
			sscanf(line, "[%d-%*d-%*d %*d:%*d:%*d]%n", &year, &len),
			1);
		EXPECT_EQ(len, 21);
		line = strchr(line, '\n') + 1;
	}
	EXPECT_EQ(nr, 4);
	EXPECT(strstr(text, "] first line\n"));
	free(text);
	console_log_reopen(&log_file);
}

UNIT_TEST(reopen_follows_a_log_moved_away)
{
	start(0, 1, false);
	EXPECT_EQ(say("old\n"), 0);
	EXPECT_EQ(rename("guest-web.log", "moved"), 0);
	EXPECT_EQ(say("still old\n"), 0);
	console_log_reopen(&log_file);
	EXPECT_EQ(say("new\n"), 0);
	EXPECT(file_is("moved", "old\nstill old\n"));
	EXPECT(file_is("guest-web.log", "new\n"));
	console_log_reopen(&log_file);
}

UNIT_TEST(partial_write_is_taken_back)
{
	struct rlimit rl = {6, RLIM_INFINITY};

	start(0, 1, false);
	signal(SIGXFSZ, SIG_IGN);
	EXPECT_EQ(say("abcd"), 0);
	EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &rl), 0);
	EXPECT(say("efgh") < 0);
	EXPECT_EQ(logged, 4);
	EXPECT(file_is("guest-web.log", "abcd"));
	rl.rlim_cur = RLIM_INFINITY;
	EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &rl), 0);
	EXPECT_EQ(say("efgh"), 0);
	EXPECT(file_is("guest-web.log", "abcdefgh"));
	console_log_reopen(&log_file);
}

static void recover_after(const char *on_disk, uint64_t expect_logged,
			  const char *expect_text)
{
	struct stat st;
	FILE *f;

	start(0, 1, false);
	logged = 0;
	EXPECT_EQ(say("abcd"), 0);
	EXPECT_EQ(stat("guest-web.log", &st), 0);
	/* "efgh" was begun; the daemon was killed somewhere in it. */
	intent = (struct scrollback_intent){st.st_ino, 4, 4, 8};
	console_log_reopen(&log_file);
	f = fopen("guest-web.log", "a");
	fputs(on_disk, f);
	fclose(f);
	console_log_recover(&log_file, &intent, &logged);
	EXPECT_EQ(logged, expect_logged);
	EXPECT_EQ(intent.ino, 0);
	EXPECT(file_is("guest-web.log", expect_text));
	console_log_reopen(&log_file);
}

UNIT_TEST(interrupted_write_is_finished_or_taken_back)
{
	recover_after("", 4, "abcd");
	recover_after("ef", 4, "abcd");
	recover_after("efgh", 8, "abcdefgh");
}
