#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The server a machine's NICs are tried with: HTTP on standard input and
output.  QEMU starts one for each connection (guestfwd).

    GET /SEED/BYTES             so many random bytes, always the same
    GET /SEED/BYTES.sha256      their hash
    PUT /...                    answers with the hash of what was sent
"""

import hashlib
import random
import sys

CHUNK = 1 << 16


def contents(path):
    """The bytes that "/SEED/BYTES" names."""
    _, seed, size = path.split("/")
    return random.Random(seed).randbytes(int(size))


def received(stream, size):
    digest = hashlib.sha256()
    while size:
        data = stream.read1(min(size, CHUNK))
        if not data:
            sys.exit("the connection ended early")
        digest.update(data)
        size -= len(data)
    return digest.hexdigest().encode()


def main():
    stream = sys.stdin.buffer
    method, path, _ = stream.readline().decode().split()
    headers = {}
    for line in iter(lambda: stream.readline().strip(), b""):
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    if method == "PUT":
        body = received(stream, int(headers["content-length"]))
    elif path.endswith(".sha256"):
        body = contents(path.removesuffix(".sha256"))
        body = hashlib.sha256(body).hexdigest().encode()
    else:
        body = contents(path)
    head = (f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n")
    sys.stdout.buffer.write(head.encode() + body)


main()
