// SPDX-License-Identifier: GPL-2.0-only
/*
 * pavo-xml: converts domain configurations between xl.cfg and XML in libvirt's
 * domain vocabulary. `pavo create` runs it for XML files; it is a program of
 * its own so that nothing else loads an XML library.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../tool.h"
#include "xmlconv.h"

#define FILE_BYTES_MAX (1 << 20)

extern const char domain_schema[];

static int read_file(struct req *r, const char *path, char **text, size_t *len)
{
	int fd = strcmp(path, "-") == 0
			 ? STDIN_FILENO
			 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = 0;

	if (fd < 0)
		return req_fail(r, -errno, "cannot open %s: %s", path,
				strerror(errno));
	*text = arena_alloc(&r->mem, FILE_BYTES_MAX + 1);
	*len = 0;
	do {
		*len += (size_t)n;
		n = read(fd, *text + *len, FILE_BYTES_MAX + 1 - *len);
	} while (n > 0);
	close(fd);
	if (n < 0)
		return req_fail(r, -errno, "cannot read %s: %s", path,
				strerror(errno));
	if (*len > FILE_BYTES_MAX)
		return req_fail(r, -EFBIG, "%s is larger than 1 MiB", path);
	return 0;
}

int main(int argc, char **argv)
{
	static struct tool t;
	const char *verb, *out = NULL;
	bool aligned = false;
	char *text = NULL;
	size_t len = 0;
	int rc;

	if (argc > 1 && strcmp(argv[1], "--json") == 0) { /* of errors */
		t.json = true;
		argc--;
		argv++;
	}
	if (argc > 1 && strcmp(argv[1], "--aligned") == 0) {
		aligned = true; /* for `pavo create`, not for people */
		argc--;
		argv++;
	}
	verb = argc > 1 ? argv[1] : "";
	if (argc == 2 && strcmp(verb, "schema") == 0) {
		fputs(domain_schema, stdout);
		return 0;
	}
	if (argc != 3 ||
	    (strcmp(verb, "to-cfg") != 0 && strcmp(verb, "to-xml") != 0)) {
		req_fail(&t.r, -EINVAL,
			 argc == 3 ? "xml: there is no conversion \"%s\""
				   : "xml: it needs a conversion and a file",
			 verb);
		req_hint(&t.r, "usage: pavo xml to-cfg|to-xml FILE, or "
			       "pavo xml schema");
		tool_report(&t);
		return 2;
	}
	rc = read_file(&t.r, argv[2], &text, &len);
	if (rc == 0 && strcmp(verb, "to-cfg") == 0)
		rc = xml_to_cfg(&t.r, argv[2], text, len,
				aligned ? CFG_ALIGNED : CFG_PLAIN, &out);
	else if (rc == 0)
		rc = cfg_to_xml(&t.r, argv[2], text, len, &out);
	if (rc < 0) {
		tool_report(&t);
		return 1;
	}
	fputs(out, stdout);
	if (fflush(stdout) == 0)
		return 0;
	req_fail(&t.r, -errno, "cannot write the output: %s", strerror(errno));
	tool_report(&t);
	return 1;
}
