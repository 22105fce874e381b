# SPDX-License-Identifier: GPL-2.0-only
"""The table of make soak: every combination, and hours of stress.

SOAK_MINUTES=N in the environment: minutes of each stress run (60).
"""

import os

from cases import REBOOT, Case, task

STRESS_S = 60 * int(os.environ.get("SOAK_MINUTES", "60"))


def boots():
    """Kernel x loader x machine x Dom0 size x CPUs."""
    for kernel in "linux-6.1.lz4", "linux-6.12.lz4":
        for loader in "grub", "multiboot1":
            for mem_mib in 768, 2048, 6144:
                for hv_args in "", "dom0_mem=512M", "dom0_mem=512M,max:512M":
                    for cpus in 1, 2, 4:
                        yield Case(
                            "-".join((kernel[6:-4], loader, f"{mem_mib}m",
                                      f"{cpus}cpu",
                                      hv_args[9:].replace(":", "") or "all")),
                            kernel=kernel, loader=loader, mem_mib=mem_mib,
                            cpus=cpus, hv_args=hv_args,
                            kernel_args="end=reboot", steps=(REBOOT,),
                            compare_log=True)


CASES = [
    *boots(),
    *(Case(f"stress-{kernel}-{cpus}cpu", kernel=f"linux-{kernel}.lz4",
           cpus=cpus, initrd="stress.cpio", timeout_s=2 * STRESS_S + 600,
           kernel_args=f"task=stress seconds={STRESS_S}", steps=task("stress"),
           compare_log=True)
      for kernel in ("6.1", "6.12") for cpus in (1, 2, 4)),
    # Ten minutes of all that works natively, and that no more does.
    *(Case(f"stress-all-{kernel}", kernel=f"linux-{kernel}.lz4", cpus=4,
           initrd="stress.cpio", timeout_s=7200, kernel_args="task=stress-all",
           steps=task("stress-all")) for kernel in ("6.1", "6.12")),
    Case("stress-all-native", native=True, kernel="linux-6.1", cpus=4,
         initrd="stress.cpio", timeout_s=3600, kernel_args="task=stress-all",
         steps=task("stress-all")),
]
