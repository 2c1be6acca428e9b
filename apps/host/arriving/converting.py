"""The second reading of an archive from elsewhere: its dumps and files, in one pass, into one of the panel's own."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, groupby

from apps.host.archive.dump_parts import parts
from apps.host.archive.faults import Hostile
from apps.host.archive.tar import Tar
from apps.host.archive.tar_names import shown
from apps.host.archive.tar_reading import Member
from apps.host.archive.ustar import FILE, FOLDER
from apps.host.archive.writing import Database, pack_dump
from apps.host.arriving.dump_words import NAME, Words, for_one_database
from apps.host.arriving.found import Found
from apps.host.arriving.looking import DATABASE, FILES
from apps.host.packing import unpacked

PUBLIC = b"files/public"
MODE = 0o750
PART = re.compile(rb"database/(?P<name>[^/]+)\.sql\.[0-9]{5,}")
KEPT = (b"public", b"private")
Told = Callable[[int], None]


@dataclass
class Converted:
    """*left_out*: entries of each folder that is no part of the site's. *addresses* and *prefix*: by the dumps."""

    databases: dict[str, Database] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    addresses: list[str] = field(default_factory=list)
    prefix: str = ""
    has_files: bool = False


class Conversion:
    def __init__(self, tar: Tar, found: Found, told: Told) -> None:
        self.tar, self.found, self.told = tar, found, told
        self.done = Converted()

    def all(self, members: Iterable[Member], second: Iterable[bytes] | None) -> Converted:
        """*second*: the dump in a second file. Hostile for an archive of ours with something else in it."""
        if not self.found.ours:
            self.tar.folder(PUBLIC, MODE, int(time.time()))
        if second is not None:
            self._dump(self.found.dumps[""], unpacked(self._counted(second)))
        for name, several in groupby(members, self._database_of):
            if name:
                self._dump(name, self._sql(several))
            else:
                for member in several:
                    self._entry(member)
        return self.done

    def _database_of(self, member: Member) -> str:
        """Whose dump, or part of a dump, *member* is; empty where it is none."""
        if not self.found.ours:
            return self.found.dumps.get(os.fsdecode(member.path), "") if member.kind == FILE else ""
        if not member.path.startswith(DATABASE):
            return ""
        found = PART.fullmatch(member.path)
        name = found["name"].decode(errors="replace") if found else ""
        if member.kind != FILE or not NAME.fullmatch(name):
            raise Hostile(f"{shown(member.path)} is no part of a database's dump.")
        return name

    def _sql(self, several: Iterator[Member]) -> Iterator[bytes]:
        content = chain.from_iterable(member.content for member in several)
        sql = self._counted(map(bytes, content))
        return sql if self.found.ours else for_one_database(unpacked(sql))

    def _dump(self, name: str, sql: Iterable[bytes]) -> None:
        if name in self.done.databases:
            raise Hostile(f"The database {name} comes twice in the archive.")
        words = Words()
        packed = pack_dump(self.tar, name, words.passing(parts(sql)), lambda count: None)
        self.done.databases[name] = replace(packed, tables=len(words.tables))
        self.done.addresses += words.addresses
        self.done.prefix = self.done.prefix or words.prefix

    def _entry(self, member: Member) -> None:
        path = self._place_of(member.path)
        if path is None:
            return
        self.done.has_files = True
        if member.kind == FOLDER:
            self.tar.folder(path, member.mode & 0o777, member.mtime)
        elif member.kind == FILE:
            content = self._counted(map(bytes, member.content))
            self.tar.file(path, member.mode & 0o777, member.mtime, member.size, content)
        else:
            self.tar.link(path, member.target, member.mtime)

    def _place_of(self, path: bytes) -> bytes | None:
        """Where it lies in an archive of ours; None where it is left out, which is counted by the folder it is in."""
        if self.found.ours:
            inside = path.removeprefix(FILES)
            return path if inside != path and inside.split(b"/")[0] in KEPT else None
        inside = path.removeprefix(self.found.top)
        if path and path.startswith(self.found.top) and inside:
            return PUBLIC + b"/" + inside
        if not (self.found.top + b"/").startswith(path + b"/"):
            self.done.left_out[shown(path.split(b"/")[0])[:80]] += 1
        return None

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.told(len(chunk))
            yield chunk
