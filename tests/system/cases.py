# SPDX-License-Identifier: GPL-2.0-only
"""The table of system tests: what runs for long inside Dom0."""

from cases import Case, task

CASES = [
    Case("stress-6.1", cpus=2, initrd="stress.cpio",
         kernel_args="task=stress", steps=task("stress"), timeout_s=1200,
         compare_log=True),
]
