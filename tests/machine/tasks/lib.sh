# SPDX-License-Identifier: GPL-2.0-only
# What the tasks of the machine tests share; a task begins with
#	. /root/tasks/lib.sh
# and ends with
#	finish
passed=0 failed=0

ok()
{
	passed=$((passed + 1))
	echo "ok $1"
}

fail()
{
	failed=$((failed + 1))
	echo "FAIL $1: $2"
}

# check NAME COMMAND...: the command must succeed; so does check then
check()
{
	local name=$1
	shift
	if "$@" >/tmp/check.out 2>&1; then
		ok "$name"
	else
		fail "$name" "'$*' exited with $?"
		sed 's/^/     | /' /tmp/check.out
		return 1
	fi
}

# nics: the interfaces of real devices
nics()
{
	for nic in /sys/class/net/*; do
		[ -e "$nic/device" ] && echo "${nic##*/}"
	done
}

# driver_of NIC
driver_of()
{
	basename "$(readlink "/sys/class/net/$1/device/driver")"
}

# server_of NIC: where its network has the server
server_of()
{
	sed -n 's/^ADDRESS=\(10\.0\.[0-9]*\)\..*/\1.100/p' \
		"/run/systemd/netif/leases/$(cat "/sys/class/net/$1/ifindex")"
}

# irqs_of NIC: a device has a handful of MSIs, or one line
irqs_of()
{
	local dir=/sys/class/net/$1/device
	[ -d "$dir/msi_irqs" ] || [ -e "$dir/irq" ] || dir=$(realpath "$dir/..")
	if [ -d "$dir/msi_irqs" ]; then
		ls "$dir/msi_irqs"
	else
		cat "$dir/irq"
	fi
}

# taken IRQ CPU: how often the CPU has taken it
taken()
{
	awk -v irq="$1:" -v cpu="$2" \
		'$1 == irq { print $(cpu + 2) }' /proc/interrupts
}

# http SERVER METHOD PATH [FILE]: what it answers (answer.py)
http()
{
	local body=${4-/dev/null} line server
	exec {server}<>"/dev/tcp/$1/80" || return
	printf '%s %s HTTP/1.1\r\nContent-Length: %s\r\n\r\n' "$2" "$3" \
		"$(stat -L -c %s "$body")" >&$server
	cat "$body" >&$server
	while read -r line <&$server && [ "$line" != $'\r' ]; do :; done
	cat <&$server
	exec {server}>&-
}

hash()
{
	sha256sum | cut -d' ' -f1
}

# sent SERVER FILE, received SERVER SEED BYTES: one way, compared by hash
sent()
{
	[ "$(http "$1" PUT / "$2")" = "$(hash <"$2")" ]
}

received()
{
	[ "$(http "$1" GET "/$2/$3" | hash)" = \
		"$(http "$1" GET "/$2/$3.sha256")" ]
}

finish()
{
	echo "$passed passed, $failed failed"
	[ $failed = 0 ] && [ $passed -gt 0 ]
	echo "@task ${0##*/} exit=$?"
	exit
}
