// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configurations: the syntax, what keys mean, and what is said about mistakes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfgfile.h"
#include "config.h"
#include "domcfg.h"
#include "fixture.h"
#include "req.h"
#include "uuid.h"

static struct req r;

static void done(void)
{
	req_free(&r);
}

static struct config *parse(const char *text)
{
	struct config *c = ARENA_NEW(&r.mem, struct config);

	config_init(c);
	if (config_parse(&r, c, "t.cfg", text, strlen(text)) < 0)
		return NULL;
	return c;
}

static const struct config_value *value_of(const char *text, const char *key)
{
	struct config *c = parse(text);
	struct config_entry *e = c != NULL ? config_find(c, key) : NULL;

	if (e == NULL)
		unit_test_fail(__FILE__, __LINE__, "no %s: %s", key,
			       r.what ? r.what : "");
	return &e->value;
}

static void expect_text(const char *text, const char *want)
{
	const struct config_value *v = value_of(text, "k");

	EXPECT_EQ(v->type, CONFIG_STRING);
	if (strcmp(v->text, want) != 0)
		unit_test_fail(__FILE__, __LINE__, "\"%s\" is not \"%s\"",
			       v->text, want);
	done();
}

static void expect_number(const char *text, long want)
{
	const struct config_value *v = value_of(text, "k");

	EXPECT_EQ(v->type, CONFIG_NUMBER);
	EXPECT_EQ(v->number, want);
	done();
}

UNIT_TEST(strings_are_quoted_in_three_ways)
{
	expect_text("k = \"a b\"", "a b");
	expect_text("k='a \"b\"'", "a \"b\"");
	expect_text("k = \"\"\"two\nlines\"\"\"\n", "two\nlines");
	expect_text("k = \"\"", "");
	expect_text("k = 'a#b' # comment", "a#b");
	expect_text("k = \"a\\\"b\\\\c\\n\\x41\\101\\q\"", "a\"b\\c\nAA\\q");
	expect_text("k = \"a\\\nb\"", "ab");
	expect_text("k = 'a' ; j = 'b'", "a");
	expect_text("\n\n  k\t=\t'x'  \r\n", "x");
}

UNIT_TEST(numbers_are_decimal_hex_or_octal)
{
	expect_number("k = 512", 512);
	expect_number("k=0x10", 16);
	expect_number("k = 010", 8);
	expect_number("k = -3", -3);
}

UNIT_TEST(lists_hold_values_of_any_kind)
{
	const struct config_value *v =
		value_of("k = [ 'a',\n # comment\n 7, [ 'x' ],\n]\n", "k");

	EXPECT_EQ(v->type, CONFIG_LIST);
	EXPECT_EQ(v->nr_items, 3);
	EXPECT_EQ(strcmp(v->items[0].text, "a"), 0);
	EXPECT_EQ(v->items[1].number, 7);
	EXPECT_EQ(v->items[2].nr_items, 1);
	done();
	EXPECT_EQ(value_of("k = []", "k")->nr_items, 0);
	done();
}

UNIT_TEST(appending_extends_strings_and_lists)
{
	const struct config_value *v;

	expect_text("k = 'a'\nk += 'b'", "ab");
	expect_text("k += 'b'", "b");
	v = value_of("k = ['a']\nk += ['b', 'c']\nk += []", "k");
	EXPECT_EQ(v->nr_items, 3);
	EXPECT_EQ(strcmp(v->items[2].text, "c"), 0);
	done();
}

