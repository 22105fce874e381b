#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Repack a bzImage's kernel, or take it out.

    repack.py FORMAT BZIMAGE OUTPUT      FORMAT: lz4 zstd gzip elf

Unpacking Debian's xz payload is nine tenths of a Dom0's boot; lz4 is nearly
free.  The result is for hypervisors only (see bzimage.py).
"""

import sys

from bzimage import BzImage, PACKERS


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in (*PACKERS, "elf"):
        sys.exit(__doc__)
    form, source, output = sys.argv[1:]
    with open(source, "rb") as f:
        image = BzImage(f.read())
    data = image.unpack() if form == "elf" else image.repacked(form)
    with open(output, "wb") as f:
        f.write(data)


main()
