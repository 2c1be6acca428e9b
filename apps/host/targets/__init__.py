"""Where copies of archives go: ``host.targets`` opens a place as a ``Target``; ``target.py`` says how that is used."""

from __future__ import annotations

from pathlib import Path

from apps.host.addresses import Addresses
from apps.host.targets.folder import FolderTarget
from apps.host.targets.s3 import S3Target
from apps.host.targets.s3_client import S3Place
from apps.host.targets.sftp import SftpTarget
from apps.host.targets.sftp_session import HostKey, SftpPlace, host_key_of
from apps.host.targets.target import Target
from frankenpanel.places import Places


class Targets:
    """Each call gives a context manager. What a place was set up with is judged again each time: machines change."""

    def __init__(self, places: Places, addresses: Addresses) -> None:
        self._places = places
        self._addresses = addresses

    def folder(self, path: Path, mark: str = "") -> FolderTarget:
        return FolderTarget(path, self._places, mark)

    def s3(self, place: S3Place) -> Target:
        return S3Target(place, self._addresses)

    def sftp(self, place: SftpPlace) -> Target:
        return SftpTarget(place, self._addresses)

    def host_key_of(self, host: str, port: int) -> HostKey:
        """What an SSH server shows of itself: for whoever sets an SFTP target up to agree to, and to be kept then."""
        return host_key_of(host, port, self._addresses)