/* Broken text; the line; a piece of the message. */
static const struct {
	const char *text;
	unsigned int line;
	const char *says;
} broken[] = {
	{"k", 1, "= after k is missing at the end"},
	{"k\n= 1", 1, "= after k is missing"},
	{"k 1", 1, "= after k is missing before \"1\""},
	{"k =", 1, "a value is missing at the end"},
	{"k = \n", 1, "a value is missing"},
	{"= 1", 1, "a key is missing before \"=\""},
	{"\n\"k\" = 1", 2, "a key is missing before the string \"k\""},
	{"k = abc", 1, "the value abc must stand in quotes"},
	{"k = 12abc", 1, "must stand in quotes"},
	{"k = 1.5", 1, "must stand in quotes"},
	{"k = 1 2", 1, "a line end is missing before \"2\""},
	{"k = 'a' 'b'", 1, "a line end is missing before the string \"b\""},
	{"j = 1\nk = \"abc\nd\"", 2, "a string that begins with \" does not"},
	{"k = 'abc", 1, "a string that begins with ' does not end"},
	{"k = \"\"\"abc", 1, "does not end"},
	{"\n\nk = [ 'a'\n", 3, "the list that begins here does not end"},
	{"k = [ 'a' 'b' ]", 1, "a comma or ] is missing before the string"},
	{"k = [ , ]", 1, "a value is missing before \",\""},
	{"k = [ a ]", 1, "must stand in quotes"},
	{"k = [[[[[[[[[1]]]]]]]]]", 1, "nested too deeply"},
	{"k = ]", 1, "a value is missing before \"]\""},
	{"k = 99999999999999999999", 1, "too large"},
	{"k = 1\nk = 2", 2, "k is set a second time; first on line 1"},
	{"k = 1\nk += 2", 2, "k is neither"},
	{"k = 'a'\nk += ['b']", 2, "k is neither"},
	{"k @ 1", 1, "unexpected \"@\""},
	{"k = {1}", 1, "unexpected \"{\""},
	{"k = 1 + 1", 1, "unexpected \"+\""},
	{"k = \x01", 1, "a byte 0x01 that is no text"},
	{"k = \xff", 1, "a byte 0xff that is no text"},
};

UNIT_TEST(broken_syntax_is_an_error_with_its_line)
{
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		char where[32];

		EXPECT(parse(broken[i].text) == NULL);
		snprintf(where, sizeof(where), "t.cfg:%u", broken[i].line);
		if (strstr(r.what, broken[i].says) == NULL ||
		    strcmp(r.where, where) != 0)
			unit_test_fail(__FILE__, __LINE__, "\"%s\": %s: %s",
				       broken[i].text, r.where, r.what);
		done();
	}
}

#define MIN "name='t'\nkernel='/k'\nmemory=64\n"

