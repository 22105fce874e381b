/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a domain is to be: the meaning of a configuration.
 */
#ifndef DOMCFG_H
#define DOMCFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "disk.h"
#include "vif.h"

struct req;

/* on_poweroff and its like */
enum action {
	ACTION_DESTROY,
	ACTION_RESTART,
	ACTION_RENAME_RESTART,
	ACTION_PRESERVE,
	ACTION_COREDUMP_DESTROY,
	ACTION_COREDUMP_RESTART,
	NR_ACTIONS,
};

enum tsc_mode {
	TSC_DEFAULT,
	TSC_ALWAYS_EMULATE,
	TSC_NATIVE,
	NR_TSC_MODES,
};

/* A text for all vcpus, or one for each. */
struct cpus_setting {
	const char *all;
	const char **each;
	size_t nr_each;
};

struct domcfg {
	const char *name, *type, *builder, *uuid_text;
	uint8_t uuid[16];
	int64_t memory_mib, maxmem_mib;
	int64_t vcpus, maxvcpus;
	const char *kernel, *ramdisk;
	const char *cmdline, *root, *extra;
	int64_t on_poweroff, on_reboot, on_crash, on_watchdog, on_soft_reset;
	struct cpus_setting cpus, cpus_soft;
	int64_t cpu_weight, cap;
	const char *pool;
	int64_t tsc_mode, rtc_timeoffset, localtime;
	int64_t max_grant_frames, max_maptrack_frames, max_grant_version;
	int64_t max_event_channels;
	int64_t msr_relaxed, driver_domain, nomigrate;
	struct disk *disks;
	struct vif *vifs; /* all have numbers */
	size_t nr_disks, nr_vifs;
	const struct config *source; /* for errors: where a key was set */
};

/* What to do about keys that have no meaning. */
enum unknown_keys {
	REFUSE_UNKNOWN, /* somebody wrote them, and means something */
	IGNORE_UNKNOWN, /* another version of ours has */
};

/*
 * Give each key of @c its meaning and check what can be checked without the
 * hypervisor. -EINVAL: recorded, with the file and line.
 */
int domcfg_make(struct req *r, const struct config *c, struct domcfg *d,
		enum unknown_keys unknown);

/* -EINVAL: recorded; @name cannot be a domain's. */
int domcfg_check_name(struct req *r, const char *name);

/* The same configuration as text, from which domcfg_make gives it again. */
char *domcfg_text(struct req *r, const struct domcfg *d);

/*
 * Add a disk or an interface; an interface without a number gets one that is
 * free. -EEXIST: recorded, there is one of this number.
 */
int domcfg_add_disk(struct req *r, struct domcfg *d, const struct disk *disk);
int domcfg_add_vif(struct req *r, struct domcfg *d, struct vif *vif);
/* Take one out, if it is there. */
void domcfg_remove_disk(struct domcfg *d, uint32_t devid);
void domcfg_remove_vif(struct domcfg *d, int64_t devid);

/* Let the failure recorded point at the line that set @key, if one did. */
int domcfg_where(struct req *r, const struct domcfg *d, const char *key);

const char *action_name(int64_t a);
const char *tsc_mode_name(int64_t m);

/*
 * Every key with its type (string, path, number, word, cpus, disks,
 * interfaces or refused), its
 * place in the XML form (NULL: none) and its help.
 */
void domcfg_describe(void (*each)(void *ctx, const char *key, const char *type,
				  const char *xml, const char *help),
		     void *ctx);

/* What values the key may have, and its default: "1 to 128; default: 1". */
const char *domcfg_values(struct req *r, const char *key);

#endif
