// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands, from their arguments to what they print and leave behind, on
 * a machine and a xenstore of our own. What is compared to the letter is what
 * xl 4.17 prints.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd_scene.h"
#include "fixture.h"

UNIT_TEST(list_prints_xls_table)
{
	begin_with_demo();
	fake_domain(1)->info.cpu_time = 1500000000;
	fake_domain(1)->info.flags |= XEN_DOMINF_blocked;
	expect_run("list",
		   "Name                                        ID   Mem VCPUs"
		   "\tState\tTime(s)\n"
		   "Domain-0                                     0  1024     4"
		   "     r-----      12.3\n"
		   "demo                                         1    16     1"
		   "     -b----       1.5\n");
	expect_run("list -v demo",
		   "Name                                        ID   Mem VCPUs"
		   "\tState\tTime(s)   UUID                            "
		   "Reason-Code\tSecurity Label\n"
		   "demo                                         1    16     1"
		   "     -b----       1.5 01234567-89ab-cdef-0123-456789abcdef"
		   "        -                -\n");
	fake_domain(1)->info.flags = XEN_DOMINF_shutdown | 3 << 16;
	expect_run("list -c 1",
		   "Name                                        ID   Mem VCPUs"
		   "\tState\tTime(s)         Cpupool\n"
		   "demo                                         1    16     1"
		   "     ----c-       1.5          Pool-0\n");
	expect_run("claims",
		   "Name                                        ID   Mem VCPUs"
		   "\tState\tTime(s)  Claimed\n"
		   "Domain-0                                     0  1024     4"
		   "     r-----      12.3     0\n"
		   "demo                                         1    16     1"
		   "     ----c-       1.5     0\n");
	expect_run("vm-list",
		   "UUID                                  ID    name\n"
		   "00000000-0000-0000-0000-000000000000  0    Domain-0"
		   "                      \n"
		   "01234567-89ab-cdef-0123-456789abcdef  1    demo"
		   "                          \n");
	expect_run("domid demo", "1\n");
	expect_run("domname 1", "demo\n");
}

static struct json_object *json_of(const char *line)
{
	struct json_object *o;

	expect_ok(line);
	o = json_tokener_parse(cmd_out);
	if (o == NULL)
		unit_test_fail(__FILE__, __LINE__, "%s: no JSON: %s", line,
			       cmd_out);
	return o;
}

static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v))
		unit_test_fail(__FILE__, __LINE__, "no %s in %s", key, cmd_out);
	return v;
}

UNIT_TEST(json_is_there_for_scripts)
{
	static const char *const lines[] = {
		"list -l",	 "list --json",	   "vcpu-list --json",
		"info --json",	 "uptime --json",  "sched-credit2 --json",
		"claims --json", "vm-list --json", "cpupool-list --json",
		"--json list",
	};
	struct json_object *o, *config;

	begin_with_demo();
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		json_object_put(json_of(lines[i]));
	o = json_of("list -l demo");
	config = get(json_object_array_get_idx(o, 0), "config");
	EXPECT_EQ(json_object_get_int(get(get(config, "b_info"), "max_memkb")),
		  32768);
	EXPECT_EQ(
		json_object_get_int(get(get(config, "b_info"), "target_memkb")),
		16384);
	EXPECT_EQ(strcmp(json_object_get_string(
				 get(get(config, "c_info"), "name")),
			 "demo"),
		  0);
	json_object_put(o);
	EXPECT(pavo("--json pause nosuch") != 0);
	o = json_tokener_parse(cmd_err);
	EXPECT_EQ(json_object_get_int(get(get(o, "error"), "errno")), ESRCH);
	json_object_put(o);
}

