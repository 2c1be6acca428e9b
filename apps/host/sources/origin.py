"""What an origin of files is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from apps.host.errors import Refused

if TYPE_CHECKING:
    from apps.sites.kinds.base import Source

Tell = Callable[[int, int, str], None]
"""Takes bytes done, bytes in all (0: not known), and what is being done."""


class Origin(Protocol):
    @property
    def name(self) -> str:
        """Short, and the same for the same files: it is part of a folder's name in the cache."""

    def get(self, folder: Path, downloads: Path, tell: Tell) -> Path:
        """Make a tree below the empty *folder* and return it. What is in *downloads* outlives a failure.

        Raises HostError.
        """


def tree_in(folder: Path, source: Source) -> Path:
    """The tree in *folder*: many archives have one folder around it. Refused when it is something else."""
    for candidate in (folder, *sorted(folder.iterdir())):
        if (candidate / source.version_file).is_file():
            return candidate
    raise Refused(f"There is no {source.label} in it: {source.version_file} is missing.")
