// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests: argument syntax here, meaning in store.c, txn.c, watch.c and
 * domain.c.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "domain.h"
#include "persist.h"
#include "request.h"
#include "server.h"
#include "txn.h"
#include "watch.h"

enum { IN_TX = 1, DOM0 = 2, CHANGES = 4 };

struct request {
	struct server *sv;
	struct store *s;
	struct conn *c;
	struct txn *t;
	const struct xsd_sockmsg *h;
	char *data;
	size_t len;
};

struct path {
	const char *s;
	size_t len;
	size_t strip; /* bytes the client left out */
};

bool parse_number(const char *s, unsigned long max, unsigned long *out)
{
	unsigned long v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || v > (ULONG_MAX - 9) / 10)
			return false;
		v = v * 10 + (unsigned long)(*s - '0');
	}
	*out = v;
	return v <= max;
}

/* Cut the payload into NUL-terminated strings.  Their number, or -EINVAL. */
static int strings(const struct request *r, const char **vec, int max)
{
	const char *p = r->data, *end = r->data + r->len;
	int nr = 0;

	if (!r->len || end[-1])
		return -EINVAL;
	while (p < end && nr < max) {
		vec[nr++] = p;
		p += strlen(p) + 1;
	}
	return p < end ? -EINVAL : nr;
}

static int reply_ok(const struct request *r)
{
	conn_reply(r->c, r->h, r->h->type, "OK", 3);
	return 0;
}

static int reply(const struct request *r, const void *data, size_t len)
{
	if (len > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	conn_reply(r->c, r->h, r->h->type, data, len);
	return 0;
}

static bool is_path_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' ||
	       c == '-' || c == '_' || (c >= 'A' && c <= 'Z') || c == '@';
}

/*
 * Make a client's path canonical: what does not begin with a slash is below
 * the domain's own node.  Special paths, "@...", are accepted if @special.
 */
static int get_path(const struct request *r, const char *s, bool special,
		    struct path *out)
{
	size_t len = strlen(s);
	char *full;

	out->s = s;
	out->len = len;
	out->strip = 0;
	if (!len || len > XENSTORE_ABS_PATH_MAX ||
	    account_exceeds(&r->s->accounts, r->c->account, QUOTA_PATH_MAX,
			    len))
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if (!is_path_char(s[i]) ||
		    (s[i] == '/' && i && s[i - 1] == '/'))
			return -EINVAL;
	if (s[0] == '@')
		return special && s[len - 1] != '/' ? 0 : -EINVAL;
	if (len > 1 && s[len - 1] == '/')
		return -EINVAL;
	if (s[0] == '/')
		return 0;
	if (len > XENSTORE_REL_PATH_MAX)
		return -EINVAL;
	full = arena_alloc(&r->s->arena, len + 32);
	if (!full)
		return -ENOMEM;
	out->strip = (size_t)sprintf(full, "/local/domain/%u/", r->c->domid);
	memcpy(full + out->strip, s, len + 1);
	out->s = full;
	out->len = out->strip + len;
	return 0;
}

/* The payload is one path. */
static int only_path(const struct request *r, bool special, struct path *out)
{
	const char *s;

	return strings(r, &s, 1) == 1 ? get_path(r, s, special, out) : -EINVAL;
}

/* The payload is one domid. */
static int only_domid(const struct request *r, unsigned int *domid)
{
	unsigned long v;
	const char *s;

	if (strings(r, &s, 1) != 1 || !parse_number(s, UINT16_MAX, &v))
		return -EINVAL;
	*domid = (unsigned int)v;
	return 0;
}

static int do_control(const struct request *r)
{
	const char *vec[16];
	int nr = strings(r, vec, 16);
	char *text;
	int rc;

	if (nr < 1)
		return -EINVAL;
	text = conn_reply_begin(r->c, XENSTORE_PAYLOAD_MAX);
	if (!text)
		return -ENOMEM;
	rc = control_run(r->sv, vec, nr, text, XENSTORE_PAYLOAD_MAX);
	if (rc < 0)
		return rc;
	conn_reply_end(r->c, r->h, r->h->type, (size_t)rc);
	return 0;
}

static int do_read(const struct request *r)
{
	const struct body *b;
	struct path p;
	int rc = only_path(r, false, &p);

	if (!rc)
		rc = store_read(r->s, r->c, r->t, p.s, p.len, &b);
	return rc ? rc : reply(r, body_value(b), b->value_len);
}

