/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a network costs between two machines:
 *
 *   net-cost serve               be the other end, for ever
 *   net-cost run ADDRESS NAME    "@bench net_..._NAME TICKS" for each row
 *
 * TSC ticks for a KiB of a TCP stream and for a small UDP packet, each to and
 * from the other end, from before the first until the last has arrived: idle
 * time counts. Packets are never lost, because no more are under way than fit.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <x86intrin.h>

#include "bench.h"

#define PORT 1001
#define CHUNK (64u << 10)
#define WINDOW 128u /* packets under way */
#define GRANT 64u   /* for so many that came an answer lets more come */
#define PACKET 18u  /* bytes: the smallest frame of Ethernet */
#define LOST_S 30   /* nothing came for so long: the test has failed */

enum direction { TO, FROM }; /* the server */

struct order {
	uint16_t is_packets, direction;
	uint16_t port;	 /* the client's, for packets */
	uint64_t amount; /* bytes or packets */
};

static char chunk[CHUNK];

static struct sockaddr_in address(const char *text)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT)};

	MUST(inet_pton(AF_INET, text, &a.sin_addr) == 1);
	return a;
}

static int open_socket(int type)
{
	const struct timeval lost = {.tv_sec = LOST_S};
	const int bytes = 4 << 20, yes = 1;
	int fd = socket(AF_INET, type, 0);

	MUST(fd >= 0);
	MUST(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0);
	MUST(type != SOCK_DGRAM || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE,
					      &bytes, sizeof(bytes)) == 0);
	MUST(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &lost, sizeof(lost)) == 0);
	return fd;
}

/* --- the two kinds of load, at either end --- */

static void send_stream(int fd, uint64_t bytes)
{
	while (bytes) {
		ssize_t n = write(fd, chunk, bytes < CHUNK ? bytes : CHUNK);

		MUST(n > 0);
		bytes -= (uint64_t)n;
	}
}

static void receive_stream(int fd, uint64_t bytes)
{
	while (bytes) {
		ssize_t n = read(fd, chunk, bytes < CHUNK ? bytes : CHUNK);

		MUST(n > 0);
		bytes -= (uint64_t)n;
	}
}

static void send_packets(int fd, uint64_t nr)
{
	uint64_t sent, allowed = WINDOW;

	for (sent = 0; sent < nr; sent++) {
		for (; sent == allowed; allowed += GRANT)
			MUST(read(fd, chunk, CHUNK) == 1);
		MUST(write(fd, chunk, PACKET) == PACKET);
	}
	/* the answers that have no packet waiting for them */
	for (; allowed < nr + WINDOW; allowed += GRANT)
		MUST(read(fd, chunk, CHUNK) == 1);
}

static void receive_packets(int fd, uint64_t nr)
{
	for (uint64_t got = 1; got <= nr; got++) {
		MUST(read(fd, chunk, CHUNK) == PACKET);
		MUST(got % GRANT || write(fd, chunk, 1) == 1);
	}
}

/* One byte each way: both ends are there, and all has been taken. */
static void meet(int fd)
{
	MUST(write(fd, chunk, 1) == 1);
	MUST(read(fd, chunk, 1) == 1);
}

static void work(const struct order *o, bool is_sender, int tcp, int udp)
{
	meet(tcp);
	if (o->is_packets)
		(is_sender ? send_packets : receive_packets)(udp, o->amount);
	else
		(is_sender ? send_stream : receive_stream)(tcp, o->amount);
	meet(tcp);
}

/* --- the server --- */

/* Ours at PORT, for packets of this client only. */
static int udp_to_client(int tcp, uint16_t port)
{
	struct sockaddr_in any = address("0.0.0.0"), client;
	socklen_t len = sizeof(client);
	int udp = open_socket(SOCK_DGRAM);

	MUST(getpeername(tcp, (struct sockaddr *)&client, &len) == 0);
	client.sin_port = port;
	MUST(bind(udp, (struct sockaddr *)&any, sizeof(any)) == 0);
	MUST(connect(udp, (struct sockaddr *)&client, len) == 0);
	return udp;
}

static void serve(void)
{
	struct sockaddr_in any = address("0.0.0.0");
	const struct timeval ever = {0};
	int listener = open_socket(SOCK_STREAM);

	MUST(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &ever,
			sizeof(ever)) == 0);
	MUST(bind(listener, (struct sockaddr *)&any, sizeof(any)) == 0);
	MUST(listen(listener, 1) == 0);
	printf("@serving\n");
	fflush(stdout);
	for (;;) {
		int tcp = accept(listener, NULL, NULL), udp = -1;
		struct order o;

		MUST(tcp >= 0);
		MUST(read(tcp, &o, sizeof(o)) == sizeof(o));
		if (o.is_packets)
			udp = udp_to_client(tcp, o.port);
		work(&o, o.direction == FROM, tcp, udp);
		if (o.is_packets)
			close(udp);
		close(tcp);
	}
}

/* --- the client --- */

static int udp_to_server(const struct sockaddr *server, uint16_t *port)
{
	struct sockaddr_in own;
	socklen_t len = sizeof(own);
	int udp = open_socket(SOCK_DGRAM);

	MUST(connect(udp, server, sizeof(own)) == 0);
	MUST(getsockname(udp, (struct sockaddr *)&own, &len) == 0);
	*port = own.sin_port;
	return udp;
}

static uint64_t ticks_of(const struct sockaddr *server, struct order *o)
{
	int tcp = open_socket(SOCK_STREAM), udp = -1;
	uint64_t start;

	MUST(connect(tcp, server, sizeof(struct sockaddr_in)) == 0);
	if (o->is_packets)
		udp = udp_to_server(server, &o->port);
	MUST(write(tcp, o, sizeof(*o)) == sizeof(*o));
	start = __rdtsc();
	work(o, o->direction == TO, tcp, udp);
	start = __rdtsc() - start;
	close(tcp);
	if (o->is_packets)
		close(udp);
	return start;
}

static void run(const char *to, const char *name)
{
	static const struct {
		const char *row;
		uint64_t units, unit;
		struct order order;
	} rows[] = {
		{"tcp_kib_to", 48 << 10, 1024, {.direction = TO}},
		{"tcp_kib_from", 48 << 10, 1024, {.direction = FROM}},
		{"packet_to",
		 200 * GRANT,
		 1,
		 {.is_packets = 1, .direction = TO}},
		{"packet_from",
		 200 * GRANT,
		 1,
		 {.is_packets = 1, .direction = FROM}},
	};
	const struct sockaddr_in a = address(to);
	const struct sockaddr *server = (const struct sockaddr *)&a;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct order o = rows[i].order;

		o.amount = rows[i].units * rows[i].unit / 4;
		(void)ticks_of(server, &o); /* warms up */
		o.amount = rows[i].units * rows[i].unit;
		printf("@bench net_%s_%s %.1f\n", rows[i].row, name,
		       (double)ticks_of(server, &o) / (double)rows[i].units);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "serve") == 0)
		serve();
	if (argc != 4 || strcmp(argv[1], "run") != 0) {
		fprintf(stderr, "usage: net-cost serve | run ADDRESS NAME\n");
		return 2;
	}
	run(argv[2], argv[3]);
	return 0;
}
