#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# fetch.sh from Debian 12's backports, of which this machine's apt need not know.
set -eu

here=$(dirname "$0")
mkdir -p "$1/backports/lists/partial" "$1/backports/archives/partial"
cache=$(realpath "$1/backports")
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keys] $("$here/mirror.sh") bookworm-backports main" \
	>"$cache/sources.list"
cat >"$cache/apt.conf" <<END
Dir::Etc::SourceList "$cache/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State::Lists "$cache/lists";
Dir::Cache "$cache";
APT::Sandbox::User "root";
END
export APT_CONFIG="$cache/apt.conf"
apt-get -qq update
shift
exec "$here/fetch.sh" "$cache" "$@"