/* A minimal configuration and one more line that is wrong. */
static const struct {
	const char *text;
	unsigned int line; /* 0: of the file as a whole */
	const char *says;
} senseless[] = {
	{"kernel='/k'\nmemory=64", 0, "name is not set"},
	{"name='t'\nmemory=64", 0, "kernel is not set"},
	{"name='t'\nkernel='/k'", 0, "memory is not set"},
	{"name=''\nkernel='/k'\nmemory=64", 1, "1 to 127 characters"},
	{"name='17'\nkernel='/k'\nmemory=64", 1, "taken for a domain number"},
	{"name='a b'\nkernel='/k'\nmemory=64", 1, "not allowed"},
	{"name='a/b'\nkernel='/k'\nmemory=64", 1, "not allowed"},
	{"name='Domain-0'\nkernel='/k'\nmemory=64", 1, "is Dom0's name"},
	{"name='t'\nkernel=''\nmemory=64", 0, "kernel is not set"},
	{"name='t'\nkernel=['/k']\nmemory=64", 2, "must be a string, not a l"},
	{"name=['t']\nkernel='/k'\nmemory=64", 1, "must be a string"},
	{"name='t'\nkernel='/k'\nmemory='lots'", 3, "must be a number"},
	{"name='t'\nkernel='/k'\nmemory=0", 3, "out of range; it may be 1 to"},
	{"name='t'\nkernel='/k'\nmemory=-5", 3, "out of range"},
	{"name='t'\nkernel='/k'\nmemory=99999999", 3, "out of range"},
	{"name='t'\nkernel='/k'\nmemory=[64]", 3, "must be a number"},
	{MIN "maxmem=32", 4, "maxmem = 32 is less than memory = 64"},
	{MIN "vcpus=0", 4, "out of range"},
	{MIN "vcpus=129", 4, "out of range"},
	{MIN "vcpus='two'", 4, "must be a number"},
	{MIN "vcpus=4\nmaxvcpus=2", 5, "less than vcpus"},
	{MIN "on_poweroff='explode'", 4, "may be destroy, restart"},
	{MIN "on_crash=1", 4, "is not known"},
	{MIN "on_reboot=['restart']", 4, "must be a string"},
	{MIN "uuid='1234'", 4, "is not a UUID"},
	{MIN "type='hvm'", 4, "only \"pv\" can run"},
	{MIN "type='pvh'", 4, "only \"pv\" can run"},
	{MIN "builder='hvm'", 4, "only PV guests"},
	{MIN "cpu_weight=0", 4, "out of range"},
	{MIN "cpu_weight=70000", 4, "out of range"},
	{MIN "cap=-1", 4, "out of range"},
	{MIN "pool='fast'", 4, "the only cpupool is Pool-0"},
	{MIN "tsc_mode='fast'", 4, "may be default, always_emulate, native"},
	{MIN "cpus=['0','1','2']", 4, "lists 3 vcpus, the domain has 1"},
	{MIN "cpus=[['0']]", 4, "a string or a list of strings"},
	{MIN "max_event_channels=200000", 4, "out of range"},
	{MIN "max_grant_version=3", 4, "out of range"},
	{MIN "localtime=2", 4, "out of range"},
	{MIN "disk='phy:/dev/x,xvda,w'", 4, "must be a list of strings"},
	{MIN "disk=['phy:/dev/x']", 4, "vdev is not given"},
	{MIN "disk=['/a,raw,xvda', '/b,raw,d0']", 4, "there are two disks d0"},
	{MIN "vif=['colour=red']", 4, "there is no key \"colour\""},
	{MIN "vif=['devid=1', 'devid=1']", 4, "two interfaces with devid=1"},
	{MIN "pci=['00:1f.2']", 4, "pci is not supported"},
	{MIN "bootloader='pygrub'", 4, "bootloader is not supported"},
	{MIN "vnc=1", 4, "it is for HVM guests"},
	{MIN "boot='c'", 4, "it is for HVM guests"},
	{MIN "hap=1", 4, "it is for HVM guests"},
	{MIN "device_model_version='qemu-xen'", 4, "it is for HVM guests"},
	{MIN "viridian=1", 4, "it is for HVM guests"},
	{MIN "cpuid='host'", 4, "cpuid is not supported"},
	{MIN "seclabel='x'", 4, "there is no XSM policy"},
};

UNIT_TEST(senseless_settings_are_errors_with_their_lines)
{
	for (size_t i = 0; i < sizeof(senseless) / sizeof(senseless[0]); i++) {
		struct config *c = parse(senseless[i].text);
		struct domcfg d;
		char where[32] = "t.cfg";

		EXPECT(c != NULL);
		EXPECT(domcfg_make(&r, c, &d, REFUSE_UNKNOWN) < 0);
		if (senseless[i].line != 0)
			snprintf(where, sizeof(where), "t.cfg:%u",
				 senseless[i].line);
		if (strstr(r.what, senseless[i].says) == NULL ||
		    r.where == NULL || strcmp(r.where, where) != 0)
			unit_test_fail(__FILE__, __LINE__, "\"%s\": %s: %s",
				       senseless[i].text,
				       r.where ? r.where : "-", r.what);
		done();
	}
}

UNIT_TEST(unknown_keys_are_refused_with_what_may_be_meant)
{
	struct config *c = parse(MIN "memroy=64\n");
	struct domcfg d;

	EXPECT_EQ(domcfg_make(&r, c, &d, REFUSE_UNKNOWN), -EINVAL);
	EXPECT_EQ(strcmp(r.what, "there is no key \"memroy\""), 0);
	EXPECT_EQ(strcmp(r.where, "t.cfg:4"), 0);
	EXPECT_EQ(strcmp(r.hint, "did you mean memory?"), 0);
	req_clear(&r);
	EXPECT_EQ(domcfg_make(&r, c, &d, IGNORE_UNKNOWN), 0);
	done();
	EXPECT(domcfg_make(&r, parse(MIN "colour='red'\n"), &d,
			   REFUSE_UNKNOWN) < 0);
	EXPECT_EQ(strcmp(r.hint, "pavo.cfg(5) lists the keys"), 0);
	done();
}

