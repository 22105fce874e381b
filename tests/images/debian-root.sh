#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Make a small but whole Debian 12 with systemd, to be a guest's root.
#
#   debian-root.sh OUTPUT.tar KEY.pub [PACKAGE,...]
#
# It comes from the mirror that this machine's apt uses.  root's password is
# "pavo", and by ssh the key lets in; its interface is 10.0.0.2/24.  /init makes
# it good as an initramfs.
set -eu

exclude=
for directory in doc info locale man; do
	exclude="$exclude --dpkgopt=path-exclude=/usr/share/$directory/*"
done

network=$1.network
trap 'rm -f "$1.new.tar" "$network"' EXIT
cat >"$network" <<END
[Match]
Name=eth* en*
[Network]
Address=10.0.0.2/24
Gateway=10.0.0.1
END
# shellcheck disable=SC2086,SC2016
mmdebstrap --quiet --variant=minbase $exclude \
	--include="dbus,login,openssh-server,procps,systemd-sysv,udev${3:+,$3}" \
	--customize-hook='echo debian >"$1/etc/hostname"' \
	--customize-hook='echo root:pavo | chroot "$1" chpasswd' \
	--customize-hook='ln -s sbin/init "$1/init"' \
	--customize-hook='mkdir -p "$1/root/.ssh"' \
	--customize-hook="upload '$2' /root/.ssh/authorized_keys" \
	--customize-hook="upload '$network' /etc/systemd/network/eth.network" \
	--customize-hook='chroot "$1" systemctl -q enable systemd-networkd' \
	bookworm "$1.new.tar" "$("$(dirname "$0")/mirror.sh")"
mv "$1.new.tar" "$1"
