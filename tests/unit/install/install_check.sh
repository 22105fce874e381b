#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What make install has put into a directory is complete and right: systemd
# accepts the units, and GRUB the entries for a made-up /boot.
#
#	install_check.sh DIRECTORY
set -eu
root=$(realpath "$1")
passed=0 failed=0
log=$root/check.log

check()
{
	name=$1
	shift
	if "$@" >"$log" 2>&1; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "FAIL $name: $*"
	sed 's/^/     | /' "$log"
}

for file in boot/pavo.gz usr/sbin/pavo usr/sbin/pavo-top usr/sbin/pavo-xml \
		usr/lib/pavo/xenstored usr/lib/pavo/consoled \
		usr/lib/pavo/blkbackd usr/lib/pavo/blkbackd-nbd \
		usr/lib/pavo/netbackd usr/share/man/man8/netbackd.8 \
		usr/share/man/man1/pavo.1 usr/share/man/man5/pavo.cfg.5 \
		usr/share/man/man8/consoled.8 \
		usr/share/man/man8/blkbackd.8 etc/grub.d/20_linux_pavo \
		usr/share/bash-completion/completions/pavo \
		etc/pavo/scripts/block etc/pavo/scripts/vif-bridge; do
	check "$file" test -s "$root/$file"
done

# What units name must be there, so a host is made up around them.
mkdir -p "$root/bin" "$root/sbin" "$root/etc/systemd/system"
for program in bin/grep bin/kill sbin/modprobe; do
	install /bin/true "$root/$program"
done
for target in sysinit basic shutdown local-fs umount; do
	echo '[Unit]' >"$root/etc/systemd/system/$target.target"
done
for unit in "$root"/usr/lib/systemd/system/*; do
	check "${unit##*/}" sh -c \
		'! grep "@[a-z]*@" "$1"' check "$unit"
	check "${unit##*/}" sh -c \
		'out=$(systemd-analyze verify --man=no --root="$1" "$2" 2>&1)
		 echo "$out"; ! echo "$out" | grep -F "${2##*/}"' \
		check "$root" "${unit##*/}"
done

# A file system of its own for /boot, two kernels for Dom0 and one for none.
boot=$root/made/boot
lib=$root/made/lib
mkdir -p "$boot" "$lib"
for version in 6.1.0-9 6.1.0-10 5.0-not; do
	echo "CONFIG_XEN_PV_DOM0=$version" |
		sed 's/=.*not/=n/; s/=6.*/=y/' >"$boot/config-$version"
	: >"$boot/vmlinuz-$version"
done
: >"$boot/initrd.img-6.1.0-10"
cp "$root/boot/pavo.gz" "$boot"
cat >"$lib/grub-mkconfig_lib" <<'EOF'
prepare_grub_to_access_device() { echo "search --fs-uuid --set=root boot-$1"; }
make_system_path_relative_to_its_root() { :; }
grub_quote() { sed "s/'/'\\\\''/g"; }
EOF
mkdir -p "$root/made/etc/default"
echo GRUB_CMDLINE_PAVO=dom0_mem=1G >"$root/made/etc/default/grub"
entries=$root/made/grub.cfg
check 20_linux_pavo env pkgdatadir="$lib" BOOT_DIRECTORY="$boot" \
	GRUB_DEVICE=/dev/sda2 GRUB_DEVICE_UUID=1234 GRUB_DEVICE_BOOT=/dev/sda1 \
	GRUB_DISTRIBUTOR="Debian's" GRUB_CMDLINE_LINUX=quiet \
	sysconfdir="$root/made/etc" sh -c \
	'"$1/etc/grub.d/20_linux_pavo" >"$2"' check "$root" "$entries"
check syntax grub-script-check "$entries"
check entries sh -c '[ $(grep -c "^menuentry" "$1") = 2 ]' check "$entries"
check newest-first sh -c \
	'grep menuentry "$1" | head -n 1 | grep "6.1.0-10"' check "$entries"
check hypervisor grep -q 'multiboot2 /pavo.gz dom0_mem=1G' "$entries"
check kernel grep -q 'module2 /vmlinuz-6.1.0-9 root=UUID=1234 ro quiet' \
	"$entries"
check initrd sh -c '[ $(grep -c "initrd.img-6.1.0-10" "$1") = 1 ]' \
	check "$entries"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
