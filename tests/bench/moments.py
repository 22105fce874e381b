# SPDX-License-Identifier: GPL-2.0-only
"""Instructions from a hypervisor's entry to Dom0's, by QEMU's debug stub.

In icount mode an instruction is a nanosecond; what time it is at a breakpoint
the ACPI PM timer says, which ticks at 3.579545 MHz.
"""

import json
import re
import socket
import struct
import subprocess
import tempfile

PM_TIMER = 0x608            # where SeaBIOS puts it on i440fx
PM_TIMER_HZ = 3_579_545
PM_TIMER_MASK = 0xffffff
MULTIBOOT1 = 0x1badb002
HAS_ADDRESSES = 1 << 16
NOTE_ENTRY = 1              # XEN_ELFNOTE_ENTRY


def multiboot_entry(path):
    """Where a multiboot 1 loader jumps to."""
    with open(path, "rb") as f:
        image = f.read()
    for at in range(0, 8192, 4):
        magic, flags = struct.unpack_from("<II", image, at)
        if magic == MULTIBOOT1 and flags & HAS_ADDRESSES:
            return struct.unpack_from("<I", image, at + 28)[0]
    return struct.unpack_from("<I", image, 24)[0]   # of ELF32


def dom0_entry(elf):
    """The kernel's own entry point for Xen, an ELF note."""
    with open(elf, "rb") as f:
        image = f.read()
    at = image.index(struct.pack("<III", 4, 8, NOTE_ENTRY) + b"Xen\0")
    return struct.unpack_from("<Q", image, at + 16)[0]


class Stub:
    """GDB's remote protocol, as much as breakpoints need."""

    def __init__(self, end):
        self.end = end

    def ask(self, command):
        text = command.encode()
        self.end.sendall(b"$%s#%02x" % (text, sum(text) & 0xff))
        return self.answer()

    def answer(self):
        data = b""
        while not (match := re.search(rb"\$([^#]*)#..", data)):
            got = self.end.recv(4096)
            if not got:
                raise EOFError("QEMU has gone")
            data += got
        self.end.sendall(b"+")
        return match[1].decode()

    def run_to(self, address):
        """Stop when @address is about to be executed."""
        assert self.ask(f"Z1,{address:x},1") == "OK"
        stopped = self.ask("c")
        assert stopped.startswith("T05"), stopped
        assert self.ask(f"z1,{address:x},1") == "OK"


class Monitor:
    def __init__(self, end):
        self.file = end.makefile("rw")
        self.call("qmp_capabilities")

    def call(self, command, **arguments):
        print(json.dumps({"execute": command, "arguments": arguments}),
              file=self.file, flush=True)
        while True:
            answer = json.loads(self.file.readline())
            if "return" in answer:
                return answer["return"]

    def pm_ticks(self):
        text = self.call("human-monitor-command",
                         **{"command-line": f"i /w {PM_TIMER}"})
        return int(text.split("=")[1], 0) & PM_TIMER_MASK


def entry_to_dom0(config, elf):
    """Of @config, which boots @elf as Dom0."""
    stub, stub_end = socket.socketpair()
    monitor, monitor_end = socket.socketpair()
    fds = stub_end.fileno(), monitor_end.fileno()
    with tempfile.TemporaryFile() as errors, subprocess.Popen(
            config.qemu_arguments(None) + [
                "-S", "-serial", "none",
                "-chardev", f"socket,id=gdb,fd={fds[0]}", "-gdb", "chardev:gdb",
                "-chardev", f"socket,id=qmp,fd={fds[1]}",
                "-mon", "chardev=qmp,mode=control",
            ], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=errors, pass_fds=fds) as process:
        stub_end.close()
        monitor_end.close()
        try:
            gdb, qmp = Stub(stub), Monitor(monitor)
            gdb.run_to(multiboot_entry(config.hypervisor))
            start = qmp.pm_ticks()
            gdb.run_to(dom0_entry(elf))
            ticks = (qmp.pm_ticks() - start) & PM_TIMER_MASK
        finally:
            process.kill()
    return ticks * 1e9 / PM_TIMER_HZ
