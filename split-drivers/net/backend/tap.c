// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taps, by /dev/net/tun. See tap.h.
 */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct ifreq request(const char *name)
{
	struct ifreq r = {0};

	strncpy(r.ifr_name, name, sizeof(r.ifr_name) - 1);
	return r;
}

/* Of an address that never answers: a bridge is not to learn it. */
static int set_address(const char *name)
{
	struct ifreq r = request(name);
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;

	r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memset(r.ifr_hwaddr.sa_data, 0xff, 6);
	r.ifr_hwaddr.sa_data[0] = (char)0xfe;
	rc = s < 0 || ioctl(s, SIOCSIFHWADDR, &r) ? -errno : 0;
	if (s >= 0)
		close(s);
	return rc;
}

bool tap_exists(const char *name)
{
	return if_nametoindex(name) != 0;
}

int tap_open(const char *name)
{
	struct ifreq r = request(name);
	bool is_new = !tap_exists(name);
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	int rc = 0;

	if (fd < 0)
		return -errno;
	r.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
	if (ioctl(fd, TUNSETIFF, &r) || ioctl(fd, TUNSETPERSIST, 1))
		rc = -errno;
	if (!rc && is_new) {
		tap_set_carrier(fd, false);
		rc = set_address(name);
	}
	if (rc)
		close(fd);
	return rc ? rc : fd;
}

void tap_remove(int fd)
{
	(void)ioctl(fd, TUNSETPERSIST, 0);
}

int tap_set_offload(int fd, const struct netback_front *front)
{
	unsigned int bits = 0;

	if (front->can_csum4 || front->can_csum6)
		bits |= TUN_F_CSUM;
	if (front->can_gso4)
		bits |= TUN_F_TSO4;
	if (front->can_gso6)
		bits |= TUN_F_TSO6;
	return ioctl(fd, TUNSETOFFLOAD, bits) ? -errno : 0;
}

void tap_set_carrier(int fd, bool is_there)
{
	int carrier = is_there;

	(void)ioctl(fd, TUNSETCARRIER, &carrier);
}

int tap_plug(const char *name, const char *bridge)
{
	struct ifreq r = request(name);
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;

	if (s < 0)
		return -errno;
	if (ioctl(s, SIOCGIFFLAGS, &r))
		rc = -errno;
	r.ifr_flags |= IFF_UP;
	if (!rc && ioctl(s, SIOCSIFFLAGS, &r))
		rc = -errno;
	if (!rc && *bridge) {
		struct ifreq b = request(bridge);

		b.ifr_ifindex = (int)if_nametoindex(name);
		if (ioctl(s, SIOCBRADDIF, &b) && errno != EBUSY)
			rc = -errno;
	}
	close(s);
	return rc;
}
