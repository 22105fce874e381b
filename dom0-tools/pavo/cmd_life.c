// SPDX-License-Identifier: GPL-2.0-only
/*
 * create, destroy, shutdown, reboot, pause, unpause, rename and other commands
 * about the life of domains.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cfgfile.h"
#include "cmd.h"
#include "console.h"
#include "create.h"
#include "domains.h"
#include "domnodes.h"
#include "json.h"
#include "monitor.h"
#include "state.h"
#include "uuid.h"

/* A configuration file with settings from the command line put on top. */
static int read_config(struct tool *t, char **args, int nr, const char *path,
		       struct config *c, struct domcfg *cfg, bool is_quiet)
{
	int rc;

	config_init(c);
	if (path == NULL && nr > 0 && strchr(args[0], '=') == NULL) {
		path = args[0];
		args++;
		nr--;
	}
	if (path == NULL && nr == 0)
		return req_fail(&t->r, -EINVAL, "no configuration file given");
	rc = path != NULL ? cfgfile_read(&t->r, c, path) : 0;
	for (int i = 0; i < nr && rc == 0; i++)
		rc = config_override(&t->r, c, args[i]);
	return rc < 0 ? rc
		      : domcfg_make(&t->r, c, cfg,
				    is_quiet ? tool_no_warning : tool_warn);
}

struct create_args {
	bool stay_paused, attach, dry_run, is_quiet, no_monitor;
	const char *path;
};

static int create_args(struct tool *t, int argc, char **argv,
		       struct create_args *a)
{
	static const struct option names[] = {
		{"dryrun", no_argument, NULL, 'n'},
		{"quiet", no_argument, NULL, 'q'},
		{"defconfig", required_argument, NULL, 'f'},
		{NULL, 0, NULL, 0},
	};
	int c;

	*a = (struct create_args){0};
	while ((c = cmd_getopt(t, argc, argv, "cpnqef:F", names)) >= 0) {
		switch (c) {
		case 'c':
			a->attach = true;
			break;
		case 'p':
			a->stay_paused = true;
			break;
		case 'n':
			a->dry_run = true;
			break;
		case 'q':
			a->is_quiet = true;
			break;
		case 'e':
			a->no_monitor = true;
			break;
		case 'f':
			a->path = optarg;
			break;
		case 'F':
			break; /* stay in the foreground: there is no other */
		default:
			return CMD_USAGE;
		}
	}
	return c == CMD_HELPED ? c : 0;
}

static int start(struct tool *t, const struct create_args *a, domid_t domid)
{
	int rc = 0;

	if (!a->no_monitor)
		rc = monitor_spawn(&t->r, domid);
	if (rc == 0 && !a->stay_paused) {
		rc = dom_unpause(&t->hv, domid);
		if (rc < 0)
			req_fail_rc(&t->r, rc, "cannot start domain %u", domid);
	}
	return rc;
}

int cmd_create(struct tool *t, int argc, char **argv)
{
	struct create_args a;
	struct domcfg cfg;
	struct config c;
	domid_t domid;
	int rc = create_args(t, argc, argv, &a);

	if (rc < 0)
		return rc;
	rc = read_config(t, argv + optind, argc - optind, a.path, &c, &cfg,
			 a.is_quiet);
	if (rc < 0)
		return rc;
	if (a.dry_run) {
		rc = domain_preflight(t, &cfg);
		if (rc == 0)
			fputs(domcfg_text(&t->r, &cfg), stdout);
		return rc;
	}
	if (!a.is_quiet && !t->json && a.path == NULL)
		printf("Parsing config from %s\n", argv[optind]);
	rc = domain_create(t, &cfg, &domid);
	if (rc < 0)
		return rc;
	if (t->json) {
		struct json_object *o = json_new();

		json_number(o, "domid", domid);
		json_text(o, "name", cfg.name);
		json_print(o, stdout);
	}
	rc = start(t, &a, domid);
	/* the daemon has kept what the domain said meanwhile */
	return rc == 0 && a.attach ? console_run(t, domid) : rc;
}

/* The domains named, or all but Dom0 with @all; how many, or -errno. */
static int find_domains(struct tool *t, char **args, int nr, bool all,
			domid_t **out)
{
	struct domains d;
	int rc, found = 0;

	if (!all) {
		*out = ARENA_ARRAY(&t->r.mem, domid_t, (size_t)nr + 1);
		for (int i = 0; i < nr; i++) {
			rc = domain_find(t, args[i], &(*out)[i], NULL);
			if (rc < 0)
				return rc;
		}
		return nr;
	}
	rc = domains_load(t, &d);
	if (rc < 0)
		return rc;
	*out = ARENA_ARRAY(&t->r.mem, domid_t, d.nr + 1);
	for (size_t i = 0; i < d.nr; i++)
		if (d.all[i].info.domain != 0)
			(*out)[found++] = d.all[i].info.domain;
	return found;
}

