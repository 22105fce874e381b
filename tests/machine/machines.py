# SPDX-License-Identifier: GPL-2.0-only
"""Machines with a Debian on their disk, and what a person does at them."""

import os

from cases import Case, POWEROFF, REBOOT

HERE = os.path.dirname(os.path.abspath(__file__))
DISK = "build/images/machine.img"
SMALL_DISK = "build/images/machine-small.img"
DISKS = {"ahci": "ide-hd", "nvme": "nvme,serial=1", "virtio": "virtio-blk-pci"}
PROMPT = ("expect", r"root@(machine|debian):~# ")

LOGIN = (
    ("expect", r"^(machine|debian) login: "), ("type", "root\n"),
    ("expect", r"^Password: "), ("type", "pavo\n"), PROMPT,
    # Its messages would tear our lines; they come at the end.
    ("type", "dmesg -n alert\n"), PROMPT,
)
SAY_ALL = ("type", "dmesg -x; dmesg -n debug\n"), PROMPT
HALT = ("type", "poweroff\n"), POWEROFF
RESTART = ("type", "reboot\n"), REBOOT
# For a machine with RESTARTS in its extra.
AGAIN = *SAY_ALL, ("type", "reboot\n"), *LOGIN
RESTARTS = "-action", "reboot=reset"


def drive(kind):
    """QEMU's arguments for the machine's disk."""
    return "-device", f"{DISKS[kind]},drive=disk,bootindex=1"


def nics(*models):
    """The same for NICs, each with a network and a server of its own."""
    for n, model in enumerate(models):
        yield from ("-netdev", f"user,id=net{n},net=10.0.{n}.0/24,guestfwd="
                    f"tcp:10.0.{n}.100:80-cmd:{HERE}/answer.py",
                    "-device", f"{model},netdev=net{n}")


def run(task, *arguments, **environment):
    """What is typed to run tests/machine/tasks/TASK; its failure ends all."""
    words = (*(f"{name}={value}" for name, value in environment.items()),
             f"tasks/{task}", *arguments, "|| poweroff -f\n")
    return (("type", " ".join(words)),
            ("expect", rf"^@task {task} exit=0\n"), PROMPT)


def debian(name, *tasks, extra=(), end=HALT, **machine):
    """Boot, log in, run tasks, end."""
    machine = {"loader": "disk", "disk": DISK, "board": "q35",
               "kernel": "linux-6.1", "initrd": None, "cpus": 2,
               "timeout_s": 1200, **machine}
    steps = (step for task in tasks for step in task)
    return Case(name, boots=False, compare_log=True,
                extra=("-vga", "none", *extra),
                steps=(*LOGIN, *steps, *SAY_ALL, *end), **machine)
