// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network interfaces in xl's syntax: "key=value", with commas in between.
 */
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "devspec.h"
#include "req.h"
#include "vif.h"

#define DEFAULT_SCRIPT "vif-bridge"
#define DEFAULT_BRIDGE "xenbr0"
#define DEFAULT_RATE_USECS 50000

/* All that can be given, as it is written. */
struct fields {
	const char *mac, *bridge, *script, *ip, *vifname, *backend;
	const char *gatewaydev, *netdev, *model, *type, *rate, *devid, *handle;
	const char *mtu, *accel, *trusted;
};

static const struct devspec_key keys[] = {
	{"mac", offsetof(struct fields, mac)},
	{"bridge", offsetof(struct fields, bridge)},
	{"script", offsetof(struct fields, script)},
	{"ip", offsetof(struct fields, ip)},
	{"vifname", offsetof(struct fields, vifname)},
	{"backend", offsetof(struct fields, backend)},
	{"gatewaydev", offsetof(struct fields, gatewaydev)},
	{"netdev", offsetof(struct fields, netdev)},
	{"rate", offsetof(struct fields, rate)},
	{"devid", offsetof(struct fields, devid)},
	{"handle", offsetof(struct fields, handle)},
	{"mtu", offsetof(struct fields, mtu)},
	{"model", offsetof(struct fields, model)},
	{"type", offsetof(struct fields, type)},
	{"accel", offsetof(struct fields, accel)},
	{"trusted", offsetof(struct fields, trusted)},
	{NULL, 0},
};

