// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of kernel files: any bytes make a blob that is in order, or are
 * refused with a message.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kimage.h"
#include "layout.h"
#include "req.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static int fd = -1;
	struct req r = {0};
	struct kimage k;
	struct layout l;

	if (fd < 0)
		fd = memfd_create("blob", 0);
	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	if (kimage_make(&r, data, len, fd) < 0) {
		if (r.what == NULL)
			abort();
	} else {
		if (kimage_map(&r, fd, &k) < 0)
			abort();
		layout_make(&r, k.head, 12345, 65536, &l);
		kimage_unmap(&k);
	}
	req_free(&r);
	return 0;
}
