# SPDX-License-Identifier: GPL-2.0-only
"""The table of domain tests that take long.

SOAK_CYCLES=N in the environment: how often devices come and go (10000).
"""

import os

from cases import Case, task

CYCLES = int(os.environ.get("SOAK_CYCLES", "10000"))
SEEDS = range(2, 12)
DOM0_1G = "dom0_mem=1024M,max:1024M"

CASES = [
    Case(f"killing-{seed}", cpus=2, initrd="killing.cpio",
         hv_args=DOM0_1G, timeout_s=7200,
         kernel_args=f"task=killing rounds=100 seed={seed}",
         steps=task("killing"))
    for seed in SEEDS
] + [
    # CPUs go and come for hours
    Case(f"cpus-{kernel}", kernel=f"linux-{kernel}.lz4", cpus=4,
         initrd="hotplug.cpio", hv_args=DOM0_1G, timeout_s=14400,
         kernel_args="task=cpus rounds=500", steps=task("cpus"))
    for kernel in ("6.1", "6.12")
] + [
    # ten minutes by each clock
    Case(f"clocks-{clock}", cpus=4, initrd="hotplug.cpio",
         hv_args=f"{DOM0_1G} clocksource={clock}", timeout_s=3600,
         kernel_args="task=clocks", steps=task("clocks"))
    for clock in ("hpet", "acpi", "pit")
] + [
    # the self-check in guests, here and on the real Xen
    Case(f"selfcheck-guests{suffix}", cpus=2, initrd="hotplug.cpio",
         hypervisor=hypervisor, hv_args=f"{DOM0_1G} {options}", timeout_s=3600,
         kernel_args="task=registers guest_task=selfcheck "
                     "vsyscall=xonly",
         steps=task("registers"))
    for suffix, hypervisor, options in (
        ("", None, ""), ("-xen", "xen", "spec-ctrl=eager-fpu"))
] + [
    # A whole Debian as an initramfs; the tour has it on a disk.
    Case("debian", cpus=2, mem_mib=2560, initrd="debian.cpio",
         hv_args=DOM0_1G, timeout_s=1200, kernel_args="task=debian",
         steps=task("debian")),
    # Disks and interfaces that come and go; of each, half of all cycles.
    Case("attach", cpus=2, initrd="devices.cpio", hv_args=DOM0_1G,
         timeout_s=36000, kernel_args=f"task=attach rounds={CYCLES // 2}",
         steps=task("attach")),
    # The devices of the everyday tests, at length, and on the real Xen.
    Case("devices-full", cpus=2, initrd="devices.cpio", hv_args=DOM0_1G,
         timeout_s=1200, kernel_args="task=devices full=1",
         steps=task("devices")),
    Case("devices-xen", cpus=2, initrd="devices.cpio", hypervisor="xen",
         hv_args=DOM0_1G + " spec-ctrl=eager-fpu", timeout_s=1200,
         kernel_args="task=devices full=1", steps=task("devices")),
    # Both ends of disks, Linux's and ours, in each pairing: 1 GiB of a mixed
    # load, and deaths.
    Case("blkback-full", cpus=2, mem_mib=6144, initrd="blkback.cpio",
         hv_args="dom0_mem=5120M,max:5120M", timeout_s=14400,
         kernel_args="task=blkback full=1 mib=1024 operations=3500",
         steps=task("blkback")),
    # fio in guests, and plugs that are pulled.
    Case("durable", cpus=2, mem_mib=3072, initrd="durable.cpio",
         hv_args=DOM0_1G, timeout_s=7200, kernel_args="task=durable rounds=5",
         steps=task("durable")),
    Case("debian-fio", cpus=2, mem_mib=3072, initrd="debian-fio.cpio",
         hv_args="dom0_mem=1536M,max:1536M", timeout_s=3600,
         disk="build/images/debian-fio.img",
         extra=("-device", "virtio-blk-pci,drive=disk"),
         kernel_args="task=debian-fio", steps=task("debian-fio")),
    # Backends in another guest; interfaces that are in no bridge.
    Case("driver", cpus=2, initrd="driver.cpio", hv_args=DOM0_1G,
         timeout_s=1200, kernel_args="task=driver", steps=task("driver")),
    Case("routes", cpus=2, initrd="routes.cpio", hv_args=DOM0_1G,
         timeout_s=1200, kernel_args="task=routes", steps=task("routes")),
    # Interfaces on netbackd, which is killed all the time.
    Case("net-deaths", cpus=2, initrd="net.cpio", hv_args=DOM0_1G,
         timeout_s=7200, kernel_args="task=net mib=32 rounds=100",
         steps=task("net")),
    # Each network backend with each frontend: a GiB, deaths, attaching.
    Case("net-pairs-full", cpus=2, mem_mib=3072, initrd="net.cpio",
         hv_args=DOM0_1G,
         timeout_s=14400, kernel_args="task=net-pairs full=1 datagrams=45000 "
         "rounds=20 cycles=500 ends=10", steps=task("net-pairs")),
    Case("fairness-60", icount=True, icount_shift=4, cpus=3, dom0_cpus=1,
         mem_mib=1536, initrd="tools.cpio", timeout_s=7200,
         hv_args="dom0_mem=1024M,max:1024M dom0_max_vcpus=1",
         kernel_args="task=fairness seconds=60", steps=task("fairness")),
]
