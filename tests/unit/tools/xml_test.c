// SPDX-License-Identifier: GPL-2.0-only
/*
 * XML configurations: there and back, and what is said about mistakes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "domcfg.h"
#include "helpers/xmlconv.h"
#include "req.h"
#include "unit_test.h"

static struct req r;

static const char *to_xml(const char *cfg)
{
	const char *xml;

	if (cfg_to_xml(&r, "t.cfg", cfg, strlen(cfg), &xml) < 0)
		unit_test_fail(__FILE__, __LINE__, "%s", r.what);
	return xml;
}

static const char *to_cfg(const char *xml)
{
	const char *cfg;

	if (xml_to_cfg(&r, "t.xml", xml, strlen(xml), CFG_PLAIN, &cfg) < 0)
		unit_test_fail(__FILE__, __LINE__, "%s", r.what);
	return cfg;
}

static void expect_has(const char *text, const char *piece)
{
	if (strstr(text, piece) == NULL)
		unit_test_fail(__FILE__, __LINE__, "no %s in\n%s", piece, text);
}

UNIT_TEST(a_configuration_survives_the_way_through_xml)
{
	static const char cfg[] =
		"name = \"web-1\"\nkernel = '/boot/v <1> & \"2\"'\n"
		"ramdisk = '/boot/i'\nmemory = 512\nmaxmem = 1024\n"
		"vcpus = 2\nmaxvcpus = 4\ncpus = '0-1'\n"
		"extra = 'root=/dev/ram0 quiet'\non_crash = 'preserve'\n"
		"on_poweroff = 'restart'\non_reboot = 'destroy'\n"
		"tsc_mode = 'native'\ncpu_weight = 512\n"
		"max_grant_frames = 64\nmax_event_channels = 500\n"
		"rtc_timeoffset = -60\n"
		"uuid = '01234567-89ab-cdef-0123-456789abcdef'\n";
	const char *xml = to_xml(cfg), *back = to_cfg(xml);

	expect_has(xml, "<domain type=\"xen\">");
	expect_has(xml, "<memory unit=\"MiB\">1024</memory>");
	expect_has(back, "memory = 512\n");
	expect_has(back, "maxmem = 1024\n");
	expect_has(back, "vcpus = 2\n");
	expect_has(back, "maxvcpus = 4\n");
	expect_has(back, "cpus = \"0-1\"\n");
	expect_has(back, "kernel = \"/boot/v <1> & \\\"2\\\"\"\n");
	expect_has(back, "cmdline = \"root=/dev/ram0 quiet\"\n");
	expect_has(back, "on_poweroff = \"restart\"\n");
	expect_has(back, "tsc_mode = \"native\"\n");
	expect_has(back, "max_event_channels = 500\n");
	expect_has(back, "rtc_timeoffset = -60\n");
	EXPECT_EQ(strcmp(to_xml(back), xml), 0);
	req_free(&r);
}

UNIT_TEST(the_least_configuration_survives_too)
{
	const char *xml = to_xml("name='a'\nkernel='/k'\nmemory=64\n"
				 "uuid='0123456789abcdef0123456789abcdef'\n"
				 "localtime=1\n");

	EXPECT_EQ(strcmp(to_xml(to_cfg(xml)), xml), 0);
	expect_has(to_cfg(xml), "localtime = 1\n");
	req_free(&r);
}

/* As virsh dumpxml prints it, with what Pavo has no use for left out. */
UNIT_TEST(a_description_from_libvirt_is_understood)
{
	const char *cfg =
		to_cfg("<domain type='xen' id='3'>\n"
		       "  <name>demo</name>\n"
		       "  <uuid>01234567-89ab-cdef-0123-456789abcdef</uuid>\n"
		       "  <title>A demo</title>\n"
		       "  <memory unit='KiB'>1048576</memory>\n"
		       "  <vcpu placement='static'> 2 </vcpu>\n"
		       "  <os>\n"
		       "    <type arch='x86_64' machine='xenpv'>linux</type>\n"
		       "    <kernel>/boot/vmlinuz</kernel>\n"
		       "    <cmdline/>\n"
		       "  </os>\n"
		       "  <clock offset='utc'/>\n"
		       "  <on_reboot>restart</on_reboot>\n"
		       "  <devices>\n"
		       "    <console type='pty' tty='/dev/pts/3'>\n"
		       "      <target type='xen' port='0'/>\n"
		       "    </console>\n"
		       "  </devices>\n"
		       "</domain>\n");

	expect_has(cfg, "name = \"demo\"\n");
	expect_has(cfg, "maxmem = 1024\n");
	expect_has(cfg, "maxvcpus = 2\n");
	expect_has(cfg, "\nvcpus = 2\n");
	EXPECT(strstr(cfg, "\nmemory") == NULL); /* so: as much as maxmem */
	req_free(&r);
}

