# SPDX-License-Identifier: GPL-2.0-only
#
# What the folders under tests share.  Each kind of test is a target
# check-NAME that leaves "N passed, N failed" in build/results/NAME.txt.
IMAGES  := $(O)/images
KERNELS := 6.1 6.12

# Python's caches would land beside the sources.
export PYTHONDONTWRITEBYTECODE := 1
