#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetch Debian packages by name and unpack them (not install them).
#
#   fetch.sh CACHE DEST PACKAGE...
#
# A metapackage such as linux-image-amd64 stands for the linux-image package
# that it depends on.  CACHE keeps the .deb files, DEST is replaced.
set -eu

cache=$1 dest=$2
shift 2

if ! apt-cache show "$@" >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ]; then
	apt-get -qq update
fi
new=$dest.$$
trap 'rm -rf "$new"' EXIT
mkdir -p "$cache" "$new"
for package; do
	real=$(apt-cache depends "$package" |
		awk '/Depends: linux-image-[0-9]/ { print $2; exit }')
	package=${real:-$package}
	deb=$(find "$cache" -name "${package}_*.deb" | head -n 1)
	if [ -z "$deb" ]; then
		echo "fetching $package" >&2
		# apt drops privileges for downloads and warns when it can not.
		(cd "$cache" && apt-get -qq -o APT::Sandbox::User=root \
			download "$package") || {
			echo "fetch: apt-get download $package failed;" \
				"is 'apt-get update' needed?" >&2
			exit 1
		}
		deb=$(find "$cache" -name "${package}_*.deb" | head -n 1)
	fi
	dpkg -x "$deb" "$new"
done
rm -rf "$dest"
mv "$new" "$dest"