UNIT_TEST(a_domain_gets_what_its_configuration_says)
{
	struct fake_domain *d;

	begin(128);
	EXPECT_EQ(create("cpus=0-1 cpu_weight=512 cap=50 tsc_mode=native "
			 "rtc_timeoffset=60 cpus_soft=1"),
		  0);
	d = fake_domain(1);
	EXPECT_EQ(d->info.tot_pages, 16 << 8);
	EXPECT_EQ(d->info.max_pages, (16 << 8) + 256);
	EXPECT_EQ(d->info.max_vcpu_id, 1);
	EXPECT_EQ(d->hard[0] & 0xf, 3);
	EXPECT_EQ(d->soft[0] & 0xf, 2);
	EXPECT_EQ(d->credit2.weight, 512);
	EXPECT_EQ(d->credit2.cap, 50);
	EXPECT_EQ(d->tsc_mode, 2);
	EXPECT_EQ(d->time_offset, 60);
	EXPECT_EQ(d->info.flags & XEN_DOMINF_paused, 0);
}

UNIT_TEST(the_store_has_what_guests_and_xl_expect)
{
	static const char *const nodes[][2] = {
		{"/local/domain/1/name", "demo"},
		{"/local/domain/1/domid", "1"},
		{"/local/domain/1/vm",
		 "/vm/01234567-89ab-cdef-0123-456789abcdef"},
		{"/local/domain/1/memory/static-max", "32768"},
		{"/local/domain/1/memory/target", "16384"},
		{"/local/domain/1/cpu/0/availability", "online"},
		{"/local/domain/1/cpu/1/availability", "offline"},
		{"/local/domain/1/control/shutdown", ""},
		{"/local/domain/1/store/port", "1"},
		{"/local/domain/1/console/port", "2"},
		{"/local/domain/1/console/type", "xenconsoled"},
		{"/libxl/1/type", "pv"},
		{"/vm/01234567-89ab-cdef-0123-456789abcdef/name", "demo"},
	};

	begin_with_demo();
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		const char *v = fake_store_value(nodes[i][0]);

		if (v == NULL || strcmp(v, nodes[i][1]) != 0)
			unit_test_fail(__FILE__, __LINE__, "%s is %s",
				       nodes[i][0], v ? v : "missing");
	}
	EXPECT_EQ(memcmp(fake_store_perms("/local/domain/1"), "n0\0r1", 6), 0);
	EXPECT_EQ(memcmp(fake_store_perms("/local/domain/1/name"), "n0\0r1", 6),
		  0);
	EXPECT_EQ(strcmp(fake_store_perms("/local/domain/1/data"), "n1"), 0);
	EXPECT_EQ(strcmp(fake_store_perms("/local/domain/1/control/shutdown"),
			 "n1"),
		  0);
	EXPECT_EQ(fake_store.nr_introduced, 1);
	EXPECT_EQ(fake_store.nr_commits, 1);
}

UNIT_TEST(destroy_leaves_nothing)
{
	begin_with_demo();
	expect_ok("destroy demo");
	expect_nothing_left();
	expect_fail("destroy demo", "there is no domain \"demo\"");
	expect_fail("destroy 0", "Dom0 cannot be destroyed");
}

#define BACK "/local/domain/0/backend/vbd/1/51712"

/* A driver, which has closed by the time that anybody looks. */
static void close_disk(void)
{
	EXPECT_EQ(strcmp(fake_store_value(BACK "/online"), "0"), 0);
	EXPECT_EQ(strcmp(fake_store_value(BACK "/state"), "5"), 0);
	EXPECT_EQ(fake_store_count("/local/domain/1/device/vbd/51712"), 0);
	fake_store_set(BACK "/state", "6");
}

UNIT_TEST(drivers_are_told_before_the_domain_dies)
{
	begin_with_demo();
	fake_store_set("/libxl/1/device/vbd/51712/backend", BACK);
	fake_store_set("/local/domain/1/device/vbd/51712/state", "4");
	fake_store_set(BACK "/online", "1");
	fake_store_set(BACK "/state", "4");
	fake.at_destroy = close_disk;
	expect_ok("destroy demo");
	expect_nothing_left();
	EXPECT_EQ(fake_store_count("/local/domain/0/backend/vbd"), 0);
}

