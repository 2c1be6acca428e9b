"""A tree of the panel's own into the site."""

from __future__ import annotations

import errno
import os
import sys
import time

from apps.host.tenant.looking import already_there
from apps.host.tenant.paths import CREATE, READ, Problem, descend, enter, have_folder, must_be_plain, must_fit, unlink

NO_FAST_COPY = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)
CHUNK = 1 << 24
TELL_EVERY = 0.1
Tree = dict[str, "Tree | tuple[int, int]"]
"""What lies in a folder: a Tree for each folder, (bytes, mode) for each file."""


def copy(top: str, into: str, source: str) -> None:
    """Copy the tree. The source is the panel's own, so that its paths are safe to follow."""
    target = descend(top, into, make=0o750)
    tree = survey(source)
    needed, files = size_on_disk(tree, os.fstatvfs(target).f_frsize)
    try:
        must_fit(target, needed, files)
    except Problem:
        there, count = already_there(target)  # a second run writes over what the first one left
        must_fit(target, needed - there, files - count)
    Copying(total_of(tree)).tree(tree, source, target)


def survey(path: str) -> Tree:
    tree: Tree = {}
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                tree[entry.name] = survey(entry.path)
            elif entry.is_file(follow_symlinks=False):
                found = entry.stat(follow_symlinks=False)
                tree[entry.name] = (found.st_size, 0o750 if found.st_mode & 0o100 else 0o640)
            else:
                raise Problem(f"{entry.path} is neither a file nor a folder and cannot be copied.")
    return tree


def size_on_disk(tree: Tree, block: int) -> tuple[int, int]:
    """Bytes and entries that *tree* takes in blocks of *block* bytes, one block for each folder."""
    needed, files = block, 1
    for what in tree.values():
        size, count = size_on_disk(what, block) if isinstance(what, dict) else (what[0], 1)
        needed += -(-size // block) * block
        files += count
    return needed, files


def total_of(tree: Tree) -> int:
    return sum(total_of(what) if isinstance(what, dict) else what[0] for what in tree.values())


class Copying:
    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.told = 0.0

    def tree(self, tree: Tree, source: str, target: int) -> None:
        for name, what in tree.items():
            if isinstance(what, dict):
                have_folder(target, name, 0o750)
                below = enter(name, target)
                self.tree(what, f"{source}/{name}", below)
                os.close(below)
            else:
                self.file(f"{source}/{name}", target, name, what[1])
        if self.done == self.total:
            self.tell()

    def file(self, source: str, folder: int, name: str, mode: int) -> None:
        origin = os.open(source, READ)
        try:
            target = os.open(name, CREATE, mode, dir_fd=folder)
        except FileExistsError:
            must_be_plain(folder, name)
            unlink(folder, name)
            target = os.open(name, CREATE, mode, dir_fd=folder)
        self.done += transfer(origin, target)
        changed = os.fstat(origin).st_mtime_ns  # PHP compiles files of the last seconds anew for each request
        os.utime(target, ns=(changed, changed))
        os.close(origin)
        os.close(target)
        if time.monotonic() - self.told > TELL_EVERY:
            self.tell()

    def tell(self) -> None:
        self.told = time.monotonic()
        sys.stdout.write(f"{self.done} {self.total}\n")
        sys.stdout.flush()


def transfer(origin: int, target: int) -> int:
    """Copy all bytes inside the kernel; the first way is not possible between all file systems."""
    done = 0
    try:
        while count := os.copy_file_range(origin, target, CHUNK):
            done += count
    except OSError as error:
        if error.errno not in NO_FAST_COPY:
            raise
        while count := os.sendfile(target, origin, None, CHUNK):
            done += count
    return done
