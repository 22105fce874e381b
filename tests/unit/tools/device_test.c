// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a device: its nodes at both ends, the script, and that nothing
 * is left of it, whoever fails. A thread is the backend driver.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "disk.h"
#include "fake_hv.h"
#include "fixture.h"
#include "vif.h"

#define BACK "/local/domain/0/backend/vbd/1/51712"
#define BACK_QDISK "/local/domain/0/backend/qdisk/1/51712"
#define FRONT "/local/domain/1/device/vbd/51712"

static struct tool tool;
static sem_t driver_looks;

/* Brings the device at BACK to where its nodes say it should go, for ever. */
static void *drive(void *unused)
{
	struct req r = {0};
	struct xs xs;
	int rc;

	(void)unused;
	if (xs_open(&xs, &r) < 0 ||
	    xs_watch(&xs, "/local/domain/0/backend", "t") < 0)
		abort();
	sem_post(&driver_looks);
	while (xs_next_event(&xs, -1, &rc) != NULL) {
		const char *s = xs_read(&xs, 0, BACK "/state", &rc);
		const char *front = xs_read(&xs, 0, FRONT "/state", &rc);

		if (s == NULL)
			continue;
		if (*s == '1' && front != NULL)
			xs_write(&xs, 0, BACK "/state", "2");
		else if (*s == '5')
			xs_write(&xs, 0, BACK "/state", "6");
	}
	return NULL;
}

/* Cannot open what appears there, as blkbackd says it. */
static void *refuse(void *unused)
{
	struct req r = {0};
	struct xs xs;
	int rc;

	(void)unused;
	if (xs_open(&xs, &r) < 0 || xs_watch(&xs, BACK_QDISK, "t") < 0 ||
	    xs_watch(&xs, FRONT, "t") < 0)
		abort();
	sem_post(&driver_looks);
	while (xs_read(&xs, 0, FRONT "/state", &rc) == NULL ||
	       xs_read(&xs, 0, BACK_QDISK "/state", &rc) == NULL)
		xs_next_event(&xs, -1, &rc);
	xs_write(&xs, 0, "/local/domain/0/error/backend/qdisk/1/51712/error",
		 "-5 disk: qemu-nbd says no");
	xs_write(&xs, 0, BACK_QDISK "/state", "6");
	xs_close(&xs);
	req_free(&r);
	return NULL;
}

static void script(const char *name, const char *text)
{
	char dir[200];

	snprintf(dir, sizeof(dir), "mkdir -p %s/etc/pavo/scripts",
		 fixture_root());
	EXPECT_EQ(system(dir), 0);
	chmod(fixture_text(name, text), 0755);
}

static const char *script_log(void)
{
	static char text[512];
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/log", fixture_root());
	f = fopen(path, "r");
	text[f == NULL ? 0 : fread(text, 1, sizeof(text) - 1, f)] = '\0';
	if (f != NULL)
		fclose(f);
	return text;
}

/*
 * A guest that is slow to connect: meanwhile nobody may close, and who wants
 * to gets 100 ms to do so.
 */
static void *connect_late(void *unused)
{
	struct req r = {0};
	struct xs xs;
	int rc;

	(void)unused;
	if (xs_open(&xs, &r) < 0 || xs_watch(&xs, BACK "/state", "t") < 0)
		abort();
	for (const char *s = "2"; *s == '2';) {
		if (xs_next_event(&xs, 100, &rc) == NULL)
			break;
		s = xs_read(&xs, 0, BACK "/state", &rc);
		if (s == NULL || *s != '2')
			unit_test_fail(__FILE__, __LINE__, "closed too early");
	}
	xs_write(&xs, 0, FRONT "/state", "4");
	xs_write(&xs, 0, BACK "/state", "4");
	xs_close(&xs);
	req_free(&r);
	return NULL;
}

static struct disk disk;

/* A xenstore with domain 1 and a driver, and a disk of 512 bytes. */
static void begin(const char *block)
{
	char sector[512] = "", text[256];
	pthread_t driver;

	fake_store_start(fixture_root());
	fake_store_set("/local/domain/1/domid", "1");
	script("etc/pavo/scripts/block", block);
	sem_init(&driver_looks, 0, 0);
	EXPECT_EQ(pthread_create(&driver, NULL, drive, NULL), 0);
	sem_wait(&driver_looks);
	snprintf(text, sizeof(text), "%s,raw,xvda,w",
		 fixture_file("disk", sector, sizeof(sector)));
	EXPECT_EQ(disk_parse(&tool.r, text, &disk), 0);
	EXPECT_EQ(tool_xs(&tool), 0);
}

