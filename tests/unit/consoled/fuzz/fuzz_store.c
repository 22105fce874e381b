/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: what a xenstored might send, in pieces of any size.
 */
#include "loop.h"
#include "store.h"

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void got_reply(void *arg, uint32_t id, const char *body)
{
	(void)id;
	if (body)
		*(size_t *)arg += strlen(body);
}

static void got_event(void *arg, const char *path, const char *token)
{
	*(size_t *)arg += strlen(path) + strlen(token);
}

static void got_broken(void *arg)
{
	*(size_t *)arg = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t sum = 0, piece = size ? data[0] + 1u : 1, n;
	static struct store st;
	struct loop loop;
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv) ||
	    loop_open(&loop))
		return 0;
	memset(&st, 0, sizeof(st));
	st.loop = &loop;
	st.arg = &sum;
	st.reply = got_reply;
	st.event = got_event;
	st.broken = got_broken;
	store_adopt(&st, sv[0]);
	while (size > 0 && st.src.fd >= 0) {
		n = piece < size ? piece : size;
		if (send(sv[1], data, n, MSG_NOSIGNAL) != (ssize_t)n)
			break;
		data += n;
		size -= n;
		loop_wait(&loop, 0);
	}
	store_close(&st);
	close(sv[1]);
	loop_close(&loop);
	return 0;
}
