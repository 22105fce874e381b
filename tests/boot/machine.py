# SPDX-License-Identifier: GPL-2.0-only
"""One QEMU with its serial console in our hands.

    with Machine(config, log_path) as m:
        m.expect(r"login:", 60)
        m.type("root\n")
        reason = m.wait_exit(30)

QEMU tells over QMP why it stopped, so a poweroff, a reset and a crash of QEMU
itself can not be confused; a triple fault shows in its cpu_reset log.
"""

import dataclasses
import json
import os
import re
import select
import socket
import subprocess
import tempfile
import time

QEMU = "qemu-system-x86_64"
HERE = os.path.dirname(os.path.abspath(__file__))
OVMF = [word for unit, name, mode in ((0, "CODE", "readonly=on"),
                                      (1, "VARS", "snapshot=on"))
        for word in ("-drive", f"if=pflash,format=raw,unit={unit},{mode},"
                     f"file=/usr/share/OVMF/OVMF_{name}_4M.fd")]
MKISO = os.path.join(HERE, "../images/mkiso.sh")


class BootFailure(Exception):
    """What the test expected did not happen."""


@dataclasses.dataclass
class Config:
    """A machine: what is loaded, how, and onto what."""

    hypervisor: str             # path; None boots modules[0] natively
    hv_args: str
    modules: list               # [(path, arguments), ...]
    # or "grub", "efi" (GRUB under OVMF), "disk" (one that extra has)
    loader: str = "multiboot1"
    board: str = "pc"           # or "q35"
    mem_mib: int = 2048
    cpus: int = 1
    icount: bool = False        # deterministic: one instruction, one ns
    extra: tuple = ()           # more QEMU arguments
    icount_shift: int = 0       # or one instruction, 2 to this ns
    qemu: str = None            # a package's tree; None: the installed one
    disk: str = None            # it gets a copy of this, as drive "disk"

    def qemu_arguments(self, iso, disk):
        arguments = [
            *self._emulator(), "-M", self.board,
            "-cpu", "max,-smap", "-smp", str(self.cpus),
            "-m", str(self.mem_mib), "-nic", "none", "-display", "none",
            "-no-reboot", *self.extra,
        ]
        if self.disk:
            arguments += ["-drive",
                          f"file={disk},format=raw,if=none,id=disk"]
        if self.icount:
            arguments += [
                "-accel", "tcg,thread=single",
                "-icount", f"shift={self.icount_shift},sleep=off",
                "-seed", "1",
                "-rtc", "base=2026-01-01,clock=vm",
            ]
        else:
            # One thread for all CPUs: with one each, QEMU 7 can keep code it
            # translated while another CPU was patching it (Linux pokes INT3
            # into its text) for ever, and Dom0 dies of a breakpoint that is
            # no longer there.
            arguments += ["-accel", "tcg,thread=single"]
        if self.loader == "efi":
            arguments += OVMF
        if self.uses_grub:
            return arguments + [
                "-drive", f"file={iso},format=raw,if=ide,readonly=off,"
                "snapshot=on",
            ]
        if self.loader == "disk":
            name = os.path.basename(self.hypervisor)
            kernel = os.path.basename(self.modules[0][0])
            args = self.hv_args.replace(",", ",,")
            return arguments + ["-smbios", f"type=1,version={name},"
                                f"serial={args},family={kernel}"]
        return arguments + self._direct()

    def _emulator(self):
        if not self.qemu:
            return [QEMU]
        return [f"{self.qemu}/usr/bin/{QEMU}",
                "-L", f"{self.qemu}/usr/share/qemu",
                "-L", f"{self.qemu}/usr/share/seabios"]

    def _direct(self):
        if not self.hypervisor:
            (kernel, args), *rest = self.modules
            initrd = ["-initrd", rest[0][0]] if rest else []
            return ["-kernel", kernel, "-append", args, *initrd]
        # QEMU splits multiboot modules at single commas.
        modules = [f"{path} {args}".strip().replace(",", ",,")
                   for path, args in self.modules]
        initrd = ["-initrd", ",".join(modules)] if modules else []
        return ["-kernel", self.hypervisor, "-append", self.hv_args, *initrd]

    @property
    def uses_grub(self):
        return self.loader in ("grub", "efi")

    def make_iso(self, iso):
        words = ["efi" if self.loader == "efi" else "bios",
                 iso, self.hypervisor or "", self.hv_args]
        for path, args in self.modules:
            words += [path, args]
        subprocess.run([MKISO, *words], check=True)


# SeaBIOS, started once more, resets by a triple fault in its own code.
FIRMWARE_RESET = re.compile(r"^Triple fault\nCPU Reset .*\n(?:E[AS].*\n)+"
                            r"EIP=000[ef][0-9a-f]{4} ", re.M)


