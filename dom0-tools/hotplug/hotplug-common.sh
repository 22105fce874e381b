# SPDX-License-Identifier: GPL-2.0-only
# What the hotplug scripts share.  XENBUS_PATH is the device's backend
# directory, relative to this domain's; PAVO is the tool that runs us.
: "${PAVO:=pavo}" "${XENBUS_BASE_PATH:=backend}"
[ -n "$XENBUS_PATH" ] || {
	echo "XENBUS_PATH is not set: this is run by pavo" >&2
	exit 1
}
export PATH="$PATH:/sbin:/usr/sbin"

# read_of DIRECTORY NODE
read_of()
{
	"$PAVO" xenstore read "$1/$2" 2>/dev/null
}

read_own()
{
	read_of "$XENBUS_PATH" "$1"
}

# write NODE VALUE ...
write()
{
	_left=$#
	while [ $_left -ge 2 ]; do
		set -- "$@" "$XENBUS_PATH/$1" "$2"
		shift 2
		_left=$((_left - 2))
	done
	"$PAVO" xenstore write "$@"
}

# fail WHY...: for the person who waits for the device
fail()
{
	write hotplug-error "$*" hotplug-status error 2>/dev/null
	echo "$*" >&2
	exit 1
}
