#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Make a disk of a Debian's tar and of what make install has put into a
# directory.  The disk's own kernel boots once, without a hypervisor, and runs
# grub-install and update-grub.
#
#   disk.sh OUTPUT.img DEBIAN.tar INSTALLED XEN.gz
set -eu
output=$1 debian=$2 installed=$3 xen=$4
here=$(dirname "$0")
size_mib=3072 esp_mib=64 first_mib=1
root_mib=$((size_mib - esp_mib - first_mib))
esp=$((first_mib + root_mib))

dir=$(mktemp -d)
log=$output.log
trap 'rm -rf "$dir" "$output.new"' EXIT

# Four bytes, the lowest first.
le32()
{
	for shift in 0 8 16 24; do
		# shellcheck disable=SC2059
		printf "\\$(printf %03o $(($1 >> shift & 255)))"
	done
}

# Linux's, bootable, and EFI's.  Cylinders do not count.
partition_table()
{
	head -c 446 /dev/zero
	printf '\200\376\377\377\203\376\377\377'
	le32 $((first_mib * 2048))
	le32 $((root_mib * 2048))
	printf '\0\376\377\377\357\376\377\377'
	le32 $((esp * 2048))
	le32 $((esp_mib * 2048))
	head -c 32 /dev/zero
	printf '\125\252'
}

rm -f "$output.new"
truncate -s ${size_mib}M "$output.new"
partition_table | dd of="$output.new" conv=notrunc status=none
mformat -i "$output.new@@${esp}M" -T $((esp_mib * 2048)) -v EFI ::
# shellcheck disable=SC2016
fakeroot sh -euc '
	mkdir "$1/root"
	tar -x --numeric-owner -C "$1/root" -f "$2"
	cp -r "$3/." "$1/root"
	install -m 644 "$4" "$1/root/boot/xen-4.17-amd64.gz"
	install "$5" "$1/root/root/set-up"
	mke2fs -q -t ext4 -L machine -E "offset=$7" -d "$1/root" "$6" "$8"
' sh "$dir" "$debian" "$installed" "$xen" "$here/set-up" "$output.new" \
	$((first_mib << 20)) $((root_mib << 10))
cp "$dir"/root/boot/vmlinuz-6.1.* "$dir/vmlinuz"
cp "$dir"/root/boot/initrd.img-6.1.* "$dir/initrd"

qemu-system-x86_64 -cpu max,-smap -m 1024 -nic none -vga none -display none \
	-no-reboot -serial "file:$log" \
	-drive "file=$output.new,format=raw,if=virtio,cache=unsafe" \
	-kernel "$dir/vmlinuz" -initrd "$dir/initrd" -append \
	"console=ttyS0 root=LABEL=machine rw init=/root/set-up"
if ! grep -q '^@set up' "$log"; then
	tail -n 20 "$log" >&2
	exit 1
fi
mv "$output.new" "$output"
