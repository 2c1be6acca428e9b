"""The front's own authority: the certificate that people may have been told to trust, and the key that it signs with.

They lie in a folder of the front's user, so each part of the way there is opened by itself, never through a link.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from apps.host.errors import Refused
from apps.host.folders import CREATE, ENTER, spoken

FOLDER = Path("caddy/storage/pki/authorities/local")
NAMES = ("root.crt", "root.key")
PATHS = tuple(str(FOLDER / name) for name in NAMES)
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
LONGEST = 1 << 16


def saved_authority(root: Path) -> dict[str, str]:
    """Both, by their places below the panel's *root*; nothing where no front has started there yet."""
    with spoken(root / FOLDER), suppress(FileNotFoundError), _entered(root) as folder:
        return {str(FOLDER / name): _read(folder, name) for name in NAMES}
    return {}


def place_authority(root: Path, texts: Mapping[str, str]) -> None:
    """Put both where a front that starts looks for them. A second time they are written anew."""
    with spoken(root / FOLDER), _entered(root, make=True) as folder:
        for name in NAMES:
            _write(folder, name, texts[str(FOLDER / name)])
        os.fsync(folder)


@contextmanager
def _entered(root: Path, *, make: bool = False) -> Iterator[int]:
    """The folder, open. What is made belongs to whom the folder above belongs to."""
    opened = os.open(root, ENTER)
    try:
        for name in FOLDER.parts:
            if make:
                _have(opened, name)
            below = os.open(name, ENTER, dir_fd=opened)
            os.close(opened)
            opened = below
        yield opened
    finally:
        os.close(opened)


def _have(above: int, name: str) -> None:
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=above)
        owner = os.fstat(above)
        os.chown(name, owner.st_uid, owner.st_gid, dir_fd=above, follow_symlinks=False)


def _read(folder: int, name: str) -> str:
    with os.fdopen(os.open(name, READ, dir_fd=folder), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > LONGEST:
            raise Refused(f"{FOLDER / name} is not what a front writes there; remove it, and restart the front.")
        return file.read(LONGEST).decode("ascii", errors="replace")


def _write(folder: int, name: str, text: str) -> None:
    part, owner = f"{name}.part", os.fstat(folder)
    with suppress(FileNotFoundError):
        os.unlink(part, dir_fd=folder)
    with os.fdopen(os.open(part, CREATE, 0o600, dir_fd=folder), "w") as file:
        os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
