"""Releases of an application that does not exist, in all the forms in which one may come."""

from __future__ import annotations

import io
import secrets
import tarfile
import zipfile
from collections.abc import Mapping

from apps.sites.kinds.base import DebianPackages, Source

CONTENT = secrets.token_hex(5000)
VERSION = "$app_version = '{}';"
FILES = {"index.php": "<?php", "inc/version.php": VERSION.format("7.0"), "config.php": "secret", "inc/a.js": CONTENT}
DEBIAN = DebianPackages(
    package="app", companions="libjs-.*|app-theme-.*", folder="usr/share/app", suites=("sid",), links=("/etc/hostname",)
)


def app(url: str = "http://127.0.0.1:1", debian: DebianPackages | None = None) -> Source:
    return Source(
        name="app",
        label="The App",
        archive=f"{url}/latest.tar.gz",
        checksum=f"{url}/latest.tar.gz.sha1",
        version_file="inc/version.php",
        version=r"\$app_version = '([^']*)'",
        debian=debian,
        leave_out=("config.php",),
        folders=("content/extra",),
    )


def tar(files: Mapping[str, str] = FILES, top: str = "app/", *, extra: tuple[tarfile.TarInfo, ...] = ()) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(top + name)
            info.size = len(text)
            info.mode = 0o600
            archive.addfile(info, io.BytesIO(text.encode()))
        for info in extra:
            archive.addfile(info, io.BytesIO(b"x" * info.size) if info.size else None)
    return made.getvalue()


def zipped(files: Mapping[str, str] = FILES) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, target, size
    return info
