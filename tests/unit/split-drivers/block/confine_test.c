// SPDX-License-Identifier: GPL-2.0-only
/*
 * A worker's prison: a disk can be used in it, in every way, and nothing else
 * be done. These need root; for others there is nothing to give up.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../../split-drivers/block/backend/confine.h"
#include "../../../../split-drivers/block/backend/disk.h"
#include "../../../../split-drivers/block/backend/worker.h"
#include "unit_test.h"

#define BYTES (1u << 20)

static struct disk *d;
static char *memory;
static unsigned int nr_done;

static void on_done(struct disk_io *io)
{
	(void)io;
	nr_done++;
}

static void open_and_confine(bool is_direct)
{
	struct disk_source s = {.is_direct = is_direct,
				.fd = WORKER_DISK,
				.lock = WORKER_DISK,
				.memory_bytes = 1u << 16};
	char name[] = "/var/tmp/confine_XXXXXX";
	const char *what;
	int file = mkstemp(name);

	unlink(name);
	if (ftruncate(file, BYTES) || dup2(file, WORKER_DISK) < 0)
		_exit(2);
	memory = mmap(NULL, s.memory_bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	s.memory = memory;
	if (disk_open(&s, &d))
		_exit(3);
	if (confine(2000000, "/tmp", &what))
		_exit(4);
}

/* Without what the sanitizer would do at an end. */
static void leave(int code)
{
	syscall(SYS_exit_group, code);
}

static int run(enum disk_op op, unsigned int nr_iov, bool is_bounced)
{
	struct iovec v[2] = {{memory, 4096}, {memory + 8192, 4096}};
	struct disk_io io = {.op = op,
			     .nr_iov = nr_iov,
			     .iov = v,
			     .bytes = nr_iov ? nr_iov * 4096 : 4096,
			     .is_bounced = is_bounced,
			     .done = on_done};
	unsigned int before = nr_done;

	d->ops->submit(d, &io);
	while (nr_done == before)
		d->ops->wait(d, NULL, 0, 1000000);
	return io.rc;
}

static void use_disk(void)
{
	if (run(DISK_WRITE, 1, true) || run(DISK_WRITE, 1, false) ||
	    run(DISK_WRITE, 2, false) || run(DISK_READ, 1, true) ||
	    run(DISK_READ, 2, false) || run(DISK_FLUSH, 0, false) ||
	    run(DISK_DISCARD, 0, false) || d->ops->measure(d))
		leave(5);
}

static void open_a_file(void)
{
	(void)!open("/etc/passwd", O_RDONLY);
}

static void make_a_socket(void)
{
	(void)!socket(AF_INET, SOCK_STREAM, 0);
}

static void make_code(void)
{
	(void)!mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void make_a_process(void)
{
	(void)!fork();
}

static void use_another_ioctl(void)
{
	(void)!ioctl(WORKER_DISK, 0x1277 /* BLKDISCARD */, memory);
}

/* The child's end: 0, an exit code, or minus the signal. */
static int in_prison_with(bool is_direct, void (*deed)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		open_and_confine(is_direct);
		deed();
		leave(0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int in_prison(void (*deed)(void))
{
	return in_prison_with(false, deed);
}

UNIT_TEST(a_confined_worker_can_use_its_disk)
{
	if (getuid() != 0)
		return;
	EXPECT_EQ(in_prison_with(false, use_disk), 0);
	EXPECT_EQ(in_prison_with(true, use_disk), 0);
}

UNIT_TEST(a_confined_worker_can_do_nothing_else)
{
	if (getuid() != 0)
		return;
	EXPECT_EQ(in_prison(open_a_file), -SIGSYS);
	EXPECT_EQ(in_prison(make_a_socket), -SIGSYS);
	EXPECT_EQ(in_prison(make_code), -SIGSYS);
	EXPECT_EQ(in_prison(make_a_process), -SIGSYS);
	EXPECT_EQ(in_prison(use_another_ioctl), -SIGSYS);
}
