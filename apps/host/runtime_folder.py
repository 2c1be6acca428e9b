"""What a worker runs from: the folder of its configuration, the name the seed gives that, and its sockets."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from apps.host.as_tenant import as_tenant
from apps.host.command import Identity
from apps.host.crash import CrashPoint
from apps.host.errors import Refused
from apps.host.folders import ENTER, give, have, is_folder, look, names_in, own_folder, spoken
from frankenpanel.places import Places

FOLDER = CrashPoint("files.runtime-folder-made")
POSTBOX = CrashPoint("files.postbox-begun")
LINK = CrashPoint("files.runtime-link-made")
SOCKETS = CrashPoint("files.socket-folder-begun")
SOCKETS_GONE = CrashPoint("files.socket-folder-gone")
FOLDER_GONE = CrashPoint("files.runtime-folder-gone")


@dataclass(frozen=True)
class RuntimeFolder:
    places: Places
    site_id: int

    def exists(self) -> bool:
        return any(map(os.path.lexists, (self._folder, self._sockets, *self._beside())))

    def make(self, owner: Identity) -> None:
        """Make all three. What is there already is left as it is."""
        have(self._folder.parent, 0o755)
        have(self._folder, 0o755)
        FOLDER()
        with spoken(self.places.postbox(self.site_id)):
            self._make_postbox(owner)
        with spoken(self._link):
            self._make_link()
        LINK()
        have(self._sockets.parent, 0o755)
        with spoken(self._sockets):
            self._make_sockets(owner)

    def _make_postbox(self, owner: Identity) -> None:
        with own_folder(self._folder.parent, self._folder) as folder:
            name = self.places.postbox(self.site_id).name
            if look(folder, name) is None:
                os.mkdir(name, 0o700, dir_fd=folder)
                POSTBOX()
            give(folder, name, (os.geteuid(), owner.gid), 0o770)

    def _make_link(self) -> None:
        config = self.places.worker_config(self.site_id)
        target = config.relative_to(self._link.parent)
        if not os.path.lexists(self._link):
            self._link.symlink_to(target)
        elif not self._link.is_symlink() or self._link.readlink() != target:
            raise Refused(f"{self._link} was not made by the panel; move it away and try again.")

    def _make_sockets(self, owner: Identity) -> None:
        with own_folder(self._sockets.parent, self._sockets.parent) as parent:
            found = look(parent, self._sockets.name)
            if found is None:
                os.mkdir(self._sockets.name, 0o700, dir_fd=parent)
                SOCKETS()
            elif not is_folder(found) or found.st_uid not in (os.geteuid(), owner.uid):
                raise Refused(f"{self._sockets} was not made by the panel; move it away and try again.")
            give(parent, self._sockets.name, (owner.uid, owner.gid), 0o750)

    def remove(self) -> None:
        """Remove all of it, the pid and the lock file too. The worker must have been stopped before."""
        with spoken(self._sockets):
            self._remove_sockets()
        SOCKETS_GONE()
        with spoken(self._folder):
            self._remove_folder()
        FOLDER_GONE()
        for path in (*self._beside(), *self._left_by_a_crash()):
            path.unlink(missing_ok=True)

    def _remove_sockets(self) -> None:
        if not os.path.lexists(self._sockets):
            return
        with own_folder(self._sockets.parent, self._sockets.parent) as parent:
            found = os.stat(self._sockets.name, dir_fd=parent, follow_symlinks=False)
            if found.st_uid != 0:
                as_tenant(Identity(str(found.st_uid), found.st_uid, found.st_gid), "empty", self._sockets)
            os.rmdir(self._sockets.name, dir_fd=parent)

    def _remove_folder(self) -> None:
        if not os.path.lexists(self._folder):
            return
        with own_folder(self._folder.parent, self._folder) as folder:
            for name in names_in(folder):
                if is_folder(look(folder, name)):
                    _remove_postbox(folder, self._folder / name)
                else:
                    os.unlink(name, dir_fd=folder)
        self._folder.rmdir()

    @property
    def _folder(self) -> Path:
        return self.places.runtime(self.site_id)

    @property
    def _sockets(self) -> Path:
        return self.places.worker_socket_dir(self.site_id)

    @property
    def _link(self) -> Path:
        return self.places.worker_link(self.site_id)

    def _left_by_a_crash(self) -> tuple[Path, Path]:
        """What the supervisor takes away itself, unless it is killed and never asked again."""
        pid, lock = self.places.worker_pid(self.site_id), self.places.worker_lock(self.site_id)
        return pid.with_name(f"{pid.name}.new"), lock.with_suffix(".turn")

    def _beside(self) -> tuple[Path, Path, Path]:
        return self._link, self.places.worker_pid(self.site_id), self.places.worker_lock(self.site_id)


def _remove_postbox(inside: int, path: Path) -> None:
    """Root's own folder, in which a site's user has made files; a folder of his is emptied by himself."""
    opened = os.open(path.name, ENTER, dir_fd=inside)
    try:
        for name in names_in(opened):
            found = os.stat(name, dir_fd=opened, follow_symlinks=False)
            if is_folder(found):
                as_tenant(Identity(str(found.st_uid), found.st_uid, found.st_gid), "empty", path / name)
                os.rmdir(name, dir_fd=opened)
            else:
                os.unlink(name, dir_fd=opened)
    finally:
        os.close(opened)
    os.rmdir(path.name, dir_fd=inside)
