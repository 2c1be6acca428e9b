"""The program that reads a site's trees as the site's own user. It travels as one text, as `tenant` does.

    pack SITE SURPLUS ROOT... -- LEFT_OUT...

To standard output goes all that is there, in the form of `tree_form.py`; the names in a folder in the order of their
bytes.
SURPLUS: bytes that may be packed without being on the disk: those of holes, and of further names of one file.
It needs nothing but the standard library, and opens every component of a path by itself, never through a link.
What goes wrong is one sentence, after "! " on standard error, and code 3.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from heapq import nsmallest

from apps.host.archive.tree_form import END, FILE, FOLDER, HEAD, LINK, WARNING
from apps.host.tenant.ending import ended
from apps.host.tenant.paths import ENTER, READ, enter

DEEPEST, LONGEST = 200, 4000
CHUNK, SMALL, AHEAD = 1 << 20, 1 << 16, 16
AT_ONCE = 1 << 16
OUTPUT = 1
WHY = {
    errno.ENOENT: "it vanished",
    errno.ELOOP: "it became a link",
    errno.ENOTDIR: "it became something else",
    errno.EACCES: "the site's user may not read it",
}


def pack(site: str, surplus: str, *words: str) -> None:
    end = words.index("--")
    top = enter(site)
    packing = Packing(int(surplus), {os.fsencode(path) for path in words[end + 1 :]})
    for root in words[:end]:
        packing.folder(enter(root, top), os.fsencode(root))
    packing.say(END)
    packing.flush()


class Packing:
    """*met*: files with further names, by device and number."""

    def __init__(self, surplus: int, left_out: set[bytes]) -> None:
        self.surplus, self.left_out = surplus, left_out
        self.met: set[tuple[int, int]] = set()
        self.held = bytearray()

    def folder(self, folder: int, path: bytes, depth: int = 1) -> None:
        """The open *folder* and all that is in it; closes it."""
        found = os.fstat(folder)
        self.say(FOLDER, path, mode=found.st_mode, mtime=found.st_mtime)
        for entries in in_order(folder):
            for place, entry in enumerate(entries):
                if place + AHEAD < len(entries):
                    announce(folder, entries[place + AHEAD])
                below = path + b"/" + name_of(entry)
                if below not in self.left_out:
                    self.entry(folder, entry, below, depth)
        os.close(folder)

    def entry(self, folder: int, entry: os.DirEntry[str], path: bytes, depth: int) -> None:
        try:
            if len(path) > LONGEST or depth > DEEPEST:
                self.warn(path[:LONGEST], "it lies too deep")
            elif entry.is_symlink():
                self.say(LINK, path, os.fsencode(os.readlink(entry.name, dir_fd=folder)))
            elif entry.is_dir(follow_symlinks=False):
                self.folder(os.open(entry.name, ENTER, dir_fd=folder), path, depth + 1)
            elif entry.is_file(follow_symlinks=False):
                self.file(os.open(entry.name, READ, dir_fd=folder), path)
            else:
                self.warn(path, "it is no file, folder or link")
        except BrokenPipeError:
            raise
        except OSError as error:
            self.warn(path, WHY.get(error.errno or 0, f"it cannot be read: {error.strerror}"))

    def file(self, file: int, path: bytes) -> None:
        """The open *file*, of the size that it has now; closes it."""
        try:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode):
                self.warn(path, "it became something else")
            elif self.has_room(found):
                self.say(FILE, path, mode=found.st_mode, mtime=found.st_mtime, size=found.st_size)
                whole = self.content(file, found.st_size)
                after = os.fstat(file)
                if not whole or (after.st_size, after.st_mtime_ns) != (found.st_size, found.st_mtime_ns):
                    self.warn(path, "it was changed while it was read", kept=True)
            else:
                self.warn(path, "it is mostly holes, or one of many names of a file")
        finally:
            os.close(file)

    def has_room(self, found: os.stat_result) -> bool:
        """Whether its bytes are on the disk and not packed yet; those that are not count, and may not be too many."""
        known = found.st_nlink > 1 and (found.st_dev, found.st_ino) in self.met
        extra = found.st_size if known else max(0, found.st_size - found.st_blocks * 512)
        if extra > self.surplus:
            return False
        self.surplus -= extra
        if found.st_nlink > 1:
            self.met.add((found.st_dev, found.st_ino))
        return True

    def content(self, file: int, size: int) -> bool:
        """*size* bytes of it, with zeros for those that are gone or cannot be read. Whether there were none."""
        if size <= SMALL:
            content = readable(file, size)
            self.held += content + bytes(size - len(content))
            if len(self.held) >= CHUNK:
                self.flush()
            return len(content) == size
        self.flush()
        missing = size - sent(file, size)
        for at in range(0, missing, CHUNK):
            self.held += bytes(min(CHUNK, missing - at))
            self.flush()
        return not missing

    def warn(self, path: bytes, why: str, kept: bool = False) -> None:
        self.say(WARNING, path, f"{why}{'' if kept else ', and was left out'}".encode())

    def say(
        self, kind: bytes, path: bytes = b"", text: bytes = b"", mode: int = 0, mtime: float = 0, size: int = 0
    ) -> None:
        self.held += HEAD.pack(kind, len(path), len(text), stat.S_IMODE(mode), int(mtime), size) + path + text
        if len(self.held) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        left = memoryview(self.held)
        while left:
            left = left[os.write(OUTPUT, left) :]
        self.held = bytearray()


def in_order(folder: int) -> Iterator[list[os.DirEntry[str]]]:
    """What is in the open *folder* by its names, AT_ONCE at a time: memory has no room for a million of them, so that
    such a folder is gone through more than once."""
    last = b""
    while True:
        with os.scandir(folder) as listed:
            entries = nsmallest(AT_ONCE, (entry for entry in listed if name_of(entry) > last), key=name_of)
        yield entries
        if len(entries) < AT_ONCE:
            return
        last = name_of(entries[-1])


def name_of(entry: os.DirEntry[str]) -> bytes:
    return os.fsencode(entry.name)


def announce(folder: int, entry: os.DirEntry[str]) -> None:
    """A file that will be read soon: the disk may begin."""
    try:
        if entry.is_file(follow_symlinks=False):
            file = os.open(entry.name, READ, dir_fd=folder)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_WILLNEED)
            os.close(file)
    except OSError:
        return  # whoever reads it says so


def readable(file: int, size: int) -> bytes:
    try:
        return os.read(file, size)
    except OSError:
        return b""


def sent(file: int, size: int) -> int:
    """Hand so many bytes on inside the kernel. How many there were."""
    left = size
    try:
        while left and (count := os.sendfile(OUTPUT, file, None, min(left, CHUNK))):
            left -= count
    except BrokenPipeError:
        raise
    except OSError:
        return size - left
    return size - left


if __name__ == "__main__":
    sys.exit(ended(pack, *sys.argv[1:]))
