"""Where the archives of a lost panel lie, as it is named on the command line: a directory, a bucket, an SSH server."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from apps.host.addresses import Addresses
from apps.host.archive.found import Folder, Shelf
from apps.host.errors import Refused
from apps.host.targets.s3 import S3Target
from apps.host.targets.s3_client import S3Place
from apps.host.targets.sftp import SftpTarget
from apps.host.targets.sftp_session import SftpPlace
from apps.host.targets.shelf import TargetShelf
from apps.host.targets.target import Target

FORMS = "a directory, s3://BUCKET/FOLDER or sftp://USER@HOST/FOLDER"
SSH = 22
SUITS = {"": (), "s3": ("endpoint", "region", "login", "secret_file"), "sftp": ("host_key", "secret_file")}
"""Which of the options belong to which kind of place."""
BESIDE = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
REACHED = Addresses([ip_network(one) for one in BESIDE])
"""Whoever starts a recovery stands at the machine, and may name what is beside it."""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--from", dest="place", required=True, metavar="PLACE", help=f"of the archives: {FORMS}")
    parser.add_argument("--endpoint", metavar="URL", help="of a bucket that is not Amazon's: https://s3.example.com")
    parser.add_argument("--region", metavar="NAME", help="of a bucket; us-east-1 where none is given")
    parser.add_argument("--login", metavar="KEY", help="the id of the key to a bucket")
    read = "with the secret key, the password or the private key; without it you are asked for that"
    parser.add_argument("--secret-file", type=Path, metavar="FILE", help=read)
    agreed = "an SSH server's, as in known_hosts; without it you are shown the server's and asked"
    parser.add_argument("--host-key", metavar="KEY", help=agreed)


def shelf_of(asked: Namespace) -> Shelf:
    """What the words name, once nothing of them is missing. Nothing is connected to yet."""
    named = address_of(asked)
    if named is None:
        return Folder(Path(asked.place))
    return TargetShelf(_bucket(asked, named) if named.scheme == "s3" else _server(asked, named), shown(named))


def address_of(asked: Namespace) -> SplitResult | None:
    """Its parts, if it is far away. Refused where they are not what such an address has, or other words are amiss."""
    is_far = "://" in asked.place
    named = _parts(asked.place) if is_far else None
    _must_suit(asked, named.scheme if named else "")
    if named is not None:
        CHECKS[named.scheme](asked, named)
    return named


def shown(named: SplitResult) -> str:
    return named.geturl()


def port_of(named: SplitResult) -> int:
    return named.port or SSH


def read_text(file: Path) -> str:
    """What somebody has written into *file*. Refused with the reason."""
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}.") from error


def _parts(place: str) -> SplitResult:
    try:
        named = urlsplit(place)
        is_one = named.scheme in CHECKS and named.hostname and named.port != 0 and not named.query + named.fragment
    except ValueError:
        is_one = False
    if not is_one:
        raise Refused(f"{place!r} is no place; archives are read from {FORMS}.")
    if named.password is not None:
        raise Refused("A password in a command is read by others; write it into a file: --secret-file FILE.")
    return named


def _must_suit(asked: Namespace, kind: str) -> None:
    for name in dict.fromkeys(name for names in SUITS.values() for name in names):
        if getattr(asked, name) and name not in SUITS[kind]:
            raise Refused(f"--{name.replace('_', '-')} says nothing of {asked.place}; leave it out.")


def _must_be_a_bucket(asked: Namespace, named: SplitResult) -> None:
    if named.port or named.username:
        raise Refused("s3:// is followed by a bucket and a folder; --endpoint says its server, and --login its key.")
    if not asked.login:
        raise Refused(f"{shown(named)} opens with a key; say the id of that: --login KEY.")


def _must_be_a_server(asked: Namespace, named: SplitResult) -> None:
    if not (named.username and named.path.strip("/")):
        raise Refused(f"{shown(named)} lacks who logs in, or the folder: sftp://USER@HOST/FOLDER.")


CHECKS = {"s3": _must_be_a_bucket, "sftp": _must_be_a_server}


def _bucket(asked: Namespace, named: SplitResult) -> Callable[[], Target]:
    words = {name: value for name in ("endpoint", "region") if (value := getattr(asked, name))}
    secret, style = read_text(asked.secret_file).strip(), bool(asked.endpoint)
    folder = unquote(named.path).strip("/")
    place = S3Place(named.netloc, asked.login, secret, prefix=folder, path_style=style, **words)
    return lambda: S3Target(place, REACHED)


def _server(asked: Namespace, named: SplitResult) -> Callable[[], Target]:
    """Its folder is an absolute one, but for ``/~/``: that is where the login leads to."""
    secret = read_text(asked.secret_file)
    by = {"private_key": secret} if "PRIVATE KEY" in secret else {"password": secret.rstrip("\r\n")}
    user, folder = unquote(named.username or ""), unquote(named.path).removeprefix("/~/")
    place = SftpPlace(named.hostname or "", user, folder, asked.host_key, port_of(named), **by)
    return lambda: SftpTarget(place, REACHED)
