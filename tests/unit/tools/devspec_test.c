// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks and interfaces in xl's syntax: what a text means, what is said about
 * mistakes, and that what is kept means the same.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "disk.h"
#include "fixture.h"
#include "req.h"
#include "vdev.h"
#include "vif.h"

static struct req r;

static const struct {
	const char *name;
	long number;
} vdevs[] = {
	{"xvda", 51712},
	{"xvdb", 51728},
	{"xvdb3", 51731},
	{"xvdp15", 51967},
	{"xvdq", 268439552},
	{"xvdaa", 268442112},
	{"xvda16", 268435472},
	{"hda", 768},
	{"hdb1", 833},
	{"hdc", 5632},
	{"hdd", 5696},
	{"sda", 2048},
	{"sdb2", 2066},
	{"sdp15", 2303},
	{"d0", 51712},
	{"d1p2", 51730},
	{"d16", 268439552},
	{"51712", 51712},
	{"0xca00", 51712},
	{"xvd", -1},
	{"xvda0", -1},
	{"xvda01", -1},
	{"xvdA", -1},
	{"xvda256", -1},
	{"hde", -1},
	{"hda64", -1},
	{"sdq", -1},
	{"sda16", -1},
	{"d", -1},
	{"d1p256", -1},
	{"d1048576", -1},
	{"d1x", -1},
	{"", -1},
	{"vda", -1},
	{"-1", -1},
	{"99999999999", -1},
	{"12x", -1},
	{"xvdzzzzzzzzzz", -1},
};

UNIT_TEST(names_of_disks_have_their_numbers)
{
	for (size_t i = 0; i < sizeof(vdevs) / sizeof(vdevs[0]); i++)
		if (vdev_number(vdevs[i].name) != vdevs[i].number)
			unit_test_fail(__FILE__, __LINE__, "%s is %ld",
				       vdevs[i].name,
				       (long)vdev_number(vdevs[i].name));
}

/* The text, and the same disk in the form in which it is kept. */
#define KEPT(vdev, access, rest)                                               \
	"format=raw,vdev=" vdev ",access=" access ",backendtype=phy" rest

static const struct {
	const char *text, *kept;
} disks[] = {
	{"/dev/vg/a,raw,xvda,rw", KEPT("xvda", "rw", ",target=/dev/vg/a")},
	{"/dev/vg/a,,xvda,r", KEPT("xvda", "ro", ",target=/dev/vg/a")},
	{" /dev/vg/a , raw , xvda ,ro ",
	 KEPT("xvda", "ro", ",target=/dev/vg/a")},
	{"/dev/vg/a,raw,xvda", KEPT("xvda", "rw", ",target=/dev/vg/a")},
	{"phy:/dev/vg/a,xvda,w", KEPT("xvda", "rw", ",target=/dev/vg/a")},
	{"file:/a.img,hda,w!", KEPT("hda", "w!", ",target=/a.img")},
	{"raw:/a.img,sda1,r", KEPT("sda1", "ro", ",target=/a.img")},
	{"phy:/dev/a,hda:disk,r", KEPT("hda", "ro", ",target=/dev/a")},
	{"vdev=xvdb,target=/a,b=c", KEPT("xvdb", "rw", ",target=/a,b=c")},
	{"vdev=xvdb,access=ro,format=raw,target=/a",
	 KEPT("xvdb", "ro", ",target=/a")},
	{"/dev/a,vdev=xvdb,access=ro", KEPT("xvdb", "ro", ",target=/dev/a")},
	{"/a,raw,xvda,rw,no-discard,direct-io-safe,untrusted,backend=store",
	 KEPT("xvda", "rw",
	      ",backend=store,no-discard,direct-io-safe,untrusted,"
	      "target=/a")},
	{"/a,raw,xvda,no-discard,discard,rw", KEPT("xvda", "rw", ",target=/a")},
	{"iscsi:iqn.x,xvda,w",
	 KEPT("xvda", "rw", ",script=block-iscsi,target=iqn.x")},
	{"x:y,raw,xvda,rw,script=/opt/mine",
	 KEPT("xvda", "rw", ",script=/opt/mine,target=x:y")},
	{"/a,qcow2,xvda,rw",
	 "format=qcow2,vdev=xvda,access=rw,backendtype=qdisk,target=/a"},
	{"vhd:/a,xvda,ro,backendtype=qdisk",
	 "format=vhd,vdev=xvda,access=ro,backendtype=qdisk,target=/a"},
	{"/a,raw,xvda,rw,backendtype=qdisk",
	 "format=raw,vdev=xvda,access=rw,backendtype=qdisk,target=/a"},
	{"nbd+unix:///?socket=/s,raw,xvda,rw,backendtype=qdisk",
	 "format=raw,vdev=xvda,access=rw,backendtype=qdisk,"
	 "target=nbd+unix:///?socket=/s"},
	{"/a,raw,xvda,rw,devtype=disk,backendtype=phy,specification=xen",
	 KEPT("xvda", "rw", ",target=/a")},
};

