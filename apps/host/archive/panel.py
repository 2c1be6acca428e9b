"""What the panel's own archive holds: its records, its keys, its settings, and which archives of sites there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from apps.host.archive.faults import Hostile
from apps.host.archive.reading import Archive
from apps.host.authority import PATHS

MARK = "panel"
"""The manifest's key that makes an archive the panel's own."""
RECORDS, KEYS, ARCHIVES = "records/panel", "keys", "archives.json"
SECRET, SETTINGS = "secret_key", "instance.env"
SEALED_WITH = ("fernet", "letterbox")
SQLITE, POSTGRESQL = "sqlite", "postgresql"
LONGEST = 1 << 20
README = """\
This archive is the panel's own backup: with it, and with the archives of the sites, another machine takes its place:

       ./panel recover --from PLACE --identity KEYFILE

PLACE is a directory, s3://BUCKET/FOLDER or sftp://USER@HOST/FOLDER, and holds this archive and those of the sites, in
any folders; KEYFILE is the recovery key. It also opens by hand:

       age --decrypt --identity KEYFILE ARCHIVE.tar.gz.age | tar --extract --gzip

records/panel.*   the records: put together (cat records/panel.*) a file of SQLite, or a dump of PostgreSQL
keys/             what the panel's secrets are sealed with: whoever has them can read all of them
secret_key        what sessions and tokens are signed with
caddy/            the front's own authority, which certifies names where no public one does
instance.env      the panel's name and ports
archives.json     which archives of sites there were, and the SHA-256 of each
"""


def about(archive: Archive) -> dict[str, Any] | None:
    """What the archive says of its panel; None where it is a site's."""
    found = archive.manifest().get(MARK)
    return found if isinstance(found, dict) else None


def small(archive: Archive, path: str) -> str:
    """The content of one of its short files. Refused where it is not there."""
    entry = archive.find(path)
    if entry.size > LONGEST:
        raise Hostile(f"{path} is longer than it ever is.")
    return b"".join(archive.content(entry)).decode()


def keys(archive: Archive) -> dict[str, str]:
    """The content of each key file, by its place below the panel's root."""
    return {path: small(archive, path) for path in (*(f"{KEYS}/{name}" for name in SEALED_WITH), SECRET)}


def authority(archive: Archive) -> dict[str, str]:
    """The front's authority, as ``place_authority`` takes it; nothing where there was none."""
    return {path: small(archive, path) for path in PATHS} if all(map(archive.index.find, PATHS)) else {}


def records(archive: Archive) -> Iterator[bytes]:
    """The records, piece by piece."""
    for entry in archive.index.below("records"):
        if entry.kind == "file":
            yield from archive.content(entry)


def listed(archive: Archive) -> list[dict[str, Any]]:
    """What it says of the archives that there were."""
    found: list[dict[str, Any]] = json.loads(small(archive, ARCHIVES))
    return found
