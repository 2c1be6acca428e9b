"""What the administrator has set: an archive or a folder here, an archive elsewhere, or a vendor's mirror."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apps.host.download import Tampered, Wanted
from apps.host.errors import Refused
from apps.host.sources.archive import unpack
from apps.host.sources.origin import Origin, Tell, tree_in
from apps.host.sources.plain import PlainCopy
from apps.host.sources.vendor import published, released
from apps.host.web import shown

if TYPE_CHECKING:
    from apps.sites.kinds.base import Source

ARCHIVES = (".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar", ".zip")


def own_origin(source: Source, setting: str, sha256: str) -> Origin:
    """The origin that *setting* names: an absolute path, or the address of an archive or of a mirror."""
    if setting.startswith(("http://", "https://")):
        return Elsewhere(source, setting, sha256)
    return Here(source, Path(setting), sha256)


@dataclass(frozen=True)
class Here:
    """An archive or a folder of this machine. Another one of the same name is another origin."""

    source: Source
    path: Path
    sha256: str

    @property
    def name(self) -> str:
        seen = self.path / self.source.version_file if self.path.is_dir() else self.path
        when = seen.stat().st_mtime_ns if seen.exists() else 0
        return _name(str(self.path), self.sha256, str(when))

    def get(self, folder: Path, downloads: Path, tell: Tell) -> Path:
        if not self.path.is_absolute() or not self.path.exists():
            raise Refused(f"{self.path} is not there: the setting must be an absolute path or an address.")
        if self.path.is_dir():
            tree = tree_in(self.path.resolve(), self.source)
            PlainCopy(tree).to(folder / "tree", self.source.leave_out)
            return folder / "tree"
        if self.sha256 and (wrong := Wanted("", None, {"sha256": self.sha256}).wrong(self.path)):
            raise Tampered(f"{self.path} {wrong}.")
        unpack(self.path, folder, lambda done, total: tell(done, total, f"Unpacking {self.path.name}"))
        return tree_in(folder, self.source)


@dataclass(frozen=True)
class Elsewhere:
    """An archive at an address, or a folder of a web server that is laid out like the vendor's.

    Without a digest from the administrator, there must be one beside the archive: ``….sha256`` or ``….sha1``.
    """

    source: Source
    url: str
    sha256: str

    @property
    def name(self) -> str:
        return _name(self.url, self.sha256)

    def get(self, folder: Path, downloads: Path, tell: Tell) -> Path:
        archive = self.url
        if not archive.endswith(ARCHIVES):
            if self.source.latest or not self.source.archive:
                raise Refused(f"{shown(archive)} is no archive: for {self.source.label} it must be one.")
            archive = f"{archive.rstrip('/')}/{self.source.archive.rpartition('/')[2]}"
        digest = {"sha256": self.sha256} if self.sha256 else self._beside(archive)
        return released(self.source, archive, digest, folder, downloads, tell)

    def _beside(self, archive: str) -> dict[str, str]:
        for ending in (".sha256", ".sha1"):
            try:
                return published(archive + ending)
            except Refused:
                continue
        setting = f"FRANKENPANEL_{self.source.name.upper()}_SHA256"
        raise Refused(f"There is no checksum beside the archive; set {setting}.")


def _name(*parts: str) -> str:
    return f"own-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:8]}"
