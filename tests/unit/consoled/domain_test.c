/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains coming, talking, flooding, lying and going, seen from the logs and
 * from attached clients.
 */
#include "fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

UNIT_TEST(first_line_reaches_log_and_late_client)
{
	struct fake_domain *d;
	struct view v;

	daemon_start(NULL);
	d = fake_create(1);
	/* The guest speaks before anybody listens. */
	fake_guest_write(d, "line 1\n", 7);
	fake_store_announce(d, "web");
	settle();
	EXPECT(file_is("log/guest-web.log", "line 1\n"));
	guest_says(d, "line 2\n");
	view_attach(&v, "web", 0, 0);
	EXPECT(view_is(&v, "line 1\nline 2\n"));
	EXPECT_EQ(v.info.state, CONSOLE_LIVE);
	guest_says(d, "line 3\n");
	view_read(&v);
	EXPECT(view_is(&v, "line 1\nline 2\nline 3\n"));
	view_close(&v);
	daemon_end();
}

UNIT_TEST(dead_console_is_replayed_and_ends_its_clients)
{
	struct fake_domain *d;
	struct view live, late;

	daemon_start(NULL);
	d = domain_start(1, "web");
	guest_says(d, "hello\n");
	view_attach(&live, "web", 0, 0);
	fake_guest_write(d, "last words\n", 11);
	domain_end(d);
	view_read(&live);
	EXPECT(view_is(&live, "hello\nlast words\n"));
	EXPECT(live.is_ended);
	view_attach(&late, "web", 0, 0);
	EXPECT_EQ(late.info.state, CONSOLE_DEAD);
	EXPECT(view_is(&late, "hello\nlast words\n"));
	EXPECT(late.is_ended);
	EXPECT(file_is("log/guest-web.log", "hello\nlast words\n"));
	EXPECT_EQ(fake_store_nr_watches(), 2);
	view_close(&live);
	view_close(&late);
	daemon_end();
}

static void keep_two(struct consoled_options *opt)
{
	opt->keep_dead_max = 2;
	opt->keep_dead_s = 100;
}

UNIT_TEST(dead_consoles_go_by_number_and_by_age)
{
	char name[8];

	daemon_start(keep_two);
	for (uint16_t i = 1; i <= 4; i++) {
		snprintf(name, sizeof(name), "d%u", i);
		domain_end(domain_start(i, name));
		advance_ms(1000);
	}
	EXPECT(!console_of(1) && !console_of(2));
	EXPECT(console_of(3) && console_of(4));
	advance_ms(98500);
	EXPECT(!console_of(3) && console_of(4));
	advance_ms(1000);
	EXPECT(TAILQ_EMPTY(&cd->consoles));
	EXPECT_EQ(rmdir("run/console"), 0); /* no state file is left */
	daemon_end();
}

UNIT_TEST(living_domain_is_found_before_a_dead_one_of_that_name)
{
	struct fake_domain *d;
	struct view v;

	daemon_start(NULL);
	d = domain_start(1, "web");
	guest_says(d, "old\n");
	domain_end(d);
	d = domain_start(2, "web");
	guest_says(d, "new\n");
	view_attach(&v, "web", 0, 0);
	EXPECT(view_is(&v, "new\n"));
	EXPECT(file_is("log/guest-web.log", "old\nnew\n"));
	view_close(&v);
	daemon_end();
}

UNIT_TEST(renamed_domain_logs_under_its_new_name)
{
	struct fake_domain *d;

	daemon_start(NULL);
	d = domain_start(1, "before");
	guest_says(d, "one\n");
	fake_store_set("after", "/local/domain/1/name");
	settle();
	guest_says(d, "two\n");
	EXPECT(file_is("log/guest-before.log", "one\n"));
	EXPECT(file_is("log/guest-after.log", "two\n"));
	daemon_end();
}

