"""The program that makes a tree in a folder of a site, as the site's own user. It travels as one text, as `tenant`.

    unpack FOLDER

Standard input, in the form of `tree_form.py`, becomes what lies in the folder. Nothing is replaced: what is there
already is a folder, and is entered, or ends it all. Links come to be when all else is there, so that none is on the way
to anything. It needs nothing but the standard library, and opens every component of a path by itself.
What goes wrong is one sentence, after "! " on standard error, and code 3.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from apps.host.archive.tree_form import END, FOLDER, HEAD, LINK
from apps.host.tenant.ending import ended
from apps.host.tenant.paths import CREATE, ENTER, NOT_A_FOLDER, Problem, have_folder

CHUNK, PAGE = 1 << 20, 4096
INPUT = 0
CUT = "What was to be unpacked ended too early."
KEPT = 64 << 20
"""Bytes that folders and links may take in memory until the end: about half a million."""


def unpack(path: str) -> None:
    """Folders, then files, each in its folder; links when all else is there, then what folders are allowed."""
    Unpacking(os.open(path, ENTER)).all()


class Unpacking:
    """*open*: the folders on the way to where the last entry went."""

    def __init__(self, top: int) -> None:
        self.open: list[tuple[bytes, int]] = [(b"", top)]
        self.links: list[tuple[bytes, bytes]] = []
        self.folders: list[tuple[bytes, int, int]] = []
        self.kept = 0

    def all(self) -> None:
        while True:
            kind, path_size, text_size, mode, mtime, size = HEAD.unpack(exactly(HEAD.size))
            path, text = exactly(path_size), exactly(text_size)
            if kind == END:
                break
            self.made(kind, path, text, (mode, mtime, size))
        for path, target in self.links:
            self.link(path, target)
        for path, mode, mtime in reversed(self.folders):
            folder = self.into(path)
            os.fchmod(folder, mode)
            os.utime(folder, (mtime, mtime))

    def made(self, kind: bytes, path: bytes, text: bytes, facts: tuple[int, int, int]) -> None:
        mode, mtime, size = facts
        if kind == FOLDER:
            self.into(path)
            self.keep(path)
            self.folders.append((path, mode, mtime))
        elif kind == LINK:
            self.keep(path + text)
            self.links.append((path, text))
        else:
            self.file(path, mode, mtime, size)

    def keep(self, what: bytes) -> None:
        self.kept += len(what) + 100
        if self.kept > KEPT:
            raise Problem("The archive has more folders and links than a site may have.")

    def into(self, path: bytes) -> int:
        """The folder *path*, open; those on the way that are not there are made, and nobody else may enter yet."""
        names = path.split(b"/") if path else []
        same = 0
        while same < min(len(names), len(self.open) - 1) and self.open[same + 1][0] == names[same]:
            same += 1
        while len(self.open) > same + 1:
            os.close(self.open.pop()[1])
        for name in names[same:]:
            have_folder(self.open[-1][1], name, 0o750)
            self.open.append((name, entered(name, self.open[-1][1])))
        return self.open[-1][1]

    def file(self, path: bytes, mode: int, mtime: int, size: int) -> None:
        parent, _, name = path.rpartition(b"/")
        with alone(path):
            file = os.open(name, CREATE, 0o600, dir_fd=self.into(parent))
        try:
            pour(file, size)
            os.fchmod(file, mode)
            os.utime(file, (mtime, mtime))
        finally:
            os.close(file)

    def link(self, path: bytes, target: bytes) -> None:
        parent, _, name = path.rpartition(b"/")
        folder = self.into(parent)
        with alone(path):
            os.symlink(target, name, dir_fd=folder)


@contextmanager
def alone(path: bytes) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise Problem(f"{shown(path)} comes twice.") from error


def entered(name: bytes, inside: int) -> int:
    try:
        return os.open(name, ENTER, dir_fd=inside)
    except OSError as error:
        if error.errno not in NOT_A_FOLDER:
            raise
        raise Problem(f"{shown(name)} is a folder and something else.") from error


def exactly(count: int) -> bytes:
    content = b""
    while len(content) < count:
        content += some(count - len(content))
    return content


def some(most: int) -> bytes:
    content = os.read(INPUT, most)
    if not content:
        raise Problem(CUT)
    return content


def pour(file: int, size: int) -> None:
    """So many bytes into the file: inside the kernel, where the file system takes that."""
    while size:
        try:
            count = os.splice(INPUT, file, min(size, CHUNK))
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            count = os.write(file, some(min(size, PAGE)))
        if not count:
            raise Problem(CUT)
        size -= count


def shown(path: bytes) -> str:
    return path.decode(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(ended(unpack, *sys.argv[1:]))
