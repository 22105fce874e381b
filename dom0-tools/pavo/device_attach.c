// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks and interfaces become devices: their nodes, as libxl writes them, and
 * what is checked before.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device_impl.h"
#include "domains.h"
#include "domcfg.h"
#include "hotplug.h"
#include "paths.h"

/* "1", the state in which everything begins. */
#define STATE_INITIALISING "1"

static const char *number(struct req *r, uint64_t n)
{
	return arena_printf(&r->mem, "%lu", (unsigned long)n);
}

static int find_backend(struct tool *t, const char *name, domid_t *domid)
{
	*domid = 0;
	if (name == NULL || strcmp(name, "0") == 0 ||
	    strcmp(name, "Domain-0") == 0)
		return 0;
	return domain_find(t, name, domid, NULL) < 0
		       ? req_context(&t->r, "backend=%s", name)
		       : 0;
}

/* In another domain nobody can look; xl's place is where it will be. */
static const char *find_script(struct req *r, const char *name, domid_t domid)
{
	if (domid == 0)
		return hotplug_script(r, name);
	return name[0] == '/'
		       ? name
		       : arena_printf(&r->mem, "%s/%s", XL_SCRIPT_DIR, name);
}

static void common_nodes(struct req *r, struct device_plan *p)
{
	device_node(&p->back, "frontend-id", number(r, p->d.domid));
	device_node(&p->back, "online", "1");
	device_node(&p->back, "state", STATE_INITIALISING);
	device_node(&p->back, "script", p->script);
	device_node(&p->front, "backend-id", number(r, p->d.backend_domid));
	device_node(&p->front, "state", STATE_INITIALISING);
}

/* "aio:/a.img", "qcow2:/a.qcow2" (as xl), or what a script or server knows. */
static const char *params(struct req *r, const struct disk *disk)
{
	if (!disk_is_raw(disk))
		return arena_printf(&r->mem, "%s:%s", disk->format,
				    disk->target);
	return arena_printf(&r->mem, "%s%s",
			    disk_is_path(disk) ? disk->type->prefix : "",
			    disk->target);
}

static int plan_disk(struct tool *t, domid_t domid, const struct disk *disk,
		     struct device_plan *p)
{
	const char *script =
		disk->script != NULL ? disk->script : disk->type->script;
	struct req *r = &t->r;
	int rc;

	*p = (struct device_plan){.d = {.kind = DEVICE_VBD,
					.domid = domid,
					.devid = disk->devid}};
	p->d.folder = disk->type->folder;
	p->name = arena_printf(&r->mem, "disk %s", disk->vdev);
	rc = find_backend(t, disk->backend, &p->d.backend_domid);
	if (rc < 0)
		return rc;
	p->script = script == NULL ? NULL
				   : find_script(r, script, p->d.backend_domid);
	if (p->script == NULL && script != NULL)
		return r->rc;
	common_nodes(r, p);
	device_node(&p->back, "params", params(r, disk));
	device_node(&p->back, "dev", disk->vdev);
	device_node(&p->back, "type", disk->type->name);
	device_node(&p->back, "mode",
		    disk->is_readonly ? "r"
		    : disk->may_share ? "w!"
				      : "w");
	device_node(&p->back, "device-type", "disk");
	device_node(&p->back, "removable", "1");
	device_node(&p->back, "bootable", "1");
	device_node(&p->back, "discard-enable",
		    disk->is_readonly || disk->no_discard ? "0" : "1");
	device_node(&p->back, "direct-io-safe",
		    disk->is_direct_io_safe ? "1" : NULL);
	device_node(&p->front, "virtual-device", number(r, disk->devid));
	device_node(&p->front, "device-type", "disk");
	device_node(&p->front, "trusted", disk->is_untrusted ? "0" : "1");
	return 0;
}

static int plan_vif(struct tool *t, domid_t domid, const struct vif *vif,
		    struct device_plan *p)
{
	char mac[VIF_MAC_TEXT_BYTES];
	struct req *r = &t->r;
	int rc;

	*p = (struct device_plan){.d = {.kind = DEVICE_VIF,
					.domid = domid,
					.devid = (uint32_t)vif->devid}};
	p->name = arena_printf(&r->mem, "interface %ld", (long)vif->devid);
	rc = find_backend(t, vif->backend, &p->d.backend_domid);
	if (rc < 0)
		return rc;
	p->script = find_script(r, vif_script(vif), p->d.backend_domid);
	if (p->script == NULL)
		return r->rc;
	common_nodes(r, p);
	vif_mac_format(vif->mac, mac);
	device_node(&p->back, "mac", arena_strdup(&r->mem, mac));
	device_node(&p->back, "handle", number(r, p->d.devid));
	device_node(&p->back, "type", "vif");
	device_node(&p->back, "bridge", vif->bridge);
	device_node(&p->back, "ip", vif->ip);
	device_node(&p->back, "vifname", vif->vifname);
	device_node(&p->back, "gatewaydev", vif->gatewaydev);
	if (vif->rate != NULL)
		device_node(&p->back, "rate",
			    arena_printf(&r->mem, "%lu,%u",
					 (unsigned long)vif->rate_bytes,
					 vif->rate_usecs));
	if (vif->mtu > 0) {
		device_node(&p->back, "mtu", number(r, (uint64_t)vif->mtu));
		device_node(&p->front, "mtu", number(r, (uint64_t)vif->mtu));
	}
	device_node(&p->front, "handle", number(r, p->d.devid));
	device_node(&p->front, "mac", arena_strdup(&r->mem, mac));
	device_node(&p->front, "trusted", vif->is_untrusted ? "0" : "1");
	return 0;
}

