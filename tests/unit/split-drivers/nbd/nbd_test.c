// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disk at an NBD server: a qcow2 image that qemu-nbd keeps.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../../split-drivers/block/backend/disk.h"
#include "../../../../split-drivers/block/backend/server.h"
#include "unit_test.h"

#define BYTES (8u << 20)
#define FOLDER "/tmp/nbd_XXXXXX"

static struct disk *d;
static pid_t server;
static char folder[] = FOLDER, uri[64], address[64];
static char memory[1 << 16] __attribute__((aligned(4096)));
static unsigned int nr_done;

static void on_done(struct disk_io *io)
{
	(void)io;
	nr_done++;
}

/* Sleep until the server has made its socket. */
static void start_server(void)
{
	struct stat st;
	char event[4096];
	int fd = inotify_init();

	EXPECT(inotify_add_watch(fd, ".", IN_CREATE) >= 0);
	unlink("nbd.sock");
	server = fork();
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp("qemu-nbd", "qemu-nbd", "--persistent", "--shared=1",
		       "--format=qcow2", "--discard=unmap", address,
		       "disk.qcow2", NULL);
		_exit(127);
	}
	while (stat("nbd.sock", &st))
		EXPECT(read(fd, event, sizeof(event)) > 0);
	close(fd);
}

static void start(void)
{
	struct disk_source s = {.uri = uri, .fd = -1, .lock = -1};

	strcpy(folder, FOLDER);
	EXPECT(mkdtemp(folder) && chdir(folder) == 0);
	snprintf(address, sizeof(address), "--socket=%s/nbd.sock", folder);
	snprintf(uri, sizeof(uri), "nbd+unix:///?socket=%s/nbd.sock", folder);
	EXPECT_EQ(system("qemu-img create -q -f qcow2 disk.qcow2 8M"), 0);
	start_server();
	/* made a moment before it is listened to */
	while (disk_open(&s, &d))
		poll(NULL, 0, 10);
}

static void stop_server(int signal_number)
{
	kill(server, signal_number);
	waitpid(server, NULL, 0);
	unlink("nbd.sock");
}

static void end(void)
{
	d->ops->close(d);
	stop_server(SIGTERM);
	unlink("disk.qcow2");
	rmdir(folder);
}

static struct disk_io *submit(enum disk_op op, uint64_t offset,
			      struct iovec *iov, unsigned int nr)
{
	struct disk_io *io = calloc(1, sizeof(*io));

	*io = (struct disk_io){.op = op,
			       .offset = offset,
			       .iov = iov,
			       .nr_iov = nr,
			       .bytes = nr ? 0 : 8192,
			       .done = on_done};
	for (unsigned int i = 0; i < nr; i++)
		io->bytes += iov[i].iov_len;
	d->ops->submit(d, io);
	return io;
}

static void wait_for(unsigned int nr)
{
	while (nr_done < nr) {
		d->ops->reap(d);
		if (nr_done < nr)
			d->ops->wait(d, NULL, 0, -1);
	}
	EXPECT_EQ(nr_done, nr);
	nr_done = 0;
}

static int run(enum disk_op op, uint64_t offset, struct iovec *iov,
	       unsigned int nr)
{
	struct disk_io *io = submit(op, offset, iov, nr);
	int rc;

	wait_for(1);
	rc = io->rc;
	free(io);
	return rc;
}

UNIT_TEST(a_qcow2_image_keeps_what_is_written)
{
	struct iovec v[3] = {
		{memory, 4096}, {memory + 8192, 512}, {memory + 16384, 3584}};

	start();
	EXPECT_EQ(d->sectors, BYTES / 512);
	EXPECT(d->can_flush && d->discard_bytes && !d->is_readonly);
	memset(memory, 'a', 4096);
	memset(memory + 8192, 'b', 512);
	memset(memory + 16384, 'c', 3584);
	EXPECT_EQ(run(DISK_WRITE, 8192, v, 3), 0);
	EXPECT_EQ(run(DISK_FLUSH, 0, NULL, 0), 0);
	v[0] = (struct iovec){memory + 32768, 8192};
	EXPECT_EQ(run(DISK_READ, 8192, v, 1), 0);
	EXPECT(memory[32768] == 'a' && memory[32768 + 4096] == 'b');
	EXPECT(memory[32768 + 4608] == 'c' && memory[32768 + 8191] == 'c');
	EXPECT_EQ(run(DISK_DISCARD, 8192, NULL, 0), 0);
	EXPECT_EQ(run(DISK_READ, BYTES, v, 1), -EINVAL);
	end();
}