void vif_mac_format(const uint8_t mac[6], char text[VIF_MAC_TEXT_BYTES])
{
	snprintf(text, VIF_MAC_TEXT_BYTES, "%02x:%02x:%02x:%02x:%02x:%02x",
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

bool vif_mac_parse(const char *text, uint8_t mac[6])
{
	for (int i = 0; i < 6; i++, text += 3) {
		char end = i < 5 ? ':' : '\0';

		if (!isxdigit((uint8_t)text[0]) ||
		    !isxdigit((uint8_t)text[1]) || text[2] != end)
			return false;
		mac[i] = (uint8_t)strtoul(text, NULL, 16);
	}
	return true;
}

static int take_mac(struct req *r, const char *text, struct vif *v)
{
	static const uint8_t xen[] = {0x00, 0x16, 0x3e};

	if (text == NULL) {
		memcpy(v->mac, xen, sizeof(xen));
		if (getrandom(v->mac + 3, 3, 0) != 3)
			return req_fail(r, -EIO, "vif: no random numbers");
		v->mac[3] &= 0x7f;
		return 0;
	}
	if (!vif_mac_parse(text, v->mac))
		return req_fail(r, -EINVAL,
				"vif: mac=%s is no MAC address, as "
				"00:16:3e:01:02:03",
				text);
	if (v->mac[0] & 1)
		return req_fail(r, -EINVAL,
				"vif: mac=%s is a multicast address; the "
				"first byte must be even",
				text);
	return 0;
}

static bool take_unit(const char **p, const char *units, uint64_t *n)
{
	const char *unit = **p != '\0' ? strchr(units, **p) : NULL;

	if (unit == NULL)
		return true;
	for (const char *u = units; u <= unit; u++)
		if (__builtin_mul_overflow(*n, 1000, n))
			return false;
	(*p)++;
	return true;
}

static bool take_number(const char **p, uint64_t *n)
{
	char *rest;

	if (!isdigit((uint8_t) * *p))
		return false;
	errno = 0;
	*n = strtoull(*p, &rest, 10);
	*p = rest;
	return errno == 0;
}

/* "10Mb/s", "250KB/s", "1MB/s@20ms": at most so much in each interval. */
static bool parse_rate(const char *p, struct vif *v)
{
	uint64_t per_s, usecs = DEFAULT_RATE_USECS;

	if (!take_number(&p, &per_s) || !take_unit(&p, "KMG", &per_s) ||
	    (*p != 'b' && *p != 'B') || strncmp(p + 1, "/s", 2) != 0)
		return false;
	if (*p == 'b')
		per_s /= 8;
	p += 3;
	if (*p == '@') {
		p++;
		if (!take_number(&p, &usecs))
			return false;
		if (p[0] == 'm')
			p++, usecs = usecs > UINT32_MAX ? usecs : usecs * 1000;
		else if (p[0] == 'u')
			p++;
		else
			usecs = usecs > UINT32_MAX ? usecs : usecs * 1000000;
		if (*p++ != 's')
			return false;
	}
	if (*p != '\0' || usecs == 0 || usecs > UINT32_MAX ||
	    per_s > UINT64_MAX / usecs)
		return false;
	v->rate_usecs = (uint32_t)usecs;
	v->rate_bytes = per_s * usecs / 1000000;
	return v->rate_bytes > 0 && v->rate_bytes <= UINT32_MAX;
}

static int take_number_of(struct req *r, const char *key, const char *text,
			  int64_t min, int64_t max, int64_t *out)
{
	char *rest;

	if (text == NULL)
		return 0;
	errno = 0;
	*out = strtoll(text, &rest, 10);
	if (rest == text || *rest != '\0' || errno != 0 || *out < min ||
	    *out > max)
		return req_fail(r, -EINVAL,
				"vif: %s=%s is not a number from %ld to %ld",
				key, text, (long)min, (long)max);
	return 0;
}

static int check_words(struct req *r, const struct fields *f)
{
	if (f->type != NULL && strcmp(f->type, "ioemu") == 0)
		return req_fail(r, -EOPNOTSUPP,
				"vif: type=ioemu is not supported: it is for "
				"HVM guests; PV has type=vif");
	if (f->type != NULL && strcmp(f->type, "vif") != 0)
		return devspec_unknown(r, "vif", "type", f->type, "vif");
	if (f->trusted != NULL && strcmp(f->trusted, "0") != 0 &&
	    strcmp(f->trusted, "1") != 0)
		return devspec_unknown(r, "vif", "trusted", f->trusted, "0, 1");
	if (f->vifname != NULL &&
	    (*f->vifname == '\0' || strlen(f->vifname) >= IFNAMSIZ ||
	     strpbrk(f->vifname, "/ :") != NULL))
		return req_fail(r, -EINVAL,
				"vif: vifname=%s is no name of an interface "
				"(1 to %d characters, none of / : or blank)",
				f->vifname, IFNAMSIZ - 1);
	return 0;
}

static int take_fields(struct req *r, char *rest, struct fields *f)
{
	int rc = 0;

	while (rc == 0 && rest != NULL) {
		char *field = devspec_next(&rest);

		if (strcmp(field, "trusted") == 0)
			f->trusted = "1";
		else if (strcmp(field, "untrusted") == 0)
			f->trusted = "0";
		else if (*field != '\0')
			rc = devspec_set(r, "vif", keys, f, field);
	}
	return rc;
}

const char *vif_script(const struct vif *v)
{
	return v->script != NULL ? v->script : DEFAULT_SCRIPT;
}

int vif_parse(struct req *r, const char *text, struct vif *v)
{
	struct fields f = {0};
	const char *devid;
	int rc;

	*v = (struct vif){.devid = -1};
	rc = take_fields(r, arena_strdup(&r->mem, text), &f);
	if (rc == 0)
		rc = check_words(r, &f);
	if (rc == 0)
		rc = take_mac(r, f.mac, v);
	if (rc == 0 && f.rate != NULL && !parse_rate(f.rate, v))
		rc = req_fail(r, -EINVAL,
			      "vif: rate=%s is no rate, as 10Mb/s or "
			      "250KB/s@20ms",
			      f.rate);
	devid = f.devid != NULL ? f.devid : f.handle;
	if (rc == 0)
		rc = take_number_of(r, "devid", devid, 0, 255, &v->devid);
	if (rc == 0)
		rc = take_number_of(r, "mtu", f.mtu, 68, 65535, &v->mtu);
	v->script = f.script;
	v->bridge = f.bridge;
	v->ip = f.ip;
	v->vifname = f.vifname;
	v->backend = f.backend;
	v->gatewaydev = f.gatewaydev != NULL ? f.gatewaydev : f.netdev;
	v->model = f.model;
	v->rate = f.rate;
	v->is_untrusted = f.trusted != NULL && *f.trusted == '0';
	if (v->bridge == NULL && v->script == NULL)
		v->bridge = DEFAULT_BRIDGE;
	return rc;
}

static char *add(struct req *r, char *text, const char *key, const char *value)
{
	return value == NULL
		       ? text
		       : arena_printf(&r->mem, "%s,%s=%s", text, key, value);
}

static const char *number(struct req *r, int64_t n)
{
	return arena_printf(&r->mem, "%ld", (long)n);
}

char *vif_text(struct req *r, const struct vif *v)
{
	char mac[VIF_MAC_TEXT_BYTES], *text;

	vif_mac_format(v->mac, mac);
	text = arena_printf(&r->mem, "mac=%s", mac);
	text = add(r, text, "bridge", v->bridge);
	text = add(r, text, "script", v->script);
	text = add(r, text, "ip", v->ip);
	text = add(r, text, "vifname", v->vifname);
	text = add(r, text, "backend", v->backend);
	text = add(r, text, "gatewaydev", v->gatewaydev);
	text = add(r, text, "model", v->model);
	text = add(r, text, "rate", v->rate);
	if (v->devid >= 0)
		text = add(r, text, "devid", number(r, v->devid));
	if (v->mtu > 0)
		text = add(r, text, "mtu", number(r, v->mtu));
	return add(r, text, "trusted", v->is_untrusted ? "0" : NULL);
}
