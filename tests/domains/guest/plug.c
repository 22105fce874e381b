// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is fsynced stays, also when the plug is pulled.
 *
 *	plug write DIRECTORY		records, until the end; each is told of,
 *					"@plug PROCESS NUMBER", when fsync
 *returned plug check DIRECTORY LAST...	those up to the last one told of are
 *					there, for each of four processes
 *
 * Each process has a file, which it appends to, and which is replaced by a new
 * one now and then, by rename.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mix.h"

#define PROCESSES 4u
#define RECORDS_MAX 64u /* in a file */
#define BYTES_MAX 20000u

/* The bytes of a record. */
static size_t make(uint8_t *record, unsigned int process, unsigned int number)
{
	uint64_t random = mix_seed(number * PROCESSES + process);
	size_t bytes = 16 + mix_random(&random) % (BYTES_MAX - 16);

	for (size_t i = 0; i < bytes; i++)
		record[i] = i % 8 ? (uint8_t)(record[i - 1] + 1)
				  : (uint8_t)mix_random(&random);
	return bytes;
}

/* The file that has a record, or a new one on the way to that name. */
static void name_of(char *path, size_t size, const char *directory,
		    unsigned int process, unsigned int number, const char *end)
{
	snprintf(path, size, "%s/%u-%u%s", directory, process,
		 number / RECORDS_MAX, end);
}

static void sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY);

	if (fd < 0 || fsync(fd))
		err(1, "@plug bad %s", directory);
	close(fd);
}

static int begin_file(const char *directory, unsigned int process,
		      unsigned int number)
{
	char new[256], path[256];
	int fd;

	name_of(new, sizeof(new), directory, process, number, ".new");
	name_of(path, sizeof(path), directory, process, number, "");
	fd = open(new, O_RDWR | O_CREAT | O_EXCL | O_APPEND, 0600);
	if (fd < 0 || fsync(fd) || rename(new, path))
		err(1, "@plug bad %s", path);
	sync_directory(directory);
	return fd;
}

_Noreturn static void write_records(const char *directory, unsigned int process)
{
	uint8_t record[BYTES_MAX];
	char line[32];
	int fd = -1;

	for (unsigned int number = 0;; number++) {
		size_t bytes = make(record, process, number);

		if (number % RECORDS_MAX == 0) {
			close(fd);
			fd = begin_file(directory, process, number);
		}
		if (write(fd, record, bytes) != (ssize_t)bytes || fsync(fd))
			err(1, "@plug bad write");
		bytes = (size_t)snprintf(line, sizeof(line), "@plug %u %u\n",
					 process, number);
		(void)!write(1, line, bytes);
	}
}

static void check_record(FILE *f, const char *path, unsigned int process,
			 unsigned int number)
{
	uint8_t record[BYTES_MAX], found[BYTES_MAX];
	size_t bytes = make(record, process, number);

	if (!f || fread(found, 1, bytes, f) != bytes ||
	    memcmp(found, record, bytes) != 0)
		errx(1, "@plug bad record %u of %u in %s", number, process,
		     path);
}

static void check_records(const char *directory, unsigned int process,
			  unsigned int last)
{
	FILE *f = NULL;
	char path[256];

	for (unsigned int number = 0; number <= last; number++) {
		name_of(path, sizeof(path), directory, process, number, "");
		if (number % RECORDS_MAX == 0) {
			if (f)
				fclose(f);
			f = fopen(path, "r");
		}
		check_record(f, path, process, number);
	}
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	unsigned int total = 0;

	if (argc == 3 && strcmp(argv[1], "write") == 0) {
		for (unsigned int i = 0; i < PROCESSES; i++)
			if (fork() == 0)
				write_records(argv[2], i);
		while (wait(NULL) > 0)
			;
		return 1;
	}
	if (argc != 3 + PROCESSES || strcmp(argv[1], "check") != 0)
		errx(2, "usage: plug write DIRECTORY | "
			"check DIRECTORY LAST LAST LAST LAST");
	for (unsigned int i = 0; i < PROCESSES; i++) {
		unsigned int last = (unsigned int)atoi(argv[3 + i]);

		check_records(argv[2], i, last);
		total += last + 1;
	}
	printf("@plug all %u records are there\n", total);
	return 0;
}
