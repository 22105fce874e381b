#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Rules about headers: each compiles alone, and none includes itself through
others.

    headers.py COMPILER FLAG... -- ROOT...
"""

import concurrent.futures
import os
import re
import subprocess
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def headers_below(roots):
    return sorted(os.path.join(d, f) for r in roots
                  for d, _, files in os.walk(r) for f in files
                  if f.endswith(".h"))


def compiles_alone(command, header):
    done = subprocess.run([*command, "-fsyntax-only", "-x", "c", header],
                          capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stderr


def cycles(headers, roots):
    """Chains of headers that end where they began."""
    names = {os.path.relpath(h, r): h for r in roots for h in headers
             if h.startswith(r + os.sep)}
    graph = {}
    for header in headers:
        with open(header, encoding="utf-8") as f:
            graph[header] = [names[n] for n in INCLUDE.findall(f.read())
                             if n in names]
    found, done = [], set()

    def visit(header, chain):
        if header in chain:
            found.append(chain[chain.index(header):] + [header])
        elif header not in done:
            for child in graph[header]:
                visit(child, chain + [header])
            done.add(header)

    for header in headers:
        visit(header, [])
    return found


def main():
    split = sys.argv.index("--")
    command, roots = sys.argv[1:split], sys.argv[split + 1:]
    headers = headers_below(roots)
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = pool.map(lambda h: compiles_alone(command, h), headers)
        for header, (good, why) in zip(headers, results):
            passed, failed = passed + good, failed + (not good)
            if not good:
                print(f"FAIL {header} does not compile alone\n{why}")
    loops = cycles(headers, roots)
    for loop in loops:
        print("FAIL include cycle: " + " -> ".join(loop))
    passed, failed = passed + (not loops), failed + len(loops)
    print(f"{passed} passed, {failed} failed")
    sys.exit(bool(failed) or not passed)


if __name__ == "__main__":
    main()
