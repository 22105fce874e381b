#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Make an ext4 file system of what a tar archive holds, with its owners; no
# privilege is needed.
#
#   disk-image.sh ARCHIVE.tar SIZE OUTPUT.img
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory" "$3.new"' EXIT
rm -f "$3.new"
# shellcheck disable=SC2016
fakeroot sh -ec '
	tar -xpf "$1" -C "$4"
	PATH=$PATH:/sbin:/usr/sbin
	truncate -s "$2" "$3"
	mke2fs -q -t ext4 -d "$4" "$3"
' - "$1" "$2" "$3.new" "$directory"
mv "$3.new" "$3"
