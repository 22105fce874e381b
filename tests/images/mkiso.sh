#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Make a disk image that GRUB boots by multiboot2: of the BIOS, or as an EFI
# program.
#
#   mkiso.sh bios|efi OUTPUT HYPERVISOR 'ARGS' [MODULE 'ARGS']...
#
# Without a HYPERVISOR ('') the modules are a kernel and its initrd.  GRUB's last
# line before it hands over is "@handover".
set -eu

case $1 in
bios)	platform=i386-pc video="set gfxpayload=text" ;;
efi)	platform=x86_64-efi video="insmod efi_gop" ;;
esac
output=$2 hypervisor=$3 hypervisor_args=$4
shift 4

dir=$(mktemp -d)
log=$(mktemp)
trap 'rm -rf "$dir" "$log"' EXIT
mkdir -p "$dir/boot/grub"
cfg=$dir/boot/grub/grub.cfg
cat >"$cfg" <<-E
	set timeout=0
	serial --unit=0 --speed=115200
	terminal_output serial
	menuentry pavo {
	$video
E
if [ -n "$hypervisor" ]; then
	cp -L "$hypervisor" "$dir/boot/hypervisor"
	echo "multiboot2 /boot/hypervisor $hypervisor_args" >>"$cfg"
	load_first=module2 load=module2
else
	load_first=linux load=initrd
fi
n=0
while [ $# -gt 0 ]; do
	cp -L "$1" "$dir/boot/module$n"
	echo "$load_first /boot/module$n ${2-}" >>"$cfg"
	load_first=$load
	n=$((n + 1))
	shift
	[ $# -eq 0 ] || shift
done
printf 'echo @handover\n}\n' >>"$cfg"

if ! grub-mkrescue -d /usr/lib/grub/$platform -o "$output" "$dir" \
	>"$log" 2>&1; then
	cat "$log" >&2
	exit 1
fi
