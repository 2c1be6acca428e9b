"""Folders that have nothing to do with each other lie apart on the disk, as ``chattr +T`` has it (ext4, ext3).

A site's files then lie near each other, and its folder begins where the disk is empty. A file system looks there first
when one is made: among a million others of all sites it may look for long, without a journal up to half a millisecond.
"""

from __future__ import annotations

import errno
import os
import struct
from fcntl import ioctl
from pathlib import Path

from apps.host.folders import ENTER

GET, SET = 0x80086601, 0x40086602
"""FS_IOC_GETFLAGS and FS_IOC_SETFLAGS, which take a long, of 8 bytes where PHP sites are served."""
TOP = 0x00020000
"""FS_TOPDIR_FL: what is in it is the top of a tree of its own."""
UNKNOWN = (errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM)


def set_apart(folder: Path) -> bool:
    """What is made in *folder* from now on lies apart from each other. False where the file system knows no such thing.

    A second time changes nothing.
    """
    opened = os.open(folder, ENTER)
    try:
        (flags,) = struct.unpack("q", ioctl(opened, GET, bytes(8)))
        if not flags & TOP:
            ioctl(opened, SET, struct.pack("q", flags | TOP))
    except OSError as error:
        if error.errno not in UNKNOWN:
            raise
        return False
    finally:
        os.close(opened)
    return True