UNIT_TEST(hangup_signal_reopens_logs_and_term_stops)
{
	struct fake_domain *d;

	daemon_start(NULL);
	d = domain_start(1, "web");
	guest_says(d, "one\n");
	EXPECT_EQ(rename("log/guest-web.log", "log/moved"), 0);
	guest_says(d, "two\n");
	raise(SIGHUP);
	settle();
	guest_says(d, "three\n");
	EXPECT(file_is("log/moved", "one\ntwo\n"));
	EXPECT(file_is("log/guest-web.log", "three\n"));
	EXPECT(!cd->is_stopping);
	raise(SIGTERM);
	settle();
	EXPECT(cd->is_stopping);
	daemon_end();
}

UNIT_TEST(ring_that_cannot_be_mapped_yet_is_tried_again)
{
	struct fake_domain *d;

	daemon_start(NULL);
	d = fake_create(1);
	d->map_rc = -EINVAL;
	fake_guest_write(d, "x\n", 2);
	fake_store_announce(d, "web");
	settle();
	EXPECT_EQ(d->local, -1);
	advance_ms(300);
	EXPECT_EQ(d->local, -1);
	d->map_rc = 0;
	advance_ms(600);
	EXPECT(d->local >= 0);
	EXPECT(file_is("log/guest-web.log", "x\n"));
	daemon_end();
}

UNIT_TEST(console_of_another_daemon_is_left_alone)
{
	struct fake_domain *d;

	daemon_start(NULL);
	d = fake_create(1);
	fake_store_set("ioemu", "/local/domain/1/console/type");
	fake_store_set("2", "/local/domain/1/console/port");
	fake_store_fire("@introduceDomain", 1);
	settle();
	EXPECT_EQ(d->local, -1);
	EXPECT_EQ(d->nr_maps, 0);
	daemon_end();
}

UNIT_TEST(nodes_that_are_gone_do_not_come_back_with_a_pty)
{
	struct fake_domain *d;

	daemon_start(NULL);
	d = fake_create(1);
	/* all but the node for the pty, as if removed just now */
	fake_store_set("web", "/local/domain/1/name");
	fake_store_set("2", "/local/domain/1/console/port");
	d->port = 2;
	fake_store_fire("@introduceDomain", 1);
	settle();
	EXPECT_EQ(console_of(1)->state, CONSOLE_LIVE);
	EXPECT(!fake_store_get("/local/domain/1/console/tty"));
	EXPECT_EQ(fake_store_nr_txs, 0);
	/* there is one again: the next connection is announced */
	fake_store_set("", "/local/domain/1/console/tty");
	daemon_kill();
	daemon_revive();
	settle();
	EXPECT(fake_store_get("/local/domain/1/console/tty")[0] == '/');
	EXPECT_EQ(fake_store_nr_txs, 0);
	daemon_end();
}

UNIT_TEST(new_port_is_followed)
{
	struct fake_domain *d;

	daemon_start(NULL);
	d = domain_start(1, "web");
	guest_says(d, "one\n");
	d->port = 9;
	d->local = -1;
	fake_store_set("9", "/local/domain/1/console/port");
	settle();
	EXPECT(d->local >= 0);
	EXPECT_EQ(d->nr_maps, 1);
	guest_says(d, "two\n");
	EXPECT(file_is("log/guest-web.log", "one\ntwo\n"));
	daemon_end();
}

UNIT_TEST(xenstored_may_restart_or_come_late)
{
	struct fake_domain *d;

	daemon_start(NULL);
	d = domain_start(1, "web");
	fake_store_stop();
	settle();
	guest_says(d, "alone\n");
	EXPECT(file_is("log/guest-web.log", "alone\n"));
	d = fake_create(2); /* while nobody could tell us */
	advance_ms(1000);
	fake_store_start();
	fake_store_announce(d, "two");
	advance_ms(1000);
	EXPECT(d->local >= 0);
	EXPECT_EQ(fake_store_nr_watches(), 6);
	domain_end(d);
	EXPECT_EQ(fake_store_nr_watches(), 4);
	daemon_end();
}

