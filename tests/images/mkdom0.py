#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Make the Dom0 initramfs: busybox, an init, modules, programs, tasks.

    mkdom0.py -o OUTPUT [--kernel PACKAGE_DIR]... [--module NAME]...
              [--program FILE[:PATH]]... [--task FILE]... [--tree DIR]...

--program also takes a dynamic program along with its libraries.  --task puts
a script or program into /tasks (see dom0-init).
"""

import argparse
import os
import subprocess
import sys

from cpio import Archive
from modules import Modules

HERE = os.path.dirname(os.path.abspath(__file__))
BUSYBOX = "/bin/busybox"
MODULES = ["xenfs", "xen-privcmd", "xen-evtchn", "xen-gntdev", "xen-gntalloc"]
DIRECTORIES = ["dev", "etc", "mnt", "proc", "root", "run", "sys", "tmp",
               "usr/bin", "usr/sbin", "sbin", "var/lib", "var/log"]


def add_busybox(archive):
    names = subprocess.run([BUSYBOX, "--list"], stdout=subprocess.PIPE,
                           check=True, text=True).stdout.split()
    archive.copy("bin/busybox", BUSYBOX)
    for name in names:
        if name != "busybox":
            archive.symlink(f"bin/{name}", "busybox")


def add_program(archive, source, path):
    archive.copy(path, source)
    ldd = subprocess.run(["ldd", source], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True)
    for word in ldd.stdout.split():
        if word.startswith("/"):
            archive.copy(word, os.path.realpath(word))


def main():
    options = argparse.ArgumentParser(usage=__doc__)
    options.add_argument("-o", dest="output", required=True)
    for name in "kernel", "module", "program", "task", "tree":
        options.add_argument("--" + name, action="append", default=[])
    options = options.parse_args()

    archive = Archive()
    for path in DIRECTORIES:
        archive.directory(path)
    archive.symlink("var/run", "/run")
    archive.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    archive.file("etc/group", b"root:x:0:\n")
    archive.char_device("dev/console", 5, 1)
    archive.char_device("dev/null", 1, 3)
    archive.copy("init", f"{HERE}/dom0-init")
    add_busybox(archive)
    for package in options.kernel:
        Modules(package).add_to(archive, MODULES + options.module)
    for program in options.program:
        source, _, path = program.partition(":")
        add_program(archive, source,
                    path or "usr/bin/" + os.path.basename(source))
    for task in options.task:
        archive.copy("tasks/" + os.path.basename(task), task)
    for tree in options.tree:
        archive.tree(tree)
    archive.write(options.output)


try:
    main()
except (LookupError, OSError) as error:
    sys.exit(f"mkdom0: {error}")
