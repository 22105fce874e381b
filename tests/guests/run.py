#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Boot each test kernel as Dom0 and add up the verdicts they print."""

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys

VERDICT = re.compile(r"^(\d+) passed, (\d+) failed\r?$", re.M)


# SMAP stays out of Debian's QEMU where a kernel executes IRET itself; these do
# not.  SYSENTER in 64-bit mode is for an Intel CPU.
MODELS = {"traps": ("max", "max,-smap,vendor=GenuineIntel",
                    "max,vendor=GenuineIntel")}


def qemu(hv, guest, log, cpus, model):
    return ["qemu-system-x86_64", "-accel", "tcg", "-cpu", model,
            "-smp", str(cpus), "-m", "256", "-display", "none",
            "-monitor", "none", "-nic", "none", "-no-reboot",
            "-serial", f"file:{log}", "-kernel", hv,
            "-append", "console=com1 com1=115200,8n1 noreboot loglvl=all "
            "guest_loglvl=all dom0_mem=64M", "-initrd", guest]


def boots(guests):
    """(name, guest, model): what is run"""
    for guest in guests:
        name = os.path.basename(guest)
        yield name, guest, "max,-smap"
        for model in MODELS.get(name, ()):
            yield f"{name},{model}", guest, model


def run(args, name, guest, model):
    """(name, passed, failed, why)"""
    log = os.path.join(args.logs, f"guest-{name}.log")
    cpus = 2 if name in ("smp",) else 1
    try:
        subprocess.run(qemu(args.hv, guest, log, cpus, model),
                       timeout=args.timeout,
                       stdin=subprocess.DEVNULL, capture_output=True,
                       check=False)
        why = "it ended without a verdict"
    except subprocess.TimeoutExpired:
        why = f"no end after {args.timeout} s"
    with open(log, errors="replace") as f:
        text = f.read()
    match = VERDICT.search(text)
    if not match:
        return name, 0, 1, f"{why}\n" + "\n".join(
            "     | " + l for l in text.splitlines()[-25:])
    bad = [l for l in text.splitlines() if l.startswith("FAIL")]
    return name, int(match[1]), int(match[2]), "\n".join(
        "     | " + l for l in bad[:20])


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--hv", default="build/debug/pavo")
    options.add_argument("--logs", default="build/logs")
    options.add_argument("--timeout", type=int, default=120)
    options.add_argument("guests", nargs="+")
    args = options.parse_args()
    os.makedirs(args.logs, exist_ok=True)
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, good, bad, why in pool.map(lambda b: run(args, *b),
                                             boots(args.guests)):
            passed, failed = passed + good, failed + bad
            print(f"{'FAIL' if bad else 'ok  '} {name:36} {good} passed, "
                  f"{bad} failed", flush=True)
            if bad:
                print(f"     log: {args.logs}/guest-{name}.log\n{why}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(bool(failed) or not passed)


if __name__ == "__main__":
    main()
