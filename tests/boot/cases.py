# SPDX-License-Identifier: GPL-2.0-only
"""The table of boot tests.

A Case is a machine, what is loaded onto it, and what must be seen, in order.
Times are host seconds on a slow, busy machine; none is waited out when all is
well.
"""

import dataclasses

# What the hypervisor must say about bad input: one line each.
SAYS_NO_MODULE = r"boot loader passed no module"
SAYS_TEXT = r"kernel\) is a text file, not a kernel"
SAYS_EMPTY = r"kernel\) is empty"
SAYS_INITRD = r"kernel\) is a cpio archive .*, not a kernel"
SAYS_NO_PV_ENTRY = r"kernel without Xen notes"
SAYS_TRUNCATED = r"kernel\) is a truncated"
SAYS_CORRUPT = r"payload (is .*corrupt|ends too early|holds (more|less) than)"
SAYS_NO_ROOM_TO_UNPACK = r"no \d+ MiB of memory .*to unpack the kernel"
SAYS_DOM0_MEM_TOO_SMALL = r"too little memory for Dom0: .* need \d+ MiB"
SAYS_DOM0_MEM_TOO_LARGE = r"dom0_mem= is more than the machine has"
SAYS_BAD_OPTION = r"option {}: bad value, ignored; expected .*\n"
SAYS_UNKNOWN_OPTION = r"unknown option '{}' ignored\n"
SAYS_INPUT_TO = r"Serial input to {}"

SERIAL = "console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all"

# Steps: ("expect", regex)  the next text that matches
#        ("see", regex)     the same anywhere, also earlier
#        ("type", text)     on the serial console
#        ("monitor", text)  a command of QEMU's monitor
#        ("exit", how)      the machine must end so
POWEROFF = ("exit", "poweroff")
REBOOT = ("exit", "reset")
TRIPLE_FAULT = ("exit", "triple fault")


@dataclasses.dataclass
class Case:
    name: str
    hypervisor: str = None          # under build/images; None: what we test
    native: bool = False            # none at all
    kernel: str = "linux-6.1.lz4"   # under build/images; None: no module
    loader: str = "multiboot1"      # or "grub", "efi", "disk": machine.py
    board: str = "pc"               # or "q35"
    qemu: str = None                # under build/images; None: the installed
    mem_mib: int = 2048
    cpus: int = 1
    icount: bool = False            # exact costs: one instruction, one ns
    icount_shift: int = 0           # or 2 to this ns: time passes faster
    hv_args: str = ""
    kernel_args: str = ""
    initrd: str = "dom0.cpio"
    disk: str = None                # an image, to be copied for each boot
    extra: tuple = ()               # more QEMU arguments
    steps: tuple = (POWEROFF,)
    timeout_s: int = 600            # for each step: a machine that hangs
    dom0_mib: tuple = None          # (least, most) of Dom0's MemTotal
    dom0_cpus: int = None           # default: all
    boots: bool = True              # must reach Dom0 user space
    compare_log: bool = False       # with the real Xen's of the same machine

    def all_steps(self):
        if not self.boots:
            return self.steps
        return (("expect", r"^@dom0 (.*)\n"), *self.steps)

    @property
    def triple_faults(self):
        return TRIPLE_FAULT in self.steps


def task(name):
    """Dom0 runs a task and powers off."""
    return ("expect", rf"^@task {name} exit=0\n"), POWEROFF


def refused(name, kernel, says, **machine):
    """The hypervisor says why it stops, and does not start Dom0."""
    return Case(name, kernel=kernel, boots=False, timeout_s=300,
                steps=(("expect", says),), **machine)


EFIVARS = "/sys/firmware/efi/efivars"
EFI_GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
# Firmware refuses new names under its own.
EFI_OURS = "8a4f4b2e-6a0d-4b57-9d3b-51c07b2d9e13"

# Ctrl-A three times moves the keyboard between Dom0 and the hypervisor.
SWITCH = ("type", "\x01\x01\x01")


def debug_key(key, says):
    return ("type", key), ("expect", says)