UNIT_TEST(a_dry_run_makes_nothing)
{
	char line[300];

	begin(128);
	snprintf(line, sizeof(line), "create -n %s", cfg_path);
	expect_ok(line);
	EXPECT(strstr(cmd_out, "name = \"demo\"\n") != NULL);
	expect_nothing_left();
	EXPECT_EQ(fake_store_count("/"), 0);
}

UNIT_TEST(a_paused_domain_stays_paused)
{
	begin(128);
	EXPECT_EQ(create("-p"), 0);
	EXPECT(fake_domain(1)->info.flags & XEN_DOMINF_paused);
	expect_ok("unpause demo");
	EXPECT(!(fake_domain(1)->info.flags & XEN_DOMINF_paused));
	expect_ok("pause 1");
	EXPECT(fake_domain(1)->info.flags & XEN_DOMINF_paused);
}

UNIT_TEST(every_hypercall_that_fails_leaves_nothing)
{
	unsigned int n;

	begin(128);
	for (n = 1;; n++) {
		int rc;

		fake_reset(128);
		fake.fail_at = n;
		fake.fail_rc = -ENOMEM;
		rc = create("-p");
		fake.fail_at = 0;
		if (rc == 0 && fake.nr_calls < n)
			break;
		if (rc == 0) { /* only the look at the topology may fail */
			expect_ok("destroy demo");
			continue;
		}
		EXPECT(strstr(cmd_err, "error: ") != NULL);
		expect_nothing_left();
	}
	EXPECT(n > 20);
}

UNIT_TEST(every_store_request_that_fails_leaves_nothing)
{
	unsigned int n;

	begin(128);
	for (n = 1;; n++) {
		int rc;

		fake_reset(128);
		fake_store.nr_requests = 0;
		fake_store.fail_at = n;
		rc = create("-p");
		fake_store.fail_at = 0;
		if (fake_store.nr_requests < n)
			break;
		if (rc == 0) { /* the list of names is allowed to be missing */
			expect_ok("destroy demo");
			continue;
		}
		EXPECT(strstr(cmd_err, "xenstore") != NULL);
		expect_nothing_left();
	}
	EXPECT(n > 40);
}

UNIT_TEST(a_conflicting_transaction_is_done_again)
{
	begin(128);
	fake_store.conflicts = 3;
	EXPECT_EQ(create(""), 0);
	EXPECT_EQ(fake_store.nr_commits, 1);
	EXPECT(fake_store_value("/local/domain/1/name") != NULL);
}

UNIT_TEST(what_cannot_work_is_refused_before_anything_is_made)
{
	begin_with_demo();
	EXPECT(create("") != 0);
	EXPECT(strstr(cmd_err, "the name \"demo\" is in use by domain 1"));
	EXPECT(strstr(cmd_err, "demo.cfg:1: "));
	EXPECT(strstr(cmd_err, "`pavo destroy demo`"));
	EXPECT(create("name=two") != 0);
	EXPECT(strstr(cmd_err, "the UUID is in use by domain 1 (demo)"));
	expect_ok("destroy demo");
	EXPECT(create("memory=4000 maxmem=4000") != 0);
	EXPECT(strstr(cmd_err, "it needs 4025 MiB, the host has 128 MiB free, "
			       "and Dom0 could give"));
	EXPECT(create("memory=2 maxmem=2") != 0);
	EXPECT(strstr(cmd_err, "2 MiB of memory are too small"));
	EXPECT(strstr(cmd_err, "command line"));
	EXPECT(create("kernel=/nonexistent") != 0);
	EXPECT(strstr(cmd_err, "cannot open the kernel /nonexistent"));
	EXPECT(create("ramdisk=/nonexistent") != 0);
	EXPECT(strstr(cmd_err, "cannot open the ramdisk /nonexistent"));
	EXPECT(create("ramdisk=/dev/null") != 0);
	EXPECT(strstr(cmd_err, "the ramdisk /dev/null is not a file"));
	EXPECT(create("cpus=9") != 0);
	EXPECT(strstr(cmd_err, "pcpu 9 does not exist; there are 0 to 3"));
	EXPECT(create("maxvcpus=64") != 0);
	EXPECT(strstr(cmd_err, "the hypervisor refuses one of vcpus"));
	expect_nothing_left();
}

