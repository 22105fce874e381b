// SPDX-License-Identifier: GPL-2.0-only
/*
 * One request of the tools: collecting the message of a failure.
 */
#include <errno.h>
#include <string.h>

#include "req.h"

const char *req_rc_text(int rc)
{
	switch (-rc) {
	case EPERM:
		return "not permitted; only root in Dom0 may";
	case EACCES:
		return "the hypervisor speaks another version of this "
		       "interface";
	case ENOSYS:
	case EOPNOTSUPP:
		return "the hypervisor has no such function";
	case ESRCH:
		return "no such domain";
	case ENOMEM:
		return "the hypervisor is out of memory";
	default:
		return strerror(-rc);
	}
}

static void req_set(struct req *r, int rc, const char *what)
{
	r->rc = rc;
	r->what = what;
	r->where = NULL;
	r->hint = NULL;
}

int req_fail(struct req *r, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	req_set(r, rc, arena_vprintf(&r->mem, fmt, ap));
	va_end(ap);
	return rc;
}

int req_fail_rc(struct req *r, int rc, const char *fmt, ...)
{
	const char *what;
	va_list ap;

	va_start(ap, fmt);
	what = arena_vprintf(&r->mem, fmt, ap);
	va_end(ap);
	req_set(r, rc, arena_printf(&r->mem, "%s: %s", what, req_rc_text(rc)));
	return rc;
}

int req_context(struct req *r, const char *fmt, ...)
{
	const char *context;
	va_list ap;

	va_start(ap, fmt);
	context = arena_vprintf(&r->mem, fmt, ap);
	va_end(ap);
	r->what = arena_printf(&r->mem, "%s: %s", context,
			       r->what != NULL ? r->what : req_rc_text(r->rc));
	return r->rc;
}

int req_where(struct req *r, const char *file, unsigned int line)
{
	if (line != 0)
		r->where = arena_printf(&r->mem, "%s:%u", file, line);
	else
		r->where = arena_strdup(&r->mem, file);
	return r->rc;
}

int req_hint(struct req *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	r->hint = arena_vprintf(&r->mem, fmt, ap);
	va_end(ap);
	return r->rc;
}

void req_clear(struct req *r)
{
	req_set(r, 0, NULL);
}

void req_free(struct req *r)
{
	arena_free(&r->mem);
	req_clear(r);
}
