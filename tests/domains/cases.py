# SPDX-License-Identifier: GPL-2.0-only
"""The table of domain tests: what the tools do, inside Dom0.

Each case boots Dom0 with the tools and runs one task; a task is a script that
prints "ok NAME" or "FAIL NAME: why" for each of its checks.
"""

from cases import Case, task


def domains(name, **machine):
    """Dom0 of 1 GiB runs the task @name."""
    machine.setdefault("hv_args", "dom0_mem=1024M,max:1024M")
    machine.setdefault("initrd", "tools.cpio")
    return Case(name, compare_log=True,
                kernel_args=f"task={name}", steps=task(name), **machine)


CASES = [
    domains("lifecycle", cpus=2),
    domains("leftovers", cpus=2),
    domains("matrix", cpus=2, mem_mib=7168),
    domains("commands", cpus=2, initrd="commands.cpio"),
    domains("bad-input", cpus=2, initrd="bad-input.cpio"),
]
