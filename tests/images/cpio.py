# SPDX-License-Identifier: GPL-2.0-only
"""Write a newc cpio archive: sorted, without times, owned by root if not said.

The same contents always give the same bytes, and no privilege is needed to
put device nodes in.
"""

import os
import stat


class Archive:
    def __init__(self):
        self.entries = {}

    def directory(self, path):
        path = path.strip("/")
        while path and path not in self.entries:
            self.entries[path] = (stat.S_IFDIR | 0o755, b"", (0, 0), (0, 0))
            path = os.path.dirname(path)

    def file(self, path, data, mode=0o644):
        self.add(path, stat.S_IFREG | mode, data)

    def symlink(self, path, target):
        self.add(path, stat.S_IFLNK | 0o777, target.encode())

    def char_device(self, path, major, minor):
        self.add(path, stat.S_IFCHR | 0o600, b"", (major, minor))

    def copy(self, path, source):
        """A file of the host, executable if it is so there."""
        with open(source, "rb") as f:
            self.file(path, f.read(),
                      0o755 if os.access(source, os.X_OK) else 0o644)

    def add(self, path, mode, data, device=(0, 0), owner=(0, 0)):
        path = path.strip("/")
        self.directory(os.path.dirname(path))
        self.entries[path] = (mode, data, device, owner)

    def write(self, output):
        with open(output, "wb") as f:
            for ino, path in enumerate(sorted(self.entries), 1):
                f.write(_entry(ino, path, *self.entries[path]))
            f.write(_entry(0, "TRAILER!!!", 0))
            f.write(bytes(-f.tell() % 512))


def _entry(ino, path, mode, data=b"", device=(0, 0), owner=(0, 0)):
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = (ino, mode, *owner, links, 0, len(data), 0, 0, *device,
              len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return _pad(head) + _pad(data)


def _pad(data):
    return data + bytes(-len(data) % 4)
