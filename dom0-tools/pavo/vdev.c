// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of virtual disks (Xen: docs/man/xen-vbd-interface.7): the number has
 * Linux's old major and minor, or, for disks and partitions that these have
 * no room for, bit 28 with disk << 8 and the partition.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "vdev.h"

#define MAJOR_IDE0 3
#define MAJOR_IDE1 22
#define MAJOR_SCSI 8
#define MAJOR_XVD 202
#define EXTENDED (1 << 28)

static int64_t xvd_number(unsigned int disk, unsigned int partition)
{
	if (disk < 16 && partition < 16)
		return MAJOR_XVD << 8 | disk << 4 | partition;
	return EXTENDED | disk << 8 | partition;
}

/* A decimal number without leading zeros; false: none, or above @max. */
static int take_number(const char **p, unsigned int max, unsigned int *out)
{
	unsigned long n = 0;

	if (!isdigit((uint8_t) * *p) ||
	    (**p == '0' && isdigit((uint8_t)(*p)[1])))
		return 0;
	while (isdigit((uint8_t) * *p) && n <= max)
		n = n * 10 + (unsigned long)(*(*p)++ - '0');
	*out = (unsigned int)n;
	return n <= max;
}

/* Letters count like the columns of a table: a to z, aa to zz, and so on. */
static int take_letters(const char **p, unsigned int max, unsigned int *out)
{
	unsigned long n = 0;

	if (!islower((uint8_t) * *p))
		return 0;
	while (islower((uint8_t) * *p) && n <= max + 1ul)
		n = n * 26 + (unsigned long)(*(*p)++ - 'a') + 1;
	*out = (unsigned int)(n - 1);
	return n - 1 <= max;
}

/* "sda1" without its "sd": the disk and, if one follows, the partition. */
static int take_disk(const char *p, unsigned int max_disk,
		     unsigned int max_partition, unsigned int *disk,
		     unsigned int *partition)
{
	*partition = 0;
	if (!take_letters(&p, max_disk, disk))
		return 0;
	return *p == '\0' ||
	       (*p != '0' && take_number(&p, max_partition, partition) &&
		*p == '\0');
}

static int64_t numbered(const char *name)
{
	unsigned int disk, partition = 0;
	const char *p = name + 1;
	char *rest;
	long n;

	if (name[0] == 'd') {
		if (!take_number(&p, (1 << 20) - 1, &disk) ||
		    (*p == 'p' && (p++, !take_number(&p, 255, &partition))) ||
		    *p != '\0')
			return -1;
		return xvd_number(disk, partition);
	}
	if (!isdigit((uint8_t)name[0]))
		return -1;
	errno = 0;
	n = strtol(name, &rest, 0);
	return *rest == '\0' && errno == 0 && n <= INT_MAX ? n : -1;
}

int64_t vdev_number(const char *name)
{
	unsigned int disk, partition;

	if (strncmp(name, "xvd", 3) == 0)
		return take_disk(name + 3, (1 << 20) - 1, 255, &disk,
				 &partition)
			       ? xvd_number(disk, partition)
			       : -1;
	if (strncmp(name, "hd", 2) == 0)
		return take_disk(name + 2, 3, 63, &disk, &partition)
			       ? (int64_t)(disk < 2 ? MAJOR_IDE0 : MAJOR_IDE1)
						 << 8 |
					 (disk & 1) << 6 | partition
			       : -1;
	if (strncmp(name, "sd", 2) == 0)
		return take_disk(name + 2, 15, 15, &disk, &partition)
			       ? (int64_t)MAJOR_SCSI << 8 | disk << 4 |
					 partition
			       : -1;
	return numbered(name);
}
