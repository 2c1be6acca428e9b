"""A folder that the panel makes for a site: the panel's own, with folders of the site's user in it.

It appears whole, under its name and with its rights, or not at all; and it goes in the same way. It carries a
mark, so that what somebody else put there is neither taken over nor removed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apps.host.as_tenant import as_tenant
from apps.host.command import Identity
from apps.host.crash import CrashPoint
from apps.host.errors import Refused
from apps.host.folders import (
    CREATE,
    ENTER,
    give,
    have,
    is_folder,
    look,
    move_new,
    must_fit,
    names_in,
    own_folder,
    rename_new,
    spoken,
)

MARK = ".frankenpanel"
ROOM = 1 << 16
"""Bytes that must be free before a folder is begun."""
BEGUN = CrashPoint("files.folder-begun")
FILLED = CrashPoint("files.folder-filled")
READY = CrashPoint("files.folder-ready")
MOVED = CrashPoint("trash.folder-moved")
ASIDE = CrashPoint("files.folder-aside")
EMPTIED = CrashPoint("files.folder-emptied")
CLEARED = CrashPoint("files.folder-cleared")


@dataclass(frozen=True)
class OwnedFolder:
    """*path*, below *base*. *inner*: the site user's folders in it with their modes; *files*: the panel's."""

    base: Path
    path: Path
    inner: dict[str, int]
    files: re.Pattern[str] = re.compile(r"(?!)")

    def make(self, owner: Identity) -> None:
        """Make it. Being there already is no error if the panel made it, and Refused if not."""
        with spoken(self.path):
            have(self.path.parent, 0o711)
            with own_folder(self.base, self.path.parent) as parent:
                if look(parent, self.path.name) is not None:
                    self._must_be_made(parent)
                else:
                    self._drop(parent, self._new, owner)  # a crash may have left it
                    must_fit(parent, ROOM, self.path)
                    self._build(parent, owner)
                    rename_new(parent, self._new, self.path.name)

    def _build(self, parent: int, owner: Identity) -> None:
        os.mkdir(self._new, 0o700, dir_fd=parent)
        BEGUN()
        with _inside(parent, self._new) as folder:
            os.close(os.open(MARK, CREATE, 0o600, dir_fd=folder))
            for name, mode in self.inner.items():
                os.mkdir(name, 0o700, dir_fd=folder)
                give(folder, name, (owner.uid, owner.gid), mode)
        FILLED()
        give(parent, self._new, (-1, owner.gid), 0o750)
        READY()

    def move(self, to: Path) -> None:
        """Rename it to *to*, below *base* too and under the same name. One that is there, and not here, has moved.

        Refused for what the panel did not make, and when something stands there already.
        """
        with spoken(to):
            have(to.parent.parent, 0o711)
            have(to.parent, 0o711)
            with own_folder(self.base, self.path.parent) as here, own_folder(self.base, to.parent) as there:
                if look(here, self.path.name) is None and look(there, to.name) is not None:
                    return
                self._must_be_made(here)
                move_new(here, there, to.name)
                MOVED()
                os.fsync(here)
                os.fsync(there)

    def remove(self, owner: Identity) -> None:
        """Remove it with all that the site's user has in it. Not being there is no error."""
        with spoken(self.path):
            if not self.path.parent.is_dir():
                return
            with own_folder(self.base, self.path.parent) as parent:
                if look(parent, self.path.name) is not None:
                    self._must_be_made(parent)
                    self._drop(parent, self._gone, owner)
                    os.rename(self.path.name, self._gone, src_dir_fd=parent, dst_dir_fd=parent)
                    ASIDE()
                self._drop(parent, self._gone, owner)
                self._drop(parent, self._new, owner)

    @property
    def _new(self) -> str:
        return f".{self.path.name}.new"

    @property
    def _gone(self) -> str:
        return f".{self.path.name}.gone"

    def _must_be_made(self, parent: int) -> None:
        if not is_folder(look(parent, self.path.name)):
            raise Refused(f"{self.path} is not a folder of the panel; move it away and try again.")
        with _inside(parent, self.path.name) as folder:
            mark = look(folder, MARK)
            strange = [name for name in names_in(folder) if not self._is_known(name)]
        if mark is None or mark.st_uid != os.geteuid():
            raise Refused(f"{self.path} was not made by the panel; move it away and try again.")
        if strange:
            raise Refused(f"{self.path} holds {strange[0]}, which the panel did not make; move it away.")

    def _is_known(self, name: str) -> bool:
        return name == MARK or name in self.inner or bool(self.files.fullmatch(name))

    def _drop(self, parent: int, name: str, owner: Identity) -> None:
        if look(parent, name) is None:
            return
        give(parent, name, (-1, owner.gid), 0o750)  # one that a crash left half made lets nobody in yet
        with _inside(parent, name) as folder:
            theirs = [inner for inner in self.inner if look(folder, inner) is not None]
            self._empty(folder, name, theirs, owner)
            EMPTIED()
            for inner in theirs:
                os.rmdir(inner, dir_fd=folder)
            for file in filter(self._is_known, names_in(folder)):
                os.unlink(file, dir_fd=folder)
        CLEARED()
        os.rmdir(name, dir_fd=parent)

    def _empty(self, folder: int, name: str, inner: list[str], owner: Identity) -> None:
        """By the site's user. A folder that is still the panel's has never been used and is empty."""
        found = {one: look(folder, one) for one in inner}
        given = [one for one, what in found.items() if what is not None and what.st_uid == owner.uid]
        if given:
            as_tenant(owner, "empty", *(self.path.with_name(name) / one for one in given))


@contextmanager
def _inside(parent: int, name: str) -> Iterator[int]:
    opened = os.open(name, ENTER, dir_fd=parent)
    try:
        yield opened
    finally:
        os.close(opened)