UNIT_TEST(xenstored_that_cannot_name_domains_will_do)
{
	struct fake_domain *d;

	daemon_start(NULL);
	fake_store_stop();
	settle();
	fake_store_is_old = true;
	fake_store_start();
	advance_ms(1000);
	EXPECT_EQ(fake_store_nr_watches(), 2);
	d = domain_start(1, "web");
	guest_says(d, "one\n");
	EXPECT(file_is("log/guest-web.log", "one\n"));
	domain_end(d);
	daemon_end();
}

UNIT_TEST(number_given_to_another_domain_is_another_console)
{
	struct fake_domain *d;

	daemon_start(NULL);
	d = domain_start(1, "old");
	guest_says(d, "one\n");
	d->handle[15] ^= 1; /* the end of the first went unnoticed */
	fake_store_announce(d, "new");
	settle();
	guest_says(d, "two\n");
	EXPECT(file_is("log/guest-old.log", "one\n"));
	EXPECT(file_is("log/guest-new.log", "two\n"));
	domain_end(d);
	daemon_end();
}

UNIT_TEST(dying_domain_is_let_go_even_without_xenstored)
{
	struct fake_domain *d;

	daemon_start(NULL);
	d = domain_start(1, "web");
	fake_store_stop();
	settle();
	d->is_dying = true;
	fake_store_start();
	advance_ms(1000); /* its watches fire when set: that is a scan */
	EXPECT_EQ(d->nr_maps, 0);
	EXPECT_EQ(console_of(1)->state, CONSOLE_DEAD);
	daemon_end();
}

/* Fairness. */

#define NR_FLOODS 12

UNIT_TEST(flooding_domains_delay_a_quiet_one_by_one_turn_each)
{
	struct fake_domain *flood[NR_FLOODS], *quiet;
	uint64_t before[NR_FLOODS];
	struct view v;
	char name[8];

	daemon_start(NULL);
	for (uint16_t i = 0; i < NR_FLOODS; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		flood[i] = domain_start((uint16_t)(i + 1), name);
	}
	quiet = domain_start(100, "quiet");
	view_attach(&v, "quiet", 0, 0);
	for (int i = 0; i < NR_FLOODS; i++) {
		flood[i]->on_notify = fake_flood;
		fake_flood(flood[i]);
	}
	for (int round = 0; round < 200; round++) {
		for (int i = 0; i < NR_FLOODS; i++)
			before[i] = flood[i]->written;
		fake_guest_write(quiet, "tick\n", 5);
		/* It is heard in the very pass that sees its event. */
		one_pass();
		EXPECT_EQ(scrollback_total(&console_of(100)->sb),
			  5 * (round + 1));
		for (int i = 0; i < NR_FLOODS; i++)
			EXPECT(flood[i]->written - before[i] <=
			       2 * CONSOLE_RING_OUT);
	}
	for (int i = 1; i < NR_FLOODS; i++)
		EXPECT_NEAR(flood[i]->written, flood[0]->written,
			    2 * CONSOLE_RING_OUT);
	for (int i = 0; i < NR_FLOODS; i++)
		flood[i]->on_notify = NULL;
	settle();
	view_read(&v);
	EXPECT_EQ(v.len, 1000);
	view_close(&v);
	daemon_end();
}

static void one_mib_per_s(struct consoled_options *opt)
{
	opt->rate_bytes_per_s = 1u << 20;
	opt->log_max_bytes = 0;
}

UNIT_TEST(rate_limit_slows_a_flood_and_loses_none_of_it)
{
	struct fake_domain *d;
	size_t n;
	char *text;

	daemon_start(one_mib_per_s);
	d = domain_start(1, "flood");
	d->on_notify = fake_flood;
	fake_flood(d);
	settle(); /* it does, since the flood has to wait */
	EXPECT_NEAR(d->written, 1u << 20, 8192);
	for (int i = 0; i < 40; i++)
		advance_ms(100);
	EXPECT_NEAR(d->written, 5u << 20, 65536);
	d->on_notify = NULL;
	advance_ms(2000);
	text = file_text("log/guest-flood.log", &n);
	EXPECT_EQ(n, d->written);
	EXPECT(is_pattern(text, n, 0));
	free(text);
	daemon_end();
}