class Machine:
    def __init__(self, config, log_path, echo=None):
        self.config = config
        self.log_path = log_path
        self.echo = echo        # a text file that gets the console, too
        self.text = ""          # everything seen so far
        self.seen = 0           # where expect() goes on
        self.reason = None      # QMP's word for the end
        self._qmp_text = b""

    def __enter__(self):
        self._dir = tempfile.TemporaryDirectory()
        iso = os.path.join(self._dir.name, "disk.iso")
        if self.config.uses_grub:
            self.config.make_iso(iso)
        self._disk = os.path.join(self._dir.name, "disk.img")
        if self.config.disk:
            subprocess.run(["cp", "--sparse=always", self.config.disk,
                            self._disk], check=True)
        self._serial, serial_end = socket.socketpair()
        self._qmp, qmp_end = socket.socketpair()
        self._resets = os.path.join(self._dir.name, "resets")
        self._stderr = tempfile.TemporaryFile()
        self._log = open(self.log_path, "wb")
        fds = serial_end.fileno(), qmp_end.fileno()
        self.process = subprocess.Popen(
            self.config.qemu_arguments(iso, self._disk) + [
                "-chardev", f"socket,id=serial,fd={fds[0]}",
                "-serial", "chardev:serial",
                "-chardev", f"socket,id=qmp,fd={fds[1]}",
                "-mon", "chardev=qmp,mode=control",
                "-d", "cpu_reset", "-D", self._resets,
            ], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self._stderr, pass_fds=fds)
        serial_end.close()
        qmp_end.close()
        self._open = [self._serial, self._qmp]
        self._qmp.sendall(b'{"execute": "qmp_capabilities"}\n')
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._log.close()
        self._stderr.close()
        self._serial.close()
        self._qmp.close()
        self._dir.cleanup()

    def expect(self, pattern, timeout_s):
        """Wait until @pattern appears after the last match."""
        match = self.see(pattern, timeout_s, self.seen)
        self.seen = match.end()
        return match

    def see(self, pattern, timeout_s, start=0):
        """Wait until @pattern appears, or find it in what came since @start.

        Patterns end in a newline rather than in $, which would also match at
        the end of half a line.
        """
        regex = re.compile(pattern, re.MULTILINE)
        deadline = time.monotonic() + timeout_s
        while True:
            match = regex.search(self.text, start)
            if match:
                return match
            if not self._open:
                raise BootFailure(f"machine stopped ({self._why()}) before "
                                  f"/{pattern}/")
            if not self._read(deadline):
                raise BootFailure(f"no /{pattern}/ within {timeout_s} s")

    def type(self, text):
        self._serial.sendall(text.encode())

    def monitor(self, command):
        """A command of QEMU's own, such as "mce ..."."""
        self._qmp.sendall(json.dumps({
            "execute": "human-monitor-command",
            "arguments": {"command-line": command}}).encode() + b"\n")

    def wait_exit(self, timeout_s):
        """Wait for the end: "poweroff", "reset" or "triple fault"."""
        deadline = time.monotonic() + timeout_s
        while self._open:
            if not self._read(deadline):
                raise BootFailure(f"still running after {timeout_s} s")
        return self._why()

    def triple_faulted(self):
        with open(self._resets, errors="replace") as f:
            text = f.read()
        return text.count("Triple fault") > len(FIRMWARE_RESET.findall(text))

    def check_disk(self):
        """The file system of its disk was unmounted, and is whole."""
        if not self.config.disk:
            return
        with open(self._disk, "rb") as f:
            partitioned = f.read(512).endswith(b"\x55\xaa")
        name = self._disk + ("?offset=1048576" if partitioned else "")
        state = subprocess.run(["dumpe2fs", "-h", name], text=True,
                               capture_output=True, check=True).stdout
        if "needs_recovery" in state:
            raise BootFailure("the disk was not unmounted")
        check = subprocess.run(["e2fsck", "-fn", name], text=True,
                               capture_output=True)
        if check.returncode:
            raise BootFailure("e2fsck: " + check.stdout)

    def _why(self):
        status = self.process.wait()
        if status:
            self._stderr.seek(0)
            message = self._stderr.read().decode(errors="replace").strip()
            return f"QEMU exit status {status}: {message}"
        if self.triple_faulted():
            return "triple fault"
        return {"guest-shutdown": "poweroff",
                "guest-reset": "reset"}.get(self.reason, str(self.reason))

    def _read(self, deadline):
        """Take in what arrives; False when the deadline passes."""
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        for end in select.select(self._open, [], [], left)[0]:
            try:
                data = end.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                self._open.remove(end)
            elif end is self._serial:
                self._log.write(data)
                self._log.flush()
                text = data.decode("utf-8", errors="replace")
                text = text.replace("\r", "")
                self.text += text
                if self.echo:
                    self.echo.write(text)
                    self.echo.flush()
            else:
                self._take_qmp(data)
        return True

    def _take_qmp(self, data):
        *lines, self._qmp_text = (self._qmp_text + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if message.get("event") == "SHUTDOWN":
                self.reason = message["data"]["reason"]
