#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Copy a disk and put directories' files over what its partition holds.
#
#   overlay.sh OUTPUT.img INPUT.img DIRECTORY...
set -eu
output=$1 input=$2
shift 2
log=$(mktemp)
trap 'rm -f "$output.new" "$log"' EXIT

# Commands of debugfs, which makes a name only where it is.
commands()
{
	cd "$1"
	find . -mindepth 1 -type d | sed 's/^\./mkdir /'
	find . -type f | while read -r file; do
		directory=${file%/*}
		directory=${directory#.}
		echo "cd ${directory:-/}"
		echo "rm ${file##*/}"
		echo "write $PWD/${file#./} ${file##*/}"
		mode=100644
		[ ! -x "$file" ] || mode=100755
		echo "sif ${file##*/} mode 0$mode"
		echo "sif ${file##*/} uid 0"
		echo "sif ${file##*/} gid 0"
	done
}

cp --sparse=always "$input" "$output.new"
for directory; do
	(commands "$directory") |
		debugfs -w -f - "$output.new?offset=1048576" >"$log" 2>&1
	# Directories are there already, files to be replaced not yet.
	if grep -vE '^$|^debugfs|^Allocated|already exists|^rm: File not' \
		"$log"; then
		exit 1
	fi
done
mv "$output.new" "$output"
