#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a request to a disk costs through each block backend.

    block.py [--on HYPERVISOR...] [--cpus N...]

One guest with disks on blkbackd and on xen-blkback, in Dom0's memory: block
devices, and files, which xen-blkback has through a loop device.  On Pavo and on
the real Xen, same Dom0.  QEMU runs one CPU after the other, so what Dom0, guest
and hypervisor do for a request adds up: instructions (QEMU's icount), and with
them operations in a second of 10^9 instructions.  On one CPU, and with one for
the guest and one for Dom0.  Exits 1 if a goal is missed.
"""

import argparse
import concurrent.futures
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../boot"))
from machine import BootFailure, Config, Machine

IMAGES = "build/images/"
HV_ARGS = ("console=com1 com1=115200,8n1 dom0_mem=1024M,max:1024M "
           "dom0_max_vcpus=1 loglvl=warning")
TIMEOUT_S = 1800
HYPERVISORS = {"pavo": ("build/pavo", ""),
               "xen": (IMAGES + "xen", " spec-ctrl=eager-fpu")}

# Heading, hypervisor, whose disk
COLUMNS = [("blkbackd", "pavo", "blkbackd"),
           ("xen-blkback", "pavo", "xen-blkback"),
           ("xen-blkback/Xen", "xen", "xen-blkback"),
           ("blkbackd/Xen", "xen", "blkbackd")]
TABLES = {"a block device": "", "a file": "-file"}

# blkbackd does so many times what xen-blkback does on the real Xen.
GOALS = {"read4k": 1.3, "read4k_depth32": 1.3,
         "write4k": 1.3, "write4k_depth32": 1.3}


def measure(name, cpus, options):
    """{(row, disk): instructions}"""
    hypervisor, hv_args = HYPERVISORS[name]
    args = ("console=hvc0 loglevel=4 norandmaps task=bench-block "
            f"{options.words}")
    config = Config(hypervisor, HV_ARGS + hv_args,
                    [(IMAGES + "linux-6.1.lz4", args),
                     (IMAGES + "bench-block.cpio", "")],
                    cpus=cpus, icount=True)
    log = f"{options.logs}/bench-block-{name}-{cpus}.log"
    with Machine(config, log) as machine:
        machine.expect(r"^@task bench-block exit=0\n", TIMEOUT_S)
        machine.wait_exit(60)
        rows = re.findall(r"^@bench (\S+)_(\S+) ([\d.]+)\n", machine.text,
                          re.MULTILINE)
    return {(row, disk): float(cost) for row, disk, cost in rows}


def misses(row, costs):
    """Why the row is not as it should be"""
    ours, theirs, theirs_on_xen, ours_on_xen = costs
    times = theirs_on_xen / ours
    if times < GOALS.get(row, 1):
        yield f"{row}: blkbackd only {times:.2f} times xen-blkback on Xen"
    if theirs > theirs_on_xen:
        yield f"{row}: xen-blkback dearer than on Xen"
    if ours > ours_on_xen:
        yield f"{row}: blkbackd dearer than on Xen"


def print_table(kind, cpus, results):
    """Print it; the goals that are missed."""
    rows = list(dict.fromkeys(row for row, _ in next(iter(results.values()))))
    missed = []
    print(f"{kind}, CPUs: {cpus}".ljust(26) +
          "".join(f"{heading:>17}" for heading, _, _ in COLUMNS) +
          f"{'to Linux':>12}{'to Xen':>9}")
    for row in rows:
        costs = [results.get(hypervisor, {}).get((row, disk + TABLES[kind]))
                 for _, hypervisor, disk in COLUMNS]
        print(f"{row:<26}" +
              "".join(f"{cost:>17,.0f}" if cost else f"{'':>17}"
                      for cost in costs) +
              (f"{costs[1] / costs[0]:>12.2f}" if all(costs[:2]) else "") +
              (f"{costs[2] / costs[0]:>9.2f}" if all(costs[:3]) else ""))
        print(f"{'  a second':<26}" +
              "".join(f"{1e9 / cost:>17,.0f}" if cost else f"{'':>17}"
                      for cost in costs))
        if None not in costs:
            missed += [f"{kind}, CPUs: {cpus}: {why}"
                       for why in misses(row, costs)]
    print()
    return missed


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--on", choices=HYPERVISORS, action="append")
    options.add_argument("--cpus", type=int, action="append")
    options.add_argument("--words", default="", help="for Dom0's command line")
    options.add_argument("--logs", default="build/logs")
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options = options.parse_args()

    os.makedirs(options.logs, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = {(cpus, name): pool.submit(measure, name, cpus, options)
                for cpus in options.cpus or (1, 2)
                for name in options.on or HYPERVISORS}
    missed = []
    try:
        for cpus in options.cpus or (1, 2):
            results = {name: run.result()
                       for (n, name), run in runs.items() if n == cpus}
            for kind in TABLES:
                missed += print_table(kind, cpus, results)
    except BootFailure as error:
        sys.exit(f"block: {error}; logs: {options.logs}/bench-block-*.log")
    if missed:
        sys.exit("block: missed goals:\n  " + "\n  ".join(missed))


main()
