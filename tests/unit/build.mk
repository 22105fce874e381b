# SPDX-License-Identifier: GPL-2.0-only
#
# Unit tests, one folder a subsystem; each adds its check-NAME to check-unit.
include $(wildcard tests/unit/*/build.mk)
