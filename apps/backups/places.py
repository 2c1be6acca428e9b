"""What may be said of a place for copies, and the place itself as the driver takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from apps.backups.marks import MARK
from apps.backups.models import Target
from apps.host.host import Host
from apps.host.targets.errors import Unfit
from apps.host.targets.s3_client import S3Place
from apps.host.targets.sftp_session import HostKey, SftpPlace
from apps.host.targets.target import Target as Driver
from apps.mail import addresses
from apps.operations import checking
from apps.operations.letterbox import take_out

LONGEST = 300
WANTED = {"folder": ("path",), "s3": ("bucket", "login", "secret"), "sftp": ("host", "login", "path")}
"""What each kind cannot do without."""


def opened(host: Host, target: Target) -> Driver:
    """The place, to be used as a context manager. For a runner only: the secret is opened here."""
    facts, secret = target.facts, take_out(host, target.sealed_secret) if target.sealed_secret else ""
    match target.kind:
        case Target.Kind.FOLDER:
            return host.targets.folder(Path(facts["path"]), facts.get(MARK, ""))
        case Target.Kind.S3:
            where = {key: facts[key] for key in ("endpoint", "region") if facts.get(key)}
            style = bool(facts.get("endpoint"))
            place = S3Place(
                facts["bucket"], facts["login"], secret, prefix=facts.get("path", ""), path_style=style, **where
            )
            return host.targets.s3(place)
    by = "private_key" if "PRIVATE KEY" in secret else "password"
    port = int(facts.get("port") or 22)
    key, user = facts.get("host_key", ""), facts["login"]
    return host.targets.sftp(SftpPlace(facts["host"], user, facts["path"], key, port, **{by: secret}))


def checked(**asked: Any) -> dict[str, Any]:
    """*asked* in normal form. Raises Invalid."""
    return checking.checked(CHECKS, asked)


def _text(text: str) -> str:
    text = text.strip()
    if len(text) > LONGEST or not text.isprintable():
        raise ValueError(f"one line of at most {LONGEST} letters")
    return text


def _path(text: str) -> str:
    text = _text(text)
    if ".." in text.split("/"):
        raise ValueError("a path without .. in it")
    return text


def _kind(word: str) -> str:
    if word not in Target.Kind.values:
        raise ValueError("folder, s3 or sftp")
    return word


def _port(number: int) -> int:
    if not 1 <= number <= 65535:  # noqa: PLR2004 - the ports that there are
        raise ValueError("a port from 1 to 65535")
    return number


def _host_key(text: str) -> str:
    try:
        return str(HostKey.read(text)) if text.strip() else ""
    except Unfit:
        raise ValueError("a key as in known_hosts: ssh-ed25519 AAAA…") from None


CHECKS: dict[str, Any] = {
    "kind": _kind,
    "path": _path,
    "bucket": _text,
    "endpoint": _text,
    "region": _text,
    "login": _text,
    "host": addresses.host,
    "port": _port,
    "host_key": _host_key,
}
