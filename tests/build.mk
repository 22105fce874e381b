# SPDX-License-Identifier: GPL-2.0-only
#
# What the folders under tests share.  Each kind of test is a target check-NAME
# that prints "N passed, N failed"; tests/check.py adds these up.
IMAGES  := $(O)/images
KERNELS := 6.1 6.12

# Python's caches would land beside the sources.
export PYTHONDONTWRITEBYTECODE := 1

# The order is from quick to slow, so that what is wrong shows early.
CHECKS := unit guests boot system

check: all ## everything that a commit must pass
	MAKE="$(MAKE)" tests/check.py $(CHECKS)