int cmd_destroy(struct tool *t, int argc, char **argv)
{
	domid_t *domids;
	int rc, c, nr = 0;

	while ((c = cmd_getopt(t, argc, argv, "f", NULL)) >= 0)
		if (c != 'f')
			return CMD_USAGE;
	if (c == CMD_HELPED)
		return c;
	rc = cmd_args(t, argc, argv, 1, 1000);
	if (rc == 0)
		rc = nr = find_domains(t, argv + optind, argc - optind, false,
				       &domids);
	for (int i = 0; rc >= 0 && i < nr; i++)
		rc = domain_remove(t, domids[i]);
	return rc < 0 ? rc : 0;
}

static int ask(struct tool *t, domid_t domid, const char *what)
{
	char path[64];
	int rc;

	if (domid == 0)
		return req_fail(
			&t->r, -EPERM, "Dom0 is the host; use its own %s",
			strcmp(what, "reboot") == 0 ? "reboot" : "poweroff");
	rc = tool_xs(t);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown",
		 domid);
	rc = xs_write(&t->xs, 0, path, what);
	if (rc < 0)
		return req_fail_rc(&t->r, rc, "cannot ask domain %u for a %s",
				   domid, what);
	printf("%s domain %u\n",
	       strcmp(what, "reboot") == 0 ? "Rebooting" : "Shutting down",
	       domid);
	return 0;
}

static int ask_poweroff(struct tool *t, domid_t domid)
{
	return ask(t, domid, "poweroff");
}

static int ask_reboot(struct tool *t, domid_t domid)
{
	return ask(t, domid, "reboot");
}

/* Until the domain has shut down or is gone; woken by the xenstore. */
static int wait_down(struct tool *t, domid_t domid)
{
	struct xen_domctl_getdomaininfo info;
	int rc = tool_both(t);

	while (rc == 0) {
		rc = dom_info(&t->hv, domid, &info);
		if (rc == -ESRCH ||
		    (rc == 0 &&
		     (info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying)))) {
			printf("Domain %u has been shut down\n", domid);
			return 0;
		}
		if (rc < 0)
			return req_fail_rc(&t->r, rc, "domain %u", domid);
		fflush(stdout);
		xs_next_event(&t->xs, -1, &rc);
	}
	return req_fail_rc(&t->r, rc,
			   "lost the xenstore while waiting for "
			   "domain %u",
			   domid);
}

static int ask_all(struct tool *t, int argc, char **argv,
		   int (*each)(struct tool *t, domid_t domid))
{
	static const struct option names[] = {
		{"all", no_argument, NULL, 'a'},
		{"wait", no_argument, NULL, 'w'},
		{NULL, 0, NULL, 0},
	};
	bool all = false, wait = false;
	domid_t *domids;
	int c, rc, nr = 0;

	while ((c = cmd_getopt(t, argc, argv, "awF", names)) >= 0) {
		if (c == 'a')
			all = true;
		else if (c == 'w')
			wait = true;
		else if (c != 'F')
			return CMD_USAGE;
	}
	if (c == CMD_HELPED)
		return c;
	rc = cmd_args(t, argc, argv, all ? 0 : 1, 1000);
	if (rc == 0)
		rc = nr = find_domains(t, argv + optind, argc - optind, all,
				       &domids);
	/* watch before asking, or the answer might be missed */
	if (rc >= 0 && wait)
		rc = tool_xs(t);
	if (rc >= 0 && wait)
		rc = xs_watch(&t->xs, "@releaseDomain", "wait");
	for (int i = 0; rc >= 0 && i < nr; i++)
		rc = each(t, domids[i]);
	for (int i = 0; rc >= 0 && wait && i < nr; i++)
		rc = wait_down(t, domids[i]);
	return rc < 0 ? rc : 0;
}

int cmd_shutdown(struct tool *t, int argc, char **argv)
{
	return ask_all(t, argc, argv, ask_poweroff);
}

int cmd_reboot(struct tool *t, int argc, char **argv)
{
	return ask_all(t, argc, argv, ask_reboot);
}

static int pause_or_unpause(struct tool *t, int argc, char **argv,
			    int (*call)(struct hv *hv, domid_t domid))
{
	domid_t domid;
	int rc = cmd_plain(t, argc, argv, 1, 1);

	if (rc == 0)
		rc = domain_find(t, argv[optind], &domid, NULL);
	if (rc < 0)
		return rc;
	rc = call(&t->hv, domid);
	return rc < 0 ? req_fail_rc(&t->r, rc, "cannot %s domain %s", argv[0],
				    argv[optind])
		      : 0;
}

int cmd_pause(struct tool *t, int argc, char **argv)
{
	return pause_or_unpause(t, argc, argv, dom_pause);
}

