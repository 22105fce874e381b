/* SPDX-License-Identifier: MIT */
/*
 * console_io: the hypervisor's own console.
 */
#ifndef ABI_CONSOLE_H
#define ABI_CONSOLE_H

#define CONSOLEIO_write 0
#define CONSOLEIO_read 1 /* returns bytes read, 0 if none wait */

#endif
