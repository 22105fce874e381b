// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain's configuration as JSON, in the vocabulary of libxl.
 */
#include "domcfg.h"
#include "domcfg_json.h"
#include "json.h"
#include "uuid.h"

static struct json_object *disks_json(const struct domcfg *c)
{
	struct json_object *all = json_new_list();

	for (size_t i = 0; i < c->nr_disks; i++) {
		const struct disk *d = &c->disks[i];
		struct json_object *o = json_new();

		json_text(o, "pdev_path", d->target);
		json_text(o, "vdev", d->vdev);
		json_text(o, "backend", d->type->name);
		json_text(o, "format", d->format);
		if (d->script != NULL)
			json_text(o, "script", d->script);
		if (d->backend != NULL)
			json_text(o, "backend_domname", d->backend);
		json_number(o, "readwrite", !d->is_readonly);
		json_append(all, o);
	}
	return all;
}

static struct json_object *nics_json(const struct domcfg *c)
{
	struct json_object *all = json_new_list();

	for (size_t i = 0; i < c->nr_vifs; i++) {
		const struct vif *v = &c->vifs[i];
		struct json_object *o = json_new();
		char mac[VIF_MAC_TEXT_BYTES];

		vif_mac_format(v->mac, mac);
		json_number(o, "devid", v->devid);
		json_text(o, "mac", mac);
		if (v->bridge != NULL)
			json_text(o, "bridge", v->bridge);
		if (v->ip != NULL)
			json_text(o, "ip", v->ip);
		if (v->vifname != NULL)
			json_text(o, "ifname", v->vifname);
		json_text(o, "script", vif_script(v));
		if (v->backend != NULL)
			json_text(o, "backend_domname", v->backend);
		json_text(o, "nictype", "vif");
		json_number(o, "rate_bytes_per_interval",
			    (int64_t)v->rate_bytes);
		json_number(o, "rate_interval_usecs", v->rate_usecs);
		json_append(all, o);
	}
	return all;
}

struct json_object *domcfg_json(const struct domcfg *c, const char *name)
{
	struct json_object *all = json_new(), *c_info = json_new();
	struct json_object *b_info = json_new(), *vcpus = json_new_list();
	struct json_object *sched = json_new();
	char uuid[UUID_TEXT_BYTES];

	uuid_format(c->uuid, uuid);
	json_text(c_info, "type", "pv");
	json_text(c_info, "name", name);
	json_text(c_info, "uuid", uuid);
	json_put(all, "c_info", c_info);
	json_number(b_info, "max_vcpus", c->maxvcpus);
	for (int64_t v = 0; v < c->vcpus; v++)
		json_append_number(vcpus, v);
	json_put(b_info, "avail_vcpus", vcpus);
	json_number(b_info, "max_memkb", c->maxmem_mib << 10);
	json_number(b_info, "target_memkb", c->memory_mib << 10);
	json_text(sched, "sched", "credit2");
	json_number(sched, "weight", c->cpu_weight);
	json_number(sched, "cap", c->cap);
	json_put(b_info, "sched_params", sched);
	json_text(b_info, "kernel", c->kernel);
	json_text(b_info, "cmdline", c->cmdline);
	if (c->ramdisk != NULL)
		json_text(b_info, "ramdisk", c->ramdisk);
	json_text(b_info, "tsc_mode", tsc_mode_name(c->tsc_mode));
	json_put(b_info, "type.pv", json_new());
	json_put(all, "b_info", b_info);
	if (c->nr_disks > 0)
		json_put(all, "disks", disks_json(c));
	if (c->nr_vifs > 0)
		json_put(all, "nics", nics_json(c));
	json_text(all, "on_poweroff", action_name(c->on_poweroff));
	json_text(all, "on_reboot", action_name(c->on_reboot));
	json_text(all, "on_crash", action_name(c->on_crash));
	return all;
}
