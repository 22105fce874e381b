# SPDX-License-Identifier: GPL-2.0-only
"""The table of domain tests that take long."""

from cases import Case, task

SEEDS = range(2, 12)

CASES = [
    Case(f"killing-{seed}", cpus=2, initrd="killing.cpio",
         hv_args="dom0_mem=1024M,max:1024M", timeout_s=7200,
         kernel_args=f"task=killing rounds=100 seed={seed}",
         steps=task("killing"))
    for seed in SEEDS
]
