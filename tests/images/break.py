#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Make a kernel image that a loader must refuse.

    break.py WAY GOOD OUTPUT

WAY: text       no kernel at all
     empty      nothing
     no-pv      a bzImage whose kernel has no Xen notes
     truncated  a bzImage cut off in its payload
     short      a bzImage without the second half of its payload
     corrupt    a bzImage with damage in the middle of its payload
     elf-cut    an ELF kernel (GOOD is one) cut off in its segments
"""

import sys

from bzimage import BzImage, pack


def without_xen_notes(elf):
    """Rename the notes' owner, so that none of them is for us."""
    # name size 4, then the owner behind the three words of a note's head
    start = 0
    notes = bytearray(elf)
    while (at := notes.find(b"Xen\0", start)) >= 0:
        if notes[at - 12:at - 8] == b"\4\0\0\0":
            notes[at:at + 4] = b"Nix\0"
        start = at + 4
    return bytes(notes)


def broken(way, good):
    if way == "text":
        return b"This is no kernel.\n" * 1000
    if way == "empty":
        return b""
    if way == "elf-cut":
        return good[:len(good) // 3]
    image = BzImage(good)
    half = len(image.payload) // 2
    if way == "no-pv":
        return image.with_payload(
            pack(without_xen_notes(image.unpack()), "lz4"))
    if way == "truncated":
        return good[:image.payload_start + half]
    if way == "short":
        size = image.payload[-4:]
        return image.with_payload(image.payload[:half] + size)
    if way == "corrupt":
        return image.with_payload(image.payload[:half] + b"\xff" * 4096 +
                                  image.payload[half + 4096:])
    sys.exit(__doc__)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    way, good, output = sys.argv[1:]
    with open(good, "rb") as f:
        data = f.read()
    with open(output, "wb") as f:
        f.write(broken(way, data))


main()
