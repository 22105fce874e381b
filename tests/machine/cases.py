# SPDX-License-Identifier: GPL-2.0-only
"""The table of make check: a small Debian on a disk, as Dom0."""

from machines import SMALL_DISK, debian, drive, nics, run

CASES = [
    debian("machine-ahci", run("health"), run("net", "e1000e", MIB=32),
           loader="multiboot1", kernel="linux-6.1.lz4", initrd="disk.cpio",
           kernel_args="disk=/dev/sda", disk=SMALL_DISK,
           extra=(*drive("ahci"), *nics("e1000e"))),
]
