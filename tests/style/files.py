#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Rules about every file of ours: its licence is named, no line ends in
blanks, the last line ends, and it is not longer than LONGEST lines unless
tests/style/long-files gives the reason.

    files.py [--reasons FILE] FILE...
"""

import argparse
import os
import re
import sys

LONGEST = 700
# Text somebody wrote, by name; the rest is data.
WRITTEN = re.compile(r"(\.(c|h|S|py|sh|mk|def|md|1|5|8|yml)|Makefile|run)$")
LICENSED = re.compile(r"(\.(c|h|S|py|sh|mk|def)|Makefile)$")


def reasons_in(path):
    """{file: reason}"""
    with open(path, encoding="utf-8") as f:
        lines = [l.split(None, 1) for l in f if l.strip() and l[0] != "#"]
    return {l[0]: l[1].strip() for l in lines if len(l) == 2}


def complaints(path, reasons):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    lines = text.split("\n")
    if LICENSED.search(path) and not any(
            "SPDX-License-Identifier:" in l for l in lines[:5]):
        yield f"{path}: no SPDX-License-Identifier in the first lines"
    for n, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield f"{path}:{n}: blanks at the end"
    if text and not text.endswith("\n"):
        yield f"{path}: the last line has no end"
    if re.search(r"\.[chS]$", path):
        if len(lines) - 1 > LONGEST and path not in reasons:
            yield (f"{path}: {len(lines) - 1} lines; split it, or say why not "
                   "in tests/style/long-files")
        if len(lines) - 1 <= LONGEST and path in reasons:
            yield f"{path}: no longer long; take it out of long-files"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--reasons", default="tests/style/long-files")
    options.add_argument("files", nargs="+")
    options = options.parse_args()
    reasons = reasons_in(options.reasons)
    files = [f for f in options.files
             if WRITTEN.search(f) and os.path.isfile(f)]
    found = [c for f in files for c in complaints(f, reasons)]
    found += [f"{f}: is in long-files, and is not there"
              for f in reasons if not os.path.isfile(f)]
    print("\n".join(found[:50] + [""] if found else []), end="")
    print(f"{int(not found)} passed, {int(bool(found))} failed")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
