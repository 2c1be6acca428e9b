"""A site's files on their way into an archive: read by a child with the site's uid (`tenant_pack.py`), never by root.

What the child says is the site's word. So it is held to one thing: that it is a tree, each entry once, below the roots
that were asked for. Then whatever it may say, a restore can make it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from apps.host.archive.bytestream import ByteStream
from apps.host.archive.faults import Damaged
from apps.host.archive.gently import GENTLY
from apps.host.archive.tar import Tar
from apps.host.archive.tenant_pack import DEEPEST
from apps.host.archive.tree_form import END, FILE, FOLDER, HEAD, LINK, WARNING
from apps.host.archive.warnings import Warnings
from apps.host.as_tenant import problem, program
from apps.host.command import Identity
from apps.host.errors import CommandFailed, Refused, Unavailable
from apps.host.streams import Waiting, streaming

PROGRAM = Path(__file__).with_name("tenant_pack.py")
SURPLUS = 8 << 30
"""Bytes of holes and of further names of one file that are packed; they take no room where they are."""
LONGEST_NAME = 255
NO_TREE = "The site's files cannot be read: what came was no tree of files."
Told = Callable[[int], None]


@dataclass(frozen=True)
class SiteTree:
    """The *roots* in the site's *folder*; *without*: paths that are left out, as ``private/exports``."""

    owner: Identity
    folder: Path
    roots: tuple[str, ...] = ("private", "public")
    without: tuple[str, ...] = ()


def pack_tree(tree: SiteTree, tar: Tar, into: bytes, warnings: Warnings, waiting: Waiting, told: Told) -> None:
    """All of it into *tar*, below *into*. *told* gets the bytes of each file, and may raise. Refused for a root that
    is a link or is not there; whatever else cannot be read is a warning."""
    words = [str(SURPLUS), *sorted(tree.roots), "--", *tree.without]
    argv = [*GENTLY, *program(tree.owner, PROGRAM), str(tree.folder), *words]
    with streaming(argv, identity=tree.owner, prints=True, waiting=waiting) as stream:
        try:
            _Packing(ByteStream(stream.chunks()), tar, into, warnings, told).all(sorted(tree.roots))
            stream.end()
        except CommandFailed as failed:
            raise problem(failed) from None
        except Damaged:
            raise Unavailable("The site's files could not be read to their end.") from None


class _Packing:
    def __init__(self, said: ByteStream, tar: Tar, into: bytes, warnings: Warnings, told: Told) -> None:
        self.said, self.tar, self.into, self.warnings, self.told = said, tar, into, warnings, told

    def all(self, roots: list[str]) -> None:
        order = _Order(roots)
        while True:
            kind, length, text_length, mode, mtime, size = HEAD.unpack(self.said.exactly(HEAD.size))
            path, text = self.said.exactly(length), self.said.exactly(text_length)
            if kind == END:
                return
            if kind == WARNING:
                self.warnings.add(path, text)
                continue
            order.must_follow(kind, path)
            self._entry(kind, self.into + path, text, (mode & 0o777, mtime, size))

    def _entry(self, kind: bytes, path: bytes, text: bytes, facts: tuple[int, int, int]) -> None:
        mode, mtime, size = facts
        if kind == FOLDER:
            self.tar.folder(path, mode, mtime)
        elif kind == LINK:
            self.tar.link(path, text, mtime)
        else:
            self.tar.file(path, mode, mtime, size, self.said.parts(size))
            self.told(size)


class _Order:
    """*folder*: where the last entry was, or what it was."""

    def __init__(self, roots: list[str]) -> None:
        self.roots = [root.encode() for root in roots]
        self.folder: list[bytes] = []
        self.last: list[bytes] = []

    def must_follow(self, kind: bytes, path: bytes) -> None:
        """Refused for an entry that is not in a folder that came before, or not after all that came there."""
        names = path.split(b"/")
        above = names[:-1]
        if kind not in (FOLDER, FILE, LINK) or not all(map(_is_name, names)) or len(names) > DEEPEST + 2:
            raise Refused(NO_TREE)
        if above != self.folder[: len(above)] or names <= self.last:
            raise Refused(NO_TREE)
        if not above and (kind != FOLDER or path not in self.roots):
            raise Refused(NO_TREE)
        self.last, self.folder = names, names if kind == FOLDER else above


def _is_name(name: bytes) -> bool:
    return name not in (b"", b".", b"..") and b"\0" not in name and len(name) <= LONGEST_NAME
