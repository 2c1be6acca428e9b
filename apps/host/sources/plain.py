"""A copy of a tree in which every link has become the file that it led to."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from apps.host.errors import Refused

DEPTH = 40


@dataclass(frozen=True)
class PlainCopy:
    """*root* bounds where links may lead, beside the files in *links*, which are the machine's own."""

    root: Path
    links: Collection[str] = ()

    def to(self, target: Path, leave_out: Collection[str] = (), folder: Path | None = None) -> None:
        """Copy *folder*, or all of the root, to *target*, without the entries of its top in *leave_out*.

        Refused for a link that leads out, or for what is neither file nor folder.
        """
        origin = folder or self.root
        target.mkdir(mode=0o755)
        for entry in sorted(origin.iterdir()):
            if entry.name not in leave_out:
                self._copy(entry, target / entry.name, DEPTH)

    def _copy(self, entry: Path, target: Path, depth: int) -> None:
        real = self._real(entry)
        if depth == 0:
            raise Refused(f"{entry.name} lies too deep; is there a link that leads in a circle?")
        if real.is_dir():
            target.mkdir(mode=0o755)
            for inner in sorted(real.iterdir()):
                self._copy(inner, target / inner.name, depth - 1)
        elif real.is_file():
            shutil.copyfile(real, target)
        else:
            raise Refused(f"{entry} is neither a file nor a folder.")

    def _real(self, entry: Path) -> Path:
        if not entry.is_symlink():
            return entry
        if str(entry.readlink()) in self.links:
            return self._machines_own(entry.readlink())
        real, root = entry.resolve(), self.root.resolve()
        if not real.is_relative_to(root):
            raise Refused(f"{entry.name} is a link that leads out of {root}.")
        if not real.exists():
            raise Refused(f"{entry.name} is a link to {real.relative_to(root)}, which is not there.")
        return real

    def _machines_own(self, file: Path) -> Path:
        if not file.is_file():
            raise Refused(f"{file} is missing on this machine; install Debian's package ca-certificates.")
        return file
