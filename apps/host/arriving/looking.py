"""The first reading of an archive from elsewhere: what is in it, and whether it is one that may be taken at all."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from apps.host.archive.tar_reading import Member
from apps.host.archive.ustar import FILE, FOLDER, LINK
from apps.host.arriving.dump_words import BEGINNING, is_dump, named
from apps.host.arriving.found import Found
from apps.host.arriving.names import Names
from apps.host.arriving.recognising import ROOTS, Recognised, recognised, wanted
from apps.host.arriving.rules import unread
from apps.host.errors import Refused
from apps.host.packing import unpacked

MANIFEST, DATABASE, FILES = b"manifest.json", b"database/", b"files/"
LONGEST, MOST_TEXTS = 1 << 18, 16 << 20
"""Bytes of a file by which a site is recognised, and of all of them together."""
MOST_DUMPS = 50


def look(members: Iterable[Member], dump: Iterable[bytes] | None = None) -> Found:
    """Read all of it. *dump*: that of a second file. Hostile for what no site's archive holds.

    Refused where nothing of a site is in it.
    """
    looking = _Looking()
    for member in members:
        looking.at(member)
    beginning = b"" if dump is None else _beginning(unpacked(dump))
    if dump is not None and not is_dump(beginning):
        raise Refused("The second file is no dump: no table is created in it. Send a .sql or .sql.gz.")
    return looking.found(beginning)


class _Looking:
    """*texts*: files by which a site is recognised. *dumps*: how each file that is called like one begins."""

    def __init__(self) -> None:
        self.names = Names()
        self.count: Counter[bytes] = Counter()
        self.size = self.held = 0
        self.texts: dict[bytes, bytes] = {}
        self.dumps: dict[bytes, bytes] = {}
        self.roots: set[bytes] = set()
        self.has_php = False

    def at(self, member: Member) -> None:
        self.names.must_be_new(member)
        self.count[member.kind] += 1
        self.size += member.size
        self._note_root(member.path)
        if member.kind == FILE:
            self.has_php = self.has_php or member.path.endswith(b".php")
            self._keep(member)

    def _keep(self, member: Member) -> None:
        path = member.path
        if path.endswith((b".sql", b".sql.gz")) and len(self.dumps) < MOST_DUMPS:
            with suppress(Refused):  # what is called like a dump need not be one
                self.dumps[path] = _beginning(unpacked(map(bytes, member.content)))
        elif (path == MANIFEST or wanted(path)) and member.size <= LONGEST and self.held < MOST_TEXTS:
            self.texts[path] = b"".join(map(bytes, member.content))
            self.held += len(self.texts[path])

    def _note_root(self, path: bytes) -> None:
        parts = path.split(b"/")
        for place, name in enumerate(parts[:-1]):
            if name in ROOTS:
                self.roots.add(b"/".join(parts[: place + 1]))
                return

    def found(self, second: bytes) -> Found:
        manifest = _manifest(self.texts.get(MANIFEST, b""))
        if manifest:
            return self._counted(Found(ours=True, kind=str(manifest["site"].get("kind", "")), manifest=manifest))
        site = recognised(self.texts, self.roots, php=self.has_php)
        dumps = {"": named(second)} if second else self._dumps_of(site.root)
        if not dumps and not self.count[FILE]:
            raise Refused("Nothing of a site is in this archive: no file and no dump.")
        found = Found(
            ours=False,
            kind=site.kind,
            root=os.fsdecode(site.root),
            version=site.version,
            php=site.php,
            database=site.database,
            prefix=site.prefix,
            address=site.address,
            dumps=_each_with_a_name(dumps, site),
            unread=unread(self.texts, site.root),
        )
        return self._counted(found)

    def _counted(self, found: Found) -> Found:
        files, folders, links = (self.count[kind] for kind in (FILE, FOLDER, LINK))
        return replace(found, files=files, folders=folders, links=links, size=self.size)

    def _dumps_of(self, root: bytes) -> dict[str, str]:
        """Those beside the document root, else those that lie right in it: what lies deeper is an application's own."""
        dumps = {path: text for path, text in self.dumps.items() if is_dump(text)}
        beside = {path for path in dumps if root and not path.startswith(root)}
        chosen = beside or {path for path in dumps if b"/" not in path.removeprefix(root)}
        return {os.fsdecode(path): named(dumps[path]) for path in sorted(chosen)}


def _each_with_a_name(dumps: dict[str, str], site: Recognised) -> dict[str, str]:
    """The one that there is has the name that the configuration knows; of several each has another one."""
    if len(dumps) == 1 and site.database:
        return dict.fromkeys(dumps, site.database)
    taken: dict[str, str] = {}
    for path, name in dumps.items():
        stem = path.rpartition("/")[2].removesuffix(".gz").removesuffix(".sql")
        base = name or "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in stem)[:50]
        free = (base if not number else f"{base}_{number + 1}" for number in range(MOST_DUMPS + 1))
        taken[path] = next(one for one in free if one not in taken.values()) or "database"
    return taken


def _manifest(text: bytes) -> dict[str, Any]:
    """A panel's own, if it is one."""
    try:
        found = json.loads(text or b"{}")
    except (ValueError, RecursionError):
        return {}
    is_one = isinstance(found, dict) and "format" in found and isinstance(found.get("site"), dict)
    return found if is_one else {}


def _beginning(sql: Iterator[bytes]) -> bytes:
    text = b""
    while len(text) < BEGINNING and (more := next(sql, b"")):
        text += more
    return text[:BEGINNING]
