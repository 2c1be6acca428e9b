"""The folders of a site and of its logs, as wholes: made, put aside, brought back, removed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.host.as_tenant import as_tenant
from apps.host.command import Identity
from apps.host.crash import CrashPoint
from apps.host.errors import Refused
from apps.host.folders import exchange, is_folder, look, own_folder, settle, spoken
from apps.host.owned import OwnedFolder
from frankenpanel.places import Places

BETWEEN_MADE = CrashPoint("files.site-made-logs-not")
LOGS_MADE = CrashPoint("files.site-logs-made")
BETWEEN_REMOVED = CrashPoint("files.site-removed-logs-not")
BETWEEN_ASIDE = CrashPoint("trash.site-moved-logs-not")
BETWEEN_BACK = CrashPoint("trash.logs-back-site-not")
EXCHANGED = CrashPoint("files.folders-exchanged")
RESTORED = ("public", "private")
SESSIONS = "tmp/sessions"
INNER = {"public": 0o750, "private": 0o750, "tmp": 0o700}
LOGS_INNER, LOGS_FILES = {"site": 0o750}, re.compile(r"worker\.log.*")


class SiteFolders:
    """Every call may be made twice, and after a crash of the first."""

    def __init__(self, places: Places) -> None:
        self.places = places

    def site_exists(self, slug: str) -> bool:
        """Whether anything, of whomever, stands where the site's folder or its logs belong."""
        return os.path.lexists(self.places.site(slug)) or os.path.lexists(self.places.logs(slug))

    def make_site(self, slug: str, owner: Identity) -> None:
        """Seed, Site Creation 6: ``sites/<slug>`` with public, private and tmp, and the folder of its logs.

        Refused when somebody else's folder is there, or the disk has no room.
        """
        self._site(slug).make(owner)
        BETWEEN_MADE()
        self._logs(slug).make(owner)
        LOGS_MADE()
        as_tenant(owner, "folder", self.places.site(slug), SESSIONS, "700")

    def remove_site(self, slug: str, owner: Identity) -> None:
        """Remove both, with all in them. Not being there is no error; Refused for what the panel did not make."""
        self._site(slug).remove(owner)
        BETWEEN_REMOVED()
        self._logs(slug).remove(owner)

    def keep_site(self, slug: str) -> None:
        """Put both into the trash, by renaming. Those that are there already stay.

        Refused for what the panel did not make, and nothing is moved then.
        """
        self._site(slug).move(self.places.kept_site(slug))
        BETWEEN_ASIDE()
        self._logs(slug).move(self.places.kept_logs(slug))

    def is_kept(self, slug: str) -> bool:
        """Whether anything, of whomever, stands where the two would lie in the trash."""
        return os.path.lexists(self.places.kept_site(slug)) or os.path.lexists(self.places.kept_logs(slug))

    def bring_site_back(self, slug: str) -> None:
        """The way back out of the trash. What is back already stays."""
        self._logs(slug, self.places.kept_logs(slug)).move(self.places.logs(slug))
        BETWEEN_BACK()
        self._site(slug, self.places.kept_site(slug)).move(self.places.site(slug))

    def remove_kept_site(self, slug: str, owner: Identity) -> None:
        """Seed, Site Deletion 5: remove both from the trash, as the site's user. Not being there is no error."""
        self._site(slug, self.places.kept_site(slug)).remove(owner)
        BETWEEN_REMOVED()
        self._logs(slug, self.places.kept_logs(slug)).remove(owner)

    def number_of(self, slug: str, inner: str) -> int:
        """By what the folder *inner* of the site's is known, whatever it is called and wherever it lies."""
        with self._opened(slug) as folder:
            return _folder_in(folder, inner, self.places.site(slug)).st_ino

    def exchange(self, slug: str, other: str, inner: str, coming: int) -> None:
        """Exchange the folder *inner* of two sites at once, so that the one of number *coming* is *slug*'s.

        It being so already is no error; Refused where it is neither here nor there.
        """
        with self._opened(slug) as here, self._opened(other) as there:
            if _folder_in(here, inner, self.places.site(slug)).st_ino == coming:
                return
            if _folder_in(there, inner, self.places.site(other)).st_ino != coming:
                raise Refused(f"The folder {inner} that belongs into {slug} is not beside it any more.")
            exchange(here, there, inner)
            EXCHANGED()
            os.fsync(here)
            os.fsync(there)

    def empty_site(self, slug: str, owner: Identity) -> None:
        """Nothing is left in ``public`` and ``private``, which stay."""
        as_tenant(owner, "empty", *(self.places.site(slug) / name for name in RESTORED))

    def settle_site(self, slug: str) -> None:
        """What was written in the site's folder outlives a power cut from now on."""
        with self._opened(slug) as folder:
            settle(folder)

    @contextmanager
    def _opened(self, slug: str) -> Iterator[int]:
        path = self.places.site(slug)
        with spoken(path), own_folder(self.places.root, path) as folder:
            yield folder

    def site_size(self, slug: str, owner: Identity) -> int:
        """Bytes on the disk, as far as the site's user can see. It is the site's word."""
        site, logs = self.places.site(slug), self.places.logs(slug)
        folders = [*(site / name for name in INNER), *(logs / name for name in LOGS_INNER)]
        return int(as_tenant(owner, "size", *folders))

    def _site(self, slug: str, at: Path | None = None) -> OwnedFolder:
        return OwnedFolder(self.places.root, at or self.places.site(slug), INNER)

    def _logs(self, slug: str, at: Path | None = None) -> OwnedFolder:
        return OwnedFolder(self.places.root, at or self.places.logs(slug), LOGS_INNER, LOGS_FILES)


def _folder_in(folder: int, name: str, site: Path) -> os.stat_result:
    found = look(folder, name)
    if found is None or not is_folder(found):
        raise Refused(f"{site / name} is not a folder any more; a backup of the site can be restored into a new one.")
    return found