static int put_name(const struct node *n, void *arg)
{
	char **to = arg;

	memcpy(*to, body_name(n->body), n->body->name_len);
	*to += n->body->name_len;
	*(*to)++ = '\0';
	return 0;
}

static int do_directory(const struct request *r)
{
	const struct node *n;
	struct path p;
	char *names, *end;
	int rc = only_path(r, false, &p);

	if (!rc)
		rc = store_list(r->s, r->c, r->t, p.s, p.len, &n);
	if (rc)
		return rc;
	if (n->kids_bytes > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	names = end = conn_reply_begin(r->c, n->kids_bytes);
	if (!names)
		return -ENOMEM;
	node_each_child(n, put_name, &end);
	conn_reply_end(r->c, r->h, r->h->type, (size_t)(end - names));
	return 0;
}

/* The part of a list of names from @skip bytes on that fits into @room. */
struct part {
	char *to;
	size_t skip, room;
};

static int put_part(const struct node *n, void *arg)
{
	struct part *p = arg;
	size_t len = n->body->name_len + 1u;

	if (p->skip >= len) {
		p->skip -= len;
		return 0;
	}
	if (len > p->room)
		return 1;
	p->skip = 0;
	p->room -= len;
	return put_name(n, &p->to);
}

static int do_directory_part(const struct request *r)
{
	struct part part = {.room = XENSTORE_PAYLOAD_MAX};
	const struct node *n;
	const char *vec[2];
	unsigned long offset;
	uint64_t gen;
	struct path p;
	char *text;
	int rc;

	if (strings(r, vec, 2) != 2 ||
	    !parse_number(vec[1], ULONG_MAX, &offset))
		return -EINVAL;
	rc = get_path(r, vec[0], false, &p);
	if (!rc)
		rc = store_list(r->s, r->c, r->t, p.s, p.len, &n);
	if (rc)
		return rc;
	text = conn_reply_begin(r->c, XENSTORE_PAYLOAD_MAX);
	if (!text)
		return -ENOMEM;
	gen = n->kids_gen > n->body->gen ? n->kids_gen : n->body->gen;
	part.skip = offset;
	part.to = text + sprintf(text, "%llu", (unsigned long long)gen) + 1;
	/* one byte stays for the empty name that ends the whole list */
	part.room -= (size_t)(part.to - text) + 1;
	if (!node_each_child(n, put_part, &part))
		*part.to++ = '\0';
	conn_reply_end(r->c, r->h, r->h->type, (size_t)(part.to - text));
	return 0;
}

static const char perm_letter[] = {[PERM_NONE] = 'n',
				   [PERM_READ] = 'r',
				   [PERM_WRITE] = 'w',
				   [PERM_READ | PERM_WRITE] = 'b'};

int perm_parse(const char *s, struct perm *out)
{
	unsigned long domid;

	for (uint8_t bits = 0; bits < sizeof(perm_letter); bits++) {
		if (s[0] != perm_letter[bits])
			continue;
		if (!parse_number(s + 1, UINT16_MAX, &domid))
			return -EINVAL;
		*out = (struct perm){(uint16_t)domid, bits, 0};
		return 0;
	}
	return -EINVAL;
}

static int do_get_perms(const struct request *r)
{
	const struct body *b;
	struct path p;
	char *text, *to;
	int rc = only_path(r, true, &p);

	if (!rc)
		rc = store_read(r->s, r->c, r->t, p.s, p.len, &b);
	if (rc)
		return rc;
	/* at most a letter, five digits and a NUL each */
	text = to = arena_alloc(&r->s->arena, b->nr_perms * 7u + 1);
	if (!text)
		return -E2BIG;
	for (size_t i = 0; i < b->nr_perms; i++)
		to += sprintf(to, "%c%u", perm_letter[b->perms[i].bits],
			      b->perms[i].domid) +
		      1;
	return reply(r, text, (size_t)(to - text));
}

static int do_set_perms(const struct request *r)
{
	const char *s = r->data, *end = r->data + r->len;
	struct perm *perms;
	size_t nr = 0;
	struct path p;
	int rc;

	if (!r->len || end[-1])
		return -EINVAL;
	rc = get_path(r, s, true, &p);
	if (rc)
		return rc;
	s += strlen(s) + 1;
	/* the shortest entry takes three bytes */
	perms = arena_alloc(&r->s->arena,
			    ((size_t)(end - s) / 3 + 1) * sizeof(*perms));
	if (!perms)
		return -ENOMEM;
	for (; s < end; s += strlen(s) + 1)
		if (perm_parse(s, &perms[nr++]))
			return -EINVAL;
	if (!nr)
		return -EINVAL;
	rc = store_set_perms(r->s, r->c, r->t, p.s, p.len, perms, nr);
	return rc ? rc : reply_ok(r);
}

static int do_write(const struct request *r)
{
	const char *value = memchr(r->data, '\0', r->len);
	struct path p;
	int rc;

	if (!value)
		return -EINVAL;
	value++;
	rc = get_path(r, r->data, false, &p);
	if (!rc)
		rc = store_write(r->s, r->c, r->t, p.s, p.len, value,
				 (size_t)(r->data + r->len - value));
	return rc ? rc : reply_ok(r);
}

static int do_mkdir(const struct request *r)
{
	struct path p;
	int rc = only_path(r, false, &p);

	if (!rc)
		rc = store_mkdir(r->s, r->c, r->t, p.s, p.len);
	return rc ? rc : reply_ok(r);
}

static int do_rm(const struct request *r)
{
	struct path p;
	int rc = only_path(r, false, &p);

	if (!rc)
		rc = store_rm(r->s, r->c, r->t, p.s, p.len);
	return rc ? rc : reply_ok(r);
}

static int do_watch(const struct request *r)
{
	const char *vec[3];
	int nr = strings(r, vec, 3), depth = WATCH_ANY_DEPTH, rc;
	const struct watch *w;
	unsigned long v;
	struct path p;

	if (nr < 2)
		return -EINVAL;
	/* an empty third argument is what older clients send */
	if (nr == 3 && vec[2][0]) {
		if (!parse_number(vec[2], INT_MAX, &v))
			return -EINVAL;
		depth = (int)v;
	}
	rc = get_path(r, vec[0], true, &p);
	if (!rc)
		rc = watch_add(r->s, r->c, p.s, p.len, p.strip, vec[1], depth);
	if (rc)
		return rc;
	reply_ok(r);
	/* the newest watch is the last of its connection */
	w = list_entry(r->c->watches.prev, struct watch, of_conn);
	conn_event(r->c, w, w->at->path, w->at->len);
	return 0;
}

static int do_unwatch(const struct request *r)
{
	const char *vec[3];
	struct path p;
	int rc;

	if (strings(r, vec, 3) < 2)
		return -EINVAL;
	rc = get_path(r, vec[0], true, &p);
	if (!rc)
		rc = watch_del(r->s, r->c, p.s, p.len, vec[1]);
	return rc ? rc : reply_ok(r);
}

static int do_reset_watches(const struct request *r)
{
	watch_del_all(r->s, r->c);
	txn_abort_all(r->s, r->c);
	return reply_ok(r);
}

static int do_transaction_start(const struct request *r)
{
	char text[16];
	struct txn *t;
	int rc;

	if (r->t)
		return -EBUSY;
	rc = txn_start(r->s, r->c, &t);
	if (rc)
		return rc;
	return reply(r, text, (size_t)sprintf(text, "%u", t->id) + 1);
}

static int do_transaction_end(const struct request *r)
{
	const char *s;
	int rc = 0;

	if (!r->t)
		return -ENOENT;
	if (strings(r, &s, 1) != 1 || (strcmp(s, "T") && strcmp(s, "F")))
		return -EINVAL;
	if (*s == 'T')
		rc = txn_commit(r->s, r->t);
	else
		txn_abort(r->s, r->t);
	return rc ? rc : reply_ok(r);
}

static int do_introduce(const struct request *r)
{
	unsigned long domid, mfn, port;
	const char *vec[4];
	int rc;

	if (strings(r, vec, 4) < 3 || !parse_number(vec[0], UINT16_MAX, &domid))
		return -EINVAL;
	/* the frame is of no use to us; its number may be "-1" */
	if (!parse_number(vec[1] + (vec[1][0] == '-'), ULONG_MAX, &mfn) ||
	    !parse_number(vec[2], UINT32_MAX, &port))
		return -EINVAL;
	rc = domain_introduce(r->sv, (unsigned int)domid, mfn, (uint32_t)port);
	return rc ? rc : reply_ok(r);
}

static int do_release(const struct request *r)
{
	unsigned int domid;
	int rc = only_domid(r, &domid);

	if (!rc)
		rc = domain_release(r->sv, domid);
	return rc ? rc : reply_ok(r);
}

static int do_resume(const struct request *r)
{
	unsigned int domid;
	int rc = only_domid(r, &domid);

	if (!rc)
		rc = domain_resume(r->sv, domid);
	return rc ? rc : reply_ok(r);
}

static int do_set_target(const struct request *r)
{
	unsigned long domid, target;
	const char *vec[2];
	int rc;

	if (strings(r, vec, 2) != 2 ||
	    !parse_number(vec[0], UINT16_MAX, &domid) ||
	    !parse_number(vec[1], UINT16_MAX, &target))
		return -EINVAL;
	rc = domain_set_target(r->sv, (unsigned int)domid,
			       (unsigned int)target);
	return rc ? rc : reply_ok(r);
}

static int do_get_domain_path(const struct request *r)
{
	unsigned int domid;
	char text[32];
	int rc = only_domid(r, &domid);

	if (rc)
		return rc;
	return reply(r, text,
		     (size_t)sprintf(text, "/local/domain/%u", domid) + 1);
}

static int do_is_domain_introduced(const struct request *r)
{
	unsigned int domid;
	int rc = only_domid(r, &domid);

	if (rc)
		return rc;
	return reply(r, domain_is_introduced(r->sv, domid) ? "T" : "F", 2);
}

/* The quota named, of the account named or the global one. */
static int find_quota(const struct request *r, const char *const *vec, int nr,
		      struct account **a)
{
	unsigned long domid;

	*a = NULL;
	if (nr == 2) {
		if (!parse_number(vec[0], UINT16_MAX, &domid))
			return -EINVAL;
		*a = store_account(r->s, (unsigned int)domid);
		if (!*a)
			return -ENOENT;
	}
	return quota_by_name(vec[nr - 1]);
}

static int do_get_quota(const struct request *r)
{
	const char *vec[2];
	int nr = r->len ? strings(r, vec, 2) : 0, q;
	char text[256];
	size_t len = 0;
	struct account *a;
	uint32_t v;

	if (nr < 0)
		return nr;
	if (!nr) {
		for (q = 0; q < NR_QUOTAS; q++)
			len += (size_t)sprintf(text + len, "%s%s", q ? " " : "",
					       quota_name(q));
		return reply(r, text, len + 1);
	}
	q = find_quota(r, vec, nr, &a);
	if (q < 0)
		return q == -ENOENT ? q : -EINVAL;
	v = a ? account_limit(&r->s->accounts, a, (enum quota)q)
	      : r->s->accounts.quota[q];
	return reply(r, text, (size_t)sprintf(text, "%u", v) + 1);
}

static int do_set_quota(const struct request *r)
{
	const char *vec[3];
	int nr = strings(r, vec, 3), q;
	struct account *a;
	unsigned long v;

	if (nr < 2 || !parse_number(vec[nr - 1], UINT32_MAX - 1, &v))
		return -EINVAL;
	q = find_quota(r, vec, nr - 1, &a);
	if (q < 0)
		return q == -ENOENT ? q : -EINVAL;
	if (a) {
		a->quota[q] = (uint32_t)v;
		persist_account(r->s, a);
	} else {
		r->s->accounts.quota[q] = (uint32_t)v;
		persist_quotas(r->s);
	}
	return reply_ok(r);
}

static const struct {
	const char *name;
	int (*fn)(const struct request *r);
	unsigned int flags;
} requests[] = {
#define REQUEST(type, fn, flags) [XS_##type] = {#type, do_##fn, flags},
#include "wire.def"
#undef REQUEST
};

#define NR_REQUESTS (sizeof(requests) / sizeof(requests[0]))

const char *request_name(unsigned int type)
{
	if (type == XS_WATCH_EVENT)
		return "WATCH_EVENT";
	if (type == XS_ERROR)
		return "ERROR";
	return type < NR_REQUESTS && requests[type].fn ? requests[type].name
						       : "?";
}

static int handle(struct request *r)
{
	unsigned int flags;

	if (r->h->type >= NR_REQUESTS || !requests[r->h->type].fn)
		return -ENOSYS;
	flags = requests[r->h->type].flags;
	if (flags & DOM0 && !conn_is_privileged(r->c))
		return -EACCES;
	if (flags & CHANGES && r->c->is_read_only)
		return -EROFS;
	if (flags & IN_TX && r->h->tx_id) {
		r->t = txn_find(r->c, r->h->tx_id);
		if (!r->t)
			return -ENOENT;
	}
	arena_reset(&r->s->arena);
	return requests[r->h->type].fn(r);
}

void request_handle(struct server *sv, struct conn *c,
		    const struct xsd_sockmsg *h, char *payload)
{
	struct request r = {sv, &sv->store, c, NULL, h, payload, h->len};
	int rc = handle(&r);

	c->requests++;
	sv->nr_requests++;
	if (rc)
		conn_error(c, h, -rc);
}
