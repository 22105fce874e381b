/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's log.  Lines go to the console ring (which Dom0 reads),
 * and to serial and VGA when their level is within loglvl=.
 */
#ifndef HV_PRINTK_H
#define HV_PRINTK_H

#include <hv/types.h>

enum loglevel { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

struct domain;

/*
 * printf subset: %d %i %u %x %X %o %c %s %p %% with 0, -, #, width, precision,
 * h/l/ll/z, and %pS (an address as symbol+offset).  Any context.
 */
void printk(enum loglevel lvl, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
#define log_err(...) printk(LOG_ERR, __VA_ARGS__)
#define log_warn(...) printk(LOG_WARNING, __VA_ARGS__)
#define log_info(...) printk(LOG_INFO, __VA_ARGS__)
#define log_debug(...) printk(LOG_DEBUG, __VA_ARGS__)

/* A message a guest can cause: tagged dN, rate limited, under guest_loglvl. */
void guest_log(const struct domain *d, enum loglevel lvl, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

int snprintf(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
