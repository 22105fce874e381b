/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a domain was created from, kept in STATE_DIR under its UUID: for
 * starting it again when it reboots, and for a monitor that was restarted
 * itself.
 */
#ifndef STATE_H
#define STATE_H

#include <abi/xen.h>

#include "domcfg.h"

int state_save(struct req *r, const struct domcfg *cfg);
/* -ENOENT: not ours. The settings live in the request's arena. */
int state_load(struct req *r, const uint8_t uuid[16], struct domcfg *cfg);
bool state_exists(struct req *r, const uint8_t uuid[16]);
/*
 * Change it by @edit, of two at a time one after the other. 0 or -errno,
 * recorded; -ENOENT, not recorded: not ours.
 */
int state_edit(struct req *r, const uint8_t uuid[16],
	       int (*edit)(void *ctx, struct req *r, struct domcfg *cfg),
	       void *ctx);
void state_remove(struct req *r, const uint8_t uuid[16]);

/*
 * Mark that domain @domid is between its end and its new beginning, so that a
 * monitor killed there can be made up for. Whoever sets the mark or takes it
 * over holds it until it is cleared or the process ends.
 */
int state_mark_restart(struct req *r, const uint8_t uuid[16], domid_t domid);
void state_clear_restart(struct req *r, const uint8_t uuid[16]);
bool state_restarts(struct req *r, const uint8_t uuid[16]);
/*
 * Take over the marks that nobody holds, and call @each for them: @domid is
 * the domain that has ended. False: some are held by others.
 */
bool state_each_restart(struct req *r,
			void (*each)(void *ctx, const uint8_t uuid[16],
				     domid_t domid),
			void *ctx);

#endif
