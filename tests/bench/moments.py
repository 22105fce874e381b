# SPDX-License-Identifier: GPL-2.0-only
"""Instructions counted between two addresses, by QEMU's plugin profile.c."""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../boot"))
from machine import Machine

PLUGIN = "build/tests/bench/profile.so"
MULTIBOOT1 = 0x1badb002
HAS_ADDRESSES = 1 << 16
NOTE_ENTRY = 1              # XEN_ELFNOTE_ENTRY


def multiboot_entry(path):
    """Where a multiboot 1 loader jumps to."""
    with open(path, "rb") as f:
        image = f.read()
    for at in range(0, 8192, 4):
        magic, flags = struct.unpack_from("<II", image, at)
        if magic == MULTIBOOT1 and flags & HAS_ADDRESSES:
            return struct.unpack_from("<I", image, at + 28)[0]
    return struct.unpack_from("<I", image, 24)[0]   # of ELF32


def dom0_entry(elf):
    """The kernel's own entry point for Xen, an ELF note."""
    with open(elf, "rb") as f:
        image = f.read()
    at = image.index(struct.pack("<III", 4, 8, NOTE_ENTRY) + b"Xen\0")
    return struct.unpack_from("<Q", image, at + 16)[0]


class Counter:
    """Of the instructions between addresses @start and @stop."""

    def __init__(self, start, stop, name):
        self.out = f"build/logs/{name}.counts"
        self.qemu_arguments = (
            "-plugin", f"{PLUGIN},start={start:x},stop={stop:x},out={self.out}")

    def last_window(self):
        """[(address, count)] of the last time that stop was reached."""
        with open(self.out) as f:
            lines = f.read().split("W\n")[-1].splitlines()
        return [(int(a, 16), int(n))
                for a, n in (line.split() for line in lines)]


def count_entry(config, elf, name):
    """[(address, count)] of what runs before Dom0 in @config, which boots
    @elf as Dom0; waits for interrupts are no instructions.
    """
    counter = Counter(multiboot_entry(config.hypervisor), dom0_entry(elf), name)
    config.extra = counter.qemu_arguments
    with Machine(config, f"build/logs/{name}.log") as machine:
        machine.expect("Linux version", 1800)
    return counter.last_window()
