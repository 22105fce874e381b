#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Boot deterministic machines and print what things cost, side by side.

    bench.py [--only TABLE]

Five tables: Dom0's micro benchmarks on Pavo, on the real Xen and without a
hypervisor; commands of the tools and xenstore operations on Pavo, and Debian's
on the real Xen; a DomU's micro benchmarks beside Dom0's; a KiB of a TCP stream
and a small packet between domains; how long a boot takes.
Costs are instructions (QEMU's icount), exact but for the place where timer ticks
fall; only boots by GRUB are timed, as medians of alternating runs.  Exits 1 if
a goal is missed, or Dom0 pays more on Pavo than on Xen.
"""

import argparse
import concurrent.futures
import os
import re
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../boot"))
from machine import BootFailure, Config, Machine
import moments

IMAGES = "build/images/"
HV_ARGS = ("console=com1 com1=115200,8n1 dom0_mem=1024M,max:1024M "
           "loglvl=warning")
TIMEOUT_S = 1800
BOOTS = 3                   # that the median of a time is of

PAVO, XEN = "build/pavo", IMAGES + "xen"

# What is booted: hypervisor, initramfs, task
MACHINES = {
    "dom0-pavo": (PAVO, "bench.cpio", "bench"),
    "dom0-xen": (XEN, "bench.cpio", "bench"),
    "native": (None, "bench.cpio", "bench"),
    "tools-pavo": (PAVO, "bench-tools.cpio", "bench-tools"),
    "tools-xen": (XEN, "bench-xl.cpio", "bench-tools"),
    "domu-pavo": (PAVO, "bench-tools.cpio", "bench-domu"),
    "domu-xen": (XEN, "bench-xl.cpio", "bench-domu"),
    "net-ours": (PAVO, "bench-net.cpio", "bench-netbackd"),
    "net-pavo": (PAVO, "bench-net.cpio", "bench-net"),
    "net-xen": (XEN, "bench-net.cpio", "bench-net"),
}

# Columns: heading, machine.  The ratio is the first two's.
TABLES = {
    "dom0": [("pavo", "dom0-pavo"), ("xen", "dom0-xen"), ("native", "native")],
    "tools": [("pavo", "tools-pavo"), ("xl on xen", "tools-xen")],
    "domu": [("domu", "domu-pavo"), ("dom0", "dom0-pavo"),
             ("domu on xen", "domu-xen")],
    "net": [("netbackd", "net-ours"), ("xen-netback", "net-pavo"),
            ("same on xen", "net-xen")],
    "boot": [("pavo", "boot-pavo"), ("xen", "boot-xen"),
             ("native", "boot-native")],
}
BOOT_HYPERVISORS = {"boot-pavo": PAVO, "boot-xen": XEN, "boot-native": None}

# No more than this; a name is also that of the rows in other circumstances,
# NAME_SUFFIX.
STORE_GOALS = {"xs_read": 40_000, "xs_write": 40_000,
               "xs_transaction_rw": 140_000}
GOALS = {
    "syscall_getppid": 600,
    "signal_self": 6_200,
    "fork_exit_wait": 490_000,
    "fork_exec_wait": 840_000,
    "pipe_roundtrip_2proc": 18_000,
    "ring64_switch": 9_300,
    "mmap_touch256_munmap": 2_600_000,
    "fault_anon_page": 8_300,
    "munmap_2048pages": 4_600_000,
    "hypercall_xen_version": 1_450,
    "hypercall_multicall32": 5_000,
    "evtchn_notify_loopback": 8_000,
    "grant_map_touch_unmap": 22_000,
    "hypervisor_memory_kib": 8_192,
    "entry_to_dom0_entry": 20_000_000,
    "create_96M_first": 4_270_000_000,
    "create_96M_second": 30_000_000,
    "create_96M_third": 30_000_000,
    "create_96M_100domains": 30_000_000,
    "list_0": 4_000_000,
    "list_1": 4_000_000,
    "list_100domains": 4_000_000,
    "pause": 4_000_000,
    "unpause": 4_000_000,
    "destroy_128M": 12_000_000,
    **{name + suffix: goal for name, goal in STORE_GOALS.items()
       for suffix in ("", "_10000nodes", "_500watches", "_20domains")},
}

# A DomU pays what Dom0 does; the rest is where timer ticks fall.
SAME_IN_DOMU = {"syscall_getppid", "fault_anon_page", "ring64_switch",
                "pipe_roundtrip_2proc"}
SAME = 1.05
# Where ticks fall, again.
NO_DIFFERENCE = 1.005


def measure(name, logs):
    """{row: instructions}"""
    hypervisor, initrd, task = MACHINES[name]
    console = "hvc0" if hypervisor else "ttyS0"
    kernel = "linux-6.1.lz4" if hypervisor else "linux-6.1"
    args = f"console={console} loglevel=4 norandmaps task={task}"
    config = Config(hypervisor, HV_ARGS,
                    [(IMAGES + kernel, args), (IMAGES + initrd, "")],
                    icount=True)
    with Machine(config, f"{logs}/bench-{name}.log") as machine:
        machine.expect(rf"^@task {task} exit=0\n", TIMEOUT_S)
        machine.wait_exit(60)
        rows = re.findall(r"^@bench (\S+) ([\d.]+)\n", machine.text,
                          re.MULTILINE)
        errors = re.findall(r"^@error .*", machine.text, re.MULTILINE)
    if errors:
        raise BootFailure(f"{name}: {errors[0]}")
    return {row: float(cost) for row, cost in rows
            if task == "bench" or row != "boot_to_userland"}


def handover(name, logs):
    """Seconds from GRUB's last line to Dom0's first one of user space."""
    hypervisor = BOOT_HYPERVISORS[name]
    console = "hvc0" if hypervisor else "ttyS0"
    config = Config(hypervisor and hypervisor + ".gz", HV_ARGS,
                    [(IMAGES + "linux-6.1",
                      f"console={console} loglevel=4 task=none"),
                     (IMAGES + "bench.cpio", "")], loader="grub")
    with Machine(config, f"{logs}/bench-{name}.log") as machine:
        machine.expect("@handover", TIMEOUT_S)
        start = time.monotonic()
        machine.expect("^@dom0 ", TIMEOUT_S)
        return time.monotonic() - start


def entry(name):
    """Instructions in the hypervisor until Dom0's first; a kernel in ELF."""
    elf = IMAGES + "linux-6.1.elf"
    config = Config(BOOT_HYPERVISORS[name], HV_ARGS,
                    [(elf, "console=hvc0"), (IMAGES + "bench.cpio", "")],
                    icount=True)
    return sum(n for _, n in moments.count_entry(config, elf, f"bench-{name}"))


def boot_results(logs):
    """By machine, as the other runs are; one after the other."""
    times = {name: [] for name in BOOT_HYPERVISORS}
    for _ in range(BOOTS):
        for name, runs in times.items():
            runs.append(handover(name, logs))
    results = {name: {"grub_to_userland_ms": statistics.median(runs) * 1000}
               for name, runs in times.items()}
    for name, hypervisor in BOOT_HYPERVISORS.items():
        if hypervisor:
            results[name]["entry_to_dom0_entry"] = entry(name)
    return results


def cell(cost):
    if cost is None:
        return ""
    return f"{cost:,.1f}" if cost < 100 else f"{cost:,.0f}"


def misses(row, costs, columns):
    """Is the first column's cost more than it may be? Or another of ours?"""
    if row in GOALS and costs[0] > GOALS[row]:
        return True
    if columns in (TABLES["dom0"], TABLES["boot"]) and costs[1]:
        return costs[0] > costs[1] * NO_DIFFERENCE
    if columns == TABLES["net"]:
        return max(costs[:2]) > costs[2] * NO_DIFFERENCE
    return (columns == TABLES["domu"] and row in SAME_IN_DOMU and
            costs[0] > SAME * costs[1])


def print_table(columns, results):
    """Print it; the goals that are missed."""
    results = [results[machine] for _, machine in columns]
    has_goals = any(row in GOALS for row in results[0])
    print(f"{'instructions per operation':<32}" +
          "".join(f"{heading:>16}" for heading, _ in columns) +
          (f"{'ratio':>8}" if len(columns) > 1 else "") +
          (f"{'goal':>16}" if has_goals else ""))
    missed = []
    for row in results[0]:
        costs = [result.get(row) for result in results]
        line = f"{row:<32}" + "".join(f"{cell(c):>16}" for c in costs)
        if len(costs) > 1:
            ratio = f"{costs[0] / costs[1]:.2f}" if costs[1] else ""
            line += f"{ratio:>8}"
        if row in GOALS:
            line += f"{cell(GOALS[row]):>16}"
        if misses(row, costs, columns):
            missed.append(row)
            line += " missed"
        print(line)
    print()
    return missed


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--only", choices=TABLES, action="append")
    options.add_argument("--logs", default="build/logs")
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options = options.parse_args()

    os.makedirs(options.logs, exist_ok=True)
    tables = [TABLES[name] for name in options.only or TABLES]
    machines = sorted({machine for table in tables for _, machine in table} -
                      BOOT_HYPERVISORS.keys())
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = {machine: pool.submit(measure, machine, options.logs)
                for machine in machines}
    try:
        results = {machine: run.result() for machine, run in runs.items()}
        if TABLES["boot"] in tables:
            results |= boot_results(options.logs)
    except BootFailure as error:
        sys.exit(f"bench: {error}; logs: {options.logs}/bench-*.log")
    missed = [row for table in tables for row in print_table(table, results)]
    if missed:
        sys.exit(f"bench: missed goals: {' '.join(missed)}")


main()
