// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain's nodes in the xenstore: the layout that guests, the console
 * daemon and xl expect.
 *
 * A new node inherits its parent's permissions, so the domain's home is made
 * first, readable by the domain; the few nodes it may write follow.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "device.h"
#include "domains.h"
#include "domnodes.h"
#include "uuid.h"

#define ROUNDS_MAX 100

/* Nodes of the domain's home that belong to the domain. */
static const char *const own_nodes[] = {
	"data",
	"drivers",
	"feature",
	"attr",
	"error",
	"control/shutdown",
	"control/sysrq",
	"control/feature-poweroff",
	"control/feature-reboot",
	"control/feature-suspend",
	"device/suspend/event-channel",
};

int domnodes_prepare(struct tool *t)
{
	int rc = tool_xs(t);

	if (rc < 0)
		return rc;
	xs_queue_write(&t->xs, 0, "/local/domain/0/domid", "0");
	xs_queue_write(&t->xs, 0, "/local/domain/0/name", "Domain-0");
	xs_queue(&t->xs, XS_MKDIR, 0, "/vm", NULL, 0);
	xs_queue(&t->xs, XS_MKDIR, 0, "/libxl", NULL, 0);
	xs_queue(&t->xs, XS_MKDIR, 0, DOMAINS_PATH, NULL, 0);
	rc = xs_flush(&t->xs, NULL, 0);
	return rc < 0 ? req_fail_rc(&t->r, rc,
				    "cannot write Dom0's nodes to the "
				    "xenstore")
		      : 0;
}

struct nodes {
	struct tool *t;
	uint32_t tx;
	domid_t domid;
	char base[32]; /* what the paths below are relative to */
};

static const char *path_of(struct nodes *n, const char *name)
{
	return name[0] == '\0'
		       ? n->base
		       : arena_printf(&n->t->r.mem, "%s/%s", n->base, name);
}

static void put(struct nodes *n, const char *name, const char *value)
{
	xs_queue_write(&n->t->xs, n->tx, path_of(n, name), value);
}

static void put_number(struct nodes *n, const char *name, uint64_t value)
{
	xs_queue_writef(&n->t->xs, n->tx, path_of(n, name), "%lu",
			(unsigned long)value);
}

static void queue_home(struct nodes *n, const struct domcfg *cfg,
		       const char *uuid)
{
	char reader[16], owner[16];

	snprintf(reader, sizeof(reader), "r%u", n->domid);
	snprintf(owner, sizeof(owner), "n%u", n->domid);
	put(n, "", "");
	xs_queue_perms(&n->t->xs, n->tx, n->base, "n0", reader, NULL);
	put(n, "vm", arena_printf(&n->t->r.mem, "/vm/%s", uuid));
	put(n, "name", cfg->name);
	put_number(n, "domid", n->domid);
	for (int64_t i = 0; i < cfg->maxvcpus; i++)
		put(n,
		    arena_printf(&n->t->r.mem, "cpu/%ld/availability", (long)i),
		    i < cfg->vcpus ? "online" : "offline");
	put_number(n, "memory/static-max", (uint64_t)cfg->maxmem_mib << 10);
	put_number(n, "memory/target", (uint64_t)cfg->memory_mib << 10);
	put_number(n, "memory/videoram", 0);
	put(n, "control/platform-feature-multiprocessor-suspend", "1");
	put(n, "control/platform-feature-xs_reset_watches", "1");
	for (size_t i = 0; i < sizeof(own_nodes) / sizeof(own_nodes[0]); i++) {
		put(n, own_nodes[i], "");
		xs_queue_perms(&n->t->xs, n->tx, path_of(n, own_nodes[i]),
			       owner, NULL);
	}
}

static void queue_rings(struct nodes *n, const struct build_params *p,
			const struct build_result *b)
{
	put_number(n, "store/port", p->store_port);
	put_number(n, "store/ring-ref", b->store_mfn);
	put(n, "console/type", "xenconsoled");
	put(n, "console/output", "pty");
	put(n, "console/tty", "");
	put_number(n, "console/limit", 1048576);
	put_number(n, "console/port", p->console_port);
	put_number(n, "console/ring-ref", b->console_mfn);
}

