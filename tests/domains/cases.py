# SPDX-License-Identifier: GPL-2.0-only
"""The table of domain tests: what the tools do, inside Dom0.

Each case boots Dom0 with the tools and runs one task; a task is a script that
prints "ok NAME" or "FAIL NAME: why" for each of its checks.
"""

from cases import Case, task

DOM0_1G = "dom0_mem=1024M,max:1024M"


def domains(name, run=None, args="", **machine):
    """Dom0 of 1 GiB runs the task @run, by default the one called @name."""
    run = run or name
    machine.setdefault("hv_args", DOM0_1G)
    machine.setdefault("initrd", "tools.cpio")
    return Case(name, compare_log=True,
                kernel_args=f"task={run} {args}".strip(), steps=task(run), **machine)


def fairness(name, seconds):
    """Hogs on pcpus 1 and 2, measured for so long each time."""
    return Case(name, icount=True, icount_shift=4, cpus=3, dom0_cpus=1,
                mem_mib=1536, hv_args=DOM0_1G + " dom0_max_vcpus=1",
                initrd="tools.cpio", steps=task("fairness"),
                kernel_args=f"task=fairness seconds={seconds}")


CASES = [
    domains("lifecycle", cpus=2),
    domains("leftovers", cpus=2),
    domains("matrix", cpus=2, mem_mib=7168),
    domains("hotplug", cpus=2, initrd="hotplug.cpio"),
    domains("cpus", cpus=4, initrd="hotplug.cpio",
            hv_args=DOM0_1G + " clocksource=acpi"),
    domains("registers", args="vsyscall=emulate", cpus=2,
            initrd="hotplug.cpio"),
    # Each half with its own and with the other's real counterpart.  QEMU's
    # XSAVE ignores CR0.TS, so Xen must not leave FPU state for later.
    domains("tour", cpus=2, initrd="commands.cpio"),
    domains("tour-xen", "tour", cpus=2, initrd="commands.cpio",
            hypervisor="xen", hv_args=DOM0_1G + " spec-ctrl=eager-fpu"),
    domains("tour-xl", "tour", cpus=2, initrd="xl.cpio"),
    domains("devices", cpus=2, initrd="devices.cpio"),
    domains("blkback", cpus=2, initrd="blkback.cpio"),
    domains("net", cpus=2, initrd="net.cpio"),
    domains("net-pairs", cpus=2, initrd="net.cpio"),
    domains("killing", cpus=2, initrd="killing.cpio"),
    domains("commands", cpus=2, initrd="commands.cpio"),
    domains("bad-input", cpus=2, initrd="bad-input.cpio"),
    # With icount, so that what a creation costs is exact.
    domains("density", icount=True, mem_mib=2560),
    domains("hostile", cpus=2),
    # With icount, so that timing does not decide.
    fairness("fairness", seconds=4),
    Case("null-sched", cpus=2, initrd="tools.cpio", steps=task("null-sched"),
         hv_args=DOM0_1G + " sched=null dom0_max_vcpus=1", dom0_cpus=1,
         kernel_args="task=null-sched"),
]
