# SPDX-License-Identifier: GPL-2.0-only
# What the scripts of network interfaces share: vif is the interface, by the
# name its driver gave it; the first argument is online or offline.
. "$(dirname "$0")/hotplug-common.sh"

[ -n "$vif" ] || fail "vif is not set: this is run by pavo"
dev=$(read_own vifname) || dev=$vif
ip=$(read_own ip) || ip=

# Give it the name it shall have, before it is up.
name_it()
{
	[ "$dev" = "$vif" ] && return
	[ ! -d "/sys/class/net/$dev" ] || fail "there is an interface $dev already"
	ip link set dev "$vif" down && ip link set dev "$vif" name "$dev" ||
		fail "$vif cannot be called $dev"
}

# The mtu of the device, or else that of interface $1, unless it is more than a
# frontend that has connected already can do.
set_mtu()
{
	if mtu=$(read_own mtu) && [ -n "$mtu" ]; then
		ip link set dev "$dev" mtu "$mtu" ||
			fail "$dev cannot have an mtu of $mtu"
	elif mtu=$(cat "/sys/class/net/$1/mtu"); then
		ip link set dev "$dev" mtu "$mtu" || true
	fi
}

# Interfaces of backends have an address of their own, which never answers.
bring_up()
{
	ip link set dev "$dev" address fe:ff:ff:ff:ff:ff
	ip link set dev "$dev" up || fail "$dev cannot be brought up"
}

is_there()
{
	[ -d "/sys/class/net/$dev" ]
}

connected()
{
	write hotplug-status connected
	exit 0
}
