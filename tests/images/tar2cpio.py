#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turn a tar archive of a root file system into a newc cpio archive.

    tar2cpio.py INPUT OUTPUT
"""

import stat
import sys
import tarfile

from cpio import Archive

KINDS = {
    tarfile.REGTYPE: stat.S_IFREG, tarfile.LNKTYPE: stat.S_IFREG,
    tarfile.DIRTYPE: stat.S_IFDIR, tarfile.SYMTYPE: stat.S_IFLNK,
    tarfile.CHRTYPE: stat.S_IFCHR, tarfile.BLKTYPE: stat.S_IFBLK,
    tarfile.FIFOTYPE: stat.S_IFIFO,
}


def main():
    source, output = sys.argv[1:]
    archive = Archive()
    with tarfile.open(source) as tar:
        for member in tar:
            device = (0, 0)
            data = b""
            if member.isreg() or member.islnk():
                data = tar.extractfile(member).read()
            elif member.issym():
                data = member.linkname.encode()
            elif member.isdev():
                device = (member.devmajor, member.devminor)
            path = member.name.removeprefix(".").strip("/")
            if path:
                archive.add(path, KINDS[member.type] | member.mode, data,
                            device, (member.uid, member.gid))
    archive.write(output)


main()
