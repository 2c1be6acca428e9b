"""A site's files beside the site: made there in peace, then in the place of those that it has, which lie there after.

A place is one operation's, so that nothing of another's is met. It is the panel's folder with the site user's folders
in it, as a site's own is. All calls may be made twice, and after a crash of the first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.host.command import Identity
from apps.host.crash import CrashPoint
from apps.host.errors import Refused
from apps.host.folders import exchange, look, own_folder, spoken
from apps.host.owned import OwnedFolder
from frankenpanel.places import Places

EXCHANGED = CrashPoint("aside.exchanged")
ROOTS = {"private": 0o750, "public": 0o750}


class Asides:
    def __init__(self, places: Places) -> None:
        self.places = places

    def make(self, slug: str, number: int, owner: Identity) -> dict[str, int]:
        """Make the place of operation *number* with an empty ``public`` and ``private``. Returns what these two are
        known by, which the exchange needs: it must be kept before that."""
        self._folder(slug, number).make(owner)
        with self._both(slug, number) as (_, aside):
            return {root: _number(aside, root) for root in ROOTS}

    def exchange(self, slug: str, number: int, root: str, fresh: int) -> None:
        """Put the folder *root* that is known as *fresh* in the place of the site's, which lies aside then.

        Whoever opens a path meanwhile finds the old one or the new one. It having been done already is no error.
        """
        with self._both(slug, number) as (live, aside):
            _put(root, fresh, aside, live)

    def exchange_back(self, slug: str, number: int, root: str, fresh: int) -> None:
        """The way back. It never having been exchanged is no error, nor that there is no such place."""
        if self.path(slug, number).is_dir():
            with self._both(slug, number) as (live, aside):
                _put(root, fresh, live, aside)

    def remove(self, slug: str, number: int, owner: Identity) -> None:
        """Remove the place and all that lies there, as the site's user. Not being there is no error."""
        self._folder(slug, number).remove(owner)

    def path(self, slug: str, number: int) -> Path:
        return self.places.aside(slug, number)

    def _folder(self, slug: str, number: int) -> OwnedFolder:
        return OwnedFolder(self.places.root, self.path(slug, number), ROOTS)

    @contextmanager
    def _both(self, slug: str, number: int) -> Iterator[tuple[int, int]]:
        """The site's folder and the place, open."""
        root, site, place = self.places.root, self.places.site(slug), self.path(slug, number)
        with spoken(place), own_folder(root, site) as live, own_folder(root, place) as aside:
            yield live, aside


def _put(root: str, fresh: int, old: int, new: int) -> None:
    """*root* known as *fresh* from the open folder *old* into *new*, if it is not there yet."""
    if _number(new, root) == fresh:
        return
    if _number(old, root) != fresh:
        raise Refused(f"The {root} folder that was to be put into its place is not there any more.")
    exchange(old, new, root)
    EXCHANGED()
    os.fsync(old)
    os.fsync(new)


def _number(folder: int, name: str) -> int:
    found = look(folder, name)
    return found.st_ino if found else 0
