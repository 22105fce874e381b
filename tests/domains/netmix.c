/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Either end of guest/netmix.h:
 *
 *   netmix ADDRESS SESSION DATAGRAMS BYTES
 *   netmix serve
 *
 * The first one begins: so many datagrams each way, of BYTES at most. It prints
 * a line, and succeeds if both ends' hashes are the same; it waits two minutes
 * for anything to move. The second one answers for ever, as guests/netmix does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "guest/netmix.h"

#define AGAIN_MS 200
#define GIVE_UP 600 /* times AGAIN_MS without anything moving */
#define STREAMS 8u
#define OUR_SALT (1u << 31) /* when we serve */

struct stream {
	struct sockaddr_in peer;
	struct netmix m;
};

static struct netmix_packet packet;
static int udp;

_Noreturn static void bad(const struct netmix *m, const char *what)
{
	printf("bad: %s (%s): sent %u of %u, arrived %u, came %u\n", what,
	       strerror(errno), m->sent, m->total, m->acked, m->got);
	exit(1);
}

static void open_udp(void)
{
	const int bytes = 8 << 20;

	udp = socket(AF_INET, SOCK_DGRAM, 0);
	(void)setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
			 sizeof(bytes));
}

/* What cannot go now is as good as lost. */
static void transmit(struct stream *s, uint32_t bytes)
{
	if (sendto(udp, &packet, bytes, 0, (struct sockaddr *)&s->peer,
		   sizeof(s->peer)) < 0 &&
	    errno == EMSGSIZE)
		bad(&s->m, "MTU");
}

static void send_all(struct stream *s, uint64_t salt)
{
	uint32_t bytes;

	while ((bytes = netmix_make(&s->m, &packet, salt)))
		transmit(s, bytes);
}

/* The bytes of the next one, and from whom; 0: there is none. */
static uint32_t receive(struct sockaddr_in *from)
{
	socklen_t len = sizeof(*from);
	ssize_t n;

	memset(from, 0, sizeof(*from));
	do
		n = recvfrom(udp, &packet, sizeof(packet), MSG_DONTWAIT,
			     (struct sockaddr *)from, &len);
	while (n >= 0 && !netmix_is(&packet, (uint32_t)n));
	return n < 0 ? 0 : (uint32_t)n;
}

static bool wait(int ms)
{
	struct pollfd p = {.fd = udp, .events = POLLIN};

	return poll(&p, 1, ms) > 0;
}

/* --- to begin --- */

static bool take_all(struct stream *s)
{
	struct sockaddr_in from;
	bool has_moved = false;
	uint32_t n;

	while ((n = receive(&from)))
		if (packet.session == s->m.session)
			has_moved |= netmix_take(&s->m, &packet, n);
	return has_moved;
}

/* What is under way may be lost, at either end. */
static void send_again(struct stream *s)
{
	uint32_t bytes;

	s->m.next = s->m.acked;
	s->m.is_answer_due = true;
	bytes = netmix_make(&s->m, &packet, 0);
	packet.flags |= NETMIX_AGAIN;
	transmit(s, bytes);
}

static int run(struct stream *s)
{
	struct netmix *m = &s->m;
	unsigned int nr_idle = 0;

	while (!netmix_is_over(m)) {
		send_all(s, 0);
		if (!wait(AGAIN_MS)) {
			if (++nr_idle == GIVE_UP)
				bad(m, "nothing moves");
			send_again(s);
		} else if (take_all(s)) {
			nr_idle = 0;
		}
	}
	printf("%u each way, sent %" PRIx64 " came %" PRIx64
	       ", dropped %" PRIu64 " again %" PRIu64 "\n",
	       m->total, m->hash_sent, m->hash_got, m->nr_dropped, m->nr_again);
	return m->peer_hash_got == m->hash_sent &&
			       m->peer_hash_sent == m->hash_got
		       ? 0
		       : 1;
}

/* --- to serve --- */

static struct stream *stream_from(const struct sockaddr_in *peer)
{
	static struct stream streams[STREAMS];
	static unsigned int next;
	struct stream *s;

	for (unsigned int i = 0; i < STREAMS; i++)
		if (streams[i].m.session == packet.session &&
		    memcmp(&streams[i].peer, peer, sizeof(*peer)) == 0)
			return &streams[i];
	s = &streams[next++ % STREAMS];
	s->peer = *peer;
	netmix_start(&s->m, packet.session, packet.total, packet.bytes_max);
	return s;
}

static void serve(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET,
				  .sin_port = htons(NETMIX_PORT)};
	struct sockaddr_in from;
	struct stream *s;
	uint32_t bytes;

	if (bind(udp, (struct sockaddr *)&any, sizeof(any))) {
		perror("netmix: bind");
		exit(1);
	}
	while (wait(-1))
		while ((bytes = receive(&from))) {
			s = stream_from(&from);
			(void)netmix_take(&s->m, &packet, bytes);
			send_all(s, OUR_SALT);
		}
}

/* --- the program --- */

static uint32_t number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end || n > UINT32_MAX) {
		fprintf(stderr, "netmix: '%s' is no number\n", text);
		exit(2);
	}
	return (uint32_t)n;
}

int main(int argc, char **argv)
{
	static struct stream s = {.peer = {.sin_family = AF_INET}};

	open_udp();
	if (argc == 2 && strcmp(argv[1], "serve") == 0)
		serve();
	if (argc != 5 || inet_pton(AF_INET, argv[1], &s.peer.sin_addr) != 1) {
		fprintf(stderr, "usage: netmix serve | ADDRESS SESSION "
				"DATAGRAMS BYTES\n");
		return 2;
	}
	s.peer.sin_port = htons(NETMIX_PORT);
	netmix_start(&s.m, number(argv[2]), number(argv[3]), number(argv[4]));
	return run(&s);
}
