# SPDX-License-Identifier: GPL-2.0-only
"""The lines of a Dom0 log that may mean trouble, made comparable.

Debian's kernel complains a little on the real Xen, too, so the test is whether
ours makes it complain about anything else.
"""

import re

SUSPECT = re.compile(
    r"\bWARN|\bBUG\b|\bOops|\bstall|lockup|\bfail|unable to|Call Trace|"
    r"\bbad\b|corrupt|hung task|tainted|segfault|protection fault|"
    r"\bunhandled|inconsisten|unstable|@error",
    re.IGNORECASE)
# As dmesg -x prints it; the systemd of a Dom0 that has one.
GRAVE = re.compile(r"kern *:(warn|err|crit|alert|emerg) *: ")
FAILED = re.compile(r"\[\S*FAILED\b")


def normalised(line):
    """@line without what differs from boot to boot."""
    line = re.sub(r"^\[ *\d+\.\d+\] ", "", line)
    line = re.sub(r"\b(0x)?[0-9a-f]{8,}\b", "X", line)
    line = re.sub(r"\b0x[0-9a-f]+\b", "X", line)
    return re.sub(r"\d+", "N", line).strip()


def kernel_lines(log):
    """All that the kernel said: on the way some of dmesg -x may get lost."""
    return {normalised(re.sub(r"^kern *:\w+ *: ", "", line))
            for line in log.splitlines()}


def complaints(log):
    """{normalised line: line as printed} of the kernel's suspect lines.

    With dmesg -x in the log all of the level of a warning are.  It repeats its
    command line, in which a task may have such a name.
    """
    found = {}
    for line in log.splitlines():
        grave = GRAVE.match(line)
        text = line[grave.end():] if grave else line
        if grave or FAILED.match(line) or (
                re.match(r"\[ *\d+\.|@error", line) and SUSPECT.search(line)
                and "command line" not in line.lower()):
            found[normalised(text)] = text
    return found