UNIT_TEST(many_operations_are_under_way_at_once)
{
	struct disk_io *io[16];
	struct iovec v[16];

	start();
	for (unsigned int i = 0; i < 16; i++) {
		v[i] = (struct iovec){memory + i * 4096, 4096};
		memset(v[i].iov_base, 'A' + (int)i, 4096);
		io[i] = submit(DISK_WRITE, i * 4096ull, &v[i], 1);
	}
	wait_for(16);
	memset(memory, 0, sizeof(memory));
	for (unsigned int i = 0; i < 16; i++) {
		EXPECT_EQ(io[i]->rc, 0);
		free(io[i]);
		io[i] = submit(DISK_READ, (15 - i) * 4096ull, &v[i], 1);
	}
	wait_for(16);
	for (unsigned int i = 0; i < 16; i++) {
		EXPECT_EQ(memory[i * 4096], 'A' + 15 - (int)i);
		free(io[i]);
	}
	end();
}

/* The next worker connects anew, with what the journal has. */
UNIT_TEST(a_worker_ends_when_its_server_is_lost)
{
	struct iovec v = {memory, 4096};
	int status;
	pid_t pid;

	start();
	pid = fork();
	if (pid == 0) {
		kill(server, SIGKILL);
		(void)run(DISK_READ, 0, &v, 1);
		(void)run(DISK_READ, 0, &v, 1);
		_exit(0);
	}
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	stop_server(SIGKILL);
	unlink("disk.qcow2");
	rmdir(folder);
	_exit(0); /* the disk cannot be closed */
}

/* --- servers of our own --- */

static void make_image(void)
{
	strcpy(folder, FOLDER);
	EXPECT(mkdtemp(folder) && chdir(folder) == 0);
	EXPECT_EQ(system("qemu-img create -q -f qcow2 disk.qcow2 8M"), 0);
}

static void remove_image(void)
{
	unlink("disk.qcow2");
	unlink("lock");
	EXPECT_EQ(rmdir(folder), 0); /* not even a socket is left */
}

/* A server of the image, and its lock by a descriptor of its own. */
static struct server_ends serve(struct server *s, const char *format)
{
	struct image i = {
		.path = "disk.qcow2",
		.format = format,
		.socket = "its.sock",
		.lock = open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
	struct server_ends ends;
	const char *what;

