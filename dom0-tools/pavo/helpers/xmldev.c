// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks and interfaces in libvirt's XML. The schema has seen to it that what
 * must be there is; values are judged by the parsers of xl's texts.
 */
#include <errno.h>
#include <string.h>

#include "../disk.h"
#include "../vif.h"
#include "req.h"
#include "xmldev.h"

static const xmlChar *x(const char *s)
{
	return (const xmlChar *)s;
}

static xmlNode *next_named(xmlNode *n, const char *name)
{
	while (n != NULL && (n->type != XML_ELEMENT_NODE ||
			     strcmp((const char *)n->name, name) != 0))
		n = n->next;
	return n;
}

static xmlNode *child(xmlNode *node, const char *name)
{
	return next_named(node->children, name);
}

/* An attribute of an element below @node; NULL: there is none. */
static const char *value_of(struct req *r, xmlNode *node, const char *element,
			    const char *name)
{
	xmlNode *n = child(node, element);
	xmlChar *value = n != NULL ? xmlGetProp(n, x(name)) : NULL;
	const char *copy;

	if (value == NULL)
		return NULL;
	copy = arena_strdup(&r->mem, (const char *)value);
	xmlFree(value);
	return copy;
}

/* ",key=value" behind @text, unless there is no value. */
static const char *add(struct req *r, const char *text, const char *key,
		       const char *value)
{
	if (value == NULL)
		return text;
	return arena_printf(&r->mem, "%s%s%s=%s", text,
			    *text != '\0' ? "," : "", key, value);
}

const char *xmldev_disk_text(struct req *r, xmlNode *disk)
{
	const char *target = value_of(r, disk, "source", "file");
	const char *discard = value_of(r, disk, "driver", "discard");
	const char *text = "";
	xmlChar *device = xmlGetProp(disk, x("device"));

	if (target == NULL)
		target = value_of(r, disk, "source", "dev");
	text = add(r, text, "vdev", value_of(r, disk, "target", "dev"));
	text = add(r, text, "format", value_of(r, disk, "driver", "type"));
	text = add(r, text, "backendtype", value_of(r, disk, "driver", "name"));
	text = add(r, text, "access",
		   child(disk, "readonly") != NULL    ? "ro"
		   : child(disk, "shareable") != NULL ? "w!"
						      : "rw");
	text = add(r, text, "backend",
		   value_of(r, disk, "backenddomain", "name"));
	if (device != NULL && strcmp((const char *)device, "disk") != 0)
		text = add(r, text, "devtype",
			   arena_strdup(&r->mem, (const char *)device));
	xmlFree(device);
	if (discard != NULL && strcmp(discard, "ignore") == 0)
		text = arena_printf(&r->mem, "%s,no-discard", text);
	return add(r, text, "target", target != NULL ? target : "");
}

/* All <ip address='...'/>, with blanks in between. */
static const char *addresses(struct req *r, xmlNode *interface)
{
	const char *all = NULL;

	for (xmlNode *n = child(interface, "ip"); n != NULL;
	     n = next_named(n->next, "ip")) {
		xmlChar *one = xmlGetProp(n, x("address"));

		if (one == NULL)
			continue;
		all = arena_printf(&r->mem, "%s%s%s", all != NULL ? all : "",
				   all != NULL ? " " : "", (const char *)one);
		xmlFree(one);
	}
	return all;
}

const char *xmldev_vif_text(struct req *r, xmlNode *interface)
{
	xmlNode *bandwidth = child(interface, "bandwidth");
	const char *rate = bandwidth == NULL ? NULL
					     : value_of(r, bandwidth,
							"outbound", "average");
	const char *text = "";

	text = add(r, text, "mac", value_of(r, interface, "mac", "address"));
	text = add(r, text, "bridge",
		   value_of(r, interface, "source", "bridge"));
	text = add(r, text, "script", value_of(r, interface, "script", "path"));
	text = add(r, text, "vifname", value_of(r, interface, "target", "dev"));
	text = add(r, text, "backend",
		   value_of(r, interface, "backenddomain", "name"));
	text = add(r, text, "mtu", value_of(r, interface, "mtu", "size"));
	text = add(r, text, "ip", addresses(r, interface));
	if (rate != NULL)
		text = arena_printf(&r->mem, "%s%srate=%sKB/s", text,
				    *text != '\0' ? "," : "", rate);
	return text;
}

