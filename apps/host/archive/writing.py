"""An archive, written in one pass: dumps and files, as they come, through tar, gzip and age into one file.

Nothing of it lies on the disk meanwhile but the file itself, under the name of a part. Order inside: README.txt,
manifest.json, ``database/…``, ``files/…``, index.json, and a trailer that tells where the index begins. Databases come
before files, so that no row names an upload that is not there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from json import dumps
from pathlib import Path
from typing import Any

from apps.host.archive import ustar
from apps.host.archive.age import Locking
from apps.host.archive.blocks import Blocks, packing
from apps.host.archive.bytestream import ByteStream
from apps.host.archive.dump_parts import TABLE, Part, parts
from apps.host.archive.held import Held
from apps.host.archive.ledger import FORMAT, Ledger
from apps.host.archive.members import member, trailer
from apps.host.archive.readme import README
from apps.host.archive.site_tree import SiteTree, Told, pack_tree
from apps.host.archive.tar import PRIVATE, Tar
from apps.host.archive.target import writing
from apps.host.archive.warnings import Warnings
from apps.host.crash import CrashPoint
from apps.host.streams import Waiting, at_ease

DUMPED = CrashPoint("archive.databases-packed")
PACKED = CrashPoint("archive.files-packed")
MOST = 1 << 40
LONGEST_PIECE = 4 << 20
INDEX = b"index.json"


@dataclass(frozen=True)
class Content:
    """What goes into an archive, and for whom. *manifest*: facts for JSON. *recipients*: whom it is locked for; it is
    open where there are none. *databases*: dumps by the databases' names, each asked for when its turn comes
    (`Dumps.export`). *needed*: bytes that must be free before it is begun. *most*: bytes that all of it may have.
    *texts*: short files by their paths. *streams*: long ones of unknown length, each in numbered pieces."""

    manifest: Mapping[str, Any]
    recipients: Sequence[str] = ()
    databases: Mapping[str, Iterable[bytes]] = field(default_factory=dict)
    tree: SiteTree | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    streams: Mapping[str, Iterable[bytes]] = field(default_factory=dict)
    readme: str = README
    needed: int = 0
    most: int = MOST


@dataclass(frozen=True)
class Database:
    bytes: int
    parts: int
    tables: int


Fill = Callable[[Tar], Mapping[str, Database]]


@dataclass(frozen=True)
class Written:
    """An archive that is on the disk. *size* and *sha256* are the stored file's, *content* is the tar's bytes.

    *warnings*: what is not in it as it was, in words; *warned*: how much that is in all.
    """

    size: int
    sha256: str
    content: int
    files: int
    folders: int
    links: int
    databases: Mapping[str, Database]
    warnings: Sequence[str] = ()
    warned: int = 0


def write_archive(
    base: Path,
    path: Path,
    content: Content,
    waiting: Waiting = at_ease,
    told: Told = lambda count: None,
) -> Written:
    """Write *content* to *path* below *base*, in a folder that is there.

    *told* gets bytes as they are packed, *waiting* is called while nothing comes: either may raise. A second time
    writes it anew. Raises what `Dumps.export` and `pack_tree` do, and Refused where the disk has no room.
    """
    warnings = Warnings()

    def fill(tar: Tar) -> dict[str, Database]:
        return _fill(tar, content, warnings, waiting, told)

    return replace(write_filled(base, path, content, fill), warnings=warnings.texts, warned=warnings.count)


def write_filled(base: Path, path: Path, content: Content, fill: Fill) -> Written:
    """The same, with what *fill* puts into the tar, which returns its databases. Of *content* its facts count alone."""
    with writing(base, path, content.needed) as part, Held(path.parent) as held:
        ledger = Ledger(held)
        locking = Locking(part.write, content.recipients) if content.recipients else None
        hand_on = locking.write if locking else part.write
        with packing(hand_on) as blocks, ledger.line:
            databases = fill(Tar(blocks, ledger, int(time.time()), content.most))
        _finish(blocks, ledger, hand_on)
        if locking:
            locking.close()
    files, folders, links = (ledger.counts[kind] for kind in ("file", "folder", "link"))
    return Written(part.size, part.digest.hexdigest(), blocks.at, files, folders, links, databases)


def _fill(tar: Tar, content: Content, warnings: Warnings, waiting: Waiting, told: Told) -> dict[str, Database]:
    pack_manifest(tar, content.manifest, content.readme)
    for path, text in content.texts.items():
        tar.text(path, text.encode())
    for path, chunks in content.streams.items():
        _pack_stream(tar, path, chunks, told)
    databases = {name: pack_dump(tar, name, parts(dump), told) for name, dump in content.databases.items()}
    DUMPED()
    if content.tree is not None:
        pack_tree(content.tree, tar, b"files/", warnings, waiting, told)
    PACKED()
    return databases


def pack_manifest(tar: Tar, manifest: Mapping[str, Any], readme: str = README) -> None:
    """What whoever opens the archive reads first."""
    tar.text("README.txt", readme.encode())
    tar.text("manifest.json", dumps({"format": FORMAT, **manifest}, indent=1).encode() + b"\n")


def pack_dump(tar: Tar, name: str, dump: Iterable[Part], told: Told) -> Database:
    size = number = 0
    tables = set()
    for number, part in enumerate(dump, 1):
        about = {"part": part.kind, **({"table": part.table} if part.kind == TABLE else {})}
        tar.text(f"database/{name}.sql.{number:05d}", part.sql, **about)
        size += len(part.sql)
        tables |= {part.table} if part.kind == TABLE else set()
        told(len(part.sql))
    return Database(size, number, len(tables))


def _pack_stream(tar: Tar, path: str, chunks: Iterable[bytes], told: Told) -> None:
    """A tar wants to know how long a file is before it begins: so these are pieces that memory has room for."""
    stream = ByteStream(chunks)
    for number in count(1):
        if not (piece := stream.up_to(LONGEST_PIECE)):
            return
        tar.text(f"{path}.{number:05d}", piece)
        told(len(piece))


def _finish(blocks: Blocks, ledger: Ledger, hand_on: Callable[[bytes], object]) -> None:
    """The index, in members of its own, and where it begins."""
    length, members = ledger.finished(blocks.sizes)
    hand_on(member(ustar.header(ustar.FILE, INDEX, PRIVATE, int(time.time()), length)))
    for packed in members:
        hand_on(packed)
    hand_on(member(ustar.padding(length) + ustar.ENDING))
    hand_on(trailer(blocks.packed))
