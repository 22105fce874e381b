// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain's configuration as JSON, in the vocabulary of libxl.
 */
#include "domcfg.h"
#include "domcfg_json.h"
#include "json.h"
#include "uuid.h"

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
	json_text(all, "on_poweroff", action_name(c->on_poweroff));
	json_text(all, "on_reboot", action_name(c->on_reboot));
	json_text(all, "on_crash", action_name(c->on_crash));
	return all;
}
