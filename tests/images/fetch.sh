#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetch a Debian package by name and unpack it (not install it).
#
#   fetch.sh CACHE DEST PACKAGE
#
# A metapackage such as linux-image-amd64 stands for the linux-image package
# that it depends on.  CACHE keeps the .deb files, DEST is replaced.
set -eu

cache=$1 dest=$2 package=$3

if ! apt-cache show "$package" >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ]; then
	apt-get -qq update
fi
real=$(apt-cache depends "$package" |
	awk '/Depends: linux-image-[0-9]/ { print $2; exit }')
package=${real:-$package}

mkdir -p "$cache"
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

rm -rf "$dest"
mkdir -p "$dest"
dpkg -x "$deb" "$dest"
