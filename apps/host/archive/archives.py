"""The archives that lie on this machine: the panel's own files, which no site's user can read, write or name."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from apps.host.archive.keys import Key
from apps.host.archive.reading import Archive
from apps.host.archive.site_tree import Told
from apps.host.archive.sources import LocalFile, Source, local_file
from apps.host.archive.target import discard, writing
from apps.host.archive.writing import Content, Fill, Written, write_archive, write_filled
from apps.host.errors import Refused
from apps.host.folders import have
from apps.host.streams import Waiting, at_ease
from frankenpanel.places import Places

NAME = re.compile(r"[a-z0-9][A-Za-z0-9-]{0,90}\.tar\.gz(\.age)?")
CHUNK = 4 << 20


class Archives:
    """Each is a file in the folder of its site's backups, there with its own name when it is whole."""

    def __init__(self, places: Places) -> None:
        self.places = places

    def path(self, slug: str, file: str) -> Path:
        """Refused for what is not the name of an archive."""
        if not NAME.fullmatch(file):
            raise Refused(f"{file!r} is not the name of an archive.")
        return self.places.backups(slug) / file

    def write(
        self, slug: str, file: str, content: Content, waiting: Waiting = at_ease, told: Told = lambda count: None
    ) -> Written:
        """Seed, Backup Creation 3 to 8 in one pass; see `write_archive`. A second time writes it anew."""
        return write_archive(self.places.root, self._new(slug, file), content, waiting, told)

    def write_filled(self, slug: str, file: str, content: Content, fill: Fill) -> Written:
        """Write what *fill* puts into the tar: what came from elsewhere. A second time writes it anew."""
        return write_filled(self.places.root, self._new(slug, file), content, fill)

    def take_in(self, slug: str, file: str, source: Source) -> str:
        """A copy of *source* under the name *file*. Returns its digest. A second time writes it anew."""
        with writing(self.places.root, self._new(slug, file), source.size) as part:
            for at in range(0, source.size, CHUNK):
                part.write(source.read_at(at, CHUNK))
        return part.digest.hexdigest()

    def _new(self, slug: str, file: str) -> Path:
        """Its path, in a folder that is there."""
        path = self.path(slug, file)
        for folder in (path.parent.parent, path.parent):
            have(folder, 0o700)
        return path

    def free(self) -> int:
        """Bytes that the disk has room for."""
        disk = os.statvfs(self.places.root)
        return disk.f_bavail * disk.f_frsize

    def discard(self, slug: str, file: str) -> None:
        """Remove it, and what of it was not finished. Neither being there is no error."""
        discard(self.places.root, self.path(slug, file))

    def exists(self, slug: str, file: str) -> bool:
        return self.path(slug, file).is_file()

    @contextmanager
    def file(self, slug: str, file: str) -> Iterator[LocalFile]:
        """Its bytes as they are stored. Refused where it is not there."""
        with local_file(self.places.root, self.path(slug, file)) as opened:
            yield opened

    @contextmanager
    def opened(self, slug: str, file: str, keys: Sequence[Key]) -> Iterator[Archive]:
        """Open it. Locked where none of *keys* fits, Damaged where it was cut or changed."""
        with self.file(slug, file) as source:
            yield Archive(source, keys)

    def sha256(self, slug: str, file: str, waiting: Waiting = at_ease) -> str:
        """The digest of the stored file, for which nobody needs a key. *waiting* is called now and then, may raise."""
        digest = hashlib.sha256()
        with self.file(slug, file) as source:
            for at in range(0, source.size, CHUNK):
                digest.update(source.read_at(at, CHUNK))
                waiting()
        return digest.hexdigest()
