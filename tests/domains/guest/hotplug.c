// SPDX-License-Identifier: GPL-2.0-only
/*
 * In a guest: put CPUs to use as they are plugged in, as udev would, and say
 * at each change how many run.
 *
 * Prints "@cpus N after M changes"; the first, after 0, says that it listens.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void put_to_use(const char *devpath)
{
	char path[256];
	ssize_t rc = -1;
	int fd;

	snprintf(path, sizeof(path), "/sys%s/online", devpath);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		/*
		 * Linux announces the CPU a moment before it is present
		 * (drivers/xen/cpu_hotplug.c, enable_hotplug_cpu).
		 */
		do
			sched_yield();
		while ((rc = write(fd, "1", 1)) < 0 && errno == EINVAL);
	}
	/* or it is unplugged again */
	if (rc < 0 && access(path, W_OK) == 0)
		warn("%s", path);
	if (fd >= 0)
		close(fd);
}

static int is_cpu(const char *devpath)
{
	return strncmp(devpath, "/devices/system/cpu/cpu", 23) == 0;
}

int main(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			NETLINK_KOBJECT_UEVENT);
	char message[8192];
	int changes = 0;
	ssize_t len;

	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(1, "netlink");
	setvbuf(stdout, NULL, _IOLBF, 0);
	do {
		printf("@cpus %ld after %d changes\n",
		       sysconf(_SC_NPROCESSORS_ONLN), changes);
		for (;;) { /* "ACTION@DEVPATH", then variables */
			char *devpath;

			len = recv(fd, message, sizeof(message) - 1, 0);
			if (len < 0)
				break;
			message[len] = '\0';
			devpath = strchr(message, '@');
			if (devpath == NULL || !is_cpu(devpath + 1))
				continue;
			*devpath++ = '\0';
			if (strcmp(message, "add") == 0)
				put_to_use(devpath);
			else if (strcmp(message, "online") == 0 ||
				 strcmp(message, "offline") == 0)
				break;
		}
		changes++;
	} while (len >= 0);
	err(1, "netlink");
}
