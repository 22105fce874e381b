# SPDX-License-Identifier: GPL-2.0-only
"""The table of make soak: every combination, and hours of stress.

SOAK_MINUTES=N in the environment: minutes of each stress run (60).
"""

import itertools
import os

from cases import POWEROFF, REBOOT, TRIPLE_FAULT, Case, task

STRESS_S = 60 * int(os.environ.get("SOAK_MINUTES", "60"))


# QEMU 7's CPUs have no x2APIC mode.
APIC_MODES = ("xAPIC", None), ("x2APIC", "qemu-10")


def matrix():
    """Kernel x firmware x board x memory x APIC mode x CPUs."""
    for kernel, loader, board, mem_mib, (mode, qemu), cpus in \
            itertools.product(("linux-6.1.lz4", "linux-6.12.lz4"),
                              ("grub", "efi"), ("pc", "q35"),
                              (1024, 2048, 8192), APIC_MODES, (1, 2, 4)):
        yield Case(
            "-".join(("matrix", kernel[6:-4], loader, board,
                      f"{mem_mib}m", mode.lower(), f"{cpus}cpu")),
            kernel=kernel, loader=loader, board=board, mem_mib=mem_mib,
            cpus=cpus, qemu=qemu, dom0_mib=(mem_mib * 3 // 5, mem_mib),
            kernel_args="end=poweroff",
            steps=(("see", rf"APIC: {mode} mode\n"), POWEROFF),
            compare_log=True)


def dom0_sizes():
    """Kernel x memory x Dom0 size x CPUs, by QEMU's own loader."""
    for kernel in "linux-6.1.lz4", "linux-6.12.lz4":
        for mem_mib in 768, 6144:
            for hv_args in "", "dom0_mem=512M", "dom0_mem=512M,max:512M":
                for cpus in 1, 2, 4:
                    yield Case(
                        "-".join((kernel[6:-4], f"{mem_mib}m", f"{cpus}cpu",
                                  hv_args[9:].replace(":", "") or "all")),
                        kernel=kernel, mem_mib=mem_mib, cpus=cpus,
                        hv_args=hv_args, kernel_args="end=reboot",
                        steps=(REBOOT,), compare_log=True)


CASES = [
    *matrix(),
    *dom0_sizes(),
    *(Case(f"reboot-{way}", board="q35", hv_args=f"reboot={way}",
           kernel_args="end=reboot", steps=(REBOOT,))
      for way in ("acpi", "pci", "kbd")),
    # which QEMU's log tells from the others
    Case("reboot-triple", board="q35", hv_args="reboot=triple",
         kernel_args="end=reboot", steps=(TRIPLE_FAULT,)),
    *(Case(f"stress-{kernel}-{cpus}cpu", kernel=f"linux-{kernel}.lz4",
           cpus=cpus, initrd="stress.cpio", timeout_s=2 * STRESS_S + 600,
           kernel_args=f"task=stress seconds={STRESS_S}", steps=task("stress"),
           compare_log=True)
      for kernel in ("6.1", "6.12") for cpus in (1, 2, 4)),
    # Ten minutes of all that works natively, and that no more does.
    *(Case(f"stress-all-{kernel}", kernel=f"linux-{kernel}.lz4", cpus=4,
           initrd="stress.cpio", timeout_s=7200, kernel_args="task=stress-all",
           steps=task("stress-all")) for kernel in ("6.1", "6.12")),
    *(Case(f"stress-all-native-{kernel}", native=True,
           kernel=f"linux-{kernel}", cpus=4, initrd="stress.cpio",
           timeout_s=3600, kernel_args="task=stress-all",
           steps=task("stress-all")) for kernel in ("6.1", "6.12")),
]
