"""The folder of one source's trees in the cache: ``<version>-<origin>/``, each with its mark beside it."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from apps.host.command import run
from apps.host.errors import Refused

if TYPE_CHECKING:
    from apps.sites.kinds.base import Source

OTHERS_MAY_WRITE = 0o022


class Store:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.downloads = folder / ".downloads"

    def newest(self, origins: Sequence[str]) -> Path | None:
        """The complete tree of the highest version among *origins*, and of those the first origin's."""
        found = [
            (_numbers(version), -rank, self.folder / f"{version}-{origin}")
            for rank, origin in enumerate(origins)
            for version in self._versions(origin)
        ]
        if not found:
            return None
        self._trust()
        return max(found)[2]

    def _versions(self, origin: str) -> Iterator[str]:
        for mark in self.folder.glob(f"*-{origin}.json"):
            version = mark.name.removesuffix(f"-{origin}.json")
            if re.fullmatch(r"[0-9][0-9A-Za-z.]*", version) and mark.with_suffix("").is_dir():
                yield version

    def _trust(self) -> None:
        """What root copies into every new site must be root's (or ours, where nobody is root)."""
        found = self.folder.stat()
        if found.st_uid not in {0, os.geteuid()} or found.st_mode & OTHERS_MAY_WRITE:
            raise Refused(f"{self.folder} can be changed by others; remove it, and it is made anew.")

    @contextmanager
    def alone(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold the folder against other processes; what a killed one has left is cleared away."""
        for folder in (self.folder.parent, self.folder):
            if not folder.exists():
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o755)  # site users copy from it, whatever our umask
        self._trust()
        lock = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while not _locked(lock):
                waiting()
                time.sleep(0.2)
            for left in self.folder.glob(".new-*"):
                shutil.rmtree(left)
            yield
        finally:
            os.close(lock)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """An empty folder that everybody may enter and only we may change. It is gone afterwards."""
        self.downloads.mkdir(mode=0o755, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
        folder.chmod(0o755)
        inner = folder / "unpacked"
        inner.mkdir()
        try:
            yield inner
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise Refused(f"The disk under {self.folder} is full; make room and try again.") from error
            raise
        finally:
            shutil.rmtree(folder)

    def keep(self, tree: Path, source: Source, origin: str) -> Path:
        """Move the staged *tree* to where it stays, and mark it as whole once it is on the disk."""
        for name in source.leave_out:
            (tree / name).unlink(missing_ok=True)
        for name in source.folders:
            (tree / name).mkdir(parents=True, exist_ok=True)
        size = _open_to_all(tree)
        version = _version(tree, source)
        target = self.folder / f"{version}-{origin}"
        if target.exists():
            shutil.rmtree(target)  # its mark is missing, or it would not have been got again
        run(["sync", "--file-system", tree], timeout=600)
        tree.rename(target)
        self._mark(target, {"version": version, "origin": origin, "bytes": size})
        shutil.rmtree(self.downloads)
        return target

    def _mark(self, tree: Path, facts: dict[str, str | int]) -> None:
        mark = tree.parent / f"{tree.name}.json"
        beside = tree.parent / f".new-{tree.name}.json"
        beside.write_text(json.dumps(facts, indent=1) + "\n")
        beside.chmod(0o644)
        beside.rename(mark)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open_to_all(tree: Path) -> int:
    """Give every file and folder its mode; returns their bytes. There is no link: no origin makes one."""
    size = 0
    for here, _, names in os.walk(tree):
        Path(here).chmod(0o755)
        for file in (Path(here, name) for name in names):
            file.chmod(0o644)
            size += file.stat().st_size
    return size


def _version(tree: Path, source: Source) -> str:
    """Nought for what bears no version: its origin's name alone tells it from others."""
    if not source.version:
        return "0"
    text = (tree / source.version_file).read_text(errors="replace")
    found = re.search(source.version, text)
    if not found or not re.fullmatch(r"[0-9][0-9A-Za-z.-]*", found[1]):
        raise Refused(f"{source.version_file} does not say which version of {source.label} this is.")
    return found[1].replace("-", ".")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))
