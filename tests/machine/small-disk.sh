#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Make a disk without partitions of a Debian's tar and of what make install has
# put into a directory; disk-init starts it.
#
#   small-disk.sh OUTPUT.img DEBIAN.tar INSTALLED
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir" "$1.new"' EXIT
rm -f "$1.new"
# shellcheck disable=SC2016
fakeroot sh -euc '
	tar -x --numeric-owner -C "$1" -f "$2"
	cp -r "$3/." "$1"
	cp -r "$4" "$1"
	systemctl -q --root="$1" enable systemd-networkd proc-xen.mount \
		pavo-xenstored pavo-consoled pavo-monitor
	mke2fs -q -t ext4 -F -L machine -d "$1" "$5" 512M >/dev/null
' sh "$dir" "$2" "$3" "$(dirname "$0")/etc" "$1.new"
mv "$1.new" "$1"
