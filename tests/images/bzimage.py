# SPDX-License-Identifier: GPL-2.0-only
"""The parts of a bzImage that a PV loader looks at.

A bzImage is a 16-bit setup part and a 32-bit part; the compressed kernel ELF
lies in the second at payload_offset.  Every format but gzip is followed by a
little-endian 32-bit size of the unpacked kernel, which counts as payload.
Field offsets: Linux, Documentation/arch/x86/boot.rst.
"""

import gzip
import lzma
import struct
import subprocess

SETUP_SECTS = 0x1F1
SYSSIZE = 0x1F4
MAGIC = 0x202
VERSION = 0x206
PAYLOAD_OFFSET = 0x248
PAYLOAD_LENGTH = 0x24C

FORMATS = {
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x02\x21\x4c\x18": "lz4",
}

PACKERS = {
    "lz4": ["lz4", "-l", "-9", "-c", "-q", "-"],
    "zstd": ["zstd", "-3", "-c", "-q", "-"],
    "gzip": ["gzip", "-6", "-n", "-c"],
}


def filter_through(command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE,
                          check=True).stdout


class BzImage:
    def __init__(self, data):
        if data[MAGIC:MAGIC + 4] != b"HdrS":
            raise ValueError("not a bzImage: no HdrS magic")
        if struct.unpack_from("<H", data, VERSION)[0] < 0x208:
            raise ValueError("boot protocol older than 2.08: no payload")
        self.data = data
        (offset,) = struct.unpack_from("<I", data, PAYLOAD_OFFSET)
        (length,) = struct.unpack_from("<I", data, PAYLOAD_LENGTH)
        self.setup_bytes = ((data[SETUP_SECTS] or 4) + 1) * 512
        self.payload_start = self.setup_bytes + offset
        self.payload = data[self.payload_start:self.payload_start + length]

    def format(self):
        for magic, name in FORMATS.items():
            if self.payload.startswith(magic):
                return name
        raise ValueError("unknown payload format")

    def unpack(self):
        """The kernel ELF."""
        packed = self.payload
        form = self.format()
        if form == "gzip":
            return gzip.decompress(packed)
        if form == "xz":
            return lzma.LZMADecompressor().decompress(packed)
        if form == "zstd":
            return filter_through(["zstd", "-d", "-c", "-q", "--long=31"],
                                  packed[:-4])
        return filter_through(["lz4", "-d", "-c", "-q", "-"], packed[:-4])

    def with_payload(self, payload):
        """A copy with another payload.

        What followed the payload, the self-unpacking code, is left out: it
        holds addresses that depend on the payload's size, and a PV loader
        has no use for it.  So the copy does not boot without a hypervisor.
        """
        head = bytearray(self.data[:self.payload_start])
        paragraphs = (len(head) - self.setup_bytes + len(payload) + 15) // 16
        struct.pack_into("<I", head, SYSSIZE, paragraphs)
        struct.pack_into("<I", head, PAYLOAD_LENGTH, len(payload))
        padding = -(len(head) - self.setup_bytes + len(payload)) % 16
        return bytes(head) + payload + bytes(padding)

    def repacked(self, form):
        """A copy whose kernel is packed as @form."""
        return self.with_payload(pack(self.unpack(), form))


def pack(elf, form):
    packed = filter_through(PACKERS[form], elf)
    if form != "gzip":
        packed += struct.pack("<I", len(elf))
    return packed