static unsigned int nr_storm;

static void storm(struct fake_domain *d)
{
	nr_storm++;
	fake_guest_event(d);
}

UNIT_TEST(storm_of_events_without_output_is_limited_too)
{
	struct fake_domain *d;

	daemon_start(one_mib_per_s);
	d = domain_start(1, "storm");
	for (int i = 0; i < 20000; i++) {
		storm(d);
		one_pass();
	}
	/* A burst of 1 MiB at the least charge is 4096 turns. */
	EXPECT(console_of(1)->wake_ns != 0);
	EXPECT(console_of(1)->is_masked);
	daemon_end();
}

static void small_logs(struct consoled_options *opt)
{
	opt->log_max_bytes = 100000;
	opt->log_keep = 100;
	opt->scrollback_bytes = 65536;
}

UNIT_TEST(flood_through_rotations_is_logged_whole)
{
	struct fake_domain *d;
	uint64_t pos = 0;
	char path[64], *text;
	size_t n;
	int i = 0;

	daemon_start(small_logs);
	d = domain_start(1, "flood");
	d->on_notify = fake_flood;
	fake_flood(d);
	for (int pass = 0; pass < 1000; pass++)
		one_pass();
	d->on_notify = NULL;
	settle();
	EXPECT(d->written > 1000000);
	while (snprintf(path, sizeof(path), "log/guest-flood.log.%d", i + 1),
	       !access(path, R_OK))
		i++;
	EXPECT(i > 10);
	for (; i >= 0; i--) {
		snprintf(path, sizeof(path), "log/guest-flood.log.%d", i);
		if (!i)
			strcpy(path, "log/guest-flood.log");
		text = file_text(path, &n);
		EXPECT(is_pattern(text, n, pos));
		EXPECT_EQ(pos % 32, 0); /* cut between lines */
		pos += n;
		free(text);
	}
	EXPECT_EQ(pos, d->written);
	daemon_end();
}

/*
 * Read a log of a flood with holes: each hole is announced with its size, and
 * what follows goes on behind it. Returns the position at the end.
 */
static uint64_t read_with_gaps(const char *text, size_t n, int *nr_gaps)
{
	const char *end = text + n, *note;
	uint64_t pos = 0;
	int lost, at;

	for (*nr_gaps = 0;; ++*nr_gaps) {
		note = memmem(text, (size_t)(end - text), "\n[consoled: ", 12);
		n = (size_t)((note ? note : end) - text);
		EXPECT(is_pattern(text, n, pos));
		pos += n;
		if (!note)
			return pos;
		at = 0;
		EXPECT_EQ(sscanf(note,
				 "\n[consoled: %d bytes were not logged: File "
				 "too large]%n",
				 &lost, &at),
			  1);
		EXPECT(at > 0 && note[at] == '\n');
		text = note + at + 1;
		pos += (uint64_t)lost;
	}
}

UNIT_TEST(full_log_disk_is_counted_and_the_gaps_are_in_the_log)
{
	struct rlimit rl = {150000, RLIM_INFINITY};
	struct fake_domain *d;
	int nr_gaps;
	char *text;
	size_t n;

	daemon_start(small_logs);
	d = domain_start(1, "web");
	cd->guest_log_policy.max_bytes = 0;
	d->on_notify = fake_flood;
	fake_flood(d);
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &rl);
	for (int pass = 0; pass < 200; pass++)
		one_pass();
	rl.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &rl);
	for (int pass = 0; pass < 10; pass++)
		one_pass();
	d->on_notify = NULL;
	settle();
	text = file_text("log/guest-web.log", &n);
	EXPECT_EQ(read_with_gaps(text, n, &nr_gaps), d->written);
	EXPECT(nr_gaps > 0);
	EXPECT(n < d->written);
	EXPECT(console_of(1)->sb.hdr->lost > 0);
	free(text);
	daemon_end();
}

/* Hostile rings. */