UNIT_TEST(names_of_other_tools_domains_are_seen)
{
	begin_with_demo();
	expect_ok("xenstore rm /tool/pavo/domains");
	expect_run("domid demo", "1\n");
	fake_store_set("/local/domain/1/name", "by-xl");
	expect_run("domid by-xl", "1\n");
	EXPECT(create("name=by-xl uuid=11111111111111111111111111111111") != 0);
	EXPECT(strstr(cmd_err, "is in use by domain 1"));
	expect_fail("domid BY-XL", "did you mean by-xl?");
}

UNIT_TEST(rename_keeps_names_unique_and_remembers)
{
	begin_with_demo();
	expect_ok("rename demo web.1");
	expect_run("domid web.1", "1\n");
	expect_fail("domid demo", "there is no domain");
	EXPECT_EQ(strcmp(fake_store_value("/local/domain/1/name"), "web.1"), 0);
	expect_fail("rename web.1 7", "taken for a domain number");
	EXPECT_EQ(create("uuid=11111111111111111111111111111111"), 0);
	expect_fail("rename demo web.1", "is in use");
	expect_ok("destroy web.1");
	expect_ok("destroy demo");
	expect_nothing_left();
}

UNIT_TEST(vcpus_are_listed_pinned_and_set)
{
	begin_with_demo();
	expect_run("vcpu-list demo",
		   "Name                                ID  VCPU   CPU State   "
		   "Time(s) Affinity (Hard / Soft)\n"
		   "demo                                 1     0    0   ---"
		   "       0.0  all / all\n"
		   "demo                                 1     1    -   --p"
		   "       0.0  all / all\n");
	expect_ok("vcpu-pin demo 0 1-2 all");
	EXPECT_EQ(fake_domain(1)->hard[0] & 0xf, 6);
	expect_ok("vcpu-pin demo all - 3");
	EXPECT_EQ(fake_domain(1)->hard[0] & 0xf, 6);
	EXPECT_EQ(fake_domain(1)->soft[0] & 0xf, 8);
	expect_fail("vcpu-pin demo 7 0", "from 0 to 1, not");
	expect_fail("vcpu-pin demo 0 17", "pcpu 17 does not exist");
	expect_fail("vcpu-pin demo 0 -", "nothing to set");
	expect_ok("vcpu-set demo 2");
	EXPECT_EQ(strcmp(fake_store_value("/local/domain/1/cpu/1/availability"),
			 "online"),
		  0);
	expect_fail("vcpu-set demo 3", "at most 2 vcpus");
	expect_fail("vcpu-set demo 0", "how many vcpus is a number from 1");
	fake.nr_cpus = 1;
	expect_fail("vcpu-set demo 2", "the host has 1 pcpus for 2 vcpus");
	expect_ok("vcpu-set -i demo 2");
}

UNIT_TEST(memory_is_set_within_its_limits)
{
	begin_with_demo();
	expect_ok("mem-set demo 12");
	EXPECT_EQ(strcmp(fake_store_value("/local/domain/1/memory/target"),
			 "12288"),
		  0);
	EXPECT_EQ(fake_domain(1)->info.max_pages, (12 << 8) + 256);
	expect_ok("mem-set demo 24m");
	expect_ok("mem-set demo 20480k");
	expect_fail("mem-set demo 64", "it was started with maxmem = 32");
	expect_ok("mem-max demo 1g");
	EXPECT_EQ(strcmp(fake_store_value("/local/domain/1/memory/static-max"),
			 "1048576"),
		  0);
	expect_fail("mem-set demo 1g", "the host has 112 MiB free");
	expect_fail("mem-max demo 8", "take some away with mem-set first");
	expect_fail("mem-set demo lots", "is no amount of memory");
	expect_fail("mem-set demo -5", "unknown option -5");
	expect_fail("mem-set demo 12x", "is no amount of memory");
	expect_fail("mem-set demo 99999999999999999999", "is no amount");
}

