#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Run the parts of make check one after another and add up their results.

    check.py PART...        each is a target check-PART

A part counts what it prints as "N passed, N failed[, N skipped]"; one that
fails without counting a failure, or counts nothing, is one failure.
"""

import os
import re
import shlex
import subprocess
import sys
import time

COUNTS = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")


def run_part(part):
    """[passed, failed, skipped] of one part, whose output is passed on."""
    counts = [0, 0, 0]
    # The job server of the make above us does not reach through Python, so
    # take over only the variables of its command line.
    environment = dict(os.environ)
    flags = environment.pop("MAKEFLAGS", "")
    variables = shlex.split(flags.partition(" -- ")[2])
    make = subprocess.Popen(
        ["make", "--no-print-directory", f"-j{os.cpu_count()}",
         *variables, f"check-{part}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", env=environment)
    for line in make.stdout:
        print(line, end="", flush=True)
        match = COUNTS.match(line.strip())
        if match:
            counts = [a + int(b or 0) for a, b in zip(counts, match.groups())]
    if make.wait() and not counts[1]:
        print(f"check-{part} failed (make exit status {make.returncode})")
        counts[1] += 1
    elif not any(counts):
        print(f"check-{part} ran no tests")
        counts[1] += 1
    return counts


def words(counts):
    text = f"{counts[0]} passed, {counts[1]} failed"
    return text + (f", {counts[2]} skipped" if counts[2] else "")


def main():
    total, lines = [0, 0, 0], []
    start = time.monotonic()
    for part in sys.argv[1:]:
        print(f"== check-{part}", flush=True)
        part_start = time.monotonic()
        counts = run_part(part)
        total = [a + b for a, b in zip(total, counts)]
        seconds = time.monotonic() - part_start
        lines.append(f"check-{part:<8} {seconds:5.0f} s  {words(counts)}")
    print("== summary", *lines, sep="\n")
    print(f"all in {time.monotonic() - start:.0f} s")
    print(words(total))
    sys.exit(bool(total[1]) or not total[0])


main()