/* What the target must be for the script "block"; others take anything. */
static int check_target(struct req *r, const struct disk *d)
{
	struct stat st;

	if (!disk_is_path(d))
		return 0;
	if (stat(d->target, &st) < 0)
		return req_fail(r, -errno, "disk %s: cannot open %s: %s",
				d->vdev, d->target, strerror(errno));
	if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode))
		return req_fail(r, -EINVAL,
				"disk %s: %s is neither a block device nor a "
				"file",
				d->vdev, d->target);
	if (S_ISREG(st.st_mode) && st.st_size < 512)
		return req_fail(r, -EINVAL,
				"disk %s: %s is smaller than a sector", d->vdev,
				d->target);
	return 0;
}

static int check_bridge(struct req *r, const struct vif *v)
{
	const char *path;

	if (v->script != NULL || v->bridge == NULL)
		return 0;
	path = arena_printf(&r->mem, "%s/%s/bridge",
			    path_of(r, "/sys/class/net"), v->bridge);
	if (access(path, F_OK) == 0)
		return 0;
	req_fail(r, -ENODEV, "interface %ld: there is no bridge %s",
		 (long)v->devid, v->bridge);
	return req_hint(r,
			"`ip link add %s type bridge && ip link set %s up` "
			"makes one",
			v->bridge, v->bridge);
}

static int check_disk(struct tool *t, domid_t domid, const struct disk *d,
		      struct device_plan *p)
{
	int rc = plan_disk(t, domid, d, p);

	return rc == 0 && p->d.backend_domid == 0 ? check_target(&t->r, d) : rc;
}

static int check_vif(struct tool *t, domid_t domid, const struct vif *v,
		     struct device_plan *p)
{
	int rc = plan_vif(t, domid, v, p);

	return rc == 0 && p->d.backend_domid == 0 ? check_bridge(&t->r, v) : rc;
}

/* The plans of all devices, in the order of the configuration. */
static int make_plans(struct tool *t, domid_t domid, const struct domcfg *cfg,
		      struct device_plan *plans)
{
	int rc = 0;

	for (size_t i = 0; i < cfg->nr_disks && rc == 0; i++) {
		rc = check_disk(t, domid, &cfg->disks[i], plans++);
		if (rc < 0)
			return domcfg_where(&t->r, cfg, "disk");
	}
	for (size_t i = 0; i < cfg->nr_vifs && rc == 0; i++) {
		rc = check_vif(t, domid, &cfg->vifs[i], plans++);
		if (rc < 0)
			return domcfg_where(&t->r, cfg, "vif");
	}
	return rc;
}

static struct device_plan *alloc_plans(struct tool *t, size_t nr)
{
	return ARENA_ARRAY(&t->r.mem, struct device_plan, nr + 1);
}

int devices_check(struct tool *t, const struct domcfg *cfg)
{
	size_t nr = cfg->nr_disks + cfg->nr_vifs;

	return nr == 0 ? 0
		       : make_plans(t, DOMID_INVALID, cfg, alloc_plans(t, nr));
}

static void load_driver(const struct device_plan *p)
{
	if (p->d.backend_domid == 0 && p->script != NULL)
		hotplug_load_driver(p->d.kind);
}

int devices_attach(struct tool *t, domid_t domid, const struct domcfg *cfg)
{
	size_t nr = cfg->nr_disks + cfg->nr_vifs;
	struct device_plan *plans = alloc_plans(t, nr);
	int rc;

	if (nr == 0)
		return 0;
	rc = make_plans(t, domid, cfg, plans);
	for (size_t i = 0; i < nr && rc == 0; i++) {
		load_driver(&plans[i]);
		rc = device_write(t, &plans[i]);
	}
	for (size_t i = 0; i < nr && rc == 0; i++)
		rc = device_plug(t, &plans[i]);
	return rc;
}

static int attach(struct tool *t, const struct device_plan *p)
{
	int rc;

	load_driver(p);
	rc = device_write(t, p);
	if (rc < 0)
		return rc;
	rc = device_plug(t, p);
	if (rc < 0) {
		struct req kept = t->r; /* undoing must not hide why */

		device_detach(t, &p->d, true);
		t->r.rc = kept.rc;
		t->r.what = kept.what;
		t->r.where = kept.where;
		t->r.hint = kept.hint;
	}
	return rc;
}

int device_attach_disk(struct tool *t, domid_t domid, const struct disk *d)
{
	struct device_plan p;
	int rc = check_disk(t, domid, d, &p);

	return rc < 0 ? rc : attach(t, &p);
}

int device_attach_vif(struct tool *t, domid_t domid, const struct vif *v)
{
	struct device_plan p;
	int rc = check_vif(t, domid, v, &p);

	return rc < 0 ? rc : attach(t, &p);
}