static void expect_value(const char *path, const char *want)
{
	const char *is = fake_store_value(path);

	if (is == NULL || strcmp(is, want) != 0)
		unit_test_fail(__FILE__, __LINE__, "%s is %s, not %s", path,
			       is ? is : "missing", want);
}

static void expect_nothing_left(void)
{
	EXPECT_EQ(fake_store_count("/local/domain/0/backend/vbd"), 0);
	EXPECT_EQ(fake_store_count("/local/domain/1/device/vbd"), 0);
	EXPECT_EQ(fake_store_count("/libxl/1/device"), 0);
}

#define LOGS                                                                   \
	"#!/bin/sh\necho \"$XENBUS_TYPE $1 $XENBUS_PATH\" >>$PAVO_ROOT/log\n"

UNIT_TEST(a_disk_has_the_nodes_that_libxl_writes_and_none_in_the_end)
{
	struct device *all;
	size_t nr;

	begin(LOGS);
	EXPECT_EQ(device_attach_disk(&tool, 1, &disk), 0);
	expect_value(BACK "/frontend", FRONT);
	expect_value(BACK "/frontend-id", "1");
	expect_value(BACK "/online", "1");
	expect_value(BACK "/mode", "w");
	expect_value(BACK "/type", "phy");
	expect_value(BACK "/dev", "xvda");
	expect_value(BACK "/params", disk.target);
	expect_value(FRONT "/backend", BACK);
	expect_value(FRONT "/backend-id", "0");
	expect_value(FRONT "/state", "1");
	expect_value(FRONT "/virtual-device", "51712");
	expect_value(FRONT "/device-type", "disk");
	EXPECT_EQ(memcmp(fake_store_perms(FRONT), "n1\0r0", 6), 0);
	EXPECT_EQ(memcmp(fake_store_perms(BACK), "n0\0r1", 6), 0);
	EXPECT_EQ(strcmp(script_log(), "vbd add backend/vbd/1/51712\n"), 0);
	EXPECT_EQ(device_attach_disk(&tool, 1, &disk), -EEXIST);
	req_clear(&tool.r);
	EXPECT_EQ(devices_load(&tool, 1, DEVICE_VBD, &all, &nr), 0);
	EXPECT_EQ(nr, 1);
	fake_store_set(FRONT "/state", "4");
	fake_store_set(BACK "/state", "4");
	EXPECT_EQ(device_detach(&tool, &all[0], false), 0);
	expect_nothing_left();
	EXPECT(strstr(script_log(), "vbd remove backend/vbd/1/51712\n"));
	EXPECT_EQ(device_detach(&tool, &all[0], false), -ENODEV);
	tool_close(&tool);
}

UNIT_TEST(a_device_is_detached_when_the_guest_has_closed_its_port)
{
	begin(LOGS);
	fake_reset(64);
	fake.d[1].exists = true;
	fake.d[1].info.domain = 1;
	for (unsigned int force = 0; force < 2; force++) {
		struct device *all;
		size_t nr;

		EXPECT_EQ(device_attach_disk(&tool, 1, &disk), 0);
		EXPECT_EQ(devices_load(&tool, 1, DEVICE_VBD, &all, &nr), 0);
		EXPECT_EQ(nr, 1);
		fake_store_set(FRONT "/queue-0/event-channel", "7");
		fake_store_set(FRONT "/state", "4");
		fake_store_set(BACK "/state", "4");
		fake.looks_at_port = 5;
		EXPECT_EQ(device_detach(&tool, &all[0], force), 0);
		EXPECT_EQ(fake.looks_at_port, force ? 5 : 0);
		expect_nothing_left();
	}
	tool_close(&tool);
}

UNIT_TEST(a_device_that_is_connecting_goes_when_it_has)
{
	static const char *const states[] = {"1", "3", "4"};
	struct device *all;
	pthread_t guest;
	size_t nr;

	begin(LOGS);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(device_attach_disk(&tool, 1, &disk), 0);
		EXPECT_EQ(devices_load(&tool, 1, DEVICE_VBD, &all, &nr), 0);
		EXPECT_EQ(nr, 1);
		fake_store_set(FRONT "/state", states[i]);
		EXPECT_EQ(pthread_create(&guest, NULL, connect_late, NULL), 0);
		EXPECT_EQ(device_detach(&tool, &all[0], false), 0);
		EXPECT_EQ(pthread_join(guest, NULL), 0);
		expect_nothing_left();
	}
	tool_close(&tool);
}

