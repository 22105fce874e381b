#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Put files into a copy of an initramfs.

    addfiles.py OUTPUT INITRAMFS FILE:PATH...

Linux unpacks one archive after the other from an initramfs.
"""

import os
import shutil
import sys

from cpio import Archive


def main():
    output, initramfs, *files = sys.argv[1:]
    archive = Archive()
    for file in files:
        source, _, path = file.partition(":")
        archive.copy(path, source)
    more = output + ".more"
    archive.write(more)
    with open(output, "wb") as out:
        for part in initramfs, more:
            with open(part, "rb") as f:
                shutil.copyfileobj(f, out)
    os.unlink(more)


try:
    main()
except (OSError, ValueError) as error:
    sys.exit(f"addfiles: {error}")