UNIT_TEST(what_is_not_offered_may_be_off)
{
	struct config *c = parse(MIN "vnc=0\nsdl='0'\nbootloader=''\npci=[]\n");
	struct domcfg d;

	EXPECT_EQ(domcfg_make(&r, c, &d, REFUSE_UNKNOWN), 0);
	done();
}

UNIT_TEST(defaults_are_xls)
{
	struct config *c = parse(MIN "disk=[]\nvif = [ ]\n");
	struct domcfg d;

	EXPECT_EQ(domcfg_make(&r, c, &d, REFUSE_UNKNOWN), 0);
	EXPECT_EQ(d.maxmem_mib, 64);
	EXPECT_EQ(d.vcpus, 1);
	EXPECT_EQ(d.maxvcpus, 1);
	EXPECT_EQ(d.on_poweroff, ACTION_DESTROY);
	EXPECT_EQ(d.on_reboot, ACTION_RESTART);
	EXPECT_EQ(d.on_crash, ACTION_DESTROY);
	EXPECT_EQ(d.cpu_weight, 256);
	EXPECT_EQ(d.max_event_channels, 1023);
	EXPECT_EQ(strcmp(d.cmdline, ""), 0);
	done();
}

static void expect_cmdline(const char *lines, const char *want)
{
	char text[256];
	struct domcfg d;

	snprintf(text, sizeof(text), MIN "%s", lines);
	EXPECT_EQ(domcfg_make(&r, parse(text), &d, REFUSE_UNKNOWN), 0);
	if (strcmp(d.cmdline, want) != 0)
		unit_test_fail(__FILE__, __LINE__, "\"%s\" is not \"%s\"",
			       d.cmdline, want);
	done();
}

UNIT_TEST(the_command_line_is_put_together_as_xl_does)
{
	expect_cmdline("root='/dev/xvda1'", "root=/dev/xvda1");
	expect_cmdline("extra='quiet'", "quiet");
	expect_cmdline("root='/dev/xvda1 ro'\nextra='quiet'",
		       "root=/dev/xvda1 ro quiet");
	expect_cmdline("root='a'\nextra='b'\ncmdline='c'", "c");
}

UNIT_TEST(a_command_line_too_long_for_the_kernel_is_refused)
{
	char text[1300];
	struct domcfg d;
	int n = snprintf(text, sizeof(text), MIN "extra='");

	memset(text + n, 'x', 1024);
	strcpy(text + n + 1024, "'");
	EXPECT(domcfg_make(&r, parse(text), &d, REFUSE_UNKNOWN) < 0);
	EXPECT(strstr(r.what, "1024 characters; 1023 fit") != NULL);
	EXPECT_EQ(strcmp(r.where, "t.cfg:4"), 0);
	done();
}

UNIT_TEST(the_command_line_of_pavo_overrides_the_file)
{
	struct config *c = parse(MIN);
	struct domcfg d;

	EXPECT_EQ(config_override(&r, c, "memory=128"), 0);
	EXPECT_EQ(config_override(&r, c, "name=other"), 0);
	EXPECT_EQ(config_override(&r, c, "extra=\"a b\" "), 0);
	EXPECT_EQ(config_override(&r, c, "cpus=['0']"), 0);
	EXPECT_EQ(config_override(&r, c, "on_crash=preserve"), 0);
	EXPECT_EQ(domcfg_make(&r, c, &d, REFUSE_UNKNOWN), 0);
	EXPECT_EQ(d.memory_mib, 128);
	EXPECT_EQ(strcmp(d.name, "other"), 0);
	EXPECT_EQ(strcmp(d.cmdline, "a b"), 0);
	EXPECT_EQ(d.cpus.nr_each, 1);
	EXPECT_EQ(d.on_crash, ACTION_PRESERVE);
	EXPECT(config_override(&r, c, "nonsense") < 0);
	EXPECT(strstr(r.what, "neither an option nor key=value") != NULL);
	EXPECT(config_override(&r, c, "vcpus=[1") < 0);
	EXPECT(strstr(r.where, "command line") != NULL);
	done();
}