/* What virsh dumpxml puts into each, as of a Xen PV domain of libvirt 9. */
UNIT_TEST(what_libvirt_adds_by_itself_is_no_mistake)
{
	const char *cfg =
		to_cfg("<domain type='xen' id='7'>\n"
		       "  <name>guest-7</name>\n"
		       "  <uuid>c0a8010a-77aa-4bb0-9c3e-0123456789ab</uuid>\n"
		       "  <memory unit='KiB'>592896</memory>\n"
		       "  <currentMemory unit='KiB'>403456</currentMemory>\n"
		       "  <vcpu placement='static' current='4'>8</vcpu>\n"
		       "  <os>\n"
		       "    <type arch='x86_64' machine='xenpv'>linux</type>\n"
		       "    <kernel>/srv/vmlinuz</kernel>\n"
		       "    <initrd>/srv/initrd.img</initrd>\n"
		       "    <cmdline>root=/dev/ram0 console=hvc0</cmdline>\n"
		       "  </os>\n"
		       "  <clock offset='utc' adjustment='reset'/>\n"
		       "  <on_poweroff>preserve</on_poweroff>\n"
		       "  <on_crash>restart</on_crash>\n"
		       "  <devices>\n"
		       "    <controller type='xenbus' index='0' "
		       "maxEventChannels='2047' maxGrantFrames='64'/>\n"
		       "    <console type='pty' tty='/dev/pts/1'>\n"
		       "      <source path='/dev/pts/1'/>\n"
		       "      <target type='xen' port='0'/>\n"
		       "    </console>\n"
		       "    <input type='mouse' bus='xen'/>\n"
		       "    <input type='keyboard' bus='xen'/>\n"
		       "    <memballoon model='xen'/>\n"
		       "  </devices>\n"
		       "</domain>\n");

	expect_has(cfg, "memory = 394\n");
	expect_has(cfg, "maxmem = 579\n");
	expect_has(cfg, "\nvcpus = 4\n");
	expect_has(cfg, "maxvcpus = 8\n");
	expect_has(cfg, "max_event_channels = 2047\n");
	expect_has(cfg, "max_grant_frames = 64\n");
	expect_has(cfg, "on_poweroff = \"preserve\"\n");
	EXPECT(strstr(cfg, "rtc_timeoffset") == NULL);
	req_free(&r);
}

UNIT_TEST(numbers_in_xml_are_decimal)
{
	static const char frame[] =
		"<domain type='xen'><name>a</name><memory>65536</memory>\n"
		"<vcpu>%s</vcpu><os><type>linux</type><kernel>/k</kernel></os>"
		"<clock offset='variable' adjustment='+08'/></domain>";
	const char *xml = arena_printf(&r.mem, frame, "010"), *cfg;

	expect_has(to_cfg(xml), "maxvcpus = 10\n");
	expect_has(to_cfg(xml), "rtc_timeoffset = 8\n");
	xml = arena_printf(&r.mem, frame, "99999999999999999999");
	EXPECT_EQ(xml_to_cfg(&r, "t.xml", xml, strlen(xml), CFG_PLAIN, &cfg),
		  -EINVAL);
	expect_has(r.what, "the number 99999999999999999999 is too large");
	EXPECT_EQ(strcmp(r.where, "t.xml:2"), 0);
	req_free(&r);
}

