#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Make the Debian 12 that a machine gets: systemd, GRUB, ssh and kernels; and,
# not installed, the packages of tasks/work.
#
#   debian-tar.sh OUTPUT.tar KERNEL.deb...
#
# root's password is "pavo".
set -eu
output=$1
shift
here=$(dirname "$0")
. "$here/tasks/packages.sh"

for kernel; do
	set -- "$@" "--customize-hook=upload $kernel /kernel.deb" \
		--customize-hook='chroot "$1" dpkg -i /kernel.deb' \
		--customize-hook='rm "$1/kernel.deb"'
	shift
done

exclude=
for directory in doc info locale man; do
	exclude="$exclude --dpkgopt=path-exclude=/usr/share/$directory/*"
done

trap 'rm -f "$output.new.tar"' EXIT
# shellcheck disable=SC2086,SC2016
mmdebstrap --quiet --variant=important $exclude --skip=cleanup/apt \
	--include=busybox-static,dbus,grub-efi-amd64-bin,grub-pc \
	--include=initramfs-tools,linux-base,openssh-server,pciutils,zstd \
	--customize-hook="copy-in $here/etc /" "$@" \
	--customize-hook="APT_CONFIG=\$MMDEBSTRAP_APT_CONFIG apt-get -qq \
		--no-install-recommends --download-only install $packages" \
	--customize-hook='echo machine >"$1/etc/hostname"' \
	--customize-hook='echo root:pavo | chroot "$1" chpasswd' \
	--customize-hook='systemctl --root="$1" -q enable systemd-networkd' \
	bookworm "$output.new.tar" "$("$here/../images/mirror.sh")"
mv "$output.new.tar" "$output"
