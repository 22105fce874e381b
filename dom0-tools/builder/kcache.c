// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unpacked kernels on disk. The name of an entry is made of the kernel file's
 * device, inode, size and times, so a changed file is another entry. Entries
 * appear by rename, whole; the oldest go when there are too many.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kcache.h"
#include "paths.h"
#include "req.h"

#define ENTRIES_MAX 8
#define ENTRY_SUFFIX ".kernel"

static void entry_name(char *buf, size_t size, const struct stat *st)
{
	snprintf(buf, size, "%lx-%lx-%lx-%lx.%lx-%lx.%lx" ENTRY_SUFFIX,
		 (unsigned long)st->st_dev, (unsigned long)st->st_ino,
		 (unsigned long)st->st_size, (unsigned long)st->st_mtim.tv_sec,
		 (unsigned long)st->st_mtim.tv_nsec,
		 (unsigned long)st->st_ctim.tv_sec,
		 (unsigned long)st->st_ctim.tv_nsec);
}

/*
 * The directory, made if it is missing; -1 if it cannot be used: then nothing
 * is cached. Another user's directory could hand us any kernel.
 */
static int cache_dir(const char *dir)
{
	struct stat st;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		path_make(dir, 0700);
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || st.st_uid != geteuid() ||
	    (st.st_mode & 022) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Remove the entries used longest ago until there is room for one more. */
static void cache_trim(int dirfd)
{
	for (;;) {
		char oldest[NAME_MAX + 1] = "";
		struct timespec when = {0};
		unsigned int nr = 0;
		int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *d = fd < 0 ? NULL : fdopendir(fd);
		struct dirent *e;

		if (d == NULL) {
			if (fd >= 0)
				close(fd);
			return;
		}
		while ((e = readdir(d)) != NULL) {
			struct stat st;

			if (strstr(e->d_name, ENTRY_SUFFIX) == NULL ||
			    fstatat(dirfd, e->d_name, &st, 0) < 0)
				continue;
			if (nr++ == 0 || st.st_mtim.tv_sec < when.tv_sec ||
			    (st.st_mtim.tv_sec == when.tv_sec &&
			     st.st_mtim.tv_nsec < when.tv_nsec)) {
				when = st.st_mtim;
				snprintf(oldest, sizeof(oldest), "%s",
					 e->d_name);
			}
		}
		closedir(d);
		if (nr < ENTRIES_MAX || unlinkat(dirfd, oldest, 0) < 0)
			return;
	}
}

static int cache_lookup(struct req *r, int dirfd, const char *name,
			struct kimage *k)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int rc;

	if (fd < 0)
		return -errno;
	rc = kimage_map(r, fd, k);
	if (rc < 0) {
		req_clear(r);
		unlinkat(dirfd, name, 0);
	} else {
		futimens(fd, NULL); /* its use, for cache_trim */
	}
	close(fd);
	return rc;
}

static int make_from(struct req *r, int kfd, const struct stat *st, int out)
{
	void *data = NULL;
	int rc;

	if (st->st_size > 0) {
		data = mmap(NULL, (size_t)st->st_size, PROT_READ, MAP_PRIVATE,
			    kfd, 0);
		if (data == MAP_FAILED)
			return req_fail(r, -errno, "cannot read it: %s",
					strerror(errno));
	}
	rc = kimage_make(r, data, (size_t)st->st_size, out);
	if (data != NULL)
		munmap(data, (size_t)st->st_size);
	return rc;
}

/* Unpack into a nameless file, which is named only when it is complete. */
static int cache_make(struct req *r, int dirfd, const char *name, int kfd,
		      const struct stat *st, struct kimage *k)
{
	int out = -1, rc;

	if (dirfd >= 0) {
		cache_trim(dirfd);
		out = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	}
	if (out < 0) {
		out = memfd_create("kernel", MFD_CLOEXEC);
		dirfd = -1;
	}
	if (out < 0)
		return req_fail(r, -errno, "no place to unpack it: %s",
				strerror(errno));
	rc = make_from(r, kfd, st, out);
	if (rc == -ENOSPC && dirfd >= 0) { /* then do without the cache */
		req_clear(r);
		close(out);
		return cache_make(r, -1, name, kfd, st, k);
	}
	if (rc == 0)
		rc = kimage_map(r, out, k);
	if (rc == 0 && dirfd >= 0) {
		char proc[40];

		snprintf(proc, sizeof(proc), "/proc/self/fd/%d", out);
		linkat(AT_FDCWD, proc, dirfd, name, AT_SYMLINK_FOLLOW);
	}
	close(out);
	return rc;
}

int kcache_open(struct req *r, const char *dir, const char *path,
		struct kimage *k)
{
	char name[NAME_MAX + 1];
	int kfd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), dirfd, rc;
	struct stat st;

	if (kfd < 0)
		return req_fail(r, -errno, "cannot open the kernel %s: %s",
				path, strerror(errno));
	if (fstat(kfd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(kfd);
		return req_fail(r, -EINVAL, "the kernel %s is not a file",
				path);
	}
	entry_name(name, sizeof(name), &st);
	dirfd = cache_dir(dir);
	rc = dirfd < 0 ? -ENOENT : cache_lookup(r, dirfd, name, k);
	if (rc < 0) {
		rc = cache_make(r, dirfd, name, kfd, &st, k);
		if (rc < 0)
			req_context(r, "cannot use the kernel %s", path);
	}
	if (dirfd >= 0)
		close(dirfd);
	close(kfd);
	return rc;
}
