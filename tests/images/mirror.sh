#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The mirror of Debian 12 that this machine's apt uses.
set -eu
# shellcheck disable=SC2016
mirror=$(apt-get indextargets \
	--format '$(REPO_URI) $(CODENAME) $(ORIGIN) $(CREATED_BY)' |
	awk '$2 == "bookworm" && $3 == "Debian" && $4 == "Packages" \
		{ print $1; exit }')
echo "${mirror:-http://deb.debian.org/debian}"