/* What xl and libvirt look for outside of the home. */
static void queue_outside(struct nodes *n, const struct domcfg *cfg,
			  const char *uuid)
{
	struct req *r = &n->t->r;
	struct timeval now;
	char *vm = arena_printf(&r->mem, "/vm/%s", uuid);

	gettimeofday(&now, NULL);
	xs_queue_write(&n->t->xs, n->tx, arena_printf(&r->mem, "%s/uuid", vm),
		       uuid);
	xs_queue_write(&n->t->xs, n->tx, arena_printf(&r->mem, "%s/name", vm),
		       cfg->name);
	xs_queue_writef(&n->t->xs, n->tx,
			arena_printf(&r->mem, "%s/start_time", vm), "%ld.%02ld",
			(long)now.tv_sec, (long)now.tv_usec / 10000);
	xs_queue_write(&n->t->xs, n->tx,
		       arena_printf(&r->mem, "/libxl/%u/type", n->domid), "pv");
	xs_queue_write(&n->t->xs, n->tx,
		       domain_entry(r, n->domid, cfg->uuid, cfg->name), "");
}

/* Inside the transaction, so that of two creations one fails. */
static int check_name(struct nodes *n, const struct domcfg *cfg)
{
	const char *mine =
		domain_entry(&n->t->r, n->domid, cfg->uuid, cfg->name);
	const char *suffix, *names;
	size_t len;
	int rc = xs_directory(&n->t->xs, n->tx, DOMAINS_PATH, &names, &len);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	mine = strrchr(mine, '/') + 1;
	suffix = strchr(mine, '-') + 9; /* "-name" */
	for (size_t at = 0; at < len; at += strlen(names + at) + 1) {
		const char *name = strchr(names + at, '-');

		if (name == NULL || strlen(name) < 9 ||
		    strcmp(name + 9, suffix) != 0)
			continue;
		/* a commit of which we were not told */
		if (strcmp(names + at, mine) == 0)
			continue;
		if (domains_stale(n->t, names + at)) {
			xs_queue(&n->t->xs, XS_RM, n->tx,
				 arena_printf(&n->t->r.mem, DOMAINS_PATH "/%s",
					      names + at),
				 NULL, 0);
			continue;
		}
		return req_fail(&n->t->r, -EEXIST,
				"the name \"%s\" has just been taken by "
				"another domain",
				cfg->name);
	}
	return 0;
}

static int write_once(struct nodes *n, const struct domcfg *cfg,
		      const char *uuid, const struct build_params *p,
		      const struct build_result *b)
{
	int rc = xs_tx_begin(&n->t->xs, &n->tx);

	if (rc < 0)
		return rc;
	rc = check_name(n, cfg);
	if (rc == 0) {
		queue_home(n, cfg, uuid);
		queue_rings(n, p, b);
		queue_outside(n, cfg, uuid);
		rc = xs_flush(&n->t->xs, NULL, 0);
	}
	if (rc < 0) {
		xs_tx_end(&n->t->xs, n->tx, false);
		return rc;
	}
	return xs_tx_end(&n->t->xs, n->tx, true);
}

static int introduce(struct tool *t, domid_t domid,
		     const struct build_params *p, const struct build_result *b)
{
	char body[64];
	int len = snprintf(body, sizeof(body), "%lu%c%u%c",
			   (unsigned long)b->store_mfn, '\0', p->store_port,
			   '\0');
	char dom[8];

	snprintf(dom, sizeof(dom), "%u", domid);
	return xs_call(&t->xs, XS_INTRODUCE, 0, dom, body, (size_t)len, NULL);
}

int domnodes_write(struct tool *t, const struct domcfg *cfg, domid_t domid,
		   const struct build_params *p, const struct build_result *b)
{
	struct nodes n = {.t = t, .domid = domid};
	char uuid[UUID_TEXT_BYTES];
	int rc = -EAGAIN;

	uuid_format(cfg->uuid, uuid);
	snprintf(n.base, sizeof(n.base), "/local/domain/%u", domid);
	/*
	 * Each round that fails, another client's has succeeded, or the daemon
	 * was started again; it will not be so often, unless it dies of this.
	 */
	for (int i = 0; i < ROUNDS_MAX && rc == -EAGAIN; i++)
		rc = write_once(&n, cfg, uuid, p, b);
	if (rc < 0)
		return rc == -EEXIST ? rc
				     : req_fail_rc(&t->r, rc,
						   "cannot write the nodes of "
						   "\"%s\" to the xenstore",
						   cfg->name);
	rc = introduce(t, domid, p, b);
	return rc < 0 ? req_fail_rc(&t->r, rc,
				    "the xenstore does not accept domain %u",
				    domid)
		      : 0;
}

