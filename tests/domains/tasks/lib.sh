# SPDX-License-Identifier: GPL-2.0-only
# What the tasks of the domain tests share; a task begins with
#	. /tasks/lib.sh
# and ends with
#	finish
LOGS=/var/log/xen/console
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
	_name=$1
	shift
	if "$@" >/tmp/check.out 2>&1; then
		ok "$_name"
	else
		fail "$_name" "'$*' exited with $?"
		sed 's/^/     | /' /tmp/check.out
		return 1
	fi
}

# refused NAME REGEX COMMAND...: it must fail, and say so
refused()
{
	_name=$1 _regex=$2
	shift 2
	if "$@" >/tmp/check.out 2>&1; then
		fail "$_name" "'$*' succeeded"
	elif grep -qE "$_regex" /tmp/check.out; then
		ok "$_name"
	else
		fail "$_name" "'$*' does not say /$_regex/"
		sed 's/^/     | /' /tmp/check.out
	fi
}

# same NAME WHAT EXPECTED FOUND
same()
{
	if [ "$3" = "$4" ]; then
		ok "$1"
	else
		fail "$1" "$2 is '$4', not '$3'"
	fi
}

# console DOMAIN REGEX [SECONDS]: wait for a line on its console
console()
{
	await "${3:-300}" "$LOGS/guest-$1.log" "$2" && return
	tail -n 5 "$LOGS/guest-$1.log"
	return 1
}

# config NAME [LINE...]: /tmp/NAME.cfg for an idle guest, lines added
config()
{
	cat >"/tmp/$1.cfg" <<-EOF
		name = "$1"
		kernel = "/guests/linux-6.1"
		ramdisk = "/guests/domu.cpio.gz"
		extra = "console=hvc0 task=idle"
		memory = 128
		vcpus = 1
	EOF
	_cfg=/tmp/$1.cfg
	shift
	for _line; do
		_key=${_line%%[ =]*}
		sed -i "/^$_key *=/d" "$_cfg"
		echo "$_line" >>"$_cfg"
	done
}

# until_so COMMAND...: ask again until it is so, where no event tells; what
# never happens is told apart after 60 s
until_so()
{
	_end=$(($(date +%s) + 60))
	until "$@"; do
		[ "$(date +%s)" -lt $_end ] || return 1
	done
}

# warm_up NAME: have domain NAME leave what the first one does.  The first
# grant that a vcpu of Dom0 maps gets Dom0 a page of handles, which stays: let
# the daemons map one on each.  The kernel is kept unpacked, too.
warm_up()
{
	_mask=1
	for _cpu in /sys/devices/system/cpu/cpu[0-9]*; do
		for _daemon in $(pidof xenstored consoled); do
			taskset -p $_mask "$_daemon" >/dev/null
		done
		check "a domain for ${_cpu##*/}" \
			pavo create -q -p "/tmp/$1.cfg"
		pavo destroy "$1"
		_mask=$((_mask * 2))
	done
	for _daemon in $(pidof xenstored consoled); do
		taskset -p $((_mask - 1)) "$_daemon" >/dev/null
	done
}

# no_backends: by the store Dom0 serves nobody
no_backends()
{
	pavo xenstore ls -f /local/domain/0 >/tmp/nodes &&
		! grep '^/local/domain/0/backend/' /tmp/nodes
}

# left_but_memory FILE: the census is FILE's, but for memory that tables of the
# hypervisor keep when they have grown for the first time
left_but_memory()
{
	census same 10 "$1" >/tmp/left || ! grep -v ' pages free ' /tmp/left
}

# left_but_daemon NAME FILE: the same; that daemon has been started again, and
# has as many files
left_but_daemon()
{
	census same 10 "$2" >/tmp/left && return
	! grep -v -e ' pages free ' -e " $1: " /tmp/left &&
		[ "$(sed -n "s/.* \($1: .*\)/\1/p" /tmp/left | sort -u |
			wc -l)" -le 1 ]
}

# bridge: xenbr0, in which we are 10.0.0.1
bridge()
{
	modprobe bridge
	ip link add xenbr0 type bridge
	ip addr add 10.0.0.1/24 dev xenbr0
	ip link set xenbr0 up
}

# at ADDRESS LINE...: its output; the lines are run in the guest there, which
# has task=devices
at()
{
	_address=$1
	shift
	printf '%s\n' "$@" | nc -w 60 "$_address" 1000
}

in_guest()
{
	at 10.0.0.2 "$@"
}

finish()
{
	echo "$passed passed, $failed failed"
	[ $failed = 0 ] && [ $passed -gt 0 ]
	exit
}
