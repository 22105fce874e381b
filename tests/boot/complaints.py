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


def normalised(line):
    """@line without what differs from boot to boot."""
    line = re.sub(r"^\[ *\d+\.\d+\] ", "", line)
    line = re.sub(r"\b(0x)?[0-9a-f]{8,}\b", "X", line)
    line = re.sub(r"\b0x[0-9a-f]+\b", "X", line)
    return re.sub(r"\d+", "N", line).strip()


def complaints(log):
    """{normalised line: line as printed} of the kernel's suspect lines.

    It repeats its command line, in which a task may have such a name.
    """
    return {normalised(line): line for line in log.splitlines()
            if re.match(r"\[ *\d+\.|@error", line) and SUSPECT.search(line)
            and "command line" not in line.lower()}
