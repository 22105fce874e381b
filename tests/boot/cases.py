# SPDX-License-Identifier: GPL-2.0-only
"""The table of boot tests.

A Case is a machine, what is loaded onto it, and what must be seen, in order.
Times are host seconds on a slow, busy machine; none is waited out when all is
well.
"""

import dataclasses

# What the hypervisor must say about bad input: one line each.
SAYS_NO_MODULE = r"[Nn]o (Dom0 )?kernel"
SAYS_NOT_A_KERNEL = r"not a (bzImage|kernel|.*ELF)"
SAYS_NO_PV_ENTRY = r"[Nn]o (Xen )?PV entry|XEN_ELFNOTE_ENTRY"
SAYS_BAD_PAYLOAD = r"(truncated|corrupt|damaged)"
SAYS_TOO_LITTLE_MEMORY = r"(not enough|too little) memory|needs .* MiB"
SAYS_DOM0_MEM_TOO_LARGE = r"dom0_mem.*(only|larger|more than|available)"
SAYS_UNKNOWN_OPTION = r"[Uu]nknown.*frobnicate"
SAYS_BAD_DOM0_MEM = r"dom0_mem=.*twelve"
SAYS_BAD_MAXCPUS = r"maxcpus=.*many"

SERIAL = "console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all"

# Steps: ("expect", regex), ("type", text), ("exit", how it must end).
POWEROFF = ("exit", "poweroff")
REBOOT = ("exit", "reset")


@dataclasses.dataclass
class Case:
    name: str
    kernel: str = "linux-6.1.lz4"   # under build/images; None: no module
    loader: str = "multiboot1"
    mem_mib: int = 2048
    cpus: int = 1
    hv_args: str = ""
    kernel_args: str = ""
    initrd: str = "dom0.cpio"
    steps: tuple = (POWEROFF,)
    timeout_s: int = 240            # for each step
    dom0_mib: tuple = None          # (least, most) of Dom0's MemTotal
    dom0_cpus: int = None           # default: all
    boots: bool = True              # must reach Dom0 user space
    compare_log: bool = False       # with the real Xen's of the same machine

    def all_steps(self):
        if not self.boots:
            return self.steps
        return (("expect", r"^@dom0 (.*)\n"), *self.steps)


def task(name):
    """Dom0 runs a task and powers off."""
    return ("expect", rf"^@task {name} exit=0\n"), POWEROFF


CASES = [
    # Debian's kernels as Dom0, from GRUB, over machine and Dom0 sizes.
    Case("grub-6.1-2g", kernel="linux-6.1", loader="grub", cpus=2,
         kernel_args="task=selfcheck", steps=task("selfcheck"),
         dom0_mib=(1600, 2048), compare_log=True),
    Case("grub-6.12-2g", kernel="linux-6.12", loader="grub", cpus=2,
         kernel_args="task=selfcheck", steps=task("selfcheck"),
         dom0_mib=(1600, 2048), compare_log=True),
    Case("grub-6.1-768m", loader="grub", mem_mib=768,
         kernel_args="end=poweroff", dom0_mib=(500, 768), compare_log=True),
    Case("grub-6.12-768m", kernel="linux-6.12.zstd", loader="grub",
         mem_mib=768, kernel_args="end=poweroff", dom0_mib=(450, 768),
         compare_log=True),
    Case("grub-6.1-6g", loader="grub", mem_mib=6144, cpus=2,
         hv_args="dom0_mem=1024M,max:1024M", kernel_args="end=poweroff",
         dom0_mib=(750, 1024), compare_log=True),
    Case("grub-6.12-6g", kernel="linux-6.12.lz4", loader="grub",
         mem_mib=6144, kernel_args="end=poweroff", dom0_mib=(5200, 6144),
         compare_log=True),
]
