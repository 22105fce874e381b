// SPDX-License-Identifier: GPL-2.0-only
/*
 * block-attach, block-detach, block-list and the same for interfaces. What is
 * attached to a domain of ours also goes into its configuration, so that it
 * has it again after a reboot.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "device.h"
#include "domains.h"
#include "domcfg.h"
#include "json.h"
#include "state.h"
#include "vdev.h"

/* The arguments as one text: fields may come as words of their own. */
static char *joined(struct tool *t, char **args, int nr)
{
	char *text = arena_strdup(&t->r.mem, nr > 0 ? args[0] : "");

	for (int i = 1; i < nr; i++)
		text = arena_printf(&t->r.mem, "%s,%s", text, args[i]);
	return text;
}

static int find_running(struct tool *t, const char *arg, domid_t *domid,
			struct xen_domctl_getdomaininfo *info)
{
	int rc = tool_both(t);

	if (rc == 0)
		rc = domain_find(t, arg, domid, info);
	if (rc == 0 && *domid == 0)
		rc = req_fail(&t->r, -EPERM,
			      "Dom0 has the real devices, no virtual ones");
	return rc;
}

/* A change of a domain's configuration. */
struct edit {
	const struct disk *disk;
	const struct vif *vif;
	const struct device *gone;
};

static int edit_devices(void *ctx, struct req *r, struct domcfg *cfg)
{
	const struct edit *e = ctx;
	struct vif vif;

	if (e->gone != NULL && e->gone->kind == DEVICE_VBD)
		domcfg_remove_disk(cfg, e->gone->devid);
	else if (e->gone != NULL)
		domcfg_remove_vif(cfg, e->gone->devid);
	if (e->disk != NULL) {
		domcfg_remove_disk(cfg, e->disk->devid);
		return domcfg_add_disk(r, cfg, e->disk);
	}
	if (e->vif != NULL) {
		vif = *e->vif;
		domcfg_remove_vif(cfg, vif.devid);
		return domcfg_add_vif(r, cfg, &vif);
	}
	return 0;
}

static int keep(struct tool *t, const struct xen_domctl_getdomaininfo *info,
		struct edit *e)
{
	int rc = state_edit(&t->r, info->handle, edit_devices, e);

	return rc == -ENOENT ? 0 : rc;
}

int cmd_block_attach(struct tool *t, int argc, char **argv)
{
	struct xen_domctl_getdomaininfo info;
	struct disk disk;
	domid_t domid;
	int rc = cmd_plain(t, argc, argv, 2, 64);

	if (rc == 0)
		rc = disk_parse(&t->r,
				joined(t, argv + optind + 1, argc - optind - 1),
				&disk);
	if (rc == 0)
		rc = find_running(t, argv[optind], &domid, &info);
	if (rc == 0)
		rc = device_attach_disk(t, domid, &disk);
	return rc < 0 ? rc : keep(t, &info, &(struct edit){.disk = &disk});
}

/* The first number that no interface of the domain has. */
static int choose_devid(struct tool *t, domid_t domid, struct vif *vif)
{
	struct device *all;
	size_t nr, i;
	int rc = devices_load(t, domid, DEVICE_VIF, &all, &nr);

	if (vif->devid >= 0)
		return rc;
	do {
		vif->devid++;
		for (i = 0; i < nr && all[i].devid != vif->devid; i++)
			;
	} while (i < nr);
	return rc;
}

int cmd_network_attach(struct tool *t, int argc, char **argv)
{
	struct xen_domctl_getdomaininfo info;
	domid_t domid;
	struct vif vif;
	int rc = cmd_plain(t, argc, argv, 1, 64);

	if (rc == 0)
		rc = vif_parse(&t->r,
			       joined(t, argv + optind + 1, argc - optind - 1),
			       &vif);
	if (rc == 0)
		rc = find_running(t, argv[optind], &domid, &info);
	if (rc == 0)
		rc = choose_devid(t, domid, &vif);
	if (rc == 0)
		rc = device_attach_vif(t, domid, &vif);
	return rc < 0 ? rc : keep(t, &info, &(struct edit){.vif = &vif});
}

