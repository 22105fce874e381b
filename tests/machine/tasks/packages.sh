# SPDX-License-Identifier: GPL-2.0-only
# What tasks/work installs: it comes with the disk, not installed.
packages='dbench gcc git libc6-dev make'