UNIT_TEST(disks_are_described_as_for_xl)
{
	for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++) {
		struct disk d;

		if (disk_parse(&r, disks[i].text, &d) < 0)
			unit_test_fail(__FILE__, __LINE__, "%s: %s",
				       disks[i].text, r.what);
		if (strcmp(disk_text(&r, &d), disks[i].kept) != 0)
			unit_test_fail(__FILE__, __LINE__, "%s: %s",
				       disks[i].text, disk_text(&r, &d));
		EXPECT_EQ(disk_parse(&r, disks[i].kept, &d), 0);
		EXPECT_EQ(strcmp(disk_text(&r, &d), disks[i].kept), 0);
		req_free(&r);
	}
}

static const struct {
	const char *text, *says;
} bad_disks[] = {
	{"", "vdev is not given"},
	{"/a", "vdev is not given"},
	{"/a,raw", "vdev is not given"},
	{"/a,raw,disk1,w", "vdev=disk1 is no name of a disk"},
	{",raw,xvda,w", "target is not given"},
	{"vdev=xvda,target=", "target is not given"},
	{"phy:,xvda,w", "target is not given"},
	{"/a,raw,xvda,x", "access=x is not known; it may be r, ro"},
	{"/a,blue,xvda,w", "format=blue is not known; it may be raw, qcow2"},
	{"/a,qcow2,xvda,w,backendtype=phy",
	 "backendtype=phy serves no qcow2, only raw disks"},
	{"qcow2:/a,xvda,w,script=/opt/mine",
	 "/opt/mine serves no qcow2, only raw disks"},
	{"tap:aio:/a,xvda,w", "there is no blktap"},
	{"/a,raw,xvda,w,more", "\"more\" has no meaning here"},
	{"/a,raw,xvda,w,colour=red", "there is no key \"colour\""},
	{"/a,raw,xvda,w,vdev=xvdb", "vdev is given twice"},
	{"/a,raw,xvda,w,backendtype=tap", "there is no blktap; it may be phy"},
	{"/a,raw,xvda,w,backendtype=x", "backendtype=x is not known"},
	{"/a,raw,xvda,w,specification=virtio", "specification=virtio"},
	{",,hdc:cdrom,r", "PV domains have no CD-ROM drives"},
	{"/a.iso,raw,hdc,r,cdrom", "PV domains have no CD-ROM drives"},
	{"/a.iso,raw,hdc,r,devtype=cdrom", "no CD-ROM drives"},
	{"/a,raw,hdc,r,devtype=tape", "devtype=tape is not known"},
};

UNIT_TEST(mistakes_in_disks_get_one_clear_message)
{
	for (size_t i = 0; i < sizeof(bad_disks) / sizeof(bad_disks[0]); i++) {
		struct disk d;

		if (disk_parse(&r, bad_disks[i].text, &d) >= 0 ||
		    strstr(r.what, bad_disks[i].says) == NULL)
			unit_test_fail(__FILE__, __LINE__, "%s: %s",
				       bad_disks[i].text,
				       r.what ? r.what : "taken");
		req_free(&r);
	}
}

#define MAC "mac=00:16:3e:01:02:03"

static const struct {
	const char *text, *kept;
} vifs[] = {
	{MAC, MAC ",bridge=xenbr0"},
	{" " MAC " , bridge=br1 ", MAC ",bridge=br1"},
	{MAC ",script=vif-route,ip=10.0.0.2 10.0.0.3",
	 MAC ",script=vif-route,ip=10.0.0.2 10.0.0.3"},
	{MAC ",rate=10Mb/s", MAC ",bridge=xenbr0,rate=10Mb/s"},
	{MAC ",vifname=web0,backend=net,devid=3,mtu=9000,model=e1000,type=vif",
	 MAC ",bridge=xenbr0,vifname=web0,backend=net,model=e1000,devid=3,"
	     "mtu=9000"},
	{MAC ",handle=2", MAC ",bridge=xenbr0,devid=2"},
	{MAC ",netdev=eth0,untrusted",
	 MAC ",bridge=xenbr0,gatewaydev=eth0,trusted=0"},
};