UNIT_TEST(settings_can_keep_their_lines)
{
	static const char xml[] =
		"<domain type='xen'>\n<name>a</name>\n\n"
		"<memory unit='MiB'>64</memory>\n<vcpu>2</vcpu>\n"
		"<os><type>linux</type><kernel>/k</kernel></os></domain>\n";
	const char *cfg;

	EXPECT_EQ(xml_to_cfg(&r, "t.xml", xml, strlen(xml), CFG_ALIGNED, &cfg),
		  0);
	EXPECT_EQ(strcmp(cfg, "type = \"pv\"; \nname = \"a\"; \n\n"
			      "maxmem = 64; \nmaxvcpus = 2; vcpus = 2; \n"
			      "kernel = \"/k\"; \n"),
		  0);
	req_free(&r);
}

static const char *with_memory(const char *unit, const char *n)
{
	return to_cfg(arena_printf(
		&r.mem,
		"<domain type='xen'><name>a</name><memory%s>%s</memory>"
		"<os><type>linux</type><kernel>/k</kernel></os></domain>",
		unit, n));
}

UNIT_TEST(amounts_of_memory_have_units)
{
	expect_has(with_memory("", "65536"), "maxmem = 64\n");
	expect_has(with_memory(" unit='MiB'", "64"), "maxmem = 64\n");
	expect_has(with_memory(" unit='GiB'", "2"), "maxmem = 2048\n");
	expect_has(with_memory(" unit='bytes'", "1048577"), "maxmem = 2\n");
	expect_has(with_memory(" unit='GB'", "1"), "maxmem = 954\n");
	req_free(&r);
}

#define OS "<os><type>linux</type><kernel>/k</kernel></os>"
#define HEAD "<domain type='xen'>\n<name>a</name>\n<memory>65536</memory>\n"

static const struct {
	const char *xml;
	unsigned int line;
	const char *says;
} broken[] = {
	{"", 0, ""},
	{"no xml", 1, "Start tag expected"},
	{"<domain", 1, ""},
	{"<domain>\n<a></domain>", 2, "mismatch"},
	{"<domain type='kvm'>\n<name>a</name></domain>", 0, ""},
	{"<network/>", 0, ""},
	{HEAD "</domain>", 0, ""},
	{HEAD OS "<disk/>\n</domain>", 4, "<disk> is not supported here"},
	{HEAD OS "\n<devices>\n<disk type='file'/></devices></domain>", 5, ""},
	{HEAD OS "\n<devices>\n<disk type='file'><target dev='xvda'/>\n"
		 "<geometry/></disk></devices></domain>",
	 7, "<geometry> is not supported here"},
	{HEAD OS "\n<devices>\n<interface type='bridge'><link state='up'/>"
		 "</interface></devices></domain>",
	 6, "<link> is not supported here"},
	{HEAD OS "\n<devices>\n<sound model='x'/></devices></domain>", 6,
	 "<sound> is not supported here"},
	{HEAD "<os><type>hvm</type><kernel>/k</kernel></os></domain>", 4,
	 "only PV guests"},
	{HEAD OS "\n<vcpu colour='red'>1</vcpu></domain>", 5,
	 "the attribute colour is not supported here"},
	{HEAD OS "\n<vcpu>two</vcpu></domain>", 5, "<vcpu> has a value"},
	{HEAD OS "\n<vcpu>1</vcpu>\n<vcpu>2</vcpu></domain>", 5, "<vcpu>"},
	{HEAD OS "\n<on_crash>explode</on_crash></domain>", 5,
	 "<on_crash> has a value"},
	{HEAD OS "\n<memory unit='stone'>1</memory></domain>", 0, ""},
	{"<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>\n" HEAD OS
	 "<title>&x;</title></domain>",
	 0, ""},
};

UNIT_TEST(broken_descriptions_are_errors_with_their_lines)
{
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		const char *cfg, *xml = broken[i].xml;
		char where[32];
		int rc = xml_to_cfg(&r, "t.xml", xml, strlen(xml), CFG_PLAIN,
				    &cfg);

		/* an entity from elsewhere is not an error, but not read */
		if (rc == 0 && strstr(xml, "ENTITY") != NULL) {
			EXPECT(strstr(cfg, "root") == NULL);
			req_free(&r);
			continue;
		}
		snprintf(where, sizeof(where), "t.xml:%u", broken[i].line);
		if (rc == 0 || strstr(r.what, broken[i].says) == NULL ||
		    (broken[i].line != 0 && strcmp(r.where, where) != 0))
			unit_test_fail(__FILE__, __LINE__, "%s: %d %s: %s", xml,
				       rc, r.where ? r.where : "-",
				       r.what ? r.what : "");
		req_free(&r);
	}
}

