#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Boot by hand: Dom0's console on this terminal, or a tour without one.

    play.py [options]

On a terminal, Ctrl-A three times moves the keyboard to the hypervisor and
back, and Ctrl-] x ends QEMU.
"""

import argparse
import os
import subprocess
import sys
import tempfile

from cases import SERIAL
from machine import BootFailure, Config, Machine

TIMEOUT_S = 300     # a machine that hangs, not one that is slow
PROMPT = r"dom0# "
GUEST_PROMPT = r"debian login: |Password: |root@debian:~# "
LEAVE_CONSOLE = "\x1d"

# The tour: what is typed, and what must come back before the next prompt.
TOUR = [
    ("uname -r", r"^\d+\.\d+\S+\n"),
    ("cat /proc/interrupts", r"xen-\S+ .*timer0"),
    ("selfcheck clocks_run_at_one_rate event_channels_deliver",
     r"^2 passed, 0 failed"),
    ("pavo info", r"^xen_version +: \d"),
    ("pavo create /guests/demo.cfg", r"^Parsing config from"),
    ("pavo list", r"^demo +1 +384 "),
    ("pavo console demo", r"^Debian GNU/Linux 12 debian hvc0\n"),
    # in the guest, whose shell puts escape sequences before its output
    ("root", ""),
    ("pavo", ""),
    ("systemctl start network-online.target ssh && "
     "echo the answer is $((6 * 7))", r"the answer is 42\n"),
    (LEAVE_CONSOLE, ""),
    ("ssh 10.0.0.2 'hostname; findmnt -n -o SOURCE /'",
     r"^debian\n/dev/xvda\n"),
    ("pavo block-list demo", r"^51712 +0 +1 +4 "),
    ("pavo network-list demo", r"^0 +0 +00:16:3e.* 4 "),
    ("pavo pause demo", ""),
    ("pavo list demo", r"^demo +1 +384 +2 +[-rb]*p"),
    ("pavo unpause demo", ""),
    ("pavo vcpu-list demo", r"^demo +1 +1 "),
    ("pavo shutdown -w demo", r"^Domain 1 has been shut down, reason code 0\n"),
    ("pavo create -p /guests/demo.cfg", r"^Parsing config from"),
    ("pavo destroy demo", ""),
    ("pavo domid demo", r"demo.*\n"),
    ("pavo list", r"^Domain-0 +0 "),
    ("pavo dmesg", r"PAVO"),
]


def interact(config):
    """Give QEMU this terminal; its escape character is not Ctrl-A."""
    with tempfile.TemporaryDirectory() as directory:
        iso = f"{directory}/disk.iso"
        if config.uses_grub:
            config.make_iso(iso)
        print("Ctrl-A three times: hypervisor and back.  Ctrl-] x: end.\n",
              flush=True)
        arguments = config.qemu_arguments(iso)
        arguments.remove("-no-reboot")
        return subprocess.call(arguments + [
            "-echr", "0x1d", "-serial", "mon:stdio"])


def tour(config, log):
    """Boot, look around, power off."""
    os.makedirs(os.path.dirname(log) or ".", exist_ok=True)
    with Machine(config, log, echo=sys.stdout) as machine:
        try:
            machine.expect(PROMPT, TIMEOUT_S)
            for command, answer in TOUR:
                machine.type(command)
                if command != LEAVE_CONSOLE:
                    machine.type("\n")
                machine.expect(answer, TIMEOUT_S)
                machine.expect(f"{PROMPT}|{GUEST_PROMPT}", TIMEOUT_S)
            machine.type("poweroff -f\n")
            end = machine.wait_exit(TIMEOUT_S)
            if end != "poweroff":
                raise BootFailure(f"ended by {end}, not poweroff")
        except BootFailure as error:
            print(f"\nThe tour failed: {error}\nlog: {log}")
            return 1
    print("\nThe tour went well.")
    return 0


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = options.add_argument
    add("--hv", default="build/pavo", help="HV.gz is what GRUB gets")
    add("--kernel", default="build/images/linux-6.1.lz4")
    add("--initrd", default="build/images/run.cpio")
    add("--disk", default="build/images/debian-root.img",
        help="for a guest; what is written to it is forgotten")
    add("--mem", type=int, default=2048, help="MiB")
    add("--cpus", type=int, default=2)
    add("--hv-args", default="dom0_mem=1024M")
    add("--kernel-args", default="")
    add("--direct", action="store_true",
        help="let QEMU load by multiboot1, without GRUB")
    add("--icount", action="store_true",
        help="deterministic: one instruction is one ns")
    add("--qemu", default="", help="more arguments, e.g. '-s -S' for gdb")
    add("--log", default="build/logs/tour.log")
    options = options.parse_args()

    config = Config(
        options.hv if options.direct else options.hv + ".gz",
        f"{SERIAL} {options.hv_args}",
        [(options.kernel, f"console=hvc0 {options.kernel_args}"),
         (options.initrd, "")],
        loader="multiboot1" if options.direct else "grub",
        mem_mib=options.mem, cpus=options.cpus, icount=options.icount,
        extra=("-drive", f"file={options.disk},format=raw,if=virtio,"
               "snapshot=on", *options.qemu.split()))
    if sys.stdin.isatty() and sys.stdout.isatty():
        path, args = config.modules[0]
        config.modules[0] = path, f"{args} demo=/guests/demo.cfg"
        sys.exit(interact(config))
    sys.exit(tour(config, options.log))


main()