UNIT_TEST(interfaces_are_described_as_for_xl)
{
	for (size_t i = 0; i < sizeof(vifs) / sizeof(vifs[0]); i++) {
		struct vif v;

		if (vif_parse(&r, vifs[i].text, &v) < 0)
			unit_test_fail(__FILE__, __LINE__, "%s: %s",
				       vifs[i].text, r.what);
		if (strcmp(vif_text(&r, &v), vifs[i].kept) != 0)
			unit_test_fail(__FILE__, __LINE__, "%s: %s",
				       vifs[i].text, vif_text(&r, &v));
		EXPECT_EQ(vif_parse(&r, vifs[i].kept, &v), 0);
		EXPECT_EQ(strcmp(vif_text(&r, &v), vifs[i].kept), 0);
		req_free(&r);
	}
}

UNIT_TEST(an_interface_without_an_address_gets_one_of_xens)
{
	static const uint8_t xen[] = {0x00, 0x16, 0x3e};
	struct vif v, w;

	EXPECT_EQ(vif_parse(&r, "", &v), 0);
	EXPECT_EQ(vif_parse(&r, "", &w), 0);
	EXPECT_EQ(memcmp(v.mac, xen, 3), 0);
	EXPECT(v.mac[3] < 0x80);
	EXPECT(memcmp(v.mac, w.mac, 6) != 0);
	req_free(&r);
}

static const struct {
	const char *rate;
	uint64_t bytes;
	uint32_t usecs;
} rates[] = {
	{"10Mb/s", 62500, 50000},     {"250KB/s", 12500, 50000},
	{"1MB/s@20ms", 20000, 20000}, {"1GB/s@100us", 100000, 100},
	{"800b/s@1s", 100, 1000000},  {"100B/s", 5, 50000},
};

UNIT_TEST(rates_are_bytes_in_an_interval)
{
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct vif v;
		char text[64];

		snprintf(text, sizeof(text), "rate=%s", rates[i].rate);
		EXPECT_EQ(vif_parse(&r, text, &v), 0);
		EXPECT_EQ(v.rate_bytes, rates[i].bytes);
		EXPECT_EQ(v.rate_usecs, rates[i].usecs);
		req_free(&r);
	}
}

static const struct {
	const char *text, *says;
} bad_vifs[] = {
	{"mac=00:16:3e:01:02", "is no MAC address"},
	{"mac=00:16:3e:01:02:0g", "is no MAC address"},
	{"mac=00:16:3e:01:02:03:04", "is no MAC address"},
	{"mac=01:16:3e:01:02:03", "is a multicast address"},
	{"mac", "\"mac\" is not key=value"},
	{"colour=red", "there is no key \"colour\""},
	{"bridge=a,bridge=b", "bridge is given twice"},
	{"type=ioemu", "it is for HVM guests"},
	{"type=x", "type=x is not known"},
	{"rate=10", "rate=10 is no rate"},
	{"rate=10Mb", "is no rate"},
	{"rate=0Mb/s", "is no rate"},
	{"rate=1B/s", "is no rate"},
	{"rate=99999999999999999999Gb/s", "is no rate"},
	{"rate=18446744073709551615GB/s", "is no rate"},
	{"rate=10Mb/s@0ms", "is no rate"},
	{"rate=10Mb/s@5000s", "is no rate"},
	{"rate=10Mb/s@5", "is no rate"},
	{"devid=x", "devid=x is not a number from 0 to 255"},
	{"devid=256", "devid=256 is not a number"},
	{"mtu=10", "mtu=10 is not a number from 68"},
	{"vifname=a/b", "is no name of an interface"},
	{"vifname=sixteen-letters!", "is no name of an interface"},
	{"trusted=2", "trusted=2 is not known"},
};

UNIT_TEST(mistakes_in_interfaces_get_one_clear_message)
{
	for (size_t i = 0; i < sizeof(bad_vifs) / sizeof(bad_vifs[0]); i++) {
		struct vif v;

		if (vif_parse(&r, bad_vifs[i].text, &v) >= 0 ||
		    strstr(r.what, bad_vifs[i].says) == NULL)
			unit_test_fail(__FILE__, __LINE__, "%s: %s",
				       bad_vifs[i].text,
				       r.what ? r.what : "taken");
		req_free(&r);
	}
}