UNIT_TEST(scheduling_is_shown_and_set)
{
	begin_with_demo();
	expect_run("sched-credit2",
		   "Cpupool Pool-0: ratelimit=1000us\n"
		   "Name                                ID Weight  Cap\n"
		   "Domain-0                             0    256    0\n"
		   "demo                                 1    256    0\n");
	expect_ok("sched-credit2 -d demo -w 512 -c 25");
	expect_run("sched-credit2 -d demo",
		   "Name                                ID Weight  Cap\n"
		   "demo                                 1    512   25\n");
	expect_run("sched-credit2 -s", "Cpupool Pool-0: ratelimit=1000us\n");
	expect_ok("sched-credit2 -s -r 500");
	expect_fail("sched-credit2 -w 512", "which domain?");
	expect_fail("sched-credit2 -d demo -w 0",
		    "the weight is a number from 1");
	expect_fail("sched-credit2 -d demo -c x", "the cap is a number");
	expect_fail("sched-credit2 -p fast", "there is no cpupool");
	expect_run("cpupool-list",
		   "Name               CPUs   Sched     Active   Domain count\n"
		   "Pool-0               4   credit2       y          2\n");
	expect_run("cpupool-list -c", "Name               CPU list\n"
				      "Pool-0             0,1,2,3\n");
}

UNIT_TEST(the_null_scheduler_is_named_and_has_no_weights)
{
	begin_with_demo();
	fake.has_null_sched = true;
	expect_fail("sched-credit2", "runs the null scheduler, not credit2");
	expect_fail("sched-credit2 -d demo -w 512", "runs the null scheduler");
	expect_run("cpupool-list",
		   "Name               CPUs   Sched     Active   Domain count\n"
		   "Pool-0               4      null       y          2\n");
}

UNIT_TEST(the_host_is_described)
{
	begin(128);
	expect_ok("info");
	EXPECT(strstr(cmd_out, "nr_cpus                : 4\n"));
	EXPECT(strstr(cmd_out, "total_memory           : 4096\n"));
	EXPECT(strstr(cmd_out, "free_memory            : 128\n"));
	EXPECT(strstr(cmd_out, "xen_version            : 4.17.7\n"));
	EXPECT(strstr(cmd_out, "virt_caps              : pv\n"));
	EXPECT(strstr(cmd_out, "xen_scheduler          : credit2\n"));
	EXPECT(strstr(cmd_out, "xend_config_format     : 4\n"));
	expect_run("dmesg", "(XEN) fake\n");
	expect_run("dmesg -c", "(XEN) fake\n");
	expect_run("dmesg", "");
	expect_ok("debug-keys qr");
	EXPECT_EQ(strcmp(fake.keys, "qr"), 0);
}

UNIT_TEST(pcpus_go_and_come)
{
	begin_with_demo();
	expect_ok("cpu-offline 3");
	EXPECT_EQ(fake.offline, 8);
	expect_ok("cpu-offline 3"); /* it is */
	expect_ok("cpu-online 3");
	expect_ok("cpu-online 3");
	EXPECT_EQ(fake.offline, 0);
	expect_fail("cpu-offline 0", "the hypervisor needs it");
	fake.fail_at = fake.nr_calls + 2; /* behind physinfo */
	fake.fail_rc = -EADDRINUSE;
	expect_fail("cpu-offline 1", "a driver of Dom0 needs to run there");
}