CASES = [
    # Debian's kernels as Dom0, from GRUB, over machine and Dom0 sizes.
    # linux-6.1 and linux-6.12 are as Debian packed them: xz and zstd -22.
    Case("grub-6.1-2g", kernel="linux-6.1", loader="grub", cpus=2,
         kernel_args="task=selfcheck", steps=task("selfcheck"),
         dom0_mib=(1600, 2048), compare_log=True),
    Case("grub-6.12-2g", kernel="linux-6.12", loader="grub", cpus=2,
         kernel_args="task=selfcheck", steps=task("selfcheck"),
         dom0_mib=(1600, 2048), compare_log=True),
    Case("grub-6.1-768m", loader="grub", board="q35", mem_mib=768,
         kernel_args="end=reboot", steps=(REBOOT,),
         dom0_mib=(500, 768), compare_log=True),
    Case("grub-6.12-768m", kernel="linux-6.12.zstd", loader="grub",
         mem_mib=768, kernel_args="end=reboot", steps=(REBOOT,),
         dom0_mib=(450, 768), compare_log=True),
    Case("grub-6.1-8g", loader="grub", board="q35", mem_mib=8192, cpus=4,
         hv_args="dom0_mem=1024M,max:1024M", kernel_args="end=poweroff",
         dom0_mib=(750, 1024), compare_log=True),
    Case("grub-6.12-6g", kernel="linux-6.12.lz4", loader="grub",
         mem_mib=6144, kernel_args="end=poweroff",
         dom0_mib=(5200, 6144), compare_log=True),

    # The same by GRUB under UEFI.
    # Dom0 has its screen; its clock is read and set; a variable of its is
    # read, another one written and read.
    Case("efi-6.12-q35", kernel="linux-6.12.lz4", loader="efi", board="q35",
         cpus=2, dom0_mib=(1600, 2048), compare_log=True, steps=(
             ("expect", r"dom0# "), ("see", r"efi: EFI v\d\.\d by EDK II"),
             ("see", r"efifb: mode is 1280x800x32, linelength=5120"),
             ("type", "selfcheck efi_keeps_time\n"),
             ("expect", r"^1 passed, 0 failed, 0 skipped"),
             ("type", "modprobe efivarfs; mount -t efivarfs none "
                      f"{EFIVARS}; cd {EFIVARS}; "
                      f"od -An -tx1 SecureBoot-{EFI_GLOBAL}\n"),
             ("expect", r"^ 06 00 00 00 00\n"),
             ("type", rf"printf '\007\000\000\000pavo' >Test-{EFI_OURS}; "
                      f"od -An -c Test-{EFI_OURS}\n"),
             ("expect", r"\\0  \\0  \\0   p   a   v   o\n"),
             ("type", "poweroff -f\n"), POWEROFF)),

    # The image with assertions, under all that the self-check does.
    Case("selfcheck-6.1", cpus=2, kernel_args="task=selfcheck vsyscall=xonly",
         steps=task("selfcheck")),
    # Other payloads, fewer CPUs than the machine has.
    Case("gzip-payload", kernel="linux-6.1.gzip", cpus=2,
         hv_args="dom0_max_vcpus=1", dom0_cpus=1,
         kernel_args="end=poweroff"),
    Case("elf-kernel", kernel="linux-6.1.elf", cpus=2,
         hv_args="maxcpus=1 dom0_mem=512M", dom0_cpus=1,
         dom0_mib=(300, 512), kernel_args="end=poweroff"),

    # The console, both ways.
    Case("shell-on-the-console", steps=(
        ("expect", r"dom0# "), ("type", "echo $((6 * 7)) times\n"),
        ("expect", r"^42 times\n"), ("type", "poweroff -f\n"), POWEROFF)),
    Case("debug-keys", steps=(
        ("expect", r"dom0# "), SWITCH, ("expect", SAYS_INPUT_TO.format(
            "(Xen|PAVO)")),
        *debug_key("h", r"registers"), *debug_key("d", r"[Rr][Ii][Pp]"),
        *debug_key("q", r"[Dd]omain.* 0|d0"), *debug_key("m", r"[Ff]ree"),
        *debug_key("e", r"port|[Ee]vent"),
        SWITCH, ("expect", SAYS_INPUT_TO.format("DOM0")),
        ("type", "\necho and $((7 * 7)) back\n"),
        ("expect", r"^and 49 back\n"), SWITCH,
        ("expect", SAYS_INPUT_TO.format("")), ("type", "R"), REBOOT)),

    # The hypervisor's own end, with what one needs to find out why.
    Case("crash-report", loader="grub", steps=(
        ("expect", r"dom0# "), SWITCH,
        ("expect", SAYS_INPUT_TO.format("")), ("type", "C"),
        ("expect", r"Panic on CPU 0: trap 6 in the hypervisor"),
        ("see", r"rip [0-9a-f]{16} (crash|keyhandler_run)\+0x"),
        ("see", r"r15 [0-9a-f]{16}"), ("expect", r"backtrace:\n"),
        ("see", r" \? \w+\+0x"), ("expect", r"events of each CPU:\n"),
        ("expect", r"\d+\.\d{6} d0v0 \w+(/\d+)? rdi="), REBOOT)),
    Case("dom0-panic", cpus=4, loader="efi", mem_mib=1024, steps=(
        ("expect", r"dom0# "), ("type", "echo c >/proc/sysrq-trigger\n"),
        ("expect", r"Kernel panic - not syncing: sysrq triggered crash"),
        ("expect", r"Dom0 has crashed"),
        ("expect", r"d0v\d guest kernel: rip e033:f{8}"),
        ("expect", r"d0v\d sched_op/2 .*shutdown"), REBOOT)),

    Case("watchdog", cpus=2, hv_args="watchdog watchdog_timeout=1", steps=(
        ("expect", r"dom0# "), ("see", r"Watchdog: on, 1 s"), SWITCH,
        ("expect", SAYS_INPUT_TO.format("")), ("type", "X"),
        ("expect", r"rip [0-9a-f]{16} (hang|keyhandler_run)\+0x"),
        ("expect", r"Panic on CPU (\d): watchdog: CPU \1 stands still"),
        REBOOT)),

    # Hardware errors: corrected, survived, fatal.  Dom0 logs the first two.
    Case("machine-checks", cpus=2, steps=(
        ("expect", r"dom0# "),
        ("monitor", "mce 1 4 0x8c00000000000150 0 0x12345000 0x8c"),
        ("expect", r"Machine check on CPU 1, bank 4: corrected error, "
                   r"status 8c00000000000150, address 0000000012345000"),
        ("monitor", "mce 0 5 0xbd000000000000c0 0x5 0x6789a000 0x8c"),
        ("expect", r"Machine check on CPU 0, bank 5: uncorrected error, "
                   r"status bd000000000000c0, address 000000006789a000"),
        ("type", "dd if=/dev/mcelog bs=4096 count=1 2>/dev/null | "
                 "od -An -tx8 -v | tr -s ' \\n' ' '; echo\n"),
        ("expect", r" 8c00000000000150 .*0000000012345000.*"
                   r" bd000000000000c0 .*000000006789a000"),
        ("expect", r"dom0# "), # all of it: the next report goes there, too
        ("monitor", "mce 1 4 0xbe00000000000150 0x5 0x12345000 0x8c"),
        ("expect", r"Machine check on CPU 1, bank 4: uncorrected error"),
        ("expect", r"rip [0-9a-f:]+"),
        ("expect", r"Panic on CPU 1: fatal machine check, bank 4"),
        REBOOT)),

    # Bad input that need not stop a boot.
    Case("bad-options", kernel_args="end=poweroff",
         hv_args="frobnicate=1 dom0_mem=twelve maxcpus=many loglvl=loud "
                 "com1=fast xyzzy", steps=(
             ("see", SAYS_UNKNOWN_OPTION.format("frobnicate")),
             ("see", SAYS_UNKNOWN_OPTION.format("xyzzy")),
             ("see", SAYS_BAD_OPTION.format("dom0_mem=twelve")),
             ("see", SAYS_BAD_OPTION.format("maxcpus=many")),
             ("see", SAYS_BAD_OPTION.format("loglvl=loud")),
             ("see", SAYS_BAD_OPTION.format("com1=fast")), POWEROFF)),
    Case("dom0-mem-larger-than-machine", mem_mib=1024,
         hv_args="dom0_mem=8G", kernel_args="end=poweroff",
         steps=(("see", SAYS_DOM0_MEM_TOO_LARGE), POWEROFF)),

    # Bad input that must stop it.
    refused("no-module", None, SAYS_NO_MODULE, initrd=None),
    refused("no-module-grub", None, SAYS_NO_MODULE, initrd=None,
            loader="grub"),
    refused("text-as-kernel", "bad-text", SAYS_TEXT),
    refused("empty-kernel", "bad-empty", SAYS_EMPTY, loader="grub"),
    refused("initrd-as-kernel", "dom0.cpio", SAYS_INITRD, initrd=None),
    refused("kernel-without-pv-entry", "bad-no-pv", SAYS_NO_PV_ENTRY),
    refused("truncated-elf", "bad-elf-cut", SAYS_TRUNCATED),
    *(refused(f"{way}-{form}", f"bad-{way}.{form}", says)
      for way, says in (("truncated", SAYS_TRUNCATED),
                        ("short", SAYS_CORRUPT),
                        ("corrupt", SAYS_CORRUPT))
      for form in ("xz", "zstd", "gzip", "lz4")),
    refused("too-little-memory", "linux-6.1.lz4", SAYS_NO_ROOM_TO_UNPACK,
            mem_mib=96),
    refused("dom0-mem-too-small", "linux-6.1.lz4", SAYS_DOM0_MEM_TOO_SMALL,
            hv_args="dom0_mem=32M"),
]
