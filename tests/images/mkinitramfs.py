#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Make an initramfs for Dom0 or a DomU: busybox, an init, what is asked for.

    mkinitramfs.py -o OUTPUT --init FILE [--kernel PACKAGE_DIR]...
                   [--module NAME]... [--program FILE[:PATH]]...
                   [--task FILE]... [--file FILE:PATH]...
                   [--packages DIR]

--program also takes a dynamic program along with its libraries, those in DIR
(packages that are unpacked, not installed) first.  --task puts a script or
program into /tasks (see dom0-init).
"""

import argparse
import os
import subprocess
import sys

from cpio import Archive
from modules import Modules

BUSYBOX = "/bin/busybox"
LIBRARIES = "usr/lib/x86_64-linux-gnu"
DIRECTORIES = ["dev", "etc", "mnt", "proc", "root", "run", "sys", "tmp",
               "usr/bin", "usr/sbin", "sbin", "var/lib", "var/log"]


def add_busybox(archive):
    names = subprocess.run([BUSYBOX, "--list"], stdout=subprocess.PIPE,
                           check=True, text=True).stdout.split()
    archive.copy("bin/busybox", BUSYBOX)
    for name in names:
        if name != "busybox":
            archive.symlink(f"bin/{name}", "busybox")


def add_program(archive, source, path, packages):
    """The program @source as @path, and the libraries it loads."""
    archive.copy(path, source)
    environment = {**os.environ, "LC_ALL": "C"}
    if packages:
        environment["LD_LIBRARY_PATH"] = f"{packages}/{LIBRARIES}"
    ldd = subprocess.run(["ldd", source], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True,
                         env=environment)
    for line in ldd.stdout.splitlines():
        if line.endswith("not found"):
            raise LookupError(f"{source}: {line.strip()}")
        for word in line.split():
            if word.startswith("/"):
                place = f"{LIBRARIES}/{os.path.basename(word)}"
                archive.copy(place if packages and word.startswith(packages)
                             else word, os.path.realpath(word))


def main():
    options = argparse.ArgumentParser(usage=__doc__)
    options.add_argument("-o", dest="output", required=True)
    options.add_argument("--init", required=True)
    for name in "kernel", "module", "program", "task", "file":
        options.add_argument("--" + name, action="append", default=[])
    options.add_argument("--packages", type=os.path.realpath)
    options = options.parse_args()

    archive = Archive()
    for path in DIRECTORIES:
        archive.directory(path)
    archive.symlink("var/run", "/run")
    archive.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    archive.file("etc/group", b"root:x:0:\n")
    archive.char_device("dev/console", 5, 1)
    archive.char_device("dev/null", 1, 3)
    archive.copy("init", options.init)
    add_busybox(archive)
    for package in options.kernel:
        Modules(package).add_to(archive, options.module)
    for program in options.program:
        source, _, path = program.partition(":")
        add_program(archive, source,
                    path or "usr/bin/" + os.path.basename(source),
                    options.packages)
    for task in options.task:
        archive.copy("tasks/" + os.path.basename(task), task)
    for file in options.file:
        source, _, path = file.partition(":")
        archive.copy(path, source)
    archive.write(options.output)


try:
    main()
except (LookupError, OSError) as error:
    sys.exit(f"mkinitramfs: {error}")
