# SPDX-License-Identifier: GPL-2.0-only
"""The table of machines: a whole Debian as Dom0."""

from machine import OVMF
from machines import AGAIN, RESTART, RESTARTS, debian, drive, nics, run

# On q35 every fourth slot has the same interrupt line.
SHARING = "e1000,addr=0x8", "rtl8139,addr=0xc"

ALL_NICS = "e1000e", "virtio-net-pci", "rtl8139"
ALL_DRIVERS = "e1000e", "virtio_net", "8139cp"
WORK = run("health"), run("work")

CASES = [
    debian("debian-ahci", run("health"), run("net", "e1000e"),
           extra=(*drive("ahci"), *nics("e1000e"))),
    debian("debian-nvme", run("health"), run("net", "8139cp"), end=RESTART,
           extra=(*drive("nvme"), *nics("rtl8139"))),
    debian("debian-virtio", run("health"), run("net", "virtio_net"),
           board="pc", extra=(*drive("virtio"), *nics("virtio-net-pci"))),
    debian("debian-6.12", run("health"), run("net", *ALL_DRIVERS),
           kernel="linux-6.12", cpus=4,
           extra=(*drive("nvme"), *nics(*ALL_NICS))),
    debian("debian-efi", run("health"), run("net", "e1000e"),
           extra=(*OVMF, *drive("ahci"), *nics("e1000e"))),
    # INTx, MSI, MSI-X.
    debian("irq-moves", run("irq"),
           extra=(*drive("ahci"), *nics(*ALL_NICS))),
    debian("irq-shared", run("shared"), run("net", "e1000", "8139cp"),
           extra=(*drive("nvme"), *nics(*SHARING))),
    debian("irq-storm", run("storm", "e1000"), hv_args="irq_ratelimit=20",
           extra=(*drive("ahci"), "-device", "edu,addr=0xc",
                  *nics("e1000,addr=0x8", "virtio-net-pci"))),
    *(debian(f"busy-{disk}", run("busy"), timeout_s=3600,
             extra=(*drive(disk),
                    *nics("e1000e", "virtio-net-pci", *SHARING)))
      for disk in ("ahci", "nvme", "virtio")),
    # An hour, with two reboots in it.
    debian("debian-work", *WORK, AGAIN, *WORK, AGAIN, *WORK,
           kernel="linux-6.12", cpus=4, timeout_s=7200,
           extra=(*drive("virtio"), *nics(*ALL_NICS), *RESTARTS)),
]