static const char *node(struct tool *t, const char *dir, const char *name)
{
	int rc;

	return xs_read(&t->xs, 0, arena_printf(&t->r.mem, "%s/%s", dir, name),
		       &rc);
}

static const char *node_or(struct tool *t, const char *dir, const char *name,
			   const char *none)
{
	const char *text = node(t, dir, name);

	return text != NULL ? text : none;
}

static long node_number(struct tool *t, const char *dir, const char *name)
{
	return strtol(node_or(t, dir, name, "-1"), NULL, 10);
}

/* The device that @arg means: its number, a disk's name, a MAC address. */
static int find_device(struct tool *t, domid_t domid, enum device_kind kind,
		       const char *arg, struct device *out)
{
	int64_t devid = vdev_number(arg);
	uint8_t mac[6], its[6];
	struct device *all;
	size_t nr;
	int rc = devices_load(t, domid, kind, &all, &nr);
	bool is_mac = kind == DEVICE_VIF && vif_mac_parse(arg, mac);

	for (size_t i = 0; rc == 0 && i < nr; i++) {
		const char *back = device_backend(&t->r, &all[i]);

		if (is_mac ? vif_mac_parse(node_or(t, back, "mac", ""), its) &&
				     memcmp(mac, its, 6) == 0
			   : all[i].devid == devid) {
			*out = all[i];
			return 0;
		}
	}
	if (rc < 0)
		return rc;
	return req_fail(&t->r, -ENODEV, "domain %u has no %s %s", domid,
			kind == DEVICE_VBD ? "disk" : "interface", arg);
}

static int detach(struct tool *t, int argc, char **argv, enum device_kind kind)
{
	static const struct option names[] = {
		{"force", no_argument, NULL, 'f'},
		{NULL, 0, NULL, 0},
	};
	struct xen_domctl_getdomaininfo info;
	bool force = false;
	struct device d;
	domid_t domid;
	int c, rc;

	while ((c = cmd_getopt(t, argc, argv, "f", names)) >= 0) {
		if (c != 'f')
			return CMD_USAGE;
		force = true;
	}
	rc = c == CMD_HELPED ? c : cmd_args(t, argc, argv, 2, 2);
	if (rc == 0)
		rc = find_running(t, argv[optind], &domid, &info);
	if (rc == 0)
		rc = find_device(t, domid, kind, argv[optind + 1], &d);
	if (rc == 0)
		rc = device_detach(t, &d, force);
	return rc < 0 ? rc : keep(t, &info, &(struct edit){.gone = &d});
}

int cmd_block_detach(struct tool *t, int argc, char **argv)
{
	return detach(t, argc, argv, DEVICE_VBD);
}

int cmd_network_detach(struct tool *t, int argc, char **argv)
{
	return detach(t, argc, argv, DEVICE_VIF);
}

static struct json_object *device_json(struct tool *t, const struct device *d,
				       const char *back, const char *front)
{
	struct json_object *o = json_new();

	json_number(o, "domid", d->domid);
	json_number(o, "devid", d->devid);
	json_number(o, "backend_domid", d->backend_domid);
	json_number(o, "state", node_number(t, front, "state"));
	json_number(o, "backend_state", node_number(t, back, "state"));
	json_number(o, "event_channel", node_number(t, front, "event-channel"));
	json_text(o, "backend", back);
	json_text(o, "script", node(t, back, "script"));
	return o;
}

static struct json_object *disk_json(struct tool *t, const struct device *d,
				     const char *back, const char *front)
{
	struct json_object *o = device_json(t, d, back, front);

	json_text(o, "vdev", node(t, back, "dev"));
	json_text(o, "target", node(t, back, "params"));
	json_text(o, "backendtype", node(t, back, "type"));
	json_flag(o, "readwrite", node_or(t, back, "mode", "r")[0] == 'w');
	json_number(o, "ring_ref", node_number(t, front, "ring-ref"));
	return o;
}

