#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Run boot tests.

    run.py [options] [NAME...]      NAME may be a pattern such as 'grub-*'

Prints one line per test and "N passed, N failed"; exits 1 unless all passed.
"""

import argparse
import concurrent.futures
import fnmatch
import importlib.util
import os
import re
import sys
import threading
import time
import traceback

from cases import SERIAL
from complaints import complaints, kernel_lines
from machine import BootFailure, Config, Machine

TAIL_LINES = 15
USUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                     "usual-complaints.txt")
USUAL_HEAD = """\
# SPDX-License-Identifier: CC0-1.0
#
# Suspect lines of a Dom0 log on the real Xen (make usual-complaints).
"""


class Runner:
    def __init__(self, options):
        self.options = options
        self.usual = set()
        if os.path.exists(USUAL):
            with open(USUAL) as f:
                self.usual = {line.rstrip("\n") for line in f}
        self.lock = threading.Lock()
        os.makedirs(options.logs, exist_ok=True)

    def config(self, case, hypervisor):
        images = self.options.images
        modules = []
        if case.kernel:
            console = ("console=hvc0 earlyprintk=xen" if hypervisor else
                       "console=ttyS0")
            args = f"{console} {case.kernel_args}"
            modules.append((f"{images}/{case.kernel}", args))
        if case.initrd:
            modules.append((f"{images}/{case.initrd}", ""))
        if case.loader in ("grub", "efi"):
            hypervisor += ".gz"
        return Config(hypervisor, f"{SERIAL} {case.hv_args}".strip(), modules,
                      case.loader, case.board, case.mem_mib, case.cpus,
                      case.icount, case.extra, case.icount_shift,
                      case.qemu and f"{images}/{case.qemu}", case.disk)

    def play(self, case, hypervisor, log_path):
        """Boot @case through its steps; returns the console text."""
        config = self.config(case, hypervisor)
        with Machine(config, log_path) as machine:
            for step, argument in case.all_steps():
                if step == "expect":
                    match = machine.expect(argument, case.timeout_s)
                    if argument.startswith("^@dom0"):
                        check_facts(case, match[1])
                elif step == "see":
                    machine.see(argument, case.timeout_s)
                elif step == "monitor":
                    machine.monitor(argument)
                elif step == "type":
                    machine.type(argument)
                else:
                    why = machine.wait_exit(case.timeout_s)
                    if why != argument:
                        raise BootFailure(f"ended by {why}, not {argument}")
            if machine.triple_faulted() and not case.triple_faults:
                raise BootFailure("triple fault")
            machine.check_disk()
            return machine.text

    def peer_log(self, case):
        """Console text of the same machine under the real Xen."""
        path = f"{self.options.logs}/{case.name}.xen.log"
        return self.play(case, self.options.peer, path)

    def test(self, case):
        path = f"{self.options.logs}/{case.name}.log"
        if case.native:
            hypervisor = None
        elif case.hypervisor:
            hypervisor = f"{self.options.images}/{case.hypervisor}"
        elif case.loader in ("grub", "efi") or case.icount:
            hypervisor = self.options.grub_hv
        else:
            hypervisor = self.options.hv
        text = self.play(case, hypervisor, path)
        if case.compare_log:
            self.compare(case, complaints(text))

    def compare(self, case, ours):
        """Fail if Dom0 complains of what it does not on the real Xen.

        The list in the repository, and what this run has seen of the real
        Xen, spare most cases the second boot.
        """
        new = set(ours) - self.usual
        if new:
            self.usual |= kernel_lines(self.peer_log(case))
            new -= self.usual
        if new:
            raise BootFailure("not on the real Xen:" + "".join(
                "\n     " + ours[line] for line in sorted(new)))

    def learn(self, cases, boots):
        """Boot the real Xen; add to the list what Dom0 complains of there."""
        found = set(self.usual)
        for case in cases:
            for _ in range(boots if case.compare_log else 0):
                found |= set(complaints(self.peer_log(case)))
                print(f"{case.name}: {len(found)} lines", flush=True)
        with open(USUAL, "w") as f:
            f.write(USUAL_HEAD)
            f.writelines(line + "\n" for line in sorted(found))

    def run(self, case):
        start = time.monotonic()
        failure = None
        try:
            self.test(case)
        except BootFailure as error:
            failure = str(error)
        except Exception:  # a mistake in the test is a failed test, too
            failure = traceback.format_exc()
        seconds = time.monotonic() - start
        with self.lock:
            self.report(case, failure, seconds)
        return failure is None

    def report(self, case, failure, seconds):
        print(f"{'FAIL' if failure else 'ok  '} {case.name:<28} "
              f"{seconds:6.1f} s", flush=True)
        if not failure:
            return
        path = f"{self.options.logs}/{case.name}.log"
        print(f"     {failure}\n     log: {path}")
        if os.path.exists(path):
            with open(path, errors="replace") as f:
                lines = f.read().replace("\r", "").splitlines()
            lines = ([line for line in lines[:-TAIL_LINES]
                      if line.startswith("FAIL ")] +
                     lines[-TAIL_LINES:])
            for line in lines:
                print("     | " + line)
        sys.stdout.flush()


def check_facts(case, line):
    """Dom0 is what was asked for."""
    facts = dict(re.findall(r"(\w+)=(\S*)", line))
    version = re.match(r"linux-([\d.]+\d)", case.kernel)[1]
    if not facts["kernel"].startswith(version + "."):
        raise BootFailure(f"kernel is {facts['kernel']}, not {version}")
    if facts["caps"] != ("" if case.native else "control_d"):
        raise BootFailure(f"capabilities are '{facts['caps']}'")
    if int(facts["cpus"]) != (case.dom0_cpus or case.cpus):
        raise BootFailure(f"Dom0 has {facts['cpus']} cpus")
    if case.dom0_mib:
        least, most = case.dom0_mib
        mib = int(facts["mem_kib"]) // 1024
        if not least <= mib <= most:
            raise BootFailure(f"Dom0 has {mib} MiB, not {least} to {most}")


def table(path):
    """The list of cases in the Python file @path."""
    spec = importlib.util.spec_from_file_location("table", path)
    module = importlib.util.module_from_spec(spec)
    sys.path.append(os.path.dirname(path))  # what the table shares
    spec.loader.exec_module(module)
    return module.CASES


def selected(cases, patterns):
    if not patterns:
        return cases
    cases = [case for case in cases
             if any(fnmatch.fnmatch(case.name, p) for p in patterns)]
    if not cases:
        sys.exit("no test is called " + " or ".join(patterns))
    return cases


def main():
    options = argparse.ArgumentParser(usage=__doc__)
    options.add_argument("--table", action="append",
                         help="tests/boot/cases.py if none is named")
    options.add_argument("--hv", default="build/debug/pavo",
                         help="for QEMU's own loader")
    options.add_argument("--grub-hv", default="build/pavo",
                         help="for GRUB, which gets HV.gz")
    options.add_argument("--peer", default="build/images/xen")
    options.add_argument("--images", default="build/images")
    options.add_argument("--logs", default="build/logs")
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options.add_argument("--list", action="store_true")
    options.add_argument("--learn", type=int, metavar="BOOTS",
                         help="add to usual-complaints.txt from the real Xen")
    options.add_argument("names", nargs="*")
    options = options.parse_args()

    tables = options.table or ["tests/boot/cases.py"]
    cases = selected([case for path in tables for case in table(path)],
                     options.names)
    if options.list:
        print("\n".join(case.name for case in cases))
        return
    runner = Runner(options)
    if options.learn:
        runner.learn(cases, options.learn)
        return
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        passed = sum(pool.map(runner.run, cases))
    print(f"{passed} passed, {len(cases) - passed} failed")
    sys.exit(passed != len(cases))


main()
