#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# See that the Debian packages for a purpose are there.
#
#   packages.sh PURPOSE...      build, run, check, soak
#
# As root it installs what is missing; otherwise it says how to, and exits 1.
set -eu

build="gcc libc6-dev make liblz4-dev liblzma-dev libzstd-dev zlib1g-dev
	libjson-c-dev libnbd-dev libncurses-dev libseccomp-dev libtdb-dev
	liburing-dev libxml2-dev"
run="busybox-static e2fsprogs fakeroot grub-common grub-pc-bin lz4
	mmdebstrap mtools openssh-client python3 qemu-system-x86 uidmap xorriso
	zstd"
check="clang-14 clang-format-14 clang-tidy-14 cppcheck grub-efi-amd64-bin
	libxen-dev libxml2-utils man-db nftables ovmf qemu-utils stress-ng systemd
	tdb-tools xz-utils"
soak="fio"

wanted=
for purpose; do
	case $purpose in
	build)	wanted="$wanted $build" ;;
	run)	wanted="$wanted $run" ;;
	check)	wanted="$wanted $check" ;;
	soak)	wanted="$wanted $soak" ;;
	*)	echo "packages: no purpose '$purpose'" >&2; exit 2 ;;
	esac
done

missing=
for package in $wanted; do
	status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
	case $status in
	"install ok installed") ;;
	*)	missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" -ne 0 ]; then
	echo "Packages are missing.  As root: apt-get update && $install" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
echo "installing:$missing"
apt-get -qq update
$install >/dev/null
