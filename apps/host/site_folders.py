"""The folders of a site and of its logs, as wholes: made, put aside, brought back, removed."""

from __future__ import annotations

import os
import re
from pathlib import Path

from apps.host.as_tenant import as_tenant
from apps.host.command import Identity
from apps.host.crash import CrashPoint
from apps.host.owned import OwnedFolder
from frankenpanel.places import Places

BETWEEN_MADE = CrashPoint("files.site-made-logs-not")
LOGS_MADE = CrashPoint("files.site-logs-made")
BETWEEN_REMOVED = CrashPoint("files.site-removed-logs-not")
BETWEEN_ASIDE = CrashPoint("trash.site-moved-logs-not")
BETWEEN_BACK = CrashPoint("trash.logs-back-site-not")
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

    def site_size(self, slug: str, owner: Identity) -> int:
        """Bytes on the disk, as far as the site's user can see. It is the site's word."""
        site, logs = self.places.site(slug), self.places.logs(slug)
        folders = [*(site / name for name in INNER), *(logs / name for name in LOGS_INNER)]
        return int(as_tenant(owner, "size", *folders))

    def _site(self, slug: str, at: Path | None = None) -> OwnedFolder:
        return OwnedFolder(self.places.root, at or self.places.site(slug), INNER)

    def _logs(self, slug: str, at: Path | None = None) -> OwnedFolder:
        return OwnedFolder(self.places.root, at or self.places.logs(slug), LOGS_INNER, LOGS_FILES)