int cmd_unpause(struct tool *t, int argc, char **argv)
{
	return pause_or_unpause(t, argc, argv, dom_unpause);
}

int cmd_rename(struct tool *t, int argc, char **argv)
{
	struct xen_domctl_getdomaininfo info;
	struct domcfg cfg = {0};
	struct domains d;
	const char *from, *to;
	domid_t domid;
	int rc = cmd_plain(t, argc, argv, 2, 2);

	if (rc == 0)
		rc = domain_find(t, argv[optind], &domid, &info);
	if (rc == 0)
		rc = domcfg_check_name(&t->r, argv[optind + 1]);
	if (rc == 0)
		rc = domains_load(t, &d);
	if (rc < 0)
		return rc;
	to = argv[optind + 1];
	from = domain_name(t, domid);
	if (domid == 0 || domains_by_name(&d, to, domid) != NULL)
		return req_fail(&t->r, domid == 0 ? -EPERM : -EEXIST,
				domid == 0 ? "Dom0 keeps its name"
					   : "the name \"%s\" is in use",
				to);
	if (strcmp(from, to) == 0)
		return 0;
	rc = domnodes_rename(t, domid, info.handle, from, to);
	if (rc < 0)
		return req_fail_rc(&t->r, rc, "cannot rename domain %u", domid);
	if (state_load(&t->r, info.handle, &cfg) == 0) {
		cfg.name = to;
		return state_save(&t->r, &cfg);
	}
	req_clear(&t->r); /* another tool's domain: nothing on disk */
	return 0;
}

int cmd_config_update(struct tool *t, int argc, char **argv)
{
	struct xen_domctl_getdomaininfo info;
	struct domcfg cfg;
	struct config c;
	domid_t domid;
	int rc = cmd_plain(t, argc, argv, 2, 1000);

	if (rc == 0)
		rc = domain_find(t, argv[optind], &domid, &info);
	if (rc == 0)
		rc = read_config(t, argv + optind + 1, argc - optind - 1, NULL,
				 &c, &cfg, false);
	if (rc < 0)
		return rc;
	/* the name and the UUID are the running domain's */
	cfg.name = domain_name(t, domid);
	memcpy(cfg.uuid, info.handle, 16);
	return state_save(&t->r, &cfg);
}

int cmd_sysrq(struct tool *t, int argc, char **argv)
{
	char path[64];
	domid_t domid;
	int rc = cmd_plain(t, argc, argv, 2, 2);

	if (rc == 0 && strlen(argv[optind + 1]) != 1)
		return cmd_usage(t, argv[0], "the request is one letter");
	if (rc == 0)
		rc = domain_find(t, argv[optind], &domid, NULL);
	if (rc == 0)
		rc = tool_xs(t);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "/local/domain/%u/control/sysrq", domid);
	rc = xs_write(&t->xs, 0, path, argv[optind + 1]);
	return rc < 0 ? req_fail_rc(&t->r, rc, "cannot send to domain %u",
				    domid)
		      : 0;
}

int cmd_trigger(struct tool *t, int argc, char **argv)
{
	static const struct {
		const char *name;
		uint32_t trigger;
	} triggers[] = {
		{"nmi", XEN_DOMCTL_SENDTRIGGER_NMI},
		{"reset", XEN_DOMCTL_SENDTRIGGER_RESET},
		{"init", XEN_DOMCTL_SENDTRIGGER_INIT},
		{"power", XEN_DOMCTL_SENDTRIGGER_POWER},
		{"sleep", XEN_DOMCTL_SENDTRIGGER_SLEEP},
	};
	unsigned long vcpu = 0;
	domid_t domid;
	size_t i;
	int rc = cmd_plain(t, argc, argv, 2, 3);

	if (rc < 0)
		return rc;
	for (i = 0; i < sizeof(triggers) / sizeof(triggers[0]); i++)
		if (strcmp(argv[optind + 1], triggers[i].name) == 0)
			break;
	if (i == sizeof(triggers) / sizeof(triggers[0]))
		return cmd_usage(t, argv[0], "no such trigger");
	if (optind + 2 < argc)
		vcpu = strtoul(argv[optind + 2], NULL, 10);
	rc = domain_find(t, argv[optind], &domid, NULL);
	if (rc < 0)
		return rc;
	rc = dom_send_trigger(&t->hv, domid, triggers[i].trigger,
			      (uint32_t)vcpu);
	if (rc == -ENOSYS || rc == -EOPNOTSUPP)
		return req_fail(&t->r, rc,
				"the hypervisor does not send %s to PV "
				"domains",
				triggers[i].name);
	return rc < 0 ? req_fail_rc(&t->r, rc,
				    "cannot send %s to vcpu %lu of "
				    "domain %u",
				    triggers[i].name, vcpu, domid)
		      : 0;
}
