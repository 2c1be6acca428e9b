"""The files in one folder of an SSH server: each call in our words, whatever the server says."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from apps.host.errors import Refused
from apps.host.targets.errors import Gone, Mismatch, Unfit
from apps.host.targets.sftp_reading import read
from apps.host.targets.sftp_session import SftpPlace, spoken
from apps.host.targets.target import NAME, Stored

STATVFS = "statvfs@openssh.com"
SHOWN = 60
LAST = 1024


class SftpFiles:
    """*client* is paramiko's. Names are from the place's folder on."""

    def __init__(self, place: SftpPlace, client: Any) -> None:
        self.client = client
        self.folder = PurePosixPath(place.folder)
        self.shown = f"{place}:{place.folder}"
        if not place.folder or not place.folder.isprintable() or ".." in self.folder.parts:
            raise Unfit(f"{place.folder[:SHOWN]!r} is no folder at {place}, as backups or /srv/backups is.")

    def stored(self, name: str) -> Stored:
        """Raises Gone."""
        with spoken(self.shown):
            return _stored(name, self.client.lstat(self._path(name)))

    def size(self, name: str) -> int:
        """0 where it is not there."""
        with suppress(Gone):
            return self.stored(name).size
        return 0

    def walk(self, folder: str) -> Iterator[Stored]:
        """Every file below *folder*, in folders that may be ours by their names; links are none."""
        below = [folder]
        while below:
            inside = below.pop()
            for one in self._listed(inside):
                name = str(PurePosixPath(inside) / one.filename)
                if stat.S_ISREG(one.st_mode):
                    yield _stored(name, one)
                elif stat.S_ISDIR(one.st_mode) and NAME.fullmatch(name):
                    below.append(name)

    def make_folders(self, name: str) -> None:
        """Those on the way to *name*. The place's own folder must be there: it may be a disk that is not mounted."""
        with spoken(self.shown):
            if not stat.S_ISDIR(self.client.stat(str(self.folder)).st_mode):
                raise Unfit(f"{self.shown} is no folder.")
            for parent in reversed(PurePosixPath(name).parents[:-1]):
                if not self._is_there(str(parent)):
                    self.client.mkdir(self._path(str(parent)), 0o700)

    def write(self, name: str, offset: int, block: bytes) -> None:
        """*block* at *offset*, and the server's word for each piece of it. At 0 the file is begun anew."""
        with spoken(self.shown), self.client.open(self._path(name), "r+b" if offset else "wb") as file:
            file.seek(offset)
            file.set_pipelined(True)
            file.write(block[:-LAST])
            file.set_pipelined(False)  # with the last piece the answers to all of them are looked at: paramiko forgets
            file.write(block[-LAST:])  # those that are still on their way when a file is closed, errors included

    def read(self, stored: Stored, offset: int, length: int) -> bytes:
        """Of that very version. Raises Gone, Mismatch."""
        with spoken(self.shown), self.client.open(self._path(stored.name), "rb") as file:
            version = _stored(stored.name, file.stat()).version
            block = read(self.client, file.handle, offset, length)
        if version != stored.version or len(block) != length:
            raise Mismatch(f"{self.shown}/{stored.name} is not as it was when it was copied; try another copy.")
        return block

    def name(self, old: str, new: str) -> None:
        """Give *old* its name, which nothing may have."""
        with spoken(self.shown):
            self.client.chmod(self._path(old), 0o600)
            self.client.rename(self._path(old), self._path(new))

    def remove(self, name: str) -> None:
        """It not being there is no error."""
        with suppress(Gone), spoken(self.shown):
            self.client.remove(self._path(name))

    def free(self) -> int | None:
        """Bytes, where the server tells, as OpenSSH does."""
        from paramiko.sftp import CMD_EXTENDED  # noqa: PLC0415 - loaded where it is really used

        try:
            with spoken(self.shown):
                _, answer = self.client._request(CMD_EXTENDED, STATVFS, str(self.folder))
        except Refused:
            return None
        _, unit, _, _, available = [answer.get_int64() for _ in range(5)]
        return int(unit * available)

    def _path(self, name: str) -> str:
        return str(self.folder / name)

    def _is_there(self, name: str) -> bool:
        with suppress(FileNotFoundError):
            self.client.lstat(self._path(name))
            return True
        return False

    def _listed(self, folder: str) -> list[Any]:
        with spoken(self.shown), suppress(FileNotFoundError):
            found: list[Any] = self.client.listdir_attr(self._path(folder))
            return found
        return []


def _stored(name: str, found: Any) -> Stored:
    size, changed = int(found.st_size or 0), int(found.st_mtime or 0)
    return Stored(name, size, datetime.fromtimestamp(changed, UTC), f"{size}-{changed}")
