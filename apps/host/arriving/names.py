"""The paths of an archive as they come: each once, and each in a folder."""

from __future__ import annotations

from apps.host.archive.faults import Hostile
from apps.host.archive.tar_names import shown
from apps.host.archive.tar_reading import Member
from apps.host.archive.ustar import FOLDER


class Names:
    """*known*: whether what has come is a folder, by a keyed hash of its path: a million take 100 MB."""

    def __init__(self) -> None:
        self.known: dict[int, bool] = {}
        self._above = b""

    def must_be_new(self, member: Member) -> None:
        """Hostile for what comes twice, and for what lies in something that is no folder: a link, say."""
        path, is_folder = member.path, member.kind == FOLDER
        above = path.rpartition(b"/")[0]
        if above != self._above:
            self._must_be_folders(above)
            self._above = above
        count = len(self.known)
        was_folder = self.known.setdefault(hash(path), is_folder)
        if len(self.known) == count and path and not (is_folder and was_folder):
            raise Hostile(f"{shown(path)} comes twice in the archive.")

    def _must_be_folders(self, path: bytes) -> None:
        while path:
            if not self.known.setdefault(hash(path), True):
                raise Hostile(f"{shown(path)} is a folder and something else in the archive.")
            path = path.rpartition(b"/")[0]
