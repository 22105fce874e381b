#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Boot the same Dom0 on several hypervisors and print costs side by side.

    bench.py LABEL=HYPERVISOR...      no HYPERVISOR: the kernel alone

Every machine is deterministic (icount): costs are instructions, exact but for
the place where timer ticks fall.  The last column is the first hypervisor's
cost over the second's.
"""

import argparse
import concurrent.futures
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../boot"))
from machine import BootFailure, Config, Machine

HV_ARGS = ("console=com1 com1=115200,8n1 dom0_mem=1024M,max:1024M "
           "loglvl=warning")
TIMEOUT_S = 1200


def measure(label, hypervisor, options):
    """{row: instructions}"""
    console = "hvc0" if hypervisor else "ttyS0"
    args = f"console={console} loglevel=4 norandmaps task=bench"
    kernel = options.kernel if hypervisor else options.native_kernel
    config = Config(hypervisor, HV_ARGS, [(kernel, args), (options.initrd, "")],
                    icount=True)
    os.makedirs(options.logs, exist_ok=True)
    with Machine(config, f"{options.logs}/bench-{label}.log") as machine:
        machine.expect(r"^@task bench exit=0\n", TIMEOUT_S)
        machine.wait_exit(60)
        rows = re.findall(r"^@bench (\S+) ([\d.]+)\n", machine.text,
                          re.MULTILINE)
    return {name: float(cost) for name, cost in rows}


def cell(cost):
    if cost is None:
        return ""
    return f"{cost:,.1f}" if cost < 100 else f"{cost:,.0f}"


def table(labels, results):
    names = list(max(results, key=len))
    print(f"{'instructions per operation':<30}" +
          "".join(f"{label:>16}" for label in labels) + f"{'ratio':>8}")
    for name in names:
        costs = [result.get(name) for result in results]
        ratio = ""
        if len(costs) > 1 and costs[0] and costs[1]:
            ratio = f"{costs[0] / costs[1]:.2f}"
        print(f"{name:<30}" + "".join(f"{cell(c):>16}" for c in costs) +
              f"{ratio:>8}")


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--kernel", default="build/images/linux-6.1.lz4")
    options.add_argument("--native-kernel", default="build/images/linux-6.1")
    options.add_argument("--initrd", default="build/images/bench.cpio")
    options.add_argument("--logs", default="build/logs")
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options.add_argument("machines", nargs="+")
    options = options.parse_args()

    pairs = [machine.partition("=")[::2] for machine in options.machines]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(measure, label, hypervisor, options)
                for label, hypervisor in pairs]
    try:
        results = [run.result() for run in runs]
    except BootFailure as error:
        sys.exit(f"bench: {error}; logs: {options.logs}/bench-*.log")
    table([label for label, _ in pairs], results)


main()