UNIT_TEST(guests_are_asked_through_the_store)
{
	begin_with_demo();
	expect_run("shutdown demo", "Shutting down domain 1\n");
	EXPECT_EQ(strcmp(fake_store_value("/local/domain/1/control/shutdown"),
			 "poweroff"),
		  0);
	expect_run("reboot -a", "Rebooting domain 1\n");
	expect_ok("sysrq demo h");
	EXPECT_EQ(
		strcmp(fake_store_value("/local/domain/1/control/sysrq"), "h"),
		0);
	expect_fail("sysrq demo help", "one letter");
	expect_fail("shutdown 0", "Dom0 is the host");
	expect_fail("trigger demo nmi", "does not send nmi");
	expect_fail("trigger demo boom", "there is no trigger");
}

UNIT_TEST(a_configuration_is_replaced_for_the_next_start)
{
	char line[400];
	struct json_object *o;

	begin_with_demo();
	snprintf(line, sizeof(line),
		 "config-update demo %s memory=24 name=other", cfg_path);
	expect_ok(line);
	o = json_of("list -l demo");
	EXPECT_EQ(json_object_get_int(get(
			  get(get(json_object_array_get_idx(o, 0), "config"),
			      "b_info"),
			  "target_memkb")),
		  24 << 10);
	json_object_put(o);
}

UNIT_TEST(the_store_can_be_looked_into)
{
	begin(128);
	expect_ok("xenstore write /a/b one /a/c two\\n");
	expect_run("xenstore read /a/b", "one\n");
	expect_run("xenstore read -p /a/c", "/a/c: two\\n\n");
	expect_run("xenstore read -R /a/c", "two\n");
	expect_run("xenstore list /a", "b\nc\n");
	expect_run("xenstore ls /a", "b = \"one\"\nc = \"two\\n\"\n");
	expect_run("xenstore ls", "a = \"\"\n b = \"one\"\n c = \"two\\n\"\n");
	expect_ok("xenstore chmod -r /a n0 r5");
	expect_run("xenstore ls -f -p /a", "/a/b = \"one\"   (n0,r5)\n"
					   "/a/c = \"two\\n\"   (n0,r5)\n");
	expect_ok("xenstore exists /a/b");
	expect_run("xenstore watch -n 1 /a", "/a\n");
	expect_ok("xenstore rm /a/b");
	expect_ok("xenstore rm -t /a/c");
	expect_fail("xenstore exists /a", "no such node");
	expect_fail("xenstore read /a", "cannot read /a: no such node");
	expect_fail("xenstore chmod /a x5", "permissions are n, r, w or b");
	expect_fail("xenstore write /a", "arguments are missing");
	expect_fail("xenstore frobnicate", "does not know \"frobnicate\"");
	expect_fail("xenstore", "what?");
}

