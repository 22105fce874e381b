/* SPDX-License-Identifier: GPL-2.0-only */
/* Formatting into a buffer; see hv/printk.h for what it knows. */
#ifndef HV_FORMAT_H
#define HV_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Always terminates @buf; returns the length the whole would have. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

#endif