#define MAC "00:16:3e:00:00:01"

/* An element of <devices>, and the setting that is the same. */
static const struct {
	const char *xml, *cfg;
} devices[] = {
	{"<disk type='block'><source dev='/dev/vg/a'/><target dev='xvda'/>"
	 "</disk>",
	 "disk += [\"vdev=xvda,access=rw,target=/dev/vg/a\"]\n"},
	{"<disk type='file' device='disk'><driver name='phy' type='raw' "
	 "discard='ignore'/><source file='/a b.img'/><target dev='sda' "
	 "bus='scsi'/><readonly/><backenddomain name='store'/></disk>",
	 "disk += [\"vdev=sda,format=raw,backendtype=phy,access=ro,"
	 "backend=store,no-discard,target=/a b.img\"]\n"},
	{"<disk type='file'><source file='/a'/><target dev='xvdb'/>"
	 "<shareable/></disk>",
	 "disk += [\"vdev=xvdb,access=w!,target=/a\"]\n"},
	{"<interface type='bridge'><mac address='" MAC "'/>"
	 "<source bridge='br1'/></interface>",
	 "vif += [\"mac=" MAC ",bridge=br1\"]\n"},
	{"<interface type='ethernet'><mac address='" MAC "'/>"
	 "<script path='vif-route'/><ip address='10.0.0.2'/>"
	 "<ip address='10.0.0.3' family='ipv4'/><target dev='web0'/>"
	 "<model type='netfront'/><mtu size='9000'/><bandwidth>"
	 "<outbound average='125'/></bandwidth></interface>",
	 "vif += [\"mac=" MAC ",script=vif-route,vifname=web0,mtu=9000,"
	 "ip=10.0.0.2 10.0.0.3,rate=125KB/s\"]\n"},
};

static char *described(struct config *c)
{
	struct domcfg d;

	EXPECT_EQ(domcfg_make(&r, c, &d, REFUSE_UNKNOWN), 0);
	memset(d.uuid, 0, sizeof(d.uuid));
	return domcfg_text(&r, &d);
}

static struct config *parsed(const char *text)
{
	struct config *c = ARENA_NEW(&r.mem, struct config);

	config_init(c);
	EXPECT_EQ(config_parse(&r, c, "t.cfg", text, strlen(text)), 0);
	return c;
}

/* To a configuration, to XML, and to one again that means the same. */
UNIT_TEST(disks_and_interfaces_go_both_ways)
{
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		const char *xml = arena_printf(
			&r.mem, HEAD OS "<devices>%s</devices></domain>",
			devices[i].xml);
		const char *cfg, *back, *again;

		EXPECT_EQ(xml_to_cfg(&r, "t.xml", xml, strlen(xml), CFG_PLAIN,
				     &cfg),
			  0);
		expect_has(cfg, devices[i].cfg);
		EXPECT_EQ(cfg_to_xml(&r, "t.cfg", cfg, strlen(cfg), &back), 0);
		EXPECT_EQ(xml_to_cfg(&r, "t.xml", back, strlen(back), CFG_PLAIN,
				     &again),
			  0);
		if (strcmp(described(parsed(cfg)), described(parsed(again))) !=
		    0)
			unit_test_fail(__FILE__, __LINE__, "%s\n%s\n%s", cfg,
				       back, again);
		req_free(&r);
	}
}

UNIT_TEST(what_has_no_place_in_xml_is_named)
{
	static const char cfg[] = "name='a'\nkernel='/k'\nmemory=64\ncap=50\n";
	const char *xml;
	static const char disk[] = "name='a'\nkernel='/k'\nmemory=64\n"
				   "disk=['x,raw,xvda,script=block-iscsi']\n";

	EXPECT(cfg_to_xml(&r, "t.cfg", cfg, strlen(cfg), &xml) < 0);
	expect_has(r.what, "cap has no place in the XML form");
	req_free(&r);
	EXPECT(cfg_to_xml(&r, "t.cfg", disk, strlen(disk), &xml) < 0);
	expect_has(r.what, "disk: script has no place in the XML form");
	EXPECT_EQ(strcmp(r.where, "t.cfg:4"), 0);
	req_free(&r);
}
