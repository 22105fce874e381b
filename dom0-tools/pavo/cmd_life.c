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
#include "domcfg_json.h"
#include "domains.h"
#include "domnodes.h"
#include "json.h"
#include "monitor.h"
#include "state.h"
#include "uuid.h"

/* A configuration file with settings from the command line put on top. */
static int read_config(struct tool *t, char **args, int nr, const char *path,
		       struct config *c, struct domcfg *cfg)
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
	return rc < 0 ? rc : domcfg_make(&t->r, c, cfg, REFUSE_UNKNOWN);
}

struct create_args {
	bool stay_paused, attach, dry_run, is_quiet, no_monitor, is_foreground;
	const char *path;
};

static int create_args(struct tool *t, int argc, char **argv,
		       struct create_args *a)
{
	static const struct option names[] = {
		{"dryrun", no_argument, NULL, 'n'},
		{"quiet", no_argument, NULL, 'q'},
		{"defconfig", required_argument, NULL, 'f'},
		{"ignore-global-affinity-masks", no_argument, NULL, 'i'},
		{"vncviewer", no_argument, NULL, 'V'},
		{"vncviewer-autopass", no_argument, NULL, 'A'},
		{NULL, 0, NULL, 0},
	};
	int c;

	*a = (struct create_args){.dry_run = t->dry_run};
	while ((c = cmd_getopt(t, argc, argv, "cpnqef:FidVA", names)) >= 0) {
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
			a->is_foreground = true;
			break;
		case 'i': /* xl: its global affinity masks; there are none */
		case 'd': /* xl: print the configuration for debugging */
			break;
		case 'V':
		case 'A':
			return req_fail(&t->r, -EOPNOTSUPP,
					"create -%c is not supported: PV "
					"domains have no VNC screen",
					c);
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

/* 1: there is a domain of this UUID. 0: none. Or -errno, recorded. */
static int uuid_lives(struct tool *t, const uint8_t uuid[16])
{
	struct domains d;
	int rc = domains_load(t, &d);

	for (size_t i = 0; rc == 0 && i < d.nr; i++)
		if (memcmp(d.all[i].info.handle, uuid, 16) == 0 &&
		    !(d.all[i].info.flags & XEN_DOMINF_dying))
			return 1;
	return rc;
}

/*
 * Until the domain has ended and is not started again. Its monitor marks that
 * it does so before the old domain goes, and takes the mark away after the new
 * one has come; so without a domain and without a mark it takes a second look
 * to be sure. The mark makes no event and is looked at now and then.
 */
static int wait_for_good(struct tool *t, const uint8_t uuid[16])
{
	int rc = xs_watch(&t->xs, "@releaseDomain", "end");

	fflush(stdout);
	while (rc == 0) {
		bool is_restarting = false;
		int lives = uuid_lives(t, uuid);

		if (lives == 0) {
			is_restarting = state_restarts(&t->r, uuid);
			if (!is_restarting)
				lives = uuid_lives(t, uuid);
		}
		if (lives < 0 || (lives == 0 && !is_restarting))
			return lives;
		xs_next_event(&t->xs, is_restarting ? 500 : -1, &rc);
	}
	return req_fail_rc(&t->r, rc,
			   "lost the xenstore while waiting for the domain");
}

static int print_config(struct tool *t, const struct domcfg *cfg)
{
	if (t->json)
		json_print(domcfg_json(cfg, cfg->name), stdout);
	else
		fputs(domcfg_text(&t->r, cfg), stdout);
	return 0;
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
	if (a.is_foreground && a.no_monitor)
		return cmd_usage(t, argv[0], "-F and -e: who is to wait?");
	rc = read_config(t, argv + optind, argc - optind, a.path, &c, &cfg);
	if (rc < 0)
		return rc;
	if (a.dry_run) {
		rc = domain_preflight(t, &cfg);
		return rc < 0 ? rc : print_config(t, &cfg);
	}
	rc = domain_create(t, &cfg, &domid);
	if (rc < 0)
		return rc;
	if (!a.is_quiet && !t->json)
		printf("Parsing config from %s\n",
		       a.path != NULL ? a.path : argv[optind]);
	if (t->json) {
		struct json_object *o = json_new();

		json_number(o, "domid", domid);
		json_text(o, "name", cfg.name);
		json_print(o, stdout);
	}
	rc = start(t, &a, domid);
	/* the daemon has kept what the domain said meanwhile */
	if (rc == 0 && a.attach)
		rc = console_run(t, domid);
	return rc == 0 && a.is_foreground ? wait_for_good(t, cfg.uuid) : rc;
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

/*
 * A domain that has shut down is not gone yet. Will its monitor see to that,
 * so that it is worth waiting for?
 */
static bool will_go(struct tool *t, const struct xen_domctl_getdomaininfo *info)
{
	struct domcfg cfg;

	if (state_load(&t->r, info->handle, &cfg) < 0) {
		req_clear(&t->r); /* another tool's */
		return false;
	}
	return monitor_action(&cfg, domain_shutdown_code(info)) !=
		       ACTION_PRESERVE &&
	       monitor_pid(&t->r, info->domain) != 0;
}

/*
 * Until the domain has shut down and its monitor is done with it; with
 * @to_death, until nothing is left. Woken by the xenstore; a monitor's death
 * makes no event, so it is looked after now and then.
 */
static int wait_down(struct tool *t, domid_t domid, bool to_death)
{
	struct xen_domctl_getdomaininfo info;
	bool is_said = t->json;
	int rc = tool_both(t);

	while (rc == 0) {
		bool is_down;

		rc = dom_info(&t->hv, domid, &info);
		if (rc == -ESRCH ||
		    (rc == 0 && (info.flags & XEN_DOMINF_dying))) {
			if (!is_said)
				printf("Domain %u has been destroyed\n", domid);
			return 0;
		}
		if (rc < 0)
			return req_fail_rc(&t->r, rc, "domain %u", domid);
		is_down = info.flags & XEN_DOMINF_shutdown;
		if (is_down && !is_said) {
			printf("Domain %u has been shut down, reason code %u\n",
			       domid, domain_shutdown_code(&info));
			is_said = true;
		}
		if (is_down && !to_death && !will_go(t, &info))
			return 0;
		fflush(stdout);
		xs_next_event(&t->xs, is_down ? 500 : -1, &rc);
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
	domid_t *domids;
	bool all = false;
	int c, rc, nr = 0, waits = 0;

	while ((c = cmd_getopt(t, argc, argv, "awF", names)) >= 0) {
		if (c == 'a')
			all = true;
		else if (c == 'w')
			waits++;
		else if (c != 'F')
			return CMD_USAGE;
	}
	if (c == CMD_HELPED)
		return c;
	rc = cmd_args(t, argc, argv, all ? 0 : 1, all ? 0 : 1000);
	if (rc == 0)
		rc = nr = find_domains(t, argv + optind, argc - optind, all,
				       &domids);
	/* watch before asking, or the answer might be missed */
	if (rc >= 0 && waits > 0)
		rc = tool_xs(t);
	if (rc >= 0 && waits > 0)
		rc = xs_watch(&t->xs, "@releaseDomain", "wait");
	for (int i = 0; rc >= 0 && i < nr; i++)
		rc = each(t, domids[i]);
	for (int i = 0; rc >= 0 && waits > 0 && i < nr; i++)
		rc = wait_down(t, domids[i], waits > 1);
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
	if (domid == 0 && call == dom_pause)
		return req_fail(&t->r, -EPERM,
				"Dom0 cannot be paused: nobody could unpause "
				"it");
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
	static const struct option names[] = {
		{"defconfig", required_argument, NULL, 'f'},
		{NULL, 0, NULL, 0},
	};
	struct xen_domctl_getdomaininfo info;
	const char *path = NULL;
	struct domcfg cfg;
	struct config c;
	domid_t domid;
	int o, rc;

	while ((o = cmd_getopt(t, argc, argv, "f:d", names)) >= 0) {
		if (o == 'f')
			path = optarg;
		else if (o != 'd') /* xl: print it for debugging */
			return CMD_USAGE;
	}
	if (o == CMD_HELPED)
		return o;
	rc = cmd_args(t, argc, argv, path != NULL ? 1 : 2, 1000);
	if (rc == 0)
		rc = domain_find(t, argv[optind], &domid, &info);
	if (rc == 0)
		rc = read_config(t, argv + optind + 1, argc - optind - 1, path,
				 &c, &cfg);
	if (rc < 0)
		return rc;
	/* the name and the UUID are the running domain's */
	cfg.name = domain_name(t, domid);
	memcpy(cfg.uuid, info.handle, 16);
	return t->dry_run ? print_config(t, &cfg) : state_save(&t->r, &cfg);
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
	struct xen_domctl_getdomaininfo info;
	domid_t domid;
	long vcpu = 0;
	size_t i;
	int rc = cmd_plain(t, argc, argv, 2, 3);

	if (rc < 0)
		return rc;
	for (i = 0; i < sizeof(triggers) / sizeof(triggers[0]); i++)
		if (strcmp(argv[optind + 1], triggers[i].name) == 0)
			break;
	if (i == sizeof(triggers) / sizeof(triggers[0]))
		return cmd_usage(t, argv[0],
				 arena_printf(&t->r.mem,
					      "there is no trigger \"%s\"",
					      argv[optind + 1]));
	rc = domain_find(t, argv[optind], &domid, &info);
	if (rc == 0 && optind + 2 < argc)
		rc = cmd_number(t, argv[0], "the vcpu", argv[optind + 2], 0,
				info.max_vcpu_id, &vcpu);
	if (rc < 0)
		return rc;
	rc = dom_send_trigger(&t->hv, domid, triggers[i].trigger,
			      (uint32_t)vcpu);
	/* the vcpu has been checked, so -EINVAL is about the trigger */
	if (rc == -ENOSYS || rc == -EOPNOTSUPP || rc == -EINVAL)
		return req_fail(&t->r, rc,
				"the hypervisor does not send %s to PV "
				"domains",
				triggers[i].name);
	return rc < 0 ? req_fail_rc(&t->r, rc,
				    "cannot send %s to vcpu %ld of "
				    "domain %u",
				    triggers[i].name, vcpu, domid)
		      : 0;
}