	EXPECT_EQ(server_start(s, &i, &ends, &what), 0);
	close(i.lock);
	return ends;
}

static int open_end(struct server_ends ends, struct disk **out)
{
	struct disk_source s = {.uri = "", .fd = ends.socket, .lock = -1};

	return disk_open(&s, out);
}

UNIT_TEST(the_next_server_waits_until_the_last_has_ended)
{
	struct server_ends one, two;
	struct server first, second;
	struct iovec v = {memory, 4096};
	struct disk *other;

	make_image();
	one = serve(&first, "qcow2");
	EXPECT_EQ(open_end(one, &d), 0);
	memset(memory, 'x', 4096);
	EXPECT_EQ(run(DISK_WRITE, 4096, &v, 1), 0);
	/* two at a time would be refused by the image's lock */
	two = serve(&second, "qcow2");
	close(one.life);
	d->ops->close(d);
	EXPECT_EQ(open_end(two, &other), 0);
	server_end(&first);
	d = other;
	memset(memory, 0, 4096);
	EXPECT_EQ(run(DISK_READ, 4096, &v, 1), 0);
	EXPECT(memory[0] == 'x' && memory[4095] == 'x');
	d->ops->close(d);
	close(two.life);
	server_end(&second);
	remove_image();
}

/* Also one that has not begun yet, and one that nobody has spoken to. */
UNIT_TEST(a_server_ends_with_its_worker_wherever_it_is)
{
	struct server s, late;
	struct server_ends ends, other;

	make_image();
	for (unsigned int i = 0; i < 20; i++) {
		ends = serve(&s, "qcow2");
		other = serve(&late, "qcow2");
		close(other.life);
		close(other.socket);
		poll(NULL, 0, (int)(i * 5)); /* at different points */
		close(ends.life);
		close(ends.socket);
		server_end(&s);
		server_end(&late);
	}
	remove_image();
}

/* While it starts it loses the signal that the guard's death sends. */
UNIT_TEST(a_server_whose_guard_was_killed_is_ended_by_the_next)
{
	struct server_ends ends;
	struct server s;

	make_image();
	for (unsigned int i = 0; i < 10; i++) {
		ends = serve(&s, "qcow2");
		poll(NULL, 0, (int)(i * 5));
		kill(s.pid, SIGKILL);
		close(ends.life);
		close(ends.socket);
		server_end(&s);
	}
	ends = serve(&s, "qcow2");
	EXPECT_EQ(open_end(ends, &d), 0);
	d->ops->close(d);
	close(ends.life);
	server_end(&s);
	remove_image();
}

/* All that a configuration can name; vpc is qemu-nbd's word for vhd. */
UNIT_TEST(each_format_is_served)
{
	static const char *const formats[] = {"qcow2", "qcow", "vpc", "qed"};
	struct iovec v = {memory, 4096};
	struct server_ends ends;
	struct server s;
	char line[64];

	for (unsigned int i = 0; i < 4; i++) {
		make_image();
		snprintf(line, sizeof(line),
			 "qemu-img create -q -f %s disk.qcow2 8M", formats[i]);
		EXPECT_EQ(system(line), 0);
		memset(memory, 'a' + (int)i, 4096);
		ends = serve(&s, formats[i]);
		EXPECT_EQ(open_end(ends, &d), 0);
		EXPECT_EQ(run(DISK_WRITE, 8192, &v, 1), 0);
		d->ops->close(d);
		close(ends.life);
		server_end(&s);
		/* another one has it */
		ends = serve(&s, formats[i]);
		EXPECT_EQ(open_end(ends, &d), 0);
		memset(memory, 0, 4096);
		EXPECT_EQ(run(DISK_READ, 8192, &v, 1), 0);
		EXPECT(memory[0] == 'a' + (int)i && memory[4095] == memory[0]);
		d->ops->close(d);
		close(ends.life);
		server_end(&s);
		remove_image();
	}
}

UNIT_TEST(nothing_of_a_device_that_is_gone_is_left)
{
	struct server_ends ends;
	struct server s;
	struct stat st;

	make_image();
	ends = serve(&s, "qcow2");
	EXPECT_EQ(open_end(ends, &d), 0);
	kill(s.pid, SIGKILL);
	server_end(&s);
	EXPECT_EQ(stat("its.sock.pid", &st), 0);
	server_forget("its.sock");
	d->ops->close(d);
	close(ends.life);
	remove_image();
}

static void expect_failure(const char *format, const char *why)
{
	struct server_ends ends;
	struct server s;
	char said[128];

	ends = serve(&s, format);
	EXPECT(open_end(ends, &d) < 0);
	server_said(&s, said, sizeof(said));
	EXPECT(strstr(said, why));
	close(ends.life);
	server_end(&s);
	server_end(&s); /* there is none */
}

UNIT_TEST(what_a_server_cannot_do_it_says)
{
	make_image();
	EXPECT_EQ(truncate("disk.qcow2", 0), 0);
	EXPECT_EQ(truncate("disk.qcow2", BYTES), 0);
	expect_failure("qcow2", "not in qcow2 format");
	expect_failure("no-format", "no-format");
	setenv("PATH", "/none", 1);
	expect_failure("qcow2", "qemu-nbd, which serves qcow2: No such file");
	remove_image();
}
