"""A release as its vendor, or a mirror of the vendor, publishes it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from apps.host.download import fetch
from apps.host.errors import Refused
from apps.host.sources.archive import unpack
from apps.host.sources.origin import Tell, tree_in
from apps.host.web import read, shown

if TYPE_CHECKING:
    from apps.sites.kinds.base import Source

ALGORITHMS = {40: "sha1", 64: "sha256", 128: "sha512"}
SECONDS = 5.0
"""How long the vendor may take to answer, before the next origin is tried."""
LISTED = r"[0-9]{1,5}(\.[0-9]{1,5}){0,3}"


class Vendor:
    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def name(self) -> str:
        return urlsplit(self._source.archive).hostname or "vendor"

    def get(self, folder: Path, downloads: Path, tell: Tell) -> Path:
        version = newest(self._source) if self._source.latest else ""
        archive, checksum = (_filled(url, version) for url in (self._source.archive, self._source.checksum))
        digest = published(checksum, archive.rpartition("/")[2])
        return released(self._source, archive, digest, folder, downloads, tell)


def newest(source: Source) -> str:
    """The highest version in the vendor's list. Refused when there is none in it."""
    listed = re.findall(source.latest_version, read(source.latest, seconds=SECONDS).decode(errors="replace"))
    versions: list[str] = [version for version in listed if re.fullmatch(LISTED, version, re.ASCII)]
    if not versions:
        raise Refused(f"{shown(source.latest)} lists no version of {source.label}.")
    return max(versions, key=lambda version: tuple(map(int, version.split("."))))


def _filled(url: str, version: str) -> str:
    return url.replace("{version}", version).replace("{dashed}", version.replace(".", "-"))


def published(url: str, archive: str = "") -> dict[str, str]:
    """The digest at *url*, as ``{algorithm: digest}``. Refused when what is there is none.

    It is the first word there, or, where JSON lists several files, in the entry with *archive* as ``filename``.
    """
    text = read(url, seconds=SECONDS).decode(errors="replace")
    words = _listed(text, archive) if text.lstrip().startswith(("{", "[")) else text.split()[:1]
    for word in words:
        if len(word) in ALGORITHMS and re.fullmatch(r"[0-9A-Fa-f]+", word):
            return {ALGORITHMS[len(word)]: word}
    raise Refused(f"{shown(url)} has no checksum.")


def _listed(text: str, archive: str) -> list[str]:
    """The texts in the entry of *archive*, the longest, and so the strongest digest, first."""
    try:
        waiting = [json.loads(text)]
    except ValueError:
        return []
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict) and found.get("filename") == archive:
            return sorted((value for value in found.values() if isinstance(value, str)), key=len, reverse=True)
        if isinstance(found, dict | list):
            waiting += found.values() if isinstance(found, dict) else found
    return []


def released(
    source: Source, url: str, digest: dict[str, str], folder: Path, downloads: Path, tell: Tell
) -> Path:
    """Download and unpack an archive of that *digest*, and return the tree in it."""
    text = f"Downloading {source.label} from {urlsplit(url).hostname}"
    archive = fetch(
        url,
        downloads / next(iter(digest.values()))[:16],
        sha1=digest.get("sha1"),
        sha256=digest.get("sha256"),
        sha512=digest.get("sha512"),
        progress=lambda done, total: tell(done, total, text),
        connect_timeout=SECONDS,
    )
    unpack(archive, folder, lambda done, total: tell(done, total, f"Unpacking {source.label}"))
    return tree_in(folder, source)
