"""An archive's files on their way into a folder of a site: made by a child with the site's uid (`tenant_unpack.py`).

What an archive says is somebody's word, whoever wrote it: paths that lead out, links on the way, devices, anything
twice or too much of it ends the unpacking, and the caller throws the folder away. It is one that nothing uses yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from apps.host.archive.gently import GENTLY
from apps.host.archive.tar_reading import Member
from apps.host.archive.tree_form import END, FILE, FOLDER, HEAD, LINK
from apps.host.archive.ustar import FILE as TAR_FILE
from apps.host.archive.ustar import FOLDER as TAR_FOLDER
from apps.host.archive.ustar import LINK as TAR_LINK
from apps.host.as_tenant import problem, program
from apps.host.command import Identity
from apps.host.crash import CrashPoint
from apps.host.errors import CommandFailed
from apps.host.streams import Stream, Waiting, at_ease, streaming

UNPACKED = CrashPoint("archive.unpacked")
PROGRAM = Path(__file__).with_name("tenant_unpack.py")
KINDS = {TAR_FILE: FILE, TAR_FOLDER: FOLDER, TAR_LINK: LINK}
FILES, FOLDERS = (0o755, 0o600), (0o755, 0o700)
"""What of a mode stays, and what is added."""
LATEST = 1 << 33
HELD = 1 << 18
Place = Callable[[bytes], bytes | None]
Told = Callable[[int], None]


@dataclass
class Unpacked:
    files: int = 0
    folders: int = 0
    links: int = 0
    bytes: int = 0


def within(prefix: str) -> Place:
    """What lies below *prefix* in the archive, without it: ``files/public/…`` is ``public/…`` within ``files``."""
    start = prefix.encode() + b"/"
    return lambda path: path.removeprefix(start) if path.startswith(start) else None


def unpack_tree(
    members: Iterable[Member],
    owner: Identity,
    folder: Path,
    place: Place,
    waiting: Waiting = at_ease,
    told: Told = lambda count: None,
) -> Unpacked:
    """Make files, folders and links in *folder*, which is there and empty. What is to last, the caller settles there.

    *place* says where below it a path belongs; None passes it over. Modes lose what could hurt (setuid, and whatever
    others could write), owners are the site's. A second time needs another folder. *told* gets bytes, and may raise.
    """
    argv = [*GENTLY, *program(owner, PROGRAM), str(folder)]
    with streaming(argv, identity=owner, takes=True, waiting=waiting) as stream:
        try:
            done = _Unpacking(stream, place, told).all(members)
            stream.end()
        except CommandFailed as failed:
            raise problem(failed) from None
    UNPACKED()
    return done


class _Unpacking:
    def __init__(self, stream: Stream, place: Place, told: Told) -> None:
        self.stream, self.place, self.told = stream, place, told
        self.held = bytearray()
        self.done = Unpacked()

    def all(self, members: Iterable[Member]) -> Unpacked:
        for member in members:
            path = self.place(member.path)
            if path is not None and (path or member.kind == TAR_FOLDER):
                self._entry(member, path)
        self._hand_over(HEAD.pack(END, 0, 0, 0, 0, 0))
        self._flush()
        return self.done

    def _entry(self, member: Member, path: bytes) -> None:
        stays, added = FOLDERS if member.kind == TAR_FOLDER else FILES
        kind, mode = KINDS[member.kind], member.mode & stays | added
        facts = (len(path), len(member.target), mode, min(member.mtime, LATEST), member.size)
        self._hand_over(HEAD.pack(kind, *facts) + path + member.target)
        for part in member.content:
            self._hand_over(part)
        self._count(member)

    def _count(self, member: Member) -> None:
        self.done.files += member.kind == TAR_FILE
        self.done.folders += member.kind == TAR_FOLDER
        self.done.links += member.kind == TAR_LINK
        self.done.bytes += member.size
        self.told(member.size)

    def _hand_over(self, part: bytes | memoryview) -> None:
        if len(part) >= HELD:
            self._flush()
            self.stream.write(part)
            return
        self.held += part
        if len(self.held) >= HELD:
            self._flush()

    def _flush(self) -> None:
        self.stream.write(bytes(self.held))
        self.held = bytearray()
