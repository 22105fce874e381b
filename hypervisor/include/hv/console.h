/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's console: devices, the ring Dom0 reads, input to Dom0. */
#ifndef HV_CONSOLE_H
#define HV_CONSOLE_H

#include <hv/guest_access.h>
#include <hv/types.h>

struct domain;

void console_init(void);	 /* boot: devices as opt says             */
void console_init_irq(void);	 /* serial input by interrupt from now on  */
void console_start_panic(void);	 /* break the lock, write synchronously   */
void console_leave_screen(void); /* Dom0 starts: it is Dom0's, unless kept */

void console_set_loglevels(int std, int guest); /* -1: leave */

/* @d's output: whole lines, tagged unless it is Dom0's. */
void console_guest_write(struct domain *d, const char *s, size_t n);
/* Input waiting for Dom0: up to @n bytes; the number copied. */
size_t console_guest_read(char *buf, size_t n);

/*
 * Copy ring contents from index *@index on (wrapped as needed) into @buf;
 * *@index moves on.  @clear empties the ring for the next reader.
 */
size_t conring_read(uint32_t *index, char *buf, size_t n);
void conring_clear(void);
uint32_t conring_end(void); /* changes when something is printed */

/* Debug keys (control/keyhandler.c). */
void keyhandler_run(char key);
void keyhandler_init(void);

#endif