static xmlNode *put(xmlNode *node, const char *element, const char *name,
		    const char *value)
{
	xmlNode *n = child(node, element);

	if (value == NULL)
		return NULL;
	if (n == NULL)
		n = xmlNewChild(node, NULL, x(element), NULL);
	xmlSetProp(n, x(name), x(value));
	return n;
}

static int no_place(struct req *r, const char *what)
{
	return req_fail(r, -EOPNOTSUPP, "%s has no place in the XML form",
			what);
}

int xmldev_add_disk(struct req *r, xmlNode *devices, const struct disk *d)
{
	bool is_device = strncmp(d->target, "/dev/", 5) == 0;
	xmlNode *n;

	if (d->script != NULL)
		return no_place(r, "disk: script");
	if (d->is_direct_io_safe)
		return no_place(r, "disk: direct-io-safe");
	if (d->is_untrusted)
		return no_place(r, "disk: untrusted");
	n = xmlNewChild(devices, NULL, x("disk"), NULL);
	xmlSetProp(n, x("type"), x(is_device ? "block" : "file"));
	xmlSetProp(n, x("device"), x("disk"));
	put(n, "driver", "name", d->type->name);
	put(n, "driver", "type", d->format);
	put(n, "driver", "discard", d->no_discard ? "ignore" : NULL);
	put(n, "source", is_device ? "dev" : "file", d->target);
	put(n, "target", "dev", d->vdev);
	put(n, "target", "bus", "xen");
	if (d->is_readonly)
		xmlNewChild(n, NULL, x("readonly"), NULL);
	if (d->may_share)
		xmlNewChild(n, NULL, x("shareable"), NULL);
	put(n, "backenddomain", "name", d->backend);
	return 0;
}

static void put_addresses(struct req *r, xmlNode *n, const char *ip)
{
	char *rest = arena_strdup(&r->mem, ip), *one;

	while ((one = strsep(&rest, " ")) != NULL) {
		xmlNode *address;

		if (*one == '\0')
			continue;
		address = xmlNewChild(n, NULL, x("ip"), NULL);
		xmlSetProp(address, x("address"), x(one));
	}
}

int xmldev_add_vif(struct req *r, xmlNode *devices, const struct vif *v)
{
	char mac[VIF_MAC_TEXT_BYTES];
	xmlNode *n, *bandwidth;

	if (v->gatewaydev != NULL)
		return no_place(r, "vif: gatewaydev");
	if (v->is_untrusted)
		return no_place(r, "vif: untrusted");
	vif_mac_format(v->mac, mac);
	n = xmlNewChild(devices, NULL, x("interface"), NULL);
	xmlSetProp(n, x("type"), x(v->bridge != NULL ? "bridge" : "ethernet"));
	put(n, "mac", "address", mac);
	put(n, "source", "bridge", v->bridge);
	put(n, "script", "path", v->script);
	put(n, "target", "dev", v->vifname);
	if (v->ip != NULL)
		put_addresses(r, n, v->ip);
	put(n, "backenddomain", "name", v->backend);
	if (v->mtu > 0)
		put(n, "mtu", "size",
		    arena_printf(&r->mem, "%ld", (long)v->mtu));
	if (v->rate != NULL) {
		bandwidth = xmlNewChild(n, NULL, x("bandwidth"), NULL);
		put(bandwidth, "outbound", "average",
		    arena_printf(&r->mem, "%lu",
				 (unsigned long)(v->rate_bytes * 1000 /
						 v->rate_usecs)));
	}
	return 0;
}
