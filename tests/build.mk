# SPDX-License-Identifier: GPL-2.0-only
#
# What the folders under tests share.  Each kind of test is a target check-NAME
# that prints "N passed, N failed"; tests/check.py adds these up.
IMAGES  := $(O)/images
KERNELS := 6.1 6.12
# bad-WAY or bad-WAY.FORMAT, as tests/images/break.py has them
BAD_KERNELS := $(addprefix $(IMAGES)/bad-,text empty no-pv elf-cut \
	$(foreach w,truncated short corrupt,$(addprefix $w.,xz zstd gzip lz4)))

# Python's caches would land beside the sources.
export PYTHONDONTWRITEBYTECODE := 1

# The order is from quick to slow, so that what is wrong shows early.
CHECKS := unit style guests boot tour domains system

check: all ## everything that a commit must pass
	tests/check.py $(CHECKS)
