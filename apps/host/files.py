"""Files and folders. What is below a site's folders is done by the site's user (`as_tenant.py`), never by us.

Every call may be made twice, and after a crash of the first. Messages name paths, never contents.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from apps.host.as_tenant import as_tenant, follow_tenant
from apps.host.command import Identity
from apps.host.crash import CrashPoint
from apps.host.errors import Refused
from apps.host.folders import CREATE, alone_in, look, must_fit, own_folder, spoken
from apps.host.runtime_folder import RuntimeFolder
from apps.host.site_folders import SiteFolders

BESIDE = CrashPoint("files.written-beside")
RENAMED = CrashPoint("files.renamed")
WRITTEN_AS = CrashPoint("files.written-as-the-site")
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class Files(SiteFolders):
    # -- a site's files

    def write_as(self, owner: Identity, slug: str, relative: str, text: str, mode: int = 0o640) -> None:
        """Write *text* to *relative* in the site's folder, whole or not at all, with its mode from the start.

        Refused, and nothing is touched, where a component of the path is a link.
        """
        as_tenant(owner, "write", self.places.site(slug), inside(relative), f"{mode:o}", stdin=text.encode())
        WRITTEN_AS()

    def read_as(self, owner: Identity, slug: str, relative: str, limit: int = 1_000_000) -> bytes:
        """The file's content: the site's word, at most *limit* bytes. Refused for a link or a longer file."""
        return as_tenant(owner, "read", self.places.site(slug), inside(relative), limit)

    def is_file_as(self, owner: Identity, slug: str, relative: str) -> bool:
        """Whether the site has that file: the site's word. A link is none; Refused for one on the way."""
        return as_tenant(owner, "is-file", self.places.site(slug), inside(relative)) == b"yes"

    def is_no_file_as(self, owner: Identity, slug: str, relative: str) -> bool:
        """Whether a link, a folder or the like stands where a file belongs."""
        return as_tenant(owner, "is-file", self.places.site(slug), inside(relative)) == b"other"

    def is_folder_as(self, owner: Identity, slug: str, relative: str) -> bool:
        """Whether the site has that folder, and may enter it. Refused for a link or a file in its place."""
        return as_tenant(owner, "is-folder", self.places.site(slug), inside(relative)) == b"yes"

    def make_folder_as(self, owner: Identity, slug: str, relative: str) -> None:
        """Make the folder, and those on the way to it, with mode 0750. Those that are there stay as they are."""
        as_tenant(owner, "folder", self.places.site(slug), inside(relative), "750")

    def copy_as(
        self,
        owner: Identity,
        slug: str,
        source: Path,
        into: str = "public",
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Copy the tree *source*, which everybody may read, into the site's folder; files there are replaced.

        Files get 0640 (0750 if they were executable), folders 0750. Refused before the first byte, with the
        number of bytes needed, when the disk is too full. *progress* gets bytes done and in all, and may
        break it off. The files are the kernel's afterwards, not yet on the disk: a power failure shows it.
        """
        follow_tenant(owner, progress, "copy", self.places.site(slug), inside(into), source)

    # -- the panel's own files

    def write(self, path: Path, text: str, mode: int = 0o644, group: int | None = None) -> None:
        """Write a file of the panel's own below its root or its sockets' folder, whole or not at all.

        One that is as it shall be already is left alone, which needs no room on the disk.
        """
        content = text.encode()
        with spoken(path), own_folder(self._base(path), path.parent) as folder, alone_in(folder, path.parent):
            found = look(folder, path.name)
            if found is not None and not stat.S_ISREG(found.st_mode):
                raise Refused(f"{path} is a link or a folder where a file belongs; remove it and try again.")
            if found is not None and group is None and _is_as(folder, path.name, content, mode):
                return
            must_fit(folder, len(content) + os.fstatvfs(folder).f_frsize, path)
            self._replace(folder, path.name, content, mode, group)
            RENAMED()

    def write_for_front(self, path: Path, text: str) -> None:
        """The same, for the front to read and nobody else: root's file has the group of its folder, which is hers."""
        if os.geteuid() == 0:
            self.write(path, text, 0o640, path.parent.lstat().st_gid)
        else:
            self.write(path, text, 0o600)

    def remove(self, path: Path) -> None:
        """Remove a file of the panel's own. It not being there is no error."""
        with spoken(path), own_folder(self._base(path), path.parent) as folder:
            if look(folder, path.name) is not None:
                os.unlink(path.name, dir_fd=folder)
                os.fsync(folder)

    def read(self, path: Path) -> str:
        """A file of the panel's own; empty where it is not there."""
        with spoken(path):
            return path.read_text() if path.exists() else ""

    def _base(self, path: Path) -> Path:
        return next(base for base in (self.places.root, self.places.run) if path.is_relative_to(base))

    def _replace(self, folder: int, name: str, content: bytes, mode: int, group: int | None) -> None:
        beside = f".{name}.new"
        if look(folder, beside) is not None:
            os.unlink(beside, dir_fd=folder)  # a crash has left it
        try:
            _pour(os.open(beside, CREATE, 0o600, dir_fd=folder), content, mode, group)
            BESIDE()
            os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            if look(folder, beside) is not None:
                os.unlink(beside, dir_fd=folder)
            raise
        os.fsync(folder)

    # -- what a worker runs from

    def runtime_exists(self, site_id: int) -> bool:
        """Whether anything, of whomever, stands where the worker's folder, files or sockets belong."""
        return RuntimeFolder(self.places, site_id).exists()

    def make_runtime(self, site_id: int, owner: Identity) -> None:
        """``runtime/site-<id>/``, ``worker_<id>.json`` (a link into it), and ``run/site-<id>`` for sockets."""
        RuntimeFolder(self.places, site_id).make(owner)

    def remove_runtime(self, site_id: int) -> None:
        """Remove them, with the pid and the lock file. The worker must have been stopped before."""
        RuntimeFolder(self.places, site_id).remove()


def inside(relative: str) -> str:
    """*relative* as the site's child may get it: below the site's folder, and nowhere else."""
    path = PurePosixPath(relative)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in relative:
        raise Refused(f"{relative!r} is not a path inside a site.")
    return str(path)


def _is_as(folder: int, name: str, content: bytes, mode: int) -> bool:
    with os.fdopen(os.open(name, READ, dir_fd=folder), "rb") as file:
        found = os.fstat(file.fileno())
        return (found.st_size, stat.S_IMODE(found.st_mode)) == (len(content), mode) and file.read() == content


def _pour(target: int, content: bytes, mode: int, group: int | None) -> None:
    """Nobody but us may open the file until it has its group and mode, and it gets them while it is empty."""
    with os.fdopen(target, "wb") as file:
        if group is not None:
            os.fchown(target, -1, group)
        os.fchmod(target, mode)
        file.write(content)
        file.flush()
        os.fsync(target)