UNIT_TEST(what_a_script_says_is_the_reason)
{
	begin("#!/bin/sh\n[ $1 = remove ] || echo no room >&2\n[ $1 = remove "
	      "]\n");
	EXPECT_EQ(device_attach_disk(&tool, 1, &disk), -EIO);
	EXPECT(strstr(tool.r.what, "disk xvda of domain 1: ") != NULL);
	EXPECT(strstr(tool.r.what, "block: no room") != NULL);
	expect_nothing_left();
	tool_close(&tool);
}

UNIT_TEST(what_a_backend_cannot_open_is_not_attached)
{
	pthread_t backend;
	char text[256];

	begin(LOGS);
	EXPECT_EQ(pthread_create(&backend, NULL, refuse, NULL), 0);
	sem_wait(&driver_looks);
	snprintf(text, sizeof(text), "%s,qcow2,xvda,w", disk.target);
	EXPECT_EQ(disk_parse(&tool.r, text, &disk), 0);
	EXPECT_EQ(device_attach_disk(&tool, 1, &disk), -EIO);
	EXPECT_EQ(pthread_join(backend, NULL), 0);
	EXPECT(strstr(tool.r.what,
		      "disk xvda: the backend says: disk: qemu-nbd says no"));
	EXPECT_EQ(fake_store_count("/local/domain/0/backend/qdisk"), 0);
	expect_nothing_left();
	tool_close(&tool);
}

UNIT_TEST(a_script_that_cannot_be_run_is_noticed_first)
{
	begin(LOGS);
	disk.script = "block-none";
	EXPECT_EQ(device_attach_disk(&tool, 1, &disk), -ENOENT);
	EXPECT(strstr(tool.r.what, "no hotplug script block-none") != NULL);
	expect_nothing_left();
	tool_close(&tool);
}

UNIT_TEST(a_domain_that_is_gone_gets_no_device)
{
	begin(LOGS);
	EXPECT_EQ(device_attach_disk(&tool, 2, &disk), -ESRCH);
	EXPECT_EQ(fake_store_count("/local/domain/0/backend/vbd"), 0);
	tool_close(&tool);
}

/* What the guest writes into its directory leads nowhere. */
UNIT_TEST(a_guest_cannot_lead_the_removal_elsewhere)
{
	begin(LOGS);
	EXPECT_EQ(device_attach_disk(&tool, 1, &disk), 0);
	fake_store_set("/local/domain/0/backend/vbd/7/1/state", "4");
	fake_store_set(FRONT "/backend", "/local/domain/0/backend/vbd/7/1");
	devices_remove(&tool, 1);
	EXPECT_EQ(fake_store_count(BACK), 0);
	EXPECT_EQ(fake_store_count("/libxl/1/device"), 0);
	expect_value("/local/domain/0/backend/vbd/7/1/state", "4");
	EXPECT(strstr(script_log(), "vbd remove backend/vbd/1/51712\n"));
	tool_close(&tool);
}

#define ELSEWHERE "/local/domain/7/backend/vbd/1/51712"
#define RECORD "/libxl/1/device/vbd/51712"

/* What devd in domain 7 does with a device that has closed for good. */
static void *unplug(void *unused)
{
	struct req r = {0};
	struct xs xs;
	int rc;

	(void)unused;
	if (xs_open(&xs, &r) < 0 ||
	    xs_watch(&xs, "/local/domain/7/backend", "t") < 0)
		abort();
	while (xs_next_event(&xs, -1, &rc) != NULL) {
		const char *s = xs_read(&xs, 0, ELSEWHERE "/state", &rc);
		const char *on = xs_read(&xs, 0, ELSEWHERE "/online", &rc);

		if (s == NULL || on == NULL) /* and nobody undoes it */
			unit_test_fail(__FILE__, __LINE__, "taken away");
		if (on == NULL || s == NULL || (*s == '6' && *on == '0'))
			break;
	}
	xs_rm(&xs, 0, ELSEWHERE);
	xs_close(&xs);
	req_free(&r);
	return NULL;
}

/* Its driver saw first that the guest was gone. */
UNIT_TEST(a_driver_domain_undoes_what_has_closed_by_itself)
{
	pthread_t devd;

	begin(LOGS);
	fake_store_set(ELSEWHERE "/online", "1");
	fake_store_set(ELSEWHERE "/state", "6");
	fake_store_set(RECORD "/backend", ELSEWHERE);
	fake_store_set(RECORD "/script", "block");
	EXPECT_EQ(pthread_create(&devd, NULL, unplug, NULL), 0);
	devices_remove(&tool, 1);
	EXPECT_EQ(pthread_join(devd, NULL), 0);
	EXPECT_EQ(fake_store_count("/local/domain/7/backend"), 1);
	EXPECT_EQ(fake_store_count("/libxl/1/device"), 0);
	tool_close(&tool);
}
