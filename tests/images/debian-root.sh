#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Make a small but whole Debian 12 with systemd, to be a guest's root.
#
#   debian-root.sh OUTPUT.tar
#
# It comes from the mirror that this machine's apt uses.  root's password is
# "pavo"; /init makes it good as an initramfs.
set -eu

exclude=
for directory in doc info locale man; do
	exclude="$exclude --dpkgopt=path-exclude=/usr/share/$directory/*"
done

trap 'rm -f "$1.new.tar"' EXIT
# shellcheck disable=SC2086,SC2016
mmdebstrap --quiet --variant=minbase $exclude \
	--include=dbus,login,procps,systemd-sysv,udev \
	--customize-hook='echo debian >"$1/etc/hostname"' \
	--customize-hook='echo root:pavo | chroot "$1" chpasswd' \
	--customize-hook='ln -s sbin/init "$1/init"' \
	bookworm "$1.new.tar" "$("$(dirname "$0")/mirror.sh")"
mv "$1.new.tar" "$1"