UNIT_TEST(a_configuration_written_out_reads_the_same)
{
	static const char text[] =
		"name = 'web.1'\nkernel = '/k \"q\" \\\\ '\nmemory = 64\n"
		"maxmem = 128\nvcpus = 2\nmaxvcpus = 4\nramdisk = '/r'\n"
		"extra = 'a=\"b\"'\non_crash = 'coredump-restart'\n"
		"cpus = ['0', '1-2']\ncpus_soft = '0-3'\ncap = 50\n"
		"uuid = '01234567-89ab-cdef-0123-456789abcdef'\n"
		"tsc_mode = 'native'\nrtc_timeoffset = -3600\n"
		"max_grant_frames = 32\nnomigrate = 1\n";
	struct domcfg a, b;
	char *out, *again;

	EXPECT_EQ(domcfg_make(&r, parse(text), &a, REFUSE_UNKNOWN), 0);
	out = domcfg_text(&r, &a);
	EXPECT_EQ(domcfg_make(&r, parse(out), &b, REFUSE_UNKNOWN), 0);
	again = domcfg_text(&r, &b);
	EXPECT_EQ(strcmp(out, again), 0);
	EXPECT_EQ(strcmp(a.kernel, b.kernel), 0);
	EXPECT_EQ(strcmp(b.cmdline, "a=\"b\""), 0);
	EXPECT_EQ(memcmp(a.uuid, b.uuid, 16), 0);
	EXPECT_EQ(b.cpus.nr_each, 2);
	EXPECT_EQ(b.rtc_timeoffset, -3600);
	EXPECT_EQ(b.on_crash, ACTION_COREDUMP_RESTART);
	done();
}

UNIT_TEST(a_random_uuid_is_given_to_those_without)
{
	struct domcfg a, b;

	EXPECT_EQ(domcfg_make(&r, parse(MIN), &a, REFUSE_UNKNOWN), 0);
	EXPECT_EQ(domcfg_make(&r, parse(MIN), &b, REFUSE_UNKNOWN), 0);
	EXPECT(memcmp(a.uuid, b.uuid, 16) != 0);
	EXPECT_EQ(a.uuid[6] >> 4, 4);
	done();
}

UNIT_TEST(uuids_are_read_with_and_without_hyphens)
{
	uint8_t a[16], b[16];
	char text[UUID_TEXT_BYTES];

	EXPECT(uuid_parse("01234567-89ab-cdef-0123-456789ABCDEF", a));
	EXPECT(uuid_parse("0123456789abcdef0123456789abcdef", b));
	EXPECT_EQ(memcmp(a, b, 16), 0);
	uuid_format(a, text);
	EXPECT_EQ(strcmp(text, "01234567-89ab-cdef-0123-456789abcdef"), 0);
	EXPECT(!uuid_parse("", a));
	EXPECT(!uuid_parse("0123456789abcdef0123456789abcde", a));
	EXPECT(!uuid_parse("0123456789abcdef0123456789abcdeff", a));
	EXPECT(!uuid_parse("0123456-789ab-cdef-0123-456789abcdef", a));
	EXPECT(!uuid_parse("g1234567-89ab-cdef-0123-456789abcdef", a));
}

UNIT_TEST(files_that_cannot_be_read_are_named)
{
	struct config c;

	config_init(&c);
	EXPECT_EQ(cfgfile_read(&r, &c, "/nonexistent.cfg"), -ENOENT);
	EXPECT(strstr(r.what, "cannot open /nonexistent.cfg") != NULL);
	EXPECT_EQ(cfgfile_read(&r, &c, fixture_root()), -EINVAL);
	EXPECT(strstr(r.what, "is not a configuration file") != NULL);
	done();
}

/* Whatever bytes: an answer, and on failure a message. */
UNIT_TEST(random_text_is_survived)
{
	static const char bits[] = "k='\"[],+=#;\n \\x1aé\0";
	unsigned int seed = 1;

	for (int round = 0; round < 20000; round++) {
		char text[24];
		struct config c;
		size_t len = (size_t)(rand_r(&seed) % 24);

		for (size_t i = 0; i < len; i++)
			text[i] = bits[(size_t)rand_r(&seed) % sizeof(bits)];
		config_init(&c);
		if (config_parse(&r, &c, "f", text, len) < 0)
			EXPECT(r.what != NULL && r.where != NULL);
		done();
	}
}