UNIT_TEST(impossible_index_is_noted_and_the_console_goes_on)
{
	struct fake_domain *d, *other;
	char *text;

	daemon_start(NULL);
	d = domain_start(1, "evil");
	other = domain_start(2, "good");
	guest_says(d, "before\n");
	for (int i = 0; i < 1000; i++) {
		d->ring->out_prod = d->ring->out_cons + 2049 + (uint32_t)i;
		fake_guest_event(d);
		settle();
	}
	guest_says(d, "after\n");
	guest_says(other, "fine\n");
	text = file_text("log/guest-evil.log", NULL);
	EXPECT(!strncmp(text, "before\n", 7));
	EXPECT(strstr(text, "broke its console ring"));
	EXPECT(strlen(text) < 1000); /* the notes end */
	EXPECT(!strcmp(text + strlen(text) - 6, "after\n"));
	EXPECT_EQ(console_of(1)->sb.hdr->bad_rings, 1000);
	EXPECT(file_is("log/guest-good.log", "fine\n"));
	free(text);
	daemon_end();
}

static void scramble(struct fake_domain *d)
{
	uint32_t *words = &d->ring->in_cons;

	words[random() % 4] = (uint32_t)random() >> random() % 32;
	if (random() % 2)
		fake_guest_event(d);
}

UNIT_TEST(guest_scrambling_its_ring_in_mid_turn_harms_only_itself)
{
	struct fake_domain *d, *other;
	struct view v;
	size_t said = 0;

	daemon_start(NULL);
	d = domain_start(1, "evil");
	other = domain_start(2, "good");
	view_attach(&v, "evil", 0, 0);
	d->on_notify = scramble;
	srandom(3);
	for (int i = 0; i < 20000; i++) {
		scramble(d);
		fake_guest_event(d);
		if (i % 100 == 0) {
			view_send(&v, CONSOLE_INPUT, 0, 0, 0, "keys", 4);
			fake_guest_write(other, "good\n", 5);
			said += 5;
		}
		one_pass();
		EXPECT_EQ(scrollback_total(&console_of(2)->sb), said);
	}
	d->on_notify = NULL;
	settle();
	view_close(&v);
	domain_end(d);
	daemon_end();
}

/* Memory. */

UNIT_TEST(domain_for_which_there_is_no_memory_is_found_later)
{
	struct fake_domain *d;

	daemon_start(NULL);
	for (uint16_t i = 1; i < 6; i++) {
		d = fake_create(i);
		nr_until_no_mem = 0;
		fake_store_announce(d, "web");
		settle();
		nr_until_no_mem = -1;
		EXPECT_EQ(d->local, -1);
		fake_store_fire("@introduceDomain", i);
		/* The store connection may have been given up as well. */
		advance_ms(1000);
		EXPECT(d->local >= 0);
	}
	daemon_end();
}

/* The hypervisor's log. */

static void with_hv_log(struct consoled_options *opt)
{
	opt->has_hv_log = true;
}

UNIT_TEST(hypervisor_log_is_followed_and_what_was_overwritten_is_said)
{
	struct view v;
	char line[64], *text;

	daemon_start(with_hv_log);
	fake_hv_print("(XEN) booted\n");
	settle();
	EXPECT(file_is("log/hypervisor.log", "(XEN) booted\n"));
	view_attach(&v, "hypervisor", 0, 0);
	EXPECT(view_is(&v, "(XEN) booted\n"));
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "(XEN) line %d of many\n", i);
		fake_hv_print(line);
	}
	settle();
	text = file_text("log/hypervisor.log", NULL);
	EXPECT(strstr(text, "bytes of log were lost]"));
	EXPECT(strstr(text, "(XEN) line 999 of many\n"));
	EXPECT(!strstr(text, "line 3 of"));
	free(text);
	view_close(&v);

	/* The next daemon goes on where this one stopped. */
	daemon_kill();
	fake_hv_print("(XEN) meanwhile\n");
	daemon_revive();
	text = file_text("log/hypervisor.log", NULL);
	EXPECT(strstr(text, "line 999 of many\n(XEN) meanwhile\n"));
	EXPECT(!strstr(strstr(text, "meanwhile"), "many"));
	free(text);
	daemon_end();
}