static const struct {
	const char *line, *says;
} wrong[] = {
	{"frobnicate", "there is no command \"frobnicate\""},
	{"-x list", "unknown option -x before the command"},
	{"list -x", "list: unknown option -x"},
	{"list --frob", "unknown option --frob"},
	{"list -Z", "list -Z is not supported"},
	{"list nosuch", "there is no domain \"nosuch\""},
	{"list 99", "there is no domain \"99\""},
	{"create", "no configuration file given"},
	{"create -f", "option -f needs an argument"},
	{"create /nonexistent", "cannot open /nonexistent"},
	{"create memory=64", "name is not set"},
	{"create --dryrum x", "unknown option --dryrum"},
	{"pause", "pause: an argument is missing"},
	{"pause a b", "\"b\" is one argument too many"},
	{"pause nosuch", "there is no domain \"nosuch\""},
	{"pause 42", "domain 42: no such domain"},
	{"pause 99999", "domain 99999: no such domain"},
	{"unpause -q 1", "unknown option -q"},
	{"destroy", "an argument is missing"},
	{"destroy nosuch", "there is no domain"},
	{"shutdown", "an argument is missing"},
	{"rename demo", "arguments are missing"},
	{"domid", "an argument is missing"},
	{"domname 77", "domain 77: no such domain"},
	{"console -t vnc demo", "the only kind of console is pv"},
	{"console -n 1 demo", "the only console is number 0"},
	{"vcpu-pin demo 0", "arguments are missing"},
	{"vcpu-pin demo x 0", "the vcpu is a number from 0 to 1, not \"x\""},
	{"vcpu-pin demo 2 0", "the vcpu is a number from 0 to 1, not \"2\""},
	{"vcpu-pin demo 4294967296 0", "the vcpu is a number from 0 to 1"},
	{"vcpu-set demo 0", "how many vcpus is a number from 1"},
	{"vcpu-set demo 3", "was created with at most 2 vcpus"},
	{"trigger demo nmi 7", "the vcpu is a number from 0 to 1, not \"7\""},
	{"trigger demo push", "there is no trigger \"push\""},
	{"sched-credit2 -d demo -w 0", "the weight is a number from 1"},
	{"sched-credit2 -w 5", "which domain?"},
	{"sched-credit2 -s -d demo", "goes with -p and -r only"},
	{"sched-credit2 -p 0 -d demo", "in one cpupool only"},
	{"sched-credit2 -p Pool-7", "there is no cpupool \"Pool-7\""},
	{"sched-credit2 -r 1000", "-r needs -s"},
	{"cpupool-list Pool-1", "there is no cpupool \"Pool-1\""},
	{"xenstore watch -n x /", "how many events is a number"},
	{"migrate demo there", "migrate is not supported: this version"},
	{"block-attach demo", "arguments are missing"},
	{"block-attach demo /dev/x", "disk: vdev is not given"},
	{"block-attach 0 /dev/x,raw,xvda,r", "Dom0 has the real devices"},
	{"block-detach demo xvda", "has no disk xvda"},
	{"network-attach demo mac=1", "mac=1 is no MAC address"},
	{"network-attach demo bridge=none", "there is no hotplug script"},
	{"network-detach demo 7", "has no interface 7"},
	{"block-list nobody", "no domain \"nobody\""},
	{"lits", "did you mean list?"},
	{"-N destroy demo", "-N is for create and config-update"},
	{"create -V x", "create -V is not supported"},
	{"create -F -e x", "-F and -e"},
	{"mem-set demo", "arguments are missing"},
	{"debug-keys", "an argument is missing"},
	{"cpu-online", "an argument is missing"},
	{"cpu-offline 4", "the pcpu is a number from 0 to 3, not \"4\""},
	{"dump-core", "an argument is missing"},
	{"dump-core 0 /nonexistent", "Dom0 cannot be dumped"},
	{"sysrq demo", "arguments are missing"},
	{"config-update demo /nonexistent", "cannot open /nonexistent"},
	{"help frobnicate", "there is no command"},
};

UNIT_TEST(wrong_command_lines_get_one_clear_message)
{
	begin_with_demo();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		unsigned int lines = 0;

		expect_fail(wrong[i].line, wrong[i].says);
		for (const char *p = cmd_err; (p = strstr(p, "error:")); p++)
			lines++;
		EXPECT_EQ(lines, 1);
	}
	expect_ok("destroy demo");
	expect_nothing_left();
}

UNIT_TEST(every_command_has_help)
{
	char names[64][32], line[64];
	size_t nr = 0;

	begin(128);
	expect_ok("help");
	for (char *l = strtok(cmd_out, "\n"); l != NULL; l = strtok(NULL, "\n"))
		if (sscanf(l, "  %31s", names[nr]) == 1 && l[0] == ' ')
			nr++;
	EXPECT(nr > 30);
	for (size_t i = 0; i < nr; i++) {
		snprintf(line, sizeof(line), "%s --help", names[i]);
		expect_ok(line);
		EXPECT(strstr(cmd_out, "Usage: pavo ") == cmd_out);
	}
}