static struct json_object *vif_json(struct tool *t, const struct device *d,
				    const char *back, const char *front)
{
	struct json_object *o = device_json(t, d, back, front);

	json_text(o, "mac", node(t, back, "mac"));
	json_text(o, "bridge", node(t, back, "bridge"));
	json_text(o, "ip", node(t, back, "ip"));
	json_text(o, "rate", node(t, back, "rate"));
	json_text(o, "vifname", node(t, back, "vifname"));
	json_number(o, "tx_ring_ref", node_number(t, front, "tx-ring-ref"));
	json_number(o, "rx_ring_ref", node_number(t, front, "rx-ring-ref"));
	return o;
}

/* The columns are xl's. */
static void print_disk(struct tool *t, const struct device *d, const char *back,
		       const char *front)
{
	printf("%-5u %-3u %-6u %-5ld %-6ld %-8ld %-30s\n", d->devid,
	       d->backend_domid, d->domid, node_number(t, front, "state"),
	       node_number(t, front, "event-channel"),
	       node_number(t, front, "ring-ref"), back);
}

static void print_vif(struct tool *t, const struct device *d, const char *back,
		      const char *front)
{
	printf("%-3u %-2u %-17s %6u %5ld %6ld %5ld/%-11ld %-30s\n", d->devid,
	       d->backend_domid, node_or(t, back, "mac", ""), d->devid,
	       node_number(t, front, "state"),
	       node_number(t, front, "event-channel"),
	       node_number(t, front, "tx-ring-ref"),
	       node_number(t, front, "rx-ring-ref"), back);
}

static void list_one(struct tool *t, const struct device *d,
		     struct json_object *list)
{
	const char *back = device_backend(&t->r, d);
	const char *front = device_frontend(&t->r, d);
	bool is_disk = d->kind == DEVICE_VBD;

	if (list != NULL)
		json_append(list, is_disk ? disk_json(t, d, back, front)
					  : vif_json(t, d, back, front));
	else if (is_disk)
		print_disk(t, d, back, front);
	else
		print_vif(t, d, back, front);
}

static void print_head(enum device_kind kind)
{
	if (kind == DEVICE_VBD)
		printf("%-5s %-3s %-6s %-5s %-6s %-8s %-30s\n", "Vdev", "BE",
		       "handle", "state", "evt-ch", "ring-ref", "BE-path");
	else
		printf("%-3s %-2s %-17s %-6s %-5s %-6s %5s/%-11s %-30s\n",
		       "Idx", "BE", "Mac Addr.", "handle", "state", "evt-ch",
		       "tx-", "rx-ring-ref", "BE-path");
}

static int list(struct tool *t, int argc, char **argv, enum device_kind kind)
{
	struct json_object *all = NULL;
	int rc = cmd_plain(t, argc, argv, 1, 1000);

	if (rc == 0)
		rc = tool_both(t);
	if (rc < 0)
		return rc;
	if (t->json)
		all = json_new_list();
	else
		print_head(kind);
	for (int i = optind; rc == 0 && i < argc; i++) {
		struct device *devices;
		domid_t domid;
		size_t nr = 0;

		rc = domain_find(t, argv[i], &domid, NULL);
		if (rc == 0)
			rc = devices_load(t, domid, kind, &devices, &nr);
		for (size_t j = 0; j < nr; j++)
			list_one(t, &devices[j], all);
	}
	if (all != NULL)
		json_print(all, stdout);
	return rc;
}

int cmd_block_list(struct tool *t, int argc, char **argv)
{
	return list(t, argc, argv, DEVICE_VBD);
}

int cmd_network_list(struct tool *t, int argc, char **argv)
{
	return list(t, argc, argv, DEVICE_VIF);
}