static void queue_rm(struct tool *t, uint32_t tx, const char *path)
{
	xs_queue(&t->xs, XS_RM, tx, path, NULL, 0);
}

/* -EAGAIN: there are devices, or another client has changed something. */
static int remove_once(struct tool *t, domid_t domid, const char *uuid,
		       const char *entry)
{
	struct arena *a = &t->r.mem;
	const char *names;
	uint32_t tx;
	size_t len;
	int rc = xs_tx_begin(&t->xs, &tx);

	if (rc < 0)
		return rc;
	rc = xs_directory(&t->xs, tx,
			  arena_printf(a, "/libxl/%u/device", domid), &names,
			  &len);
	if (rc == 0 && len > 0) {
		xs_tx_end(&t->xs, tx, false);
		return -EAGAIN;
	}
	queue_rm(t, tx, arena_printf(a, "/local/domain/%u", domid));
	queue_rm(t, tx, arena_printf(a, "/vm/%s", uuid));
	queue_rm(t, tx, arena_printf(a, "/libxl/%u", domid));
	queue_rm(t, tx, entry);
	rc = xs_flush(&t->xs, NULL, 0);
	if (rc == 0 || rc == -ENOENT)
		return xs_tx_end(&t->xs, tx, true);
	xs_tx_end(&t->xs, tx, false);
	return rc;
}

void domnodes_remove(struct tool *t, domid_t domid, const uint8_t uuid[16],
		     const char *name)
{
	const char *entry = domain_entry(&t->r, domid, uuid, name);
	char text[UUID_TEXT_BYTES];
	int rc = -EAGAIN;

	uuid_format(uuid, text);
	for (int i = 0; i < ROUNDS_MAX && rc == -EAGAIN; i++) {
		devices_remove(t, domid);
		rc = remove_once(t, domid, text, entry);
	}
}

int domnodes_rename(struct tool *t, domid_t domid, const uint8_t uuid[16],
		    const char *from, const char *to)
{
	struct arena *a = &t->r.mem;
	char text[UUID_TEXT_BYTES];

	uuid_format(uuid, text);
	xs_queue_write(&t->xs, 0, domain_entry(&t->r, domid, uuid, to), "");
	xs_queue_write(&t->xs, 0,
		       arena_printf(a, "/local/domain/%u/name", domid), to);
	xs_queue_write(&t->xs, 0, arena_printf(a, "/vm/%s/name", text), to);
	queue_rm(t, 0, domain_entry(&t->r, domid, uuid, from));
	return xs_flush(&t->xs, NULL, 0);
}

int domnodes_set_aside(struct tool *t, domid_t domid, const uint8_t old[16],
		       const uint8_t new[16], const char *from, const char *to)
{
	struct arena *a = &t->r.mem;
	char was[UUID_TEXT_BYTES], is[UUID_TEXT_BYTES];

	uuid_format(old, was);
	uuid_format(new, is);
	queue_rm(t, 0, domain_entry(&t->r, domid, old, from));
	queue_rm(t, 0, arena_printf(a, "/vm/%s", was));
	xs_flush(&t->xs, NULL, 0); /* what another has removed is no failure */
	xs_queue_write(&t->xs, 0, domain_entry(&t->r, domid, new, to), "");
	xs_queue_write(&t->xs, 0,
		       arena_printf(a, "/local/domain/%u/name", domid), to);
	xs_queue_write(&t->xs, 0, arena_printf(a, "/local/domain/%u/vm", domid),
		       arena_printf(a, "/vm/%s", is));
	xs_queue_write(&t->xs, 0, arena_printf(a, "/vm/%s/uuid", is), is);
	xs_queue_write(&t->xs, 0, arena_printf(a, "/vm/%s/name", is), to);
	return xs_flush(&t->xs, NULL, 0);
}
