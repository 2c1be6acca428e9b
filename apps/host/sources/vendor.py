"""A release as its vendor, or a mirror of the vendor, publishes it."""

from __future__ import annotations

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

ALGORITHMS = {40: "sha1", 64: "sha256"}
SECONDS = 5.0
"""How long the vendor may take to answer, before the next origin is tried."""


class Vendor:
    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def name(self) -> str:
        return urlsplit(self._source.archive).hostname or "vendor"

    def get(self, folder: Path, downloads: Path, tell: Tell) -> Path:
        digest = published(self._source.checksum)
        return released(self._source, self._source.archive, digest, folder, downloads, tell)


def published(url: str) -> dict[str, str]:
    """The digest at *url*, as ``{algorithm: digest}``. Refused when what is there is none."""
    first = (read(url, seconds=SECONDS).decode(errors="replace").split() or [""])[0]
    if len(first) not in ALGORITHMS or not re.fullmatch(r"[0-9A-Fa-f]+", first):
        raise Refused(f"{shown(url)} has no checksum.")
    return {ALGORITHMS[len(first)]: first}


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
        progress=lambda done, total: tell(done, total, text),
        connect_timeout=SECONDS,
    )
    unpack(archive, folder, lambda done, total: tell(done, total, f"Unpacking {source.label}"))
    return tree_in(folder, source)
