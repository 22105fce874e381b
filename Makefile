# SPDX-License-Identifier: GPL-2.0-only
# Pavo: top of the build.  `make help` lists the targets.
#
# Non-recursive: each folder adds its own rules in a build.mk.
O       := build
CC      := gcc
HOSTCC  := $(CC)
WARN    := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
           -Wcast-qual -Wvla -Wundef -Werror

.DEFAULT_GOAL := all
.PHONY: all check check-unit soak bench run help clean
.DELETE_ON_ERROR:

all:
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort

include $(wildcard hypercalls/build.mk hypervisor/build.mk dom0-tools/build.mk \
	dom0-tools/*/build.mk split-drivers/build.mk split-drivers/*/build.mk \
	tests/build.mk tests/*/build.mk)

clean: ## remove everything built
	rm -rf $(O)
