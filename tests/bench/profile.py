#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Where the instructions of one row of Dom0's micro benchmarks go.

    profile.py [--hv IMAGE] ROW OPS

Runs the row as bench.py does, with a plugin that counts every instruction of
its last batch, and once more to read the kernel's symbols.  Prints instructions
and calls per operation (OPS: how many a batch has) by function, ours marked "hv".
The row "entry" is what the hypervisor does until Dom0's first instruction.
"""

import argparse
import base64
import bisect
import collections
import gzip
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../boot"))
from machine import Config, Machine
import moments

IMAGES = "build/images/"
HV_ARGS = ("console=com1 com1=115200,8n1 dom0_mem=1024M,max:1024M "
           "loglvl=warning")
ELF = IMAGES + "linux-6.1.elf"
BENCH = "build/tests/bench/bench"
HV_BASE, HV_END = 0xffff820000000000, 0xffff880000000000


def boot(hypervisor, words, log, extra=()):
    """The console's text of a Dom0 with @words on its command line."""
    config = Config(hypervisor, HV_ARGS,
                    [(IMAGES + "linux-6.1.lz4",
                      f"console=hvc0 loglevel=4 norandmaps {words}"),
                     (IMAGES + "bench.cpio", "")], icount=True, extra=extra)
    with Machine(config, log) as machine:
        machine.expect(r"^@task \S+ exit=0\n", 900)
        machine.wait_exit(60)
        return machine.text


def count_row(hypervisor, row):
    counter = moments.Counter(*bounds(), "profile")
    boot(hypervisor, f"task=bench row={row}", "build/logs/profile.log",
         counter.qemu_arguments)
    return counter.last_window()


def count_entry(hypervisor):
    config = Config(hypervisor, HV_ARGS,
                    [(ELF, "console=hvc0"), (IMAGES + "bench.cpio", "")],
                    icount=True)
    return moments.count_entry(config, ELF, "profile")


def bounds():
    """The two RDTSC of bench's batch()."""
    text = subprocess.run(["objdump", "-d", "--disassemble=batch", BENCH],
                          capture_output=True, text=True, check=True).stdout
    return [int(address, 16) for address in
            re.findall(r"^ *([0-9a-f]+):.*rdtsc", text, re.MULTILINE)]


def symbols(hypervisor):
    """[(address, name)], sorted."""
    text = boot(hypervisor, "task=kallsyms", "build/logs/profile-symbols.log")
    packed = text.split("@kallsyms\n")[1].split("@kallsyms end")[0]
    lines = gzip.decompress(base64.b64decode(packed)).decode().splitlines()
    ours = subprocess.run(["nm", "build/hypervisor/pavo.debug"],
                          capture_output=True, text=True, check=True).stdout
    lines += [re.sub(r" (\S+)$", r" hv \1", line) for line in ours.splitlines()]
    fields = [line.split(None, 2) for line in lines]
    return sorted((int(f[0], 16), f[2].replace("\t", " "))
                  for f in fields if len(f) == 3 and f[1] in "tTwW")


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--hv", default="build/pavo")
    options.add_argument("row")
    options.add_argument("ops", type=int)
    options = options.parse_args()

    if options.row == "entry":
        counts = count_entry(options.hv)
    else:
        counts = count_row(options.hv, options.row)
    table = symbols(options.hv)
    addresses = [address for address, _ in table]
    cost, calls = collections.Counter(), collections.Counter()
    share = collections.Counter()
    for address, n in counts:
        at = bisect.bisect(addresses, address) - 1
        name = table[at][1] if address >> 63 else "user"
        in_hv = HV_BASE <= address < HV_END
        share["hv" if in_hv else "linux" if address >> 63 else "user"] += n
        cost[name] += n
        if address == addresses[at]:
            calls[name] += n
    for name, n in [*share.most_common(), *cost.most_common(60)]:
        times = calls[name] / options.ops
        print(f"{n / options.ops:10.1f} {times:8.2f}  {name}")


main()
