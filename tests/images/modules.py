# SPDX-License-Identifier: GPL-2.0-only
"""Kernel modules of an unpacked Debian kernel package, with dependencies.

Debian's package has no modules.dep (depmod makes it on installation), so the
dependencies come from each module's own .modinfo strings.
"""

import lzma
import os
import re


class Modules:
    def __init__(self, package):
        """@package: where the kernel package was unpacked."""
        top = os.path.join(package, "lib/modules")
        (self.release,) = os.listdir(top)
        self.path = {}
        for base, _, files in os.walk(os.path.join(top, self.release)):
            for name in files:
                match = re.fullmatch(r"(.+)\.ko(\.xz)?", name)
                if match:
                    key = match[1].replace("-", "_")
                    self.path[key] = os.path.join(base, name)
        with open(f"{top}/{self.release}/modules.builtin") as f:
            self.builtin = {_module_name(line.strip()) for line in f}

    def add_to(self, archive, names):
        """Put @names and what they need into @archive, with a modules.dep."""
        loaded, lines = {}, []
        for name in names:
            self._load(name, loaded)
        for name, (data, needs) in loaded.items():
            archive.file(self._target(name), data)
            # As in depmod's: what is to be loaded first comes last.
            lines.append("kernel/%s.ko:%s\n" % (name, "".join(
                f" kernel/{need}.ko" for need in reversed(needs))))
        archive.file(f"lib/modules/{self.release}/modules.dep",
                     "".join(sorted(lines)).encode())

    def _target(self, name):
        return f"lib/modules/{self.release}/kernel/{name}.ko"

    def _load(self, name, loaded):
        """Read module @name and its dependencies; returns all of them."""
        name = name.replace("-", "_")
        if name in loaded:
            return loaded[name][1] + [name]
        if name in self.builtin:
            return []
        if name not in self.path:
            raise LookupError(f"kernel {self.release} has no module {name}")
        data = _read(self.path[name])
        needs = []
        match = re.search(rb"\0depends=([^\0]*)\0", data)
        for need in match[1].decode().split(",") if match else []:
            for one in self._load(need, loaded) if need else []:
                if one not in needs:
                    needs.append(one)
        loaded[name] = (data, needs)
        return needs + [name]


def _module_name(path):
    return os.path.basename(path).removesuffix(".ko").replace("-", "_")


def _read(path):
    with (lzma.open if path.endswith(".xz") else open)(path, "rb") as f:
        return f.read()
